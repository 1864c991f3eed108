"""BER-TLV as smart cards use it (ISO/IEC 7816-4 §5.2.2): tags of up to three bytes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_LONGEST: Final = 1 << 16


class TlvError(Exception):
    """The bytes are no sequence of data objects; the message says where."""


def encode(tag: int, value: bytes) -> bytes:
    """Return the data object with this tag (as it is written, 0x5FC105) and ``value``."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1) + _length(len(value)) + value


def decode(data: bytes) -> Mapping[int, bytes]:
    """Return the values of the data objects in ``data`` by their tags; each tag once."""
    found: dict[int, bytes] = {}
    place = 0
    while place < len(data):
        tag, place = _read_tag(data, place)
        length, place = _read_length(data, place)
        if place + length > len(data) or tag in found:
            raise TlvError(f"object {tag:X} at {place} is cut off or there twice")
        found[tag] = data[place : place + length]
        place += length
    return MappingProxyType(found)


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    body = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([0x80 | len(body)]) + body


def _read_tag(data: bytes, place: int) -> tuple[int, int]:
    end = place + 1
    if data[place] & 0x1F == 0x1F:  # more bytes follow, the last without its highest bit
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data) or end - place > 3:
        raise TlvError(f"tag at {place}")
    return int.from_bytes(data[place:end]), end


def _read_length(data: bytes, place: int) -> tuple[int, int]:
    if place >= len(data):
        raise TlvError(f"no length at {place}")
    first = data[place]
    if first < 0x80:
        return first, place + 1
    end = place + 1 + (first & 0x7F)
    length = int.from_bytes(data[place + 1 : end])
    if first == 0x80 or end > len(data) or length > _LONGEST:
        raise TlvError(f"length at {place}")
    return length, end
