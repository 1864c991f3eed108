"""The rules of a signature's byte range, each a function (ISO 32000-2 §12.8.1, EN 319 142-1 §5.2).

A byte range says which bytes were signed. All of the file up to the end of the signature's revision
must be, except the hex string that holds the signature itself: anything else left out could be
changed unseen. Each rule returns None, or the deviation it found.
"""

import re
from binascii import hexlify
from collections.abc import Callable
from typing import Final

from antin.core.digests import CHUNK
from antin.pdf.deviations import Deviation
from antin.pdf.document import PdfDocument, SignatureField
from antin.pdf.lexer import WHITE

_DIGITS: Final = b"0123456789ABCDEFabcdef"
_KEY_BEFORE: Final = re.compile(rb"/Contents[\x00\t\n\x0c\r ]*+\Z")
_MAX_BEFORE: Final = 64 << 10
"""How far the hex string may stand from the start of its object."""
_MAX_GAP: Final = 32 * CHUNK
"""More than any signature needs."""


Rule = Callable[[PdfDocument, SignatureField], Deviation | None]


def four_integers(_: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require two ranges of an offset and a length each; more of them leave more gaps."""
    return None if len(field.byte_range) == 4 else Deviation("byte_range_malformed")


def no_negatives(_: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require offsets and lengths that no reader can take for something else."""
    return Deviation("byte_range_malformed") if min(field.byte_range) < 0 else None


def starts_at_zero(_: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the file's first byte to be signed."""
    return Deviation("byte_range_start") if field.byte_range[0] != 0 else None


def parts_in_order(_: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the second part to lie behind the first, with a gap between them."""
    return Deviation("byte_range_malformed") if field.contents_span is None else None


def inside_file(document: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require every signed byte to exist."""
    end = field.byte_range[2] + field.byte_range[3]
    return Deviation("byte_range_outside") if end > document.source.size else None


def gap_is_hex_string(document: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the unsigned gap to be one hex string, brackets included, and nothing else.

    Answers signature wrapping: bytes in the gap are signed by nobody, so nothing may hide there.
    """
    start = field.contents_span[0] if field.contents_span else None
    return Deviation("byte_range_gap", start) if _gap_digits(document, field) is None else None


def gap_is_own_contents(document: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the gap's string to be the /Contents of this very signature dictionary.

    Answers byte ranges moved to spare another part of the file than the signature.
    """
    if field.contents_span is None:
        return Deviation("byte_range_malformed")
    start = field.contents_span[0]
    before = _own_bytes_before(document, field, start)
    digits = _gap_digits(document, field)
    if before is None or digits is None or _KEY_BEFORE.search(before) is None:
        return Deviation("byte_range_gap_elsewhere", start)
    if not _stand_for(digits, field.contents):
        return Deviation("byte_range_gap_elsewhere", start)
    return None


def ends_at_revision(_: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the signed bytes to end where a revision of the file ends."""
    if field.revision is not None:
        return None
    return Deviation("byte_range_end", field.byte_range[2] + field.byte_range[3])


def lies_in_revision(document: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require the signature to be part of what it covers, not put there by a later revision."""
    if field.contents_span is None or field.revision is None:
        return None
    outside = field.contents_span[1] > document.revision_end(field.revision)
    return Deviation("byte_range_gap_elsewhere", field.contents_span[0]) if outside else None


def apart_from_others(document: PdfDocument, field: SignatureField) -> Deviation | None:
    """Require that no other signature leaves out any of the same bytes."""
    for other in document.signatures:
        if other is not field and _overlap(field.contents_span, other.contents_span):
            return Deviation("byte_range_shared", other.contents_span and other.contents_span[0])
    return None


_RULES: Final[tuple[Rule, ...]] = (
    four_integers,
    no_negatives,
    starts_at_zero,
    parts_in_order,
    inside_file,
    gap_is_hex_string,
    gap_is_own_contents,
    lies_in_revision,
    ends_at_revision,
    apart_from_others,
)
_NEEDED_BY_THE_REST: Final = frozenset({four_integers, no_negatives, parts_in_order})


def deviations(document: PdfDocument, field: SignatureField) -> tuple[Deviation, ...]:
    """Return every rule that the byte range of ``field`` breaks, in the order of the rules."""
    found: list[Deviation] = []
    for rule in _RULES:
        deviation = rule(document, field)
        if deviation is not None:
            found.append(deviation)
            if rule in _NEEDED_BY_THE_REST:
                break
    return tuple(found)


def _gap_digits(document: PdfDocument, field: SignatureField) -> bytes | None:
    """Return what stands in the hex string that is the gap; None if the gap is anything else."""
    return document.annex(_Gaps).digits(field.contents_span)


class _Gaps:
    """The gaps of one file's signatures: each is read, and looked through, once."""

    def __init__(self, document: PdfDocument) -> None:
        self._source = document.source
        self._last: tuple[tuple[int, int] | None, bytes | None] = (None, None)

    def digits(self, span: tuple[int, int] | None) -> bytes | None:
        """Return the hex digits and white space in ``span``, without the brackets.

        None if it is no hex string, or too long for a signature. The last one is at hand.
        """
        if span != self._last[0]:
            self._last = (span, self._read(*span) if span else None)
        return self._last[1]

    def _read(self, start: int, end: int) -> bytes | None:
        if end - start > _MAX_GAP:
            return None
        data = self._source.pread(start, end - start)
        return (
            data[1:-1] if data.translate(None, _DIGITS + WHITE) == b"<>" and _closes(data) else None
        )


def _closes(data: bytes) -> bool:
    return data.startswith(b"<") and data.endswith(b">")


def _stand_for(digits: bytes, contents: bytes) -> bool:
    """Tell whether hex digits, white space among them, stand for ``contents`` (§7.3.4.3)."""
    plain = digits if digits.isalnum() else digits.translate(None, WHITE)
    return hexlify(contents) == (plain + b"0" if len(plain) % 2 else plain).lower()


def _own_bytes_before(document: PdfDocument, field: SignatureField, gap: int) -> bytes | None:
    """Return what stands between the start of the signature's object and the gap."""
    start = _object_offset(document, field)
    if start is None or not start < gap <= start + _MAX_BEFORE:
        return None
    before = document.source.pread(start, gap - start)
    return None if b"endobj" in before else before


def _object_offset(document: PdfDocument, field: SignatureField) -> int | None:
    """Return where the object that holds the signature dictionary starts in the file."""
    number = field.field_number if field.object_number is None else field.object_number
    if number is None:
        return None
    place = document.final_view.place(number)
    if place is None or not isinstance(place.where, int):
        return None
    return place.where


def _overlap(one: tuple[int, int] | None, other: tuple[int, int] | None) -> bool:
    if one is None or other is None:
        return False
    return one[0] < other[1] and other[0] < one[1]
