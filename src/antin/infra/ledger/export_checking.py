"""Checking an export of a ledger in several processes."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from antin.core.errors import InputError
from antin.infra.ledger.export_reading import LedgerFolder
from antin.ledger.checking.report import LedgerReport
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES, NoteVerifier
from antin.ledger.export import layout as export
from antin.ledger.export.part import Part, PartJob, check_part
from antin.ledger.export.verify import verify_export


def check_export(
    path: Path,
    key: NoteVerifier | None,
    against: Iterable[bytes] = (),
    jobs: int = 1,
    witnesses: Iterable[NoteVerifier] = (),
) -> LedgerReport:
    """Check the export in a folder.

    Error: ``export_unreadable`` if it is no folder, or can't be read to its end: that says nothing
    of what it holds.
    """
    if not path.is_dir():
        raise InputError("export_unreadable", detail=f"{path.name} is no folder")
    files = LedgerFolder(path)
    try:
        return verify_export(files, key, against, partial(_run, files, jobs), witnesses)
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


def _run(files: LedgerFolder, jobs: int, parts: Iterable[PartJob]) -> Iterator[Part]:
    """Check parts in their order; a few are under way in processes."""
    if jobs == 1:
        yield from map(partial(check_part, files), parts)
        return
    with ProcessPoolExecutor(jobs) as pool:
        ahead: deque[Future[Part]] = deque()
        for job in parts:
            ahead.append(pool.submit(check_part, files, job))
            if len(ahead) > 2 * jobs:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
