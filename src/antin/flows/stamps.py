"""A stamp as it is asked for: fixed millimetres, an image or a text with placeholders."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from antin.core.canonical import Json
from antin.core.clock import HO_CHI_MINH
from antin.core.errors import RefusedError
from antin.signer.request import Stamp

_LENGTHS = ("left_mm", "top_mm", "width_mm", "height_mm")


@dataclass(frozen=True)
class StampPlan:
    """Where and what; ``text`` may hold ``{number}`` and ``{time}`` (SIG-4)."""

    page: int
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    text: str | None = None
    image: bytes | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Json | float], image: bytes | None) -> Self:
        """Read a plan; ``field_missing`` or ``field_invalid`` names what is wrong with it."""
        lengths = [_length(values, name) for name in _LENGTHS]
        page = values.get("page", 1)
        if not isinstance(page, int) or isinstance(page, bool) or page == 0:
            raise RefusedError("field_invalid", field="page", detail="a page number is needed")
        text = values.get("text")
        if text is not None and not isinstance(text, str):
            raise RefusedError("field_invalid", field="text", detail="not a text")
        left, top, width, height = lengths
        return cls(page, left, top, width, height, text, image)

    def as_text(self) -> str:
        """Return the plan without its image, for keeping."""
        lengths = {name: getattr(self, name) for name in _LENGTHS}
        return json.dumps({"page": self.page, **lengths, "text": self.text})

    def stamp(self, at: datetime, number: str = "") -> Stamp:
        """Return the stamp with its placeholders filled: time in ISO 8601 with zone (SIG-6)."""
        text = self.text
        if text is not None:
            local = at.astimezone(HO_CHI_MINH).replace(microsecond=0).isoformat()
            text = text.replace("{number}", number).replace("{time}", local)
        return Stamp(
            page=self.page,
            left_mm=self.left_mm,
            top_mm=self.top_mm,
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            image=self.image,
            text=text,
        )


def _length(values: Mapping[str, Json | float], name: str) -> float:
    value = values.get(name)
    if value is None:
        raise RefusedError("field_missing", field=name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError("field_invalid", field=name, detail="not a number of millimetres")
    if not 0 <= value <= 2000:
        raise RefusedError("field_invalid", field=name, detail="not between 0 and 2000 mm")
    return float(value)
