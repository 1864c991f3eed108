"""The forms of a report that a caller may ask for by ``Accept`` (RFC 9110 §12.5.1)."""

from typing import Final

from fastapi import Request, Response

from antin.api.problems import language_of
from antin.infra.messages import translator
from antin.verifier.report import Report
from antin.verifier.writers.json import to_json

JSON: Final = "application/json"
HTML: Final = "text/html"
PDF: Final = "application/pdf"
XML: Final = "application/xml"
FORMS: Final = (JSON, HTML, PDF, XML)
"""The first is given where the caller takes anything."""
_MAX_RANGES: Final = 16


def answer(report: Report, request: Request) -> Response:
    """Return ``report`` in the form and language that ``request`` prefers; JSON by default."""
    form = preferred(request.headers.get("accept"))
    language = language_of(request)
    headers = {"Vary": "Accept, Accept-Language", "X-Content-Type-Options": "nosniff"}
    if form in {HTML, PDF}:
        headers["Content-Language"] = language
    return Response(_written(report, form, language), media_type=form, headers=headers)


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


def _written(report: Report, form: str, language: str) -> str | bytes:
    if form == HTML:
        from antin.verifier.writers.html import to_html

        return to_html(report, translator(language), language)
    if form == PDF:
        from antin.verifier.writers.pdf import to_pdf

        return to_pdf(report, translator(language), language)
    if form == XML:
        from antin.verifier.writers.etsi_xml import to_etsi_xml

        return to_etsi_xml(report)
    return to_json(report)
