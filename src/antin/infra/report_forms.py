"""The forms of a report that people and programs ask for, written in the language they ask for."""

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from antin.infra.messages import translator

if TYPE_CHECKING:
    from antin.verifier.report import Report


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    ETSI_XML = "etsi-xml"
    HTML = "html"
    PDF = "pdf"


ENDINGS: Final = {Form.ETSI_XML: ".xml", Form.HTML: ".html", Form.PDF: ".pdf"}
"""Forms that make a document for each file, and how its name ends."""


def written(report: "Report", form: Form, language: str, *, verbose: bool = False) -> bytes:
    """Return ``report`` in ``form``; JSON and ETSI XML are the same in every language.

    Text and JSON come without a line end.
    """
    if form is Form.JSON:
        from antin.verifier.writers.json import to_json

        return to_json(report).encode()
    if form is Form.ETSI_XML:
        from antin.verifier.writers.etsi_xml import to_etsi_xml

        return to_etsi_xml(report).encode()
    translate = translator(language)
    if form is Form.TEXT:
        from antin.verifier.writers.text import to_text

        return to_text(report, translate, verbose=verbose).rstrip("\n").encode()
    if form is Form.HTML:
        from antin.verifier.writers.html import to_html

        return to_html(report, translate, language).encode()
    from antin.verifier.writers.pdf import to_pdf

    return to_pdf(report, translate, language)


def line(report: "Report", language: str) -> str:
    """Return ``report`` as one line for a list."""
    from antin.verifier.writers.line import to_line

    return to_line(report, translator(language))
