"""CRLs and OCSP answers that were fetched before, in memory and, if wanted, in a folder.

Nothing here is believed: whoever uses an answer checks it as if it had just come. Dates are read
from the answer itself, each time.
"""

import hashlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.clock import from_micros, to_micros
from antin.core.limits import MAX_REVOCATION_BYTES

_MEMORY_BYTES: Final = 2 * MAX_REVOCATION_BYTES
_MEMORY_ENTRIES: Final = 2_000
_FOLDER_BYTES: Final = 512 << 20
_FOLDER_ENTRIES: Final = 5_000
_STAMP: Final = 8
_DIGEST: Final = 32


@dataclass(frozen=True)
class Dates:
    """When an answer was made, and until when it may be used."""

    this_update: datetime
    until: datetime


@dataclass(frozen=True)
class Kept:
    """An answer with when it came."""

    body: bytes
    fetched: datetime
    dates: Dates


ReadDates = Callable[[bytes], Dates | None]
"""None: it can't be read, or does not say until when it may be used; it is not kept then."""


class KeptAnswers:
    """By question; bounded in number and bytes; safe to share between threads and processes."""

    def __init__(self, folder: Path | None = None) -> None:
        self._memory: OrderedDict[bytes, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._folder = folder

    def get(self, key: bytes, read: ReadDates) -> Kept | None:
        """Return what is kept for ``key``, however old."""
        with self._lock:
            kept = self._memory.get(key)
            if kept is not None:
                self._memory.move_to_end(key)
                return kept
        kept = self._from_folder(key, read)
        if kept is not None:
            self._remember(key, kept)
        return kept

    def put(self, key: bytes, kept: Kept) -> None:
        """Keep ``kept``; a folder that can't be written does without."""
        self._remember(key, kept)
        if self._folder is not None:
            with suppress(OSError):
                _write(self._folder, key, kept)
                _prune(self._folder)

    def forget(self, key: bytes) -> None:
        """Keep nothing for ``key``."""
        with self._lock:
            self._drop(key)
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / key.hex()).unlink(missing_ok=True)

    def _remember(self, key: bytes, kept: Kept) -> None:
        with self._lock:
            self._drop(key)
            self._memory[key] = kept
            self._bytes += len(kept.body)
            while len(self._memory) > _MEMORY_ENTRIES or self._bytes > _MEMORY_BYTES:
                self._drop(next(iter(self._memory)))

    def _drop(self, key: bytes) -> None:
        kept = self._memory.pop(key, None)
        self._bytes -= 0 if kept is None else len(kept.body)

    def _from_folder(self, key: bytes, read: ReadDates) -> Kept | None:
        if self._folder is None:
            return None
        path = self._folder / key.hex()
        try:
            if path.stat().st_size > _STAMP + _DIGEST + MAX_REVOCATION_BYTES:
                return None
            data = path.read_bytes()
        except OSError:
            return None
        body = data[_STAMP + _DIGEST :]
        # A file that was cut or damaged is as good as none.
        if data[_STAMP : _STAMP + _DIGEST] != hashlib.sha256(body).digest():
            return None
        dates = read(body)
        try:
            fetched = from_micros(int.from_bytes(data[:_STAMP]))
        except (ValueError, OverflowError):
            return None
        return None if dates is None else Kept(body, fetched, dates)


def _write(folder: Path, key: bytes, kept: Kept) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f".{secrets.token_hex(8)}.part"
    digest = hashlib.sha256(kept.body).digest()
    try:
        with part.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(to_micros(kept.fetched).to_bytes(_STAMP) + digest)
            file.write(kept.body)
        part.replace(folder / key.hex())
    finally:
        part.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """Remove the oldest files until the rest is within bounds; one being written is counted."""
    found = sorted(((one.stat(), one.path) for one in os.scandir(folder)), key=_age)
    left, size = len(found), sum(stat.st_size for stat, _ in found)
    for stat, path in found:
        if left <= _FOLDER_ENTRIES and size <= _FOLDER_BYTES:
            return
        Path(path).unlink(missing_ok=True)
        left, size = left - 1, size - stat.st_size


def _age(entry: tuple[os.stat_result, str]) -> tuple[int, str]:
    return entry[0].st_mtime_ns, entry[1]
