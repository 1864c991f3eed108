"""Checking an export of a ledger in several processes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from antin.core.errors import InputError
from antin.infra.ledger.export_reading import LedgerFolder
from antin.ledger.checking.report import LedgerReport
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES, NoteVerifier
from antin.ledger.export import layout as export
from antin.ledger.export.verify import Run, verify_export

_Job = TypeVar("_Job")
_Made = TypeVar("_Made")


def check_export(
    path: Path,
    key: NoteVerifier | None,
    against: Iterable[bytes] = (),
    jobs: int = 1,
    witnesses: Iterable[NoteVerifier] = (),
    workers: Callable[[int], Executor] = ProcessPoolExecutor,
) -> LedgerReport:
    """Check the export in a folder; with several ``jobs``, in processes that ``workers`` makes.

    Error: ``export_unreadable`` if it is no folder, or can't be read to its end: that says nothing
    of what it holds.
    """
    if not path.is_dir():
        raise InputError("export_unreadable", detail=f"{path.name} is no folder")
    files = LedgerFolder(path)
    try:
        with _started(jobs, workers) as run:
            return verify_export(files, key, against, run, witnesses)
    except OSError as error:  # a disk that fails in the middle of a file
        detail = error.strerror or type(error).__name__
        raise InputError("export_unreadable", detail=detail) from error
    except BrokenProcessPool as error:
        detail = "a process that checks it ended before it was done"
        raise InputError("export_unreadable", detail=detail) from error


def read_old(path: Path) -> bytes:
    """Return a checkpoint that was kept: a file, or in an export. Error: ``export_unreadable``."""
    folder, name = (path, export.CHECKPOINT) if path.is_dir() else (path.parent, path.name)
    data = LedgerFolder(folder).read(name, MAX_NOTE_BYTES)
    if data is None:
        raise InputError("export_unreadable", detail=f"{name} is not there")
    return data


@contextmanager
def _started(jobs: int, workers: Callable[[int], Executor]) -> Iterator[Run]:
    if jobs == 1:
        yield _here
        return
    pool = workers(jobs)
    try:
        yield partial(_elsewhere, pool, 2 * jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _here(do: Callable[[_Job], _Made], jobs: Iterable[_Job]) -> Iterator[_Made]:
    return map(do, jobs)


def _elsewhere(
    pool: Executor, most: int, do: Callable[[_Job], _Made], jobs: Iterable[_Job]
) -> Iterator[_Made]:
    """Do jobs in processes; no more than ``most`` are under way, or done and not yet taken."""
    waiting = iter(jobs)
    ahead = deque(pool.submit(do, job) for job in islice(waiting, most))
    return _taken(ahead, (pool.submit(do, job) for job in waiting))


def _taken(ahead: deque[Future[_Made]], others: Iterator[Future[_Made]]) -> Iterator[_Made]:
    while ahead:
        made = ahead.popleft().result()
        ahead.extend(islice(others, 1))
        yield made
