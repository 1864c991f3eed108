"""Signatures as they lie in a file: found through the form's fields, one value each."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.core.limits import MAX_CMS_BYTES, MAX_SIGNATURES
from antin.pdf.dates import parse_date
from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Ref, Value, integer, name, text
from antin.pdf.restrictions import Restrictions, restrictions_of
from antin.pdf.revisions import Revision, white_until

TIMESTAMP_SUBFILTER: Final = "ETSI.RFC3161"
_MAX_SHARED: Final = 10
"""Names that a person would read."""
_MAX_CERTIFICATES: Final = 200


@dataclass(frozen=True)
class SignatureField:
    """One signature, or document time-stamp, and what the file says about it."""

    name: str
    kind: Literal["signature", "document-timestamp"]
    subfilter: str | None
    contents: bytes
    """DER as it was in /Contents; zero padding may follow it."""
    byte_range: tuple[int, ...]
    contents_span: tuple[int, int] | None
    """Offsets of the gap that the byte range leaves: start and end, in bytes."""
    claimed_time: datetime | None
    """/M, which the signer's computer made up."""
    revision: int | None
    """1-based revision whose end the byte range reaches; None if it ends elsewhere."""
    covers_whole_file: bool
    problem: str | None = None
    """Why it could not be read; ``contents`` may be empty then."""
    object_number: int | None = None
    """Of the signature dictionary; None if it lies directly in its field."""
    field_number: int | None = None
    """Of the form field; None if that lies directly in the form."""
    restrictions: Restrictions = field(default_factory=Restrictions)
    type_name: str | None = None
    """/Type of the signature dictionary; None if it has none."""
    shared_with: tuple[str, ...] = ()
    """Names of further fields that show the same signature."""
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """What is in /Cert, the signer's first; only bare RSA signatures have it."""


def signature_fields(
    view: View,
    fields: tuple[FormField, ...],
    source: ByteSource,
    revisions: tuple[Revision, ...],
) -> tuple[SignatureField, ...]:
    """Return the signatures in ``fields`` by the end of what they cover; each dictionary once.

    Error: ``pdf_too_complex`` when there are more than ``MAX_SIGNATURES``.
    """
    found: dict[object, SignatureField] = {}
    further: dict[object, list[str]] = {}
    for node in fields:
        signature = signature_value(view, node)
        if signature is not None:
            number = node.value.number if isinstance(node.value, Ref) else None
            identity = id(node) if number is None else number
            if identity in found:
                further.setdefault(identity, []).append(node.name)
            else:
                found[identity] = _read(view, node, number, signature, source, revisions)
    if len(found) > MAX_SIGNATURES:
        raise InputError("pdf_too_complex", detail=f"more than {MAX_SIGNATURES} signatures")
    for value, names in further.items():
        found[value] = replace(found[value], shared_with=tuple(names[:_MAX_SHARED]))
    behind = source.size + 1  # what has no readable range comes last
    return tuple(sorted(found.values(), key=lambda item: range_end(item.byte_range) or behind))


def signature_value(view: View, field: FormField) -> Dictionary | None:
    """Return the signature dictionary of a signed field, whatever type the field claims."""
    value = view.dictionary(field.value)
    if not value or not (field.kind == "Sig" or "ByteRange" in value):
        return None
    return value


def range_end(byte_range: tuple[int, ...]) -> int | None:
    """Return the offset after the last byte covered, if the range has four parts."""
    return byte_range[2] + byte_range[3] if len(byte_range) == 4 else None


def _read(
    view: View,
    node: FormField,
    number: int | None,
    signature: Dictionary,
    source: ByteSource,
    revisions: tuple[Revision, ...],
) -> SignatureField:
    byte_range, range_problem = _byte_range(view, signature)
    contents, contents_problem = _contents(view, signature)
    subfilter = name(view.resolve(signature.get("SubFilter")))
    end = range_end(byte_range)
    return SignatureField(
        name=node.name,
        kind=_kind(view, signature, subfilter),
        subfilter=subfilter,
        contents=contents,
        byte_range=byte_range,
        contents_span=_gap(byte_range),
        claimed_time=parse_date(text(view.resolve(signature.get("M")))),
        revision=_revision_ending(source, revisions, end),
        covers_whole_file=end == source.size,
        problem=range_problem or contents_problem,
        object_number=number,
        field_number=node.number,
        restrictions=restrictions_of(view, signature, node.dictionary),
        type_name=name(view.resolve(signature.get("Type"))),
        certificates=_certificates(view, signature),
    )


def _kind(
    view: View, signature: Dictionary, subfilter: str | None
) -> Literal["signature", "document-timestamp"]:
    """Decide by the sub-filter: /Type may be missing or wrong."""
    if subfilter is not None:
        return "document-timestamp" if subfilter == TIMESTAMP_SUBFILTER else "signature"
    is_timestamp = name(view.resolve(signature.get("Type"))) == "DocTimeStamp"
    return "document-timestamp" if is_timestamp else "signature"


def _byte_range(view: View, signature: Dictionary) -> tuple[tuple[int, ...], str | None]:
    items = view.array(signature.get("ByteRange"))
    numbers = tuple(n for n in map(integer, map(view.resolve, items)) if n is not None)
    if not items:
        return (), "it has no /ByteRange"
    if len(numbers) != len(items):
        return (), "its /ByteRange holds something other than integers"
    return numbers, None


def _contents(view: View, signature: Dictionary) -> tuple[bytes, str | None]:
    value: Value = view.resolve(signature.get("Contents"))
    if not isinstance(value, bytes) or not value.strip(b"\x00"):
        return b"", "its /Contents are empty"
    if len(value) > MAX_CMS_BYTES:
        return b"", "its /Contents are too long"
    return value, None


def _certificates(view: View, signature: Dictionary) -> tuple[bytes, ...]:
    """Return the strings of /Cert: one, or an array of them (ISO 32000-2 §12.8.1, table 255)."""
    value = view.resolve(signature.get("Cert"))
    items = (value,) if isinstance(value, bytes) else view.array(value)
    found = (view.resolve(item) for item in items[:_MAX_CERTIFICATES])
    return tuple(one for one in found if isinstance(one, bytes))


def _gap(byte_range: tuple[int, ...]) -> tuple[int, int] | None:
    if len(byte_range) != 4:
        return None
    start, end = byte_range[0] + byte_range[1], byte_range[2]
    return (start, end) if 0 <= start < end else None


def _revision_ending(
    source: ByteSource, revisions: tuple[Revision, ...], end: int | None
) -> int | None:
    """Return the revision that ends at ``end``, but for white space that was signed or left out."""
    if end is None:
        return None
    for revision in reversed(revisions):
        if revision.marker_end is not None and revision.marker_end <= end:
            return revision.number if white_until(source, revision.marker_end, end) else None
    return None
