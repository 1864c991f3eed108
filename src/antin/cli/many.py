"""One file to a file, or several into a folder: a line per file, a total, one exit code."""

import os
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import typer

from antin.cli.ending import clearing_away, interruptible
from antin.cli.failures import DONE, complain, defect
from antin.cli.output import note, printable, say, tracked
from antin.cli.texts import _
from antin.cli.workers import processes
from antin.core.errors import AntinError, KeyDeviceError, UsageError


class Remark(NamedTuple):
    """A warning about a file that was done all the same."""

    code: str
    sentence: str
    """In the language of this process."""


Work = Callable[[Path, Path], tuple[Remark, ...]]
"""Makes the second file from the first and returns warnings; raises AntinError."""

Outcome = tuple[Remark, ...] | AntinError
_Waiting = deque[tuple[tuple[Path, Path], Future[Outcome]]]
_FIRST_OF: Final = (70, 1, 5, 2)
_AHEAD: Final = 4
"""Files that are handed out for each worker."""


class Earlier(Protocol):
    """Knows what an earlier part of a run has done."""

    def known(self, path: Path, target: Path) -> bool:
        """Tell whether ``target`` was made from ``path`` and nothing has changed since."""
        ...

    def done(self, path: Path, target: Path) -> None:
        """Take note of it."""
        ...


@dataclass(frozen=True)
class Batch:
    """What is said of a run over many files besides the work."""

    jobs: int
    title: str
    named: Callable[[Path], str] = lambda path: path.name
    """Says what the result for a file is called in a folder."""
    earlier: Earlier | None = None
    several: bool = False
    """OUT is a folder, however many inputs there are."""


def run(
    inputs: list[Path],
    output: Path,
    work: Work,
    batch: Batch,
    workers: Callable[[int], Executor] = processes,
) -> int:
    """Do ``work`` on every input and return the exit code.

    A single input that is no folder gives the file ``output``; anything else gives files of the
    same names, or as ``named`` says, in the folder ``output``. What one file refuses does not hold
    up the others. What ``earlier`` knows is not done again. An interruption ends it with the files
    that are being worked on: each is there whole or not at all.
    """
    with clearing_away():
        return _run(inputs, output, work, batch, workers)


def _run(
    inputs: list[Path],
    output: Path,
    work: Work,
    batch: Batch,
    workers: Callable[[int], Executor],
) -> int:
    if len(inputs) == 1 and not batch.several and not os.path.isdir(output):  # noqa: PTH112 — as below
        return _one(inputs[0], output, work)
    pairs = _pairs(inputs, output, batch.named)
    count = min(batch.jobs, len(pairs))
    with workers(count) if count > 1 else nullcontext() as pool:
        outcomes = _Outcomes(pairs, work, pool, batch)
        with closing(outcomes.in_order()) as found:
            told = tracked(found, len(pairs), batch.title)
            codes = [_told(*pair, outcome) for pair, outcome in zip(pairs, told, strict=True)]
    done = codes.count(DONE)
    say(_("{done} of {count} files done").format(done=done, count=len(codes)))
    if outcomes.known:
        note(_("{count} of them known from before").format(count=outcomes.known))
    return next((code for code in _FIRST_OF if code in codes), DONE)


def _told(path: Path, target: Path, outcome: Outcome) -> int:
    """Print what became of one file and return its exit code."""
    if isinstance(outcome, AntinError):
        say(printable(f"{path}: {outcome.code}"))
        return complain(outcome)
    codes = ", ".join(remark.code for remark in outcome)
    say(printable(f"{path}: {target} ({codes})" if codes else f"{path}: {target}"))
    warn(outcome)
    return DONE


def _one(path: Path, target: Path, work: Work) -> int:
    warn(work(path, target))
    say(printable(str(target)))
    return DONE


def warn(remarks: tuple[Remark, ...]) -> None:
    """Print remarks where they do not get into anybody's data."""
    label = _("warning")
    for remark in remarks:
        note(f"{label}: {remark.code}: {remark.sentence}")


