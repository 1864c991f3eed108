"""A strict reader of DER (X.690) for structures whose shape is known: one value after another.

Nothing is built but what is asked for: a cursor is a position between two bounds. It never recurses
and never looks beyond its bounds, so work is linear in what is read, whatever the bytes say.
Lengths are definite and minimal; what is not is refused with its offset. BER is made DER first, by
:mod:`antin.pki.ber`, where it is put up with at all.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Self

from antin.core.errors import InputError

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
CONTEXT: Final = 0xA0
"""[0], constructed; [n] is CONTEXT + n."""
MAX_OID_BYTES: Final = 64
MAX_INTEGER_BYTES: Final = 64
"""Serial numbers and nonces; RFC 5280 wants at most 20. Numbers of keys are not read here."""
_TIMES: Final = {UTC_TIME: re.compile(rb"[0-9]{12}Z"), GENERALIZED_TIME: re.compile(rb"[0-9]{14}Z")}
_FRACTION: Final = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,11}[1-9]))?Z")


class Cursor:
    """The values between two positions of ``data``, read in order; errors bear ``code``."""

    __slots__ = ("at", "code", "data", "end")

    def __init__(self, data: bytes, code: str, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.code = code
        self.at = at
        self.end = len(data) if end is None else end

    def __bool__(self) -> bool:
        """Whether anything is left to be read."""
        return self.at < self.end

    def tag(self) -> int:
        """Return the next value's identifier byte; -1 at the end."""
        return self.data[self.at] if self.at < self.end else -1

    def bounds(self, tag: int | None = None) -> tuple[int, int]:
        """Step over the next value, which must have ``tag`` if given; return its content's bounds.

        X.690 §8.1.2.4: identifiers of more than one byte are refused, nothing read here has them.
        """
        data, at, end = self.data, self.at, self.end
        if at + 2 > end:
            raise self.wrong("it ends too early")
        found, length, start = data[at], data[at + 1], at + 2
        if found != tag and (tag is not None or found & 0x1F == 0x1F):
            raise self.wrong(f"unexpected tag {found:#04x}")
        if length >= 0x80:
            length, start = self._long(length, start)
        if start + length > end:
            raise self.wrong("a value reaches beyond its container")
        self.at = start + length
        return start, self.at

    def _long(self, first: int, start: int) -> tuple[int, int]:
        count = first & 0x7F
        if not 1 <= count <= 4 or start + count > self.end:
            raise self.wrong("a length is not that of DER")
        length = int.from_bytes(self.data[start : start + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise self.wrong("a length is not minimal")
        return length, start + count

    def body(self, tag: int) -> bytes:
        """Return the content of the next value, whose tag must be ``tag``."""
        start, stop = self.bounds(tag)
        return self.data[start:stop]

    def raw(self, tag: int | None = None) -> bytes:
        """Return the next value whole."""
        begin = self.at
        return self.data[begin : self.bounds(tag)[1]]

    def enter(self, tag: int = SEQUENCE) -> Self:
        """Return a cursor into the next value, whose tag must be ``tag``."""
        start, stop = self.bounds(tag)
        return type(self)(self.data, self.code, start, stop)

    def enter_optional(self, tag: int) -> Self | None:
        """Return a cursor into the next value if its tag is ``tag``; else None, nothing is read."""
        return self.enter(tag) if self.tag() == tag else None

    def finish(self) -> None:
        """Raise unless everything was read."""
        if self.at != self.end:
            raise self.wrong("something follows that does not belong here")

    def integer(self, tag: int = INTEGER) -> int:
        """Return an INTEGER (or what is tagged in its place), minimal as DER wants it."""
        at, value = self.at, self.body(tag)
        if not value or len(value) > MAX_INTEGER_BYTES or _padded(value):
            raise self.wrong("an integer is not that of DER", at)
        return int.from_bytes(value, "big", signed=True)

    def boolean(self, tag: int = 0x01) -> bool:
        """Return a BOOLEAN: 00 or FF (X.690 §11.1)."""
        at, value = self.at, self.body(tag)
        if value not in {b"\x00", b"\xff"}:
            raise self.wrong("a boolean is not that of DER", at)
        return value == b"\xff"

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER, dotted."""
        at = self.at
        found = dotted(self.body(OID))
        if found is None:
            raise self.wrong("an object identifier is not that of DER", at)
        return found

    def bits(self) -> bytes:
        """Return a BIT STRING of whole bytes."""
        at, value = self.at, self.body(BIT_STRING)
        if not value or value[0] != 0:
            raise self.wrong("a bit string is not one of whole bytes", at)
        return value[1:]

    def time(self) -> datetime:
        """Return a UTCTime or GeneralizedTime in whole seconds of UTC (RFC 5280 §4.1.2.5)."""
        at, tag = self.at, self.tag()
        pattern = _TIMES.get(tag)
        text = self.body(tag) if pattern is not None else b""
        if pattern is None or not pattern.fullmatch(text):
            raise self.wrong("a time is not that of DER", at)
        if tag == UTC_TIME:
            text = (b"19" if text >= b"5" else b"20") + text
        return self._moment(text, 0, at)

    def precise_time(self) -> datetime:
        """Return a GeneralizedTime that may have fractions of a second (RFC 3161 §2.4.2)."""
        at = self.at
        found = _FRACTION.fullmatch(self.body(GENERALIZED_TIME))
        if found is None:
            raise self.wrong("a time is not that of DER", at)
        return self._moment(found[1], int((found[2] or b"")[:6].ljust(6, b"0")), at)

    def _moment(self, text: bytes, microseconds: int, at: int) -> datetime:
        try:
            parts = (text[:4], *(text[i : i + 2] for i in range(4, 14, 2)))
            return datetime(*map(int, parts), microseconds, tzinfo=UTC)  # type: ignore[arg-type,misc]  # six numbers, then the microseconds
        except ValueError as error:
            raise self.wrong("a time does not exist", at) from error

    def wrong(self, detail: str, at: int | None = None) -> InputError:
        """Return the error that says ``detail``, with the offset in ``data`` it is about."""
        offset = self.at if at is None else at
        return InputError(self.code, detail=f"{detail}, at byte {offset}", offset=offset)


def whole(data: bytes, code: str, tag: int = SEQUENCE) -> Cursor:
    """Return a cursor into the one value that ``data`` is."""
    outer = Cursor(data, code)
    inner = outer.enter(tag)
    outer.finish()
    return inner


def content_of(der: bytes) -> bytes:
    """Return the content of a DER value."""
    return der[2 if der[1] < 0x80 else 2 + (der[1] & 0x7F) :]


def dotted(body: bytes) -> str | None:
    """Return the content of an OBJECT IDENTIFIER as text; None when it is not DER (X.690 §8.19)."""
    # Looked at first: what is remembered is kept for good, and megabytes may stand here.
    return None if len(body) > MAX_OID_BYTES else _dotted(body)


@lru_cache(maxsize=1024)
def _dotted(body: bytes) -> str | None:
    if not body or body[-1] & 0x80:
        return None
    arcs, value, fresh = [], 0, True
    for byte in body:
        if fresh and byte == 0x80:
            return None
        value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _padded(value: bytes) -> bool:
    """X.690 §8.3.2: the first nine bits of an integer are not all alike."""
    return len(value) > 1 and (value[0], value[1] & 0x80) in {(0x00, 0x00), (0xFF, 0x80)}
