"""BER made DER: what some programs write around a signature, read once and bounded.

Indefinite and needlessly long lengths and octet strings in pieces become what DER has in their
place (X.690 §10.1, §10.2); contents stay as they are. What is done is a deviation that the caller
names. Signed attributes, certificates and CRLs are digested as they lie, so they must lie in DER.
"""

from typing import Final

from antin.core.errors import InputError
from antin.pki.der_write import tlv

MAX_VALUES: Final = 200_000
MAX_DEPTH: Final = 60
_OCTETS_IN_PIECES: Final = 0x24
_END: Final = b"\x00\x00"


class _Open:
    """A constructed value whose content is being read."""

    __slots__ = ("end", "parts", "tag")

    def __init__(self, tag: int, end: int | None) -> None:
        self.tag = tag
        self.end = end
        """Where it ends; None: at end-of-contents."""
        self.parts: list[bytes] = []

    def closed(self, code: str) -> bytes:
        if self.tag == _OCTETS_IN_PIECES:
            return tlv(0x04, *(_piece(part, code) for part in self.parts))
        return tlv(self.tag, *self.parts)


def to_der(data: bytes, code: str) -> tuple[bytes, int]:
    """Return the first BER value of ``data`` with DER's lengths, and how long it was in ``data``.

    Error: ``code``, also for more than 200,000 values or more than 60 inside each other.
    """
    top = _Open(0x31, None)
    stack = [top]
    at = count = 0
    while not top.parts:
        count += 1
        if count > MAX_VALUES or len(stack) > MAX_DEPTH:
            raise InputError(code, detail="too many values inside each other", offset=at)
        at = _step(data, at, stack, code)
        while len(stack) > 1 and stack[-1].end == at:
            done = stack.pop()
            stack[-1].parts.append(done.closed(code))
    return top.parts[0], at


def _step(data: bytes, at: int, stack: list[_Open], code: str) -> int:
    """Read one header, and the content of a primitive value; return where to go on."""
    inner = stack[-1]
    limit = next((one.end for one in reversed(stack) if one.end is not None), len(data))
    if len(stack) > 1 and inner.end is None and data[at : at + 2] == _END:
        # The parent takes the finished value; its own end may be here, too.
        stack.pop()
        stack[-1].parts.append(inner.closed(code))
        return at + 2
    tag, start, length = _header(data, at, limit, code)
    if length is None:
        stack.append(_Open(tag, None))
        return start
    if start + length > limit:
        raise InputError(code, detail=f"a value reaches too far, at byte {at}", offset=at)
    if tag & 0x20 and length:
        stack.append(_Open(tag, start + length))
        return start
    inner.parts.append(tlv(tag, data[start : start + length]))
    return start + length


def _header(data: bytes, at: int, limit: int, code: str) -> tuple[int, int, int | None]:
    if at + 2 > limit:
        raise InputError(code, detail=f"it ends too early, at byte {at}", offset=at)
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F or tag == 0:
        raise InputError(code, detail=f"unexpected tag {tag:#04x}, at byte {at}", offset=at)
    if first < 0x80:
        return tag, at + 2, first
    if first == 0x80 and tag & 0x20:
        return tag, at + 2, None
    count = first & 0x7F
    if not 1 <= count <= 8 or at + 2 + count > limit:
        raise InputError(code, detail=f"a length cannot be read, at byte {at}", offset=at)
    return tag, at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")


def _piece(part: bytes, code: str) -> bytes:
    """Return the content of one piece of an octet string."""
    if part[0] != 0x04:
        raise InputError(code, detail="an octet string has pieces that are none")
    skip = 2 if part[1] < 0x80 else 2 + (part[1] & 0x7F)
    return part[skip:]
