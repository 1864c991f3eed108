"""The little DER that is written by hand: what goes in verbatim comes out verbatim."""

from functools import lru_cache

SEQUENCE = 0x30
SET = 0x31
OCTET_STRING = 0x04
UTF8_STRING = 0x0C


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER value: ``tag``, the definite length, the concatenated ``parts``."""
    body = b"".join(parts)
    return header(tag, len(body)) + body


def header(tag: int, size: int) -> bytes:
    """Return what stands before ``size`` bytes of content: ``tag`` and the definite length."""
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded values."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes, tag: int = SET) -> bytes:
    """Return a SET OF encoded values in DER order (X.690 §11.6); ``tag`` for IMPLICIT ones."""
    return tlv(tag, *sorted(parts))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(0x06, *map(_base_128, (40 * first + second, *rest)))


def _base_128(value: int) -> bytes:
    """X.690 §8.19.2: seven bits a byte, the first ones marked as not the last."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(0x80 | value & 0x7F)
    return bytes(reversed(parts))


def integer(value: int) -> bytes:
    """Return an INTEGER, as short as can be (X.690 §8.3.2)."""
    octets = (value + (value < 0)).bit_length() // 8 + 1
    return tlv(0x02, value.to_bytes(octets, "big", signed=True))


NULL = b"\x05\x00"
