"""The LZW filter (ISO 32000-2 §7.4.4): variable codes of 9 to 12 bits, most significant first."""

from collections.abc import Iterator
from typing import Final

from antin.pdf.objects import Dictionary, integer

_CLEAR: Final = 256
_END: Final = 257
_BYTES: Final = [bytes([n]) for n in range(256)] + [b"", b""]
_FULL: Final = 4096


def lzw_decode(data: bytes, parameters: Dictionary, limit: int) -> bytes:
    """Return the decoded data, up to about ``limit`` bytes; ValueError at a code out of order."""
    early = 0 if integer(parameters.get("EarlyChange")) == 0 else 1
    out: list[bytes] = []
    size = 0
    for entry in _entries(data, early):
        out.append(entry)
        size += len(entry)
        if size > limit:
            break
    return b"".join(out)


def _entries(data: bytes, early: int) -> Iterator[bytes]:
    """Yield what each code stands for; the table grows by one entry a code until it is cleared."""
    table = _BYTES.copy()
    before = b""
    bits, held, width = 0, 0, 9
    for byte in data:
        held, bits = held << 8 | byte, bits + 8
        if bits < width:
            continue
        bits -= width
        code, held = held >> bits, held & ((1 << bits) - 1)
        if code == _END:
            return
        if code == _CLEAR:
            table, before, width = _BYTES.copy(), b"", 9
            continue
        if code > len(table) or (code == len(table) and not before):
            raise ValueError(code)
        entry = table[code] if code < len(table) else before + before[:1]
        yield entry
        if before and len(table) < _FULL:
            table.append(before + entry[:1])
            width = max(9, min(12, (len(table) + early).bit_length()))
        before = entry
