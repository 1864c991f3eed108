"""The little DER that is written by hand: what goes in verbatim comes out verbatim."""

from asn1crypto import core

SEQUENCE = 0x30
SET = 0x31
OCTET_STRING = 0x04


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER value: ``tag``, the definite length, the concatenated ``parts``."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded values."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes, tag: int = SET) -> bytes:
    """Return a SET OF encoded values in DER order (X.690 §11.6); ``tag`` for IMPLICIT ones."""
    return tlv(tag, *sorted(parts))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


def integer(value: int) -> bytes:
    """Return an INTEGER."""
    encoded: bytes = core.Integer(value).dump()
    return encoded


NULL = b"\x05\x00"
