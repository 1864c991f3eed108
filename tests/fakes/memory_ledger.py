"""The ledger in memory."""

from collections.abc import Collection, Iterator, Sequence

from antin.core.errors import ConflictError, IntegrityError
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Tip, place
from antin.ledger.ports import (
    Cosignature,
    EntryFilter,
    EntryRow,
    Payload,
    StoredCheckpoint,
    TileRoot,
    Timestamp,
)
from tests.fakes.memory_tables import MemoryState


class MemoryLedger:
    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def size(self) -> int:
        return len(self._state.entries)

    def entries(self, start: int, stop: int) -> Iterator[EntryRow]:
        return iter([row for row in self._state.entries if start <= row.index < stop])

    def matching(self, start: int, stop: int, wanted: EntryFilter) -> tuple[EntryRow, ...]:
        return tuple(row for row in self.entries(start, stop) if wanted.accepts(row))

    def of_stream(self, stream: str, start: int = 0, limit: int = 1000) -> tuple[EntryRow, ...]:
        found = [r for r in self._state.entries if r.stream == stream and r.n >= start]
        return tuple(found[: max(limit, 0)])

    def of_request(self, request: str, limit: int = 1000) -> tuple[EntryRow, ...]:
        found = [row for row in self._state.entries if row.request == request]
        return tuple(found[: max(limit, 0)])

    def tip(self, stream: str) -> EntryRow | None:
        return next(reversed(self.of_stream(stream, 0, 2**31)), None)

    def payload(self, index: int) -> Payload | None:
        return self._state.payloads.get(index)

    def payloads(self, start: int, stop: int) -> Iterator[tuple[int, Payload]]:
        return iter([(i, p) for i, p in sorted(self._state.payloads.items()) if start <= i < stop])

    def erase_payloads(self, indexes: Collection[int]) -> None:
        for index in set(indexes):
            if self._state.payloads.pop(index, None) is None:
                raise ConflictError("version_conflict")

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        return (row.leaf for row in self.entries(start, stop))

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        return self._state.checkpoints[max(self._state.checkpoints)] if self._any() else None

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        return iter([one for _, one in sorted(self._state.checkpoints.items())])

    def add_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        if checkpoint.size in self._state.checkpoints:
            raise ConflictError("already_exists", what=f"a checkpoint of {checkpoint.size} entries")
        self._state.checkpoints[checkpoint.size] = checkpoint

    def tile_roots(self, level: int, start: int, stop: int) -> Iterator[TileRoot]:
        kept = sorted(self._state.tile_roots.items())
        return iter([one for key, one in kept if (level, start) <= key < (level, stop)])

    def newest_tile_root(self, level: int) -> TileRoot | None:
        kept = [one for _, one in sorted(self._state.tile_roots.items()) if one.level == level]
        return kept[-1] if kept else None

    def add_tile_roots(self, roots: Sequence[TileRoot]) -> None:
        for one in roots:
            self._state.tile_roots.setdefault((one.level, one.index), one)

    def checkpoint(self, size: int) -> StoredCheckpoint | None:
        return self._state.checkpoints.get(size)

    def cosignatures(self, start: int, stop: int) -> tuple[Cosignature, ...]:
        kept = sorted(self._state.cosignatures.items())
        return tuple(one for (size, _), one in kept if start <= size < stop)

    def last_index(self) -> int | None:
        return max((row.index for row in self._state.entries), default=None)

    def largest_cosigned(self) -> int | None:
        return max((size for size, _ in self._state.cosignatures), default=None)

    def bring_back(self, entries: Sequence[tuple[EntryRow, Payload | None]]) -> None:
        if entries and entries[0][0].index != len(self._state.entries):
            raise IntegrityError("ledger_inconsistent", detail="they do not go on from the newest")
        for row, payload in entries:
            self._state.entries.append(row)
            if payload is not None:
                self._state.payloads[row.index] = payload

    def cosigned(self, witness: str) -> int | None:
        sizes = [size for size, name in self._state.cosignatures if name == witness]
        return max(sizes, default=None)

    def timestamps(self, start: int, stop: int) -> tuple[Timestamp, ...]:
        kept = sorted(self._state.timestamps.items())
        return tuple(one for (size, _), one in kept if start <= size < stop)

    def first_timestamp(self, size: int) -> Timestamp | None:
        return next(iter(self.timestamps(size, 2**63)), None)

    def newest_timestamp(self) -> Timestamp | None:
        sizes = [size for size, _ in self._state.timestamps]
        return self.timestamps(max(sizes), max(sizes) + 1)[0] if sizes else None

    def add_timestamp(self, timestamp: Timestamp) -> None:
        key = (timestamp.size, timestamp.number)
        if key in self._state.timestamps or timestamp.size not in self._state.checkpoints:
            raise ConflictError("already_exists", what="a time-stamp of a checkpoint")
        self._state.timestamps[key] = timestamp

    def add_cosignature(self, cosignature: Cosignature) -> None:
        key = (cosignature.size, cosignature.witness)
        if key in self._state.cosignatures or cosignature.size not in self._state.checkpoints:
            raise ConflictError("already_exists", what=f"a cosignature of {cosignature.witness}")
        self._state.cosignatures[key] = cosignature

    def append(self, act: Act, drafts: Sequence[Draft]) -> None:
        if any(row.request == act.request for row in self._state.entries) and drafts:
            raise ConflictError("already_exists", what=f"a ledger entry of request {act.request}")
        tips = {row.stream: Tip(row.n, row.leaf) for row in self._state.entries}
        for placed in place(act, drafts, self.size(), tips):
            self._state.entries.append(placed.row)
            self._state.payloads[placed.row.index] = placed.payload

    def _any(self) -> bool:
        return bool(self._state.checkpoints)
