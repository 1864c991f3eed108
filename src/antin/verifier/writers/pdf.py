"""The report as a PDF that a person reads and prints; its text can be selected and searched."""

from antin.core.errors import DefectError
from antin.verifier.report import Report
from antin.verifier.writers.sentences import Translate
from antin.verifier.writers.view import view_of


def to_pdf(report: Report, translate: Translate, language: str) -> bytes:
    """Return ``report`` as an A4 PDF in ``language``, with embedded fonts and page numbers.

    Equal reports give equal bytes. Error: ``defect`` if it can't be drawn.
    """
    from fpdf.errors import FPDFException  # heavy: only who wants a PDF waits for it

    from antin.verifier.writers.pdf_page import draw_report

    view = view_of(report, translate, language)
    try:
        return draw_report(view, translate, report.checked_at)
    except (FPDFException, ValueError, LookupError) as error:
        detail = f"the report cannot be drawn ({type(error).__name__})"
        raise DefectError("defect", detail=detail) from error
