"""Findings about a file's structure: what a signature can't speak for by itself."""

from collections.abc import Iterable
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.byterange import deviations
from antin.pdf.deviations import Deviation
from antin.pdf.document import PdfDocument, SignatureField
from antin.pdf.lexer import WHITE
from antin.verifier.findings import finding
from antin.verifier.report import Finding, Severity

_FEW: Final = 800
"""More white space at its end hides startxref from programs, which then read a file otherwise."""


def file_findings(document: PdfDocument) -> tuple[Finding, ...]:
    """Return what is wrong, or odd, with the file as a whole.

    1. What had to be repaired to open it: another program may repair it otherwise.
    2. What opening it showed to be against the rules of PDF.
    3. Every revision ends as one should: hidden cross-references have no end of their own.
    4. Nothing follows the last revision but a little white space: nobody signs such bytes, some
       readers read them, or can't find the end for them.
    5. Every signature in it is reached by a form field: none is hidden or put aside.
    6. All validation data can be read.
    """
    return (
        *_named(document.repairs, Severity.ERROR),
        *_named(document.deviations, Severity.WARNING),
        *_revision_ends(document),
        *_trailing_bytes(document),
        *_stray_signatures(document),
        *_validation_data(document),
    )


def signature_findings(document: PdfDocument, field: SignatureField) -> tuple[Finding, ...]:
    """Return what is wrong with the place of ``field`` in its file; errors are format failures."""
    found = []
    if field.problem is not None:
        found.append(finding("signature_unreadable", Severity.ERROR, problem=field.problem))
    if field.byte_range:
        found += [
            finding(d.code, Severity.ERROR, revision=field.revision, offset=d.offset)
            for d in deviations(document, field)
            if d.code != "byte_range_end" or not _ends_unknown(document)
        ]
    return (*found, *_odd_type(field), *_shared(field))


def _shared(field: SignatureField) -> list[Finding]:
    """Tell that viewers show one signature in several places, as if more had signed."""
    if not field.shared_with:
        return []
    fields = ", ".join(field.shared_with)
    return [finding("signature_shared", Severity.WARNING, revision=field.revision, fields=fields)]


def _ends_unknown(document: PdfDocument) -> bool:
    """Tell whether repairing the file lost where its revisions end; the repair is named for it."""
    return any(repair.code == "pdf_xref_rebuilt" for repair in document.repairs)


def _odd_type(field: SignatureField) -> list[Finding]:
    """Tell of a /Type that does not fit the sub-filter, by which we and others judge.

    A time-stamp needs its own (EN 319 142-1 §5.4.3), a signature may leave it out (ISO 32000-2
    table 255).
    """
    fitting = {"DocTimeStamp"} if field.kind == "document-timestamp" else {"Sig", None}
    if field.type_name in fitting:
        return []
    shown = "missing" if field.type_name is None else f"/{field.type_name}"
    return [finding("signature_type_odd", Severity.WARNING, revision=field.revision, type=shown)]


def _named(breaches: Iterable[Deviation], severity: Severity) -> list[Finding]:
    """Return one finding for each rule that the file breaks, with the place of its first breach."""
    first: dict[str, Deviation] = {}
    for item in breaches:
        first.setdefault(item.code, item)
    found = sorted(first.values(), key=lambda item: item.offset or 0)
    return [finding(item.code, severity, offset=item.offset) for item in found]


def _revision_ends(document: PdfDocument) -> list[Finding]:
    if _ends_unknown(document):
        return []
    cut_off = any(repair.code == "pdf_eof_missing" for repair in document.repairs)
    severity = Severity.ERROR if document.signatures else Severity.WARNING
    return [
        finding("revision_end_unclear", severity, revision=revision.number)
        for revision in document.revision_list
        if revision.end is None and not (cut_off and revision.number == document.revisions)
    ]


def _trailing_bytes(document: PdfDocument) -> list[Finding]:
    end = document.revision_list[-1].end
    if end is None:
        return []
    count = document.source.size - end
    if count > _FEW or not _white_from(document.source, end):
        return [finding("trailing_bytes", Severity.ERROR, offset=end, count=count)]
    if count == 0 or any(field.covers_whole_file for field in document.signatures):
        return []
    return [finding("trailing_white_space", Severity.WARNING, offset=end, count=count)]


def _white_from(source: ByteSource, start: int) -> bool:
    return not any(source.pread(at, CHUNK).strip(WHITE) for at in range(start, source.size, CHUNK))


def _stray_signatures(document: PdfDocument) -> list[Finding]:
    try:
        offsets = document.stray_signatures
    except InputError as error:
        return [finding("structure_undetermined", Severity.ERROR, reason=error.detail)]
    found = [finding("signature_unreachable", Severity.ERROR, offset=at) for at in offsets]
    if document.usage_rights and not document.signatures:
        found.append(finding("usage_rights_signature", Severity.INFO))
    return found


def _validation_data(document: PdfDocument) -> list[Finding]:
    unreadable = document.store_summary.unreadable
    if not unreadable:
        return []
    return [finding("validation_data_unreadable", Severity.WARNING, count=unreadable)]
