"""Bringing history from before: a file of lines, read by processes, written by this one."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from antin.core.errors import AntinError, InputError, UnavailableError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.ledger.history import Batch, read_batch
from antin.ledger.ports import HistoryLog

_BLOCK: Final = 128 << 10
"""Bytes of lines in a batch: some hundred entries, so that other writers get their turn soon."""
_FOR_PROCESSES: Final = 4 << 20
"""A smaller file is read sooner than processes are started for it."""
_READERS: Final = 2


@dataclass(frozen=True)
class HistoryFile:
    """A file of lines, with the name of the system that it comes from."""

    path: Path
    source: str

    def lines(self) -> int:
        """Return how many lines there are. Error: ``file_unreadable``."""
        with _readable(self.path):
            return sum(block.count(b"\n") + 1 for _, block in _blocks(self.path))

    def batches(self) -> Iterator[Batch]:
        """Yield the lines in order. Errors: ``history_malformed``, ``file_unreadable``."""
        with _readable(self.path):
            large = self.path.stat().st_size >= _FOR_PROCESSES
            if large and len(os.sched_getaffinity(0)) > 1:
                yield from self._read_by_processes()
            else:
                for first, block in _blocks(self.path):
                    yield read_batch(first, block, self.source)

    def _read_by_processes(self) -> Iterator[Batch]:
        with ExitStack() as stack:
            readers = [stack.enter_context(_reader(self.source)) for _ in range(_READERS)]
            blocks = _blocks(self.path)
            waiting = []
            for reader in readers:
                waiting += _handed(reader, blocks)
            while waiting:
                reader = waiting.pop(0)
                answer = _answer(reader)
                waiting += _handed(reader, blocks)  # it reads on while this batch is written
                if isinstance(answer, AntinError):
                    raise answer
                yield answer


def open_history(database: str, lock_timeout: float = 30.0) -> HistoryLog:
    """Return the ledger of the database at that URL, which was opened before, for importing."""
    from sqlalchemy import make_url  # a reading process has no use for it, and it takes long

    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        from antin.infra.ledger.history_sqlite import SqliteHistory

        return SqliteHistory(Path(str(url.database)), lock_timeout)
    from antin.infra.ledger.history_postgres import PostgresHistory

    return PostgresHistory(url, lock_timeout)


def _handed(reader: Connection, blocks: Iterator[tuple[int, bytes]]) -> list[Connection]:
    """Give ``reader`` the next block; return it if there was one."""
    block = next(blocks, None)
    if block is None:
        return []
    try:
        reader.send(block)
    except OSError as error:
        raise _gone() from error
    return [reader]


def _answer(reader: Connection) -> Batch | AntinError:
    try:
        answer: Batch | AntinError = reader.recv()
    except (EOFError, OSError) as error:
        raise _gone() from error
    return answer


def _gone() -> UnavailableError:
    return UnavailableError("history_reader_gone")


@contextmanager
def _reader(source: str) -> Iterator[Connection]:
    """Give the connection to a process that reads blocks; it ends when the connection does."""
    context = get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=_read_blocks, args=(its, source), daemon=True)
    process.start()
    its.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _read_blocks(connection: Connection, source: str) -> None:
    while True:
        try:
            first, block = connection.recv()
        except (EOFError, OSError):
            return  # whoever wanted it read is done, or gone
        try:
            answer: Batch | AntinError = read_batch(first, block, source)
        except AntinError as error:
            answer = error
        try:
            connection.send(answer)
        except OSError:
            return


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, about as many bytes at a time, with the number of the first of them."""
    number, rest = 1, b""
    with path.open("rb") as file:
        while data := file.read(_BLOCK):
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
