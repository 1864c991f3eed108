"""Remembering millions of keys in little memory.

A dictionary needs hundreds of bytes for a stream's name and its newest entry. Here a key is 16
bytes of its hash, with a value of fixed length right after it, and neighbours share a buffer.
"""

import hashlib
from typing import Final

_KEY: Final = 16
_BUFFERS: Final = 1 << 16
"""Found by a key's first bytes. Each holds 15 of a million keys."""


class Compact:
    """Values of ``width`` bytes by key; a key stays once it is there.

    Two keys of one hash would be one. Who finds such a pair (2⁶⁴ tries) makes a false alarm: what
    is remembered of one is held against the other, and does not fit it.
    """

    def __init__(self, width: int = 0) -> None:
        self._step = _KEY + width
        self._buffers: list[bytearray | None] = [None] * _BUFFERS

    def get(self, key: bytes) -> bytes | None:
        """Return what was put last."""
        short = _short(key)
        buffer = self._buffers[self._place(short)]
        at = -1 if buffer is None else self._find(buffer, short)
        return None if buffer is None or at < 0 else bytes(buffer[at + _KEY : at + self._step])

    def put(self, key: bytes, value: bytes = b"") -> bool:
        """Remember a value of the right length; tell whether the key is new."""
        short = _short(key)
        place = self._place(short)
        buffer = self._buffers[place]
        if buffer is None:
            buffer = self._buffers[place] = bytearray()
        at = self._find(buffer, short)
        if at < 0:
            buffer += short + value
        else:
            buffer[at + _KEY : at + self._step] = value
        return at < 0

    def _place(self, short: bytes) -> int:
        return int.from_bytes(short[:4]) % len(self._buffers)

    def _find(self, buffer: bytearray, short: bytes) -> int:
        at = buffer.find(short)
        while at >= 0 and at % self._step:  # found across two of them
            at = buffer.find(short, at + 1)
        return at


def _short(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=_KEY).digest()
