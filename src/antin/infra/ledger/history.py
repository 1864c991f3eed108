"""Bringing history from before: a file of lines, read by one process, written by another."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from antin.core.errors import AntinError, InputError, UnavailableError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.ledger.history import Batch, Made, read_batch
from antin.ledger.history_shapes import Shapes
from antin.ledger.ports import HistoryLog

_BLOCK: Final = 1 << 20
"""Bytes of lines in a batch: some thousand entries, so that other writers get their turn soon."""
_FOR_A_PROCESS: Final = 4 << 20
"""A smaller file is read sooner than a process is started for it."""
_PIPE: Final = 1 << 20
"""Bytes that wait to be written: whoever reads goes on meanwhile, but not for ever."""
_END: Final = "end"


@dataclass(frozen=True)
class HistoryFile:
    """A file of lines, with the name of the system that it comes from."""

    path: Path
    source: str

    def lines(self) -> int:
        """Return how many lines there are. Error: ``file_unreadable``."""
        with _readable(self.path):
            return sum(block.count(b"\n") + 1 for _, block in _blocks(self.path, _BLOCK))

    def each(self, make: Callable[[Batch], Made]) -> Iterator[Made]:
        """Yield what ``make`` makes of each batch of lines, in order.

        It may do so in another process, and be ahead. Errors: ``history_malformed``,
        ``file_unreadable``, ``history_reader_gone``, those of ``make``.
        """
        with _readable(self.path):
            large = self.path.stat().st_size >= _FOR_A_PROCESS
        if large and len(os.sched_getaffinity(0)) > 1:
            yield from _made_elsewhere(self, make, _BLOCK)
        else:
            yield from _made(self, make, _BLOCK)


def open_history(database: str, lock_timeout: float = 30.0) -> HistoryLog:
    """Return the ledger of the database at that URL, which was opened before, for importing."""
    from sqlalchemy import make_url  # a reading process has no use for it, and it takes long

    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        from antin.infra.ledger.history_sqlite import SqliteHistory

        return SqliteHistory(Path(str(url.database)), lock_timeout)
    from antin.infra.ledger.history_postgres import PostgresHistory

    return PostgresHistory(url, lock_timeout)


def _made(file: HistoryFile, make: Callable[[Batch], Made], size: int) -> Iterator[Made]:
    shapes = Shapes()
    with _readable(file.path):
        for first, block in _blocks(file.path, size):
            yield make(read_batch(first, block, file.source, shapes))


def _made_elsewhere(file: HistoryFile, make: Callable[[Batch], Made], size: int) -> Iterator[Made]:
    """Have it made by a process, which ends when nobody wants more of it."""
    context = get_context("spawn")
    ours, its = context.Pipe(duplex=False)
    with suppress(OSError):  # smaller is slower, and works
        fcntl.fcntl(its.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    process = context.Process(target=_send_each, args=(its, file, make, size), daemon=True)
    process.start()
    its.close()
    try:
        while (answer := _answer(ours)) != _END:
            if isinstance(answer, AntinError):
                raise answer
            yield answer
    finally:
        ours.close()
        process.join()


def _answer(reader: Connection) -> Any:
    try:
        return reader.recv()
    except (EOFError, OSError) as error:
        raise UnavailableError("history_reader_gone") from error


def _send_each(
    connection: Connection, file: HistoryFile, make: Callable[[Batch], object], size: int
) -> None:
    with suppress(OSError):  # whoever wanted it is done, or gone
        try:
            for one in _made(file, make, size):
                connection.send(one)
            connection.send(_END)
        except AntinError as error:
            connection.send(error)


def _blocks(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, about ``size`` bytes at a time, with the number of the first of them."""
    number, rest = 1, b""
    if not stat.S_ISREG(path.stat().st_mode):
        # Of a pipe the lines are counted, and none is left to be appended.
        raise OSError(errno.EINVAL, "it is no plain file, and is read twice")
    with path.open("rb") as file:
        while data := file.read(size):
            block, end, after = (rest + data).rpartition(b"\n")
            if end:
                yield number, block
                number += block.count(b"\n") + 1
            rest = after
            if len(rest) > MAX_HISTORY_LINE_BYTES:
                detail = f"it is longer than {MAX_HISTORY_LINE_BYTES} bytes"
                raise InputError("history_malformed", line=number, detail=detail)
    if rest:
        yield number, rest


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError("file_unreadable", path=str(path), reason=reason) from error
