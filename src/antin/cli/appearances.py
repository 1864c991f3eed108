"""Appearance files: a TOML table with a place in millimetres and an image or a text.

::

    page = 1                      # from 1; negative counts from the end
    left_mm = 120
    top_mm = 200
    width_mm = 36
    height_mm = 36
    image = "../images/seal.png"  # relative to this file; or text = "… {number} … {time}"
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from antin.core.bytesource import FileSource, read_all
from antin.core.errors import RefusedError
from antin.core.limits import MAX_IMAGE_BYTES
from antin.core.toml import MAX_TOML_BYTES, parse_toml

if TYPE_CHECKING:
    from antin.flows.stamps import StampPlan

_KNOWN: Final = {"page", "left_mm", "top_mm", "width_mm", "height_mm", "image", "text"}


def read_appearance(path: Path | None) -> "StampPlan | None":
    """Return the stamp that the TOML file at ``path`` describes; None for no file.

    Errors: ``file_not_found``, ``field_missing``, ``field_invalid``, ``file_too_large``.
    """
    if path is None:
        return None
    from antin.flows.stamps import StampPlan

    values = read_table(path)
    image = values.pop("image", None)
    data = None
    if image is not None:
        with FileSource(path.parent / str(image)) as source:
            data = read_all(source, MAX_IMAGE_BYTES)
    return StampPlan.from_json(values, data)


def read_table(path: Path) -> dict[str, Any]:
    """Return the table as it stands, with known names only."""
    with FileSource(path) as source:
        data = read_all(source, MAX_TOML_BYTES)
    try:
        values = parse_toml(data)
    except ValueError as error:
        raise RefusedError("field_invalid", field=str(path), detail=str(error)) from error
    for name in values:
        if name not in _KNOWN:
            detail = "an appearance file has no such setting"
            raise RefusedError("field_invalid", field=name, detail=detail)
    return values
