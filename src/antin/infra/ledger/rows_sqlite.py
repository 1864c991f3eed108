"""Entries and their payloads in a form that is soon sent, and soon taken apart for SQLite.

They are made where a log is read, in a process that has no use for the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from antin.ledger.history import Batch, Placing
from antin.ledger.tree.merkle import HASH_BYTES

_NONE: Final = bytes(HASH_BYTES)


@dataclass(frozen=True)
class Packed:
    """Entries in few large values, which are soon sent: texts in lines, hashes and salts in a row.

    What they are taken apart into are bytearrays: the driver looks long for what else a ``bytes``
    might be adapted to, at half a microsecond each.
    """

    index: int
    count: int
    same: tuple[int, str]
    """Their time, their actor."""
    streams: str
    numbers: list[int]
    before: bytes
    """Zeros where there is none."""
    digests: bytes
    requests: str
    data: bytes
    leaves: bytes
    salts: bytes
    payloads: bytes

    @property
    def after(self) -> int:
        """The leaf index after them."""
        return self.index + self.count

    def entries(self) -> tuple[Sequence[object], ...]:
        """Return the columns of entries that are not the same in all."""
        before = zip(self.numbers, _pieces(self.before), strict=True)
        return (
            self.streams.split("\n"),
            self.numbers,
            [leaf if n else None for n, leaf in before],
            _pieces(self.digests),
            self.requests.split("\n"),
            bytearray(self.data).split(b"\n"),
            _pieces(self.leaves),
        )

    def facts(self) -> tuple[Sequence[object], ...]:
        """Return the columns of payloads."""
        return (_pieces(self.salts), bytearray(self.payloads).split(b"\n"))


@dataclass(frozen=True)
class Packing:
    """Places and packs."""

    placing: Placing

    def __call__(self, batch: Batch) -> Packed:
        """Return the rows of ``batch``; errors as :class:`Placing`."""
        found = self.placing(batch)
        return Packed(
            index=found.index,
            count=batch.count,
            same=(self.placing.micros, self.placing.actor),
            streams="\n".join(batch.streams),
            numbers=found.numbers,
            before=b"".join([leaf or _NONE for leaf in found.before]),
            digests=b"".join(batch.digests),
            requests="\n".join(batch.requests),
            data=b"\n".join(found.data),
            leaves=b"".join(found.leaves),
            salts=b"".join(batch.salts),
            payloads=b"\n".join(batch.payloads),
        )


def _pieces(packed: bytes) -> list[bytearray]:
    every = bytearray(packed)
    return [every[at : at + HASH_BYTES] for at in range(0, len(every), HASH_BYTES)]
