"""The newest checkpoint in a file of its own, outside the database.

A database that was rolled back or restored from a backup does not roll this file back: that is
how it is found out. Best kept on another disk, or copied away.
"""

import base64
from pathlib import Path
from typing import Final

from antin.core import canonical
from antin.core.digests import sha256_hex
from antin.core.errors import IntegrityError, UnavailableError
from antin.core.limits import MAX_JSON_BYTES
from antin.infra.durable import read_plain, replace_whole, sync_folder
from antin.infra.file_lock import FileLock
from antin.ledger.checkpoints.checkpoint import Checkpoint, parse_checkpoint
from antin.ledger.ports import StoredCheckpoint, Timestamp

STAMPED: Final = ".stamped"
"""After the file's name: the newest checkpoint that was time-stamped, with its token."""

LOCK_SECONDS: Final = 10.0
_ASIDE: Final = ".lost-"
_MOST_ASIDE: Final = 100


def place_lock(path: Path) -> FileLock:
    """Return the lock of a place for checkpoints, which whoever owns the place may never free."""
    return FileLock(path, "storage_full", LOCK_SECONDS)


class CheckpointFile:
    """Implements :class:`antin.ledger.ports.CheckpointSink`; safe among processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, checkpoint: StoredCheckpoint) -> None:
        """Keep ``checkpoint`` unless a larger one is kept.

        Errors: ``ledger_inconsistent`` if one of the same size has another root,
        ``checkpoint_malformed`` if the file is no checkpoint (it is evidence, not overwritten),
        ``storage_full``.
        """
        lock = place_lock(self._path.with_name(self._path.name + ".lock"))
        try:
            with lock:
                kept = self.newest()
                if kept is None or _advances(parse_checkpoint(kept), checkpoint):
                    self._replace(checkpoint.note)
        finally:
            lock.close()

    def newest(self) -> bytes | None:
        try:
            return read_plain(self._path, MAX_JSON_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error

    def each_newest(self) -> tuple[bytes, ...]:
        note = self.newest()
        return () if note is None else (note,)

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        """Keep the token with its checkpoint in one file beside this one; the newest replaces it.

        Error: ``storage_full``.
        """
        token = base64.b64encode(timestamp.token).decode()
        told = {"checkpoint": checkpoint.note.decode(), "timestamp": token}
        path = self._path.with_name(self._path.name + STAMPED)
        lock = place_lock(self._path.with_name(self._path.name + ".lock"))
        try:
            with lock:
                replace_whole(path, canonical.dumps_normalised(told))
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        finally:
            lock.close()

    def put_aside(self, note: bytes, common: int) -> None:
        """Rename the file, under the lock. Error: ``storage_full``."""
        del common
        lock = place_lock(self._path.with_name(self._path.name + ".lock"))
        try:
            with lock:
                if self.newest() != note:
                    return
                # Named by what is in it: the same evidence is the same file.
                aside = self._path.with_name(f"{self._path.name}{_ASIDE}{sha256_hex(note)[:16]}")
                self._path.rename(aside)
                sync_folder(self._path.parent)
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        finally:
            lock.close()

    def put_asides(self) -> tuple[bytes, ...]:
        """Return at most :data:`_MOST_ASIDE` of them. Error: ``storage_full``."""
        files = sorted(self._path.parent.glob(f"{self._path.name}{_ASIDE}*"))[:_MOST_ASIDE]
        notes = []
        for path in files:
            try:
                notes.append(read_plain(path, MAX_JSON_BYTES))
            except OSError as error:
                raise UnavailableError("storage_full", detail=str(error.strerror)) from error
        return tuple(notes)

    def _replace(self, note: bytes) -> None:
        try:
            replace_whole(self._path, note)
        except OSError as error:
            raise UnavailableError("storage_full", detail=str(error.strerror)) from error


def _advances(kept: Checkpoint, offered: StoredCheckpoint) -> bool:
    if kept.size == offered.size and kept.root != offered.root:
        detail = f"two checkpoints of {kept.size} entries have different roots"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    return kept.size < offered.size
