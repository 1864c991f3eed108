"""The newest checkpoint, in memory."""

from dataclasses import dataclass, field

from antin.core.errors import IntegrityError
from antin.ledger.ports import StoredCheckpoint, Timestamp


@dataclass
class MemorySink:
    """Implements the port :class:`antin.ledger.ports.CheckpointSink`."""

    kept: StoredCheckpoint | None = None
    stamped: list[tuple[int, bytes]] = field(default_factory=list)
    aside: tuple[bytes, ...] = ()

    def write(self, checkpoint: StoredCheckpoint) -> None:
        kept = self.kept
        if kept is not None and kept.size == checkpoint.size and kept.root != checkpoint.root:
            raise IntegrityError("ledger_inconsistent", detail="two roots for one size")
        if kept is None or checkpoint.size > kept.size:
            self.kept = checkpoint

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        self.stamped.append((checkpoint.size, timestamp.token))

    def newest(self) -> bytes | None:
        return self.kept.note if self.kept else None

    def each_newest(self) -> tuple[bytes, ...]:
        note = self.newest()
        return () if note is None else (note,)

    def put_aside(self, note: bytes, common: int) -> None:
        if self.newest() == note:
            self.kept, self.aside = None, (*(one for one in self.aside if one != note), note)

    def put_asides(self) -> tuple[bytes, ...]:
        return self.aside
