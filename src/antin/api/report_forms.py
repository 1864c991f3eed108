"""The forms of a report that a caller may ask for by ``Accept`` (RFC 9110 §12.5.1)."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from antin.api.problems import language_of
from antin.infra.report_forms import Form

JSON: Final = "application/json"
HTML: Final = "text/html"
PDF: Final = "application/pdf"
XML: Final = "application/xml"
FORMS: Final = (JSON, HTML, PDF, XML)
"""The first is given where the caller takes anything."""
_FORMS: Final = {JSON: Form.JSON, HTML: Form.HTML, PDF: Form.PDF, XML: Form.ETSI_XML}
_MAX_RANGES: Final = 16


@dataclass(frozen=True)
class Wanted:
    """The form and language of a report."""

    media_type: str
    language: str

    @property
    def form(self) -> Form:
        """The form as the writers of reports call it."""
        return _FORMS[self.media_type]


def wanted(request: Request) -> Wanted:
    """Return the form and language that ``request`` prefers; JSON by default."""
    return Wanted(preferred(request.headers.get("accept")), language_of(request))


def answer(document: bytes, how: Wanted) -> Response:
    """Return a report that was written as ``how`` says."""
    headers = {"Vary": "Accept, Accept-Language", "X-Content-Type-Options": "nosniff"}
    if how.media_type in {HTML, PDF}:
        headers["Content-Language"] = how.language
    return Response(document, media_type=how.media_type, headers=headers)


def preferred(accept: str | None) -> str:
    """Return the best of :data:`FORMS` for an ``Accept`` header; JSON where none fits."""
    ranges = [_range(part) for part in (accept or "*/*").split(",")[:_MAX_RANGES]]
    best = max(FORMS, key=lambda form: (_quality(form, ranges), -FORMS.index(form)))
    return best if _quality(best, ranges) > 0 else JSON


def _quality(form: str, ranges: list[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that names ``form``; 0: it isn't wanted."""
    for name in (form, f"{form.partition('/')[0]}/*", "*/*"):
        given = [quality for wanted, quality in ranges if wanted == name]
        if given:
            return max(given)
    return 0.0


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name, _number(value)
    return name, 1.0


def _number(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
