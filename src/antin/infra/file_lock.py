"""A lock between processes: advisory, fair in the order of asking, freed when its holder dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from antin.core.errors import UnavailableError

_PAUSE: Final = 0.02


class FileLock:
    """An exclusive ``flock`` on a file of its own; a context manager, not re-entrant.

    It blocks until it has the lock: the kernel queues the waiting, where polling would favour
    whoever polls luckily. The file is left in place: removing it would part its holders.
    """

    def __init__(
        self, path: Path, code: str = "database_unavailable", seconds: float | None = None
    ) -> None:
        """``code``: that of the error when the lock file can't be opened.

        ``seconds``: how long it is waited for, where others may keep it for good; polls then.
        """
        self._path = path
        self._code = code
        self._seconds = seconds
        self._fd: int | None = None

    def __enter__(self) -> bool:
        """Enter; tell whether nobody else was inside."""
        if self.try_now():
            return True
        with self._opened() as fd:
            if self._seconds is None:
                fcntl.flock(fd, fcntl.LOCK_EX)
            else:
                self._poll(fd, time.monotonic() + self._seconds)
        return False

    def try_now(self) -> bool:
        """Enter if nobody else is inside; tell whether."""
        with self._opened() as fd:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            if self._fd is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                self._fd = os.open(self._path, flags, 0o600)
            yield self._fd
        except OSError as error:
            reason = f"its lock file: {error.strerror}"
            raise UnavailableError(self._code, detail=reason) from error

    @staticmethod
    def _poll(fd: int, until: float) -> None:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Let others in."""
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file. In a forked child this gives up the child's share of the lock only."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
