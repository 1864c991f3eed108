"""Entries and their payloads as PostgreSQL's COPY takes them in its binary form.

They are made where a log is read, in a process that has no use for the database.
"""

import struct
from dataclasses import dataclass
from typing import Final

from antin.ledger.entry import SALT_BYTES
from antin.ledger.history import ACTION, Batch, Placed, Placing
from antin.ledger.tree.merkle import HASH_BYTES

# A header, rows, an end. A row is the number of its fields, and each of them behind its length;
# integers are of 8 bytes, and NULL has the length -1.
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_length: Final = struct.Struct(">i").pack
_number: Final = struct.Struct(">iq").pack
_number_and_length: Final = struct.Struct(">iqi").pack
_first_and_length: Final = struct.Struct(">hiqi").pack


@dataclass(frozen=True)
class Copied:
    """Entries and their payloads as COPY takes them."""

    after: int
    entries: bytes
    payloads: bytes


@dataclass(frozen=True)
class Copying:
    """Places, and makes rows for COPY."""

    placing: Placing

    def __call__(self, batch: Batch) -> Copied:
        """Return the rows of ``batch``; errors as :class:`Placing`."""
        found = self.placing(batch)
        actor, action = self.placing.actor.encode(), ACTION.encode()
        same = _number(8, self.placing.micros) + _length(len(actor)) + actor
        same += _length(len(action)) + action + _length(HASH_BYTES)
        return Copied(found.after, _entries(found, same), _payloads(found))


def _entries(found: Placed, same: bytes) -> bytes:
    """Return rows of entries; ``same`` are those fields in the middle that are the same in all."""
    batch, leaf_length, parts = found.batch, _length(HASH_BYTES), [_HEADER]
    columns = (batch.streams, found.numbers, found.before, batch.digests)
    for index, (stream, n, prev, digest, request, data, leaf) in enumerate(
        zip(*columns, batch.requests, found.data, found.leaves, strict=True), found.index
    ):
        parts += (
            _first_and_length(12, 8, index, len(stream)),
            stream.encode(),
            _number_and_length(8, n, -1 if prev is None else HASH_BYTES),
            prev or b"",
            same,
            digest,
            _length(len(request)),
            request.encode(),
            _number_and_length(8, 0, len(data)),
            data,
            leaf_length,
            leaf,
        )
    parts.append(_TRAILER)
    return b"".join(parts)


def _payloads(found: Placed) -> bytes:
    rows = zip(found.batch.salts, found.batch.payloads, strict=True)
    parts = [_HEADER]
    for index, (salt, payload) in enumerate(rows, found.index):
        parts += (_first_and_length(3, 8, index, SALT_BYTES), salt, _length(len(payload)), payload)
    parts.append(_TRAILER)
    return b"".join(parts)
