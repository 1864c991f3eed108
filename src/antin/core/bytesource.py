"""Bytes that are read where they lie: a size and ``pread``, never a whole file in memory."""

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from antin.core.errors import InputError


class ByteSource(Protocol):
    """A fixed sequence of bytes, readable at any offset, from any thread."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    def pread(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``offset``; fewer only at the end."""
        ...


class MemorySource:
    """Bytes in memory, for what is known to be small."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def pread(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


class TailSource:
    """What follows the first ``start`` bytes of another source."""

    def __init__(self, source: ByteSource, start: int) -> None:
        self._source, self._start = source, start

    @property
    def size(self) -> int:
        return max(0, self._source.size - self._start)

    def pread(self, offset: int, length: int) -> bytes:
        return self._source.pread(self._start + offset, length)


_SMALL: Final = 256 << 10


class FileSource:
    """An open file, read by ``pread``; a context manager that closes it.

    A small one is read once, when first asked for: many reads cost more than one, and what was
    judged stays what it was.
    """

    _held: bytes | None = None

    def __init__(self, path: Path) -> None:
        try:
            # Without O_NONBLOCK, opening a named pipe waits for somebody to write into it.
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise InputError("file_not_found", path=str(path)) from error
        except OSError as error:
            raise InputError("file_unreadable", path=str(path), reason=error.strerror) from error
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._fd)
            raise InputError("file_unreadable", path=str(path), reason="not a regular file")
        self._size = status.st_size
        self.path = path

    @property
    def size(self) -> int:
        return self._size

    def pread(self, offset: int, length: int) -> bytes:
        if offset >= self._size:
            return b""  # an offset out of a file can be larger than the system's own numbers
        if self._size > _SMALL:
            return self._read(offset, length)
        if self._held is None:
            self._held = self._read(0, self._size)
        return self._held[offset : offset + length]

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._fd, length, offset)
        except OSError as error:
            raise InputError(
                "file_unreadable", path=str(self.path), reason=error.strerror
            ) from error

    def fileno(self) -> int:
        """Return the descriptor, for a process that is to read the same file."""
        return self._fd

    def close(self) -> None:
        """Close the file; the source can't be read afterwards."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_all(source: ByteSource, limit: int) -> bytes:
    """Return all bytes of a small source; ``file_too_large`` above ``limit`` bytes."""
    if source.size > limit:
        raise InputError("file_too_large", size=source.size, limit=limit)
    return source.pread(0, source.size)
