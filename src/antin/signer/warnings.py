"""What a signer should know of a file beyond whether it may be signed."""

from collections.abc import Iterator

from antin.pdf.document import PdfDocument
from antin.signer.appearance.stamp import Placement
from antin.signer.conformance import claims_of
from antin.verifier.findings import finding
from antin.verifier.report import Finding, Severity


def warnings_about(
    document: PdfDocument, reserved: int, placement: Placement | None
) -> tuple[Finding, ...]:
    """Return warnings about a signature of ``reserved`` bytes at ``placement`` in ``document``."""
    view = document.final_view
    standards = [*_archival(document, reserved), *_accessible(document, placement)]
    lost = [
        finding("conformance_lost", Severity.WARNING, standard=standard, reason=reason)
        for standard, reason in standards
    ]
    form = view.dictionary(view.catalog.get("AcroForm"))
    if view.resolve(form.get("XFA")) is not None:
        lost.append(finding("form_xfa", Severity.WARNING))
    return tuple(lost)


def _archival(document: PdfDocument, reserved: int) -> Iterator[tuple[str, str]]:
    claims = document.annex(claims_of)
    longest = claims.longest_string
    if longest is not None and reserved > longest:
        yield claims.standard, f"the signature has room for {reserved} bytes, {longest} are allowed"
    if claims.archival == 1 and document.newest_section.kind == "stream":
        yield claims.standard, "its cross-reference is a stream"


def _accessible(document: PdfDocument, placement: Placement | None) -> Iterator[tuple[str, str]]:
    """Yield what a stamp breaks: the structure, which signing leaves alone (ISO 14289-1 §7.18)."""
    if placement is not None and document.annex(claims_of).accessible:
        yield "PDF/UA", "the stamp is not in its structure"
