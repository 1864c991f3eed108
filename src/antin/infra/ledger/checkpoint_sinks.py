"""More places for checkpoints: a folder that keeps every one, and several places as one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from antin.core.clock import Clock
from antin.core.digests import sha256_hex
from antin.core.errors import AntinError, IntegrityError, UnavailableError
from antin.core.limits import MAX_JSON_BYTES
from antin.flows.services import Troubles
from antin.infra.durable import read_plain, replace_whole, sync_folder
from antin.infra.ledger.checkpoint_file import CheckpointFile, place_lock
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.ports import CheckpointSink, StoredCheckpoint, Timestamp


class CheckpointFolder:
    """Keeps each checkpoint in a file of its own, by size; nothing there is written over.

    Beside a checkpoint that was time-stamped lie its tokens (DER), which OpenSSL checks with
    ``openssl ts -verify -token_in``. The folder is not made: where a disk is not mounted, none of
    it would be on that disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest = CheckpointFile(folder / "newest")

    def write(self, checkpoint: StoredCheckpoint) -> None:
        """Keep ``checkpoint``.

        Errors: ``ledger_inconsistent`` if one of the same size has another root,
        ``checkpoint_malformed`` if what lies there is none, ``storage_full``.
        """
        path = self._folder / f"{checkpoint.size:019d}.checkpoint"
        kept = self._read(path)
        if kept is None:
            self._keep(path, checkpoint.note)
        elif parse_checkpoint(kept).root != checkpoint.root:
            detail = f"two checkpoints of {checkpoint.size} entries have different roots"
            raise IntegrityError("ledger_inconsistent", detail=detail)
        self._newest.write(checkpoint)

    def newest(self) -> bytes | None:
        """Return the newest; which it is, is kept, as the folder grows without end."""
        if not self._folder.is_dir():
            raise UnavailableError("storage_full", detail="the folder is not there")
        return self._newest.newest()

    def each_newest(self) -> tuple[bytes, ...]:
        note = self.newest()
        return () if note is None else (note,)

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        self.write(checkpoint)
        path = self._folder / f"{checkpoint.size:019d}.{timestamp.number}.tst"
        if self._read(path) is None:
            self._keep(path, timestamp.token)

    def put_aside(self, note: bytes, common: int) -> None:
        """Rename what is of the same lost history, the newest last: until then, all is done again.

        Error: ``storage_full``.
        """
        if self._newest.newest() != note:
            return
        lock = place_lock(self._folder / ".lock")
        try:
            with lock:
                for path in sorted(self._folder.glob("*.checkpoint")):
                    if path.stem.isdecimal() and int(path.stem) > common:
                        digest = sha256_hex(read_plain(path, MAX_JSON_BYTES))[:16]
                        path.rename(path.with_name(f"{path.name}.lost-{digest}"))
                sync_folder(self._folder)
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        finally:
            lock.close()
        self._newest.put_aside(note, common)

    def put_asides(self) -> tuple[bytes, ...]:
        return self._newest.put_asides()

    def _keep(self, path: Path, data: bytes) -> None:
        lock = place_lock(self._folder / ".lock")
        try:
            with lock:
                replace_whole(path, data)
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        finally:
            lock.close()

    def _read(self, path: Path) -> bytes | None:
        try:
            return read_plain(path, MAX_JSON_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error


@dataclass(frozen=True)
class NamedSink:
    """A place, as people are told of it."""

    name: str
    sink: CheckpointSink


class ManySinks:
    """Implements :class:`antin.ledger.ports.CheckpointSink` over several: one of ours, and others.

    Each gets every checkpoint whatever happens to the rest. Another one that is out of order is
    noted and holds nothing up; one that holds another history is an error, as in our own.
    """

    def __init__(
        self,
        own: CheckpointSink,
        others: Sequence[NamedSink],
        troubles: Troubles,
        clock: Clock,
        require_ours: Callable[[bytes], object] = parse_checkpoint,
    ) -> None:
        """``require_ours`` raises for a note in another place that this ledger did not sign.

        Whoever owns that place could else stop us by what they write there. Its errors are none of
        :class:`~antin.core.errors.IntegrityError`.
        """
        self._require_ours = require_ours
        self._own = own
        self._others = tuple(others)
        self._troubles = troubles
        self._clock = clock

    def write(self, checkpoint: StoredCheckpoint) -> None:
        def write(sink: CheckpointSink) -> None:
            sink.write(checkpoint)
            # A forged one of more entries would stand in the way of ours for good, unseen.
            if sink is not self._own and (kept := sink.newest()) not in {None, checkpoint.note}:
                self._require_ours(kept or b"")

        self._each(write)

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        self._each(lambda sink: sink.keep_timestamp(checkpoint, timestamp))

    def newest(self) -> bytes | None:
        """Return the checkpoint of the most entries that any of them keeps."""
        return next(iter(self.each_newest()), None)

    def each_newest(self) -> tuple[bytes, ...]:
        own = self._own.newest()
        found = [own, *(self._tried(other, own) for other in self._others)]
        # Our own that is none is evidence, and an error; others were seen to be ours.
        kept = dict.fromkeys(note for note in found if note is not None)
        return tuple(sorted(kept, key=lambda note: parse_checkpoint(note).size, reverse=True))

    def put_aside(self, note: bytes, common: int) -> None:
        self._each(lambda sink: sink.put_aside(note, common))

    def put_asides(self) -> tuple[bytes, ...]:
        """Return those of all places that can be read; the same one is kept in several."""
        found = list(self._own.put_asides())
        for other in self._others:
            try:
                found += other.sink.put_asides()
            except AntinError as error:
                self._note(other, error)
        return tuple(dict.fromkeys(found))

    def _each(self, action: Callable[[CheckpointSink], None]) -> None:
        failures: list[AntinError] = []
        try:
            action(self._own)
        except AntinError as error:
            failures.append(error)
        for other in self._others:
            try:
                action(other.sink)
            except AntinError as error:
                self._note(other, error)
                if isinstance(error, IntegrityError):
                    failures.append(error)
            else:
                self._note(other, None)
        if failures:
            raise failures[0]

    def _tried(self, other: NamedSink, own: bytes | None) -> bytes | None:
        try:
            note = other.sink.newest()
            if note is not None and note != own:
                self._require_ours(note)
        except AntinError as error:
            self._note(other, error)
            return None
        return note

    def _note(self, other: NamedSink, error: AntinError | None) -> None:
        self._troubles.note(f"checkpoints in {other.name}", error, self._clock.now())
