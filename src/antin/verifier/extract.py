"""A signature taken apart, for auditors who check with other programs.

With what this gives, ``openssl cms -verify -binary -inform DER -in CMS -content SIGNED`` checks the
signature, and ``openssl ts -verify -token_in -in TOKEN -data VALUE`` its time-stamp.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from antin.core.digests import CHUNK
from antin.core.errors import InputError, NotFoundError, RefusedError
from antin.pdf.document import PdfDocument, SignatureField
from antin.pki.cms_read import parse_signature


@dataclass(frozen=True)
class ExtractedSignature:
    """The parts of one signature."""

    field: SignatureField
    cms: bytes
    """The DER container of /Contents, without the padding."""
    signed_ranges: tuple[tuple[int, int], ...]
    """(offset, length) of the bytes of the file that were signed, in order."""
    revision_end: int | None
    """Length of the file as it was signed; None if that can't be told."""
    signature_value: bytes
    """What a signature time-stamp covers."""
    timestamp_token: bytes | None
    """The first signature time-stamp's DER token, if there is one."""


def extract(document: PdfDocument, field_name: str) -> ExtractedSignature:
    """Return the parts of the signature in ``field_name``.

    Errors: ``signature_not_found``, ``cms_malformed``, ``algorithm_forbidden``.
    """
    field = next((f for f in document.signatures if f.name == field_name), None)
    if field is None:
        raise NotFoundError("signature_not_found", field=field_name)
    if field.problem is not None or len(field.byte_range) != 4 or min(field.byte_range) < 0:
        raise InputError("cms_malformed", detail=field.problem or "its byte range is malformed")
    first, second = field.byte_range[:2], field.byte_range[2:]
    parsed = parse_signature(field.contents)
    return ExtractedSignature(
        field=field,
        cms=parsed.der,
        signed_ranges=((first[0], first[1]), (second[0], second[1])),
        revision_end=None if field.revision is None else sum(second),
        signature_value=parsed.signature,
        timestamp_token=next(iter(parsed.timestamps), None),
    )


def signed_bytes(document: PdfDocument, extracted: ExtractedSignature) -> Iterator[bytes]:
    """Yield the signed bytes in order, in pieces of at most 1 MiB."""
    for offset, length in extracted.signed_ranges:
        yield from _pieces(document, offset, length)


def revision_length(document: PdfDocument, number: int) -> int:
    """Return how long the file was when revision ``number`` (1-based) had been written, in bytes.

    Where that revision was signed it is as the signature has it, to the byte. Errors:
    ``revision_not_found``; ``revision_unclear`` where no proper end was found, or where two
    signatures have it otherwise.
    """
    if not 0 < number <= document.revisions:
        raise NotFoundError("revision_not_found", revision=number, count=document.revisions)
    end = document.revision_list[number - 1].end
    signed = {sum(one.byte_range[2:]) for one in document.signatures if one.revision == number}
    if end is None or len(signed) > 1:
        raise RefusedError("revision_unclear", revision=number)
    return signed.pop() if signed else end


def bytes_until(document: PdfDocument, end: int) -> Iterator[bytes]:
    """Yield the file's first ``end`` bytes in order, in pieces of at most 1 MiB."""
    yield from _pieces(document, 0, end)


def revision_bytes(document: PdfDocument, extracted: ExtractedSignature) -> Iterator[bytes]:
    """Yield the file as it was when it was signed, in pieces; nothing if that can't be told."""
    yield from _pieces(document, 0, extracted.revision_end or 0)


def _pieces(document: PdfDocument, offset: int, length: int) -> Iterator[bytes]:
    end = min(offset + length, document.source.size)
    for start in range(offset, end, CHUNK):
        yield document.source.pread(start, min(CHUNK, end - start))
