"""The newest entry of each of millions of streams, part after part."""

from binascii import hexlify, unhexlify
from collections.abc import Mapping
from typing import Final

from antin.ledger.checking.compact import Compact
from antin.ledger.tree.merkle import HASH_BYTES

_LATE: int = 20_000
"""Streams that are kept at hand; others take less memory, and more time."""
_N_BYTES: Final = 8


class Tips:
    """n and prev of the entry that goes on from each stream; those of late ones at hand."""

    def __init__(self) -> None:
        self._late: dict[bytes, tuple[int, bytes]] = {}
        self._all = Compact(_N_BYTES + HASH_BYTES)

    def get(self, stream: bytes) -> tuple[int, bytes]:
        late = self._late.get(stream)
        if late is not None:
            return late
        found = self._all.get(stream)
        if found is None:
            return 0, b""
        return int.from_bytes(found[:_N_BYTES]), hexlify(found[_N_BYTES:])

    def update(self, tips: Mapping[bytes, tuple[int, bytes]]) -> None:
        self._late.update(tips)
        if len(self._late) > _LATE:
            for stream, (n, leaf) in self._late.items():
                self._all.put(stream, n.to_bytes(_N_BYTES) + unhexlify(leaf))
            self._late.clear()
