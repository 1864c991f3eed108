"""A lock between processes: advisory, fair in the order of asking, freed when its holder dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from antin.core.errors import UnavailableError


class FileLock:
    """An exclusive ``flock`` on a file of its own; a context manager, not re-entrant.

    It blocks until it has the lock: the kernel queues the waiting, where polling would favour
    whoever polls luckily. The file is left in place: removing it would part its holders.
    """

    def __init__(self, path: Path, code: str = "database_unavailable") -> None:
        """``code``: that of the error when the lock file can't be opened."""
        self._path = path
        self._code = code
        self._fd: int | None = None

    def __enter__(self) -> None:
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as error:
            reason = f"its lock file: {error.strerror}"
            raise UnavailableError(self._code, detail=reason) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file. In a forked child this gives up the child's share of the lock only."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