def _pairs(
    inputs: list[Path], folder: Path, named: Callable[[Path], str]
) -> list[tuple[Path, Path]]:
    names = [named(path) for path in inputs]
    if len(names) != len(set(names)):
        raise UsageError("request_invalid", detail="two inputs have the same file name")
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError("output_exists", path=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = f"{folder}: {error.strerror}"
        raise UsageError("request_invalid", detail=detail) from error
    return [(path, folder / name) for path, name in zip(inputs, names, strict=True)]


class _Outcomes:
    """What becomes of each pair; handed out no further ahead than keeps the workers busy."""

    def __init__(
        self, pairs: list[tuple[Path, Path]], work: Work, pool: Executor | None, batch: Batch
    ) -> None:
        self._pairs, self._work, self._pool = pairs, work, pool
        self._earlier, self._ahead = batch.earlier, _AHEAD * batch.jobs
        self._noted: set[Future[Outcome]] = set()
        self._absent: set[Future[Outcome]] = set()
        """Handed out while there was no such file."""
        self.known = 0

    def in_order(self) -> Generator[Outcome, None, None]:
        """Yield the outcomes in the order of the pairs."""
        waiting: _Waiting = deque()
        try:
            for pair in self._pairs:
                waiting.append((pair, self._begun(*pair)))
                while len(waiting) >= (self._ahead if self._pool else 1):
                    yield self._next(waiting)
            while waiting:
                yield self._next(waiting)
        except BrokenProcessPool as error:
            detail = "it was ended from outside"
            raise KeyDeviceError("key_process_died", token="?", detail=detail) from error  # noqa: S106 — a device
        finally:
            # After Ctrl-C: what nobody has begun is not begun, what was done is known next time.
            # By the pool itself: one that breaks stumbles over what others cancelled, and hangs.
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
            self._take_note(waiting)

    def _begun(self, path: Path, target: Path) -> Future[Outcome]:
        if self._earlier is not None and self._earlier.known(path, target):
            self.known += 1
            return self._settled(())
        if self._pool is None:
            return self._settled(self._done_here(path, target))
        there = _is_there(target)
        future = self._pool.submit(_try_elsewhere, self._work, path, target)
        if not there:
            self._absent.add(future)
        return future

    def _done_here(self, path: Path, target: Path) -> Outcome:
        there = _is_there(target)
        try:
            outcome = _try(self._work, path, target)
            if self._earlier is not None and not isinstance(outcome, AntinError):
                self._earlier.done(path, target)
        except (KeyboardInterrupt, SystemExit):
            if self._earlier is not None and not there and _is_there(target):
                self._earlier.done(path, target)  # it had appeared, whole, when that came
            raise
        return outcome

    def _settled(self, outcome: Outcome) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_result(outcome)
        self._noted.add(future)
        return future

    def _next(self, waiting: _Waiting) -> Outcome:
        while not waiting[0][1].done():
            # Files that are done before their turn are noted at once.
            open_ones = [future for _, future in waiting if not future.done()]
            wait(open_ones, return_when=FIRST_COMPLETED)
            self._take_note(waiting)
        self._take_note(waiting)
        outcome = waiting[0][1].result()  # of a broken pool it stays until the last note is taken
        _, future = waiting.popleft()
        self._noted.discard(future)
        self._absent.discard(future)
        return outcome

    def _take_note(self, waiting: _Waiting) -> None:
        for pair, future in waiting:
            if future in self._noted or not future.done() or future.cancelled():
                continue
            if self._earlier is not None and self._was_made(pair[1], future):
                self._noted.add(future)
                self._earlier.done(*pair)

    def _was_made(self, target: Path, future: Future[Outcome]) -> bool:
        if isinstance(future.exception(), BrokenProcessPool):
            # It may have appeared, whole, before its worker was ended, who could not say so.
            return future in self._absent and _is_there(target)
        return future.exception() is None and not isinstance(future.result(), AntinError)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 — False, too, for what can't be the name of a file


def _try(work: Work, path: Path, target: Path) -> Outcome:
    try:
        return work(path, target)
    except AntinError as error:
        return error
    except Exception as error:  # noqa: BLE001 — one file that shows a defect does not hold up others
        return defect(error)


def _try_elsewhere(work: Work, path: Path, target: Path) -> Outcome:
    """Do the same in a worker; what had appeared, whole, when Ctrl-C came, was done."""
    there = _is_there(target)
    try:
        with interruptible():
            return _try(work, path, target)
    except KeyboardInterrupt:
        if there or not _is_there(target):
            raise
        return ()


def exit_with(code: int) -> None:
    """End the command with ``code``."""
    if code:
        raise typer.Exit(code)
