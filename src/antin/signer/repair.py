"""A rewritten copy of a damaged PDF, for whoever wants to sign that in its stead.

Behind a file that programs repair in different ways no revision may be appended: a signature over
it would show different documents to different readers. The copy can be read in one way only. It is
another file: what the damage was is told to whoever signs it.
"""

from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError, RefusedError
from antin.pdf.document import Manner, PdfDocument, open_pdf
from antin.pdf.rewrite import rewrite
from antin.signer.files import storage_errors
from antin.verifier.findings import finding_with
from antin.verifier.report import Finding, Severity

_DAMAGE: Final = frozenset({"not_a_pdf", "pdf_malformed", "pdf_truncated"})
_ENDINGS: Final = frozenset({"not_a_pdf", "pdf_truncated"})
"""What the tolerant manner passes over without calling it a repair."""


def repairable(source: ByteSource, refusal: InputError) -> PdfDocument | None:
    """Return what ``source``, which was refused, reads as when it is repaired; None: cannot be.

    A file that was refused for something else than its damage, or that has no page after all
    repairs, is not repairable; nor is a signed one: no signature survives. Errors:
    ``repair_breaks_signatures``, ``pdf_encrypted``, ``pdf_too_complex``.
    """
    if refusal.code not in _DAMAGE:
        return None
    try:
        document = open_pdf(source, Manner.TOLERANT)
        has_page = document.first_page is not None
    except InputError as error:
        if error.code not in _DAMAGE:
            raise
        return None
    mended = bool(document.repairs) or refusal.code in _ENDINGS
    if not has_page or not mended:
        return None
    # A signature in a field, or one that only its bytes are left of.
    if document.signatures or document.stray_signatures:
        raise RefusedError("repair_breaks_signatures")
    return document


def needs_repair(refusal: InputError) -> InputError:
    """Return the refusal of a repairable file for whoever did not ask for its repair."""
    return InputError(
        "pdf_needs_repair", detail=str(refusal.values.get("detail", "it has no header"))
    )


def write_copy(document: PdfDocument, refusal: InputError, target: Path) -> Finding:
    """Write ``document``, read tolerantly, to ``target`` anew; return a warning that says so.

    Errors: ``pdf_too_complex``, ``pdf_malformed``, ``storage_full``.
    """
    with storage_errors(), target.open("wb") as out:
        copy = rewrite(document, out.write)
    told = [refusal.code, *(repair.code for repair in document.repairs), *sorted(copy.odd)]
    values: dict[str, str | int] = {"lost": copy.lost, "codes": ", ".join(dict.fromkeys(told))}
    return finding_with("repaired_copy", Severity.WARNING, values)
