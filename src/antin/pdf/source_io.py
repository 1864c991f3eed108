"""A file object over a :class:`~antin.core.bytesource.ByteSource`, with a bound on the work.

PDF parsers written for trusted files can be sent round in circles by hostile ones: a comment that
never ends, cross-references by the thousand. Every read and seek is counted here, so that a reader
that has lost its way is stopped after a fixed number of steps instead of a time: the same file
always ends the same way, on any machine.
"""

import io
from typing import Final

from antin.core.bytesource import ByteSource

BUFFER: Final = 64 << 10
_MAX_EMPTY_READS: Final = 64
"""A sane parser looks past the end a few times, a lost one for ever."""
_BASE_STEPS: Final = 4_000_000
_STEPS_PER_BYTE: Final = 4
_MAX_STEPS: Final = 30_000_000


class WorkExceededError(Exception):
    """The reader took more steps than a file of this size can need."""


class _RawSource(io.RawIOBase):
    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        target = base[whence] + offset
        if target < 0:
            raise ValueError("seek before the start of the file")
        self._position = target
        return target

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the base class types it as a buffer
        data = self._source.pread(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class GuardedFile(io.BufferedReader):
    """A buffered, read-only, seekable view of a source that counts its reader's steps.

    Raises :class:`WorkExceededError` when the steps are used up, or when somebody keeps reading at
    the end of the file.
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__(_RawSource(source), BUFFER)
        self._steps = min(_BASE_STEPS + _STEPS_PER_BYTE * source.size, _MAX_STEPS)
        self._empty_reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._steps -= 1
        if not data:
            self._empty_reads += 1
        if self._steps < 0 or self._empty_reads > _MAX_EMPTY_READS:
            raise WorkExceededError
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._steps -= 1
        if self._steps < 0:
            raise WorkExceededError
        return super().seek(offset, whence)
