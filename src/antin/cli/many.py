"""One file to a file, or several into a folder: a line per file, a total, one exit code."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

import typer

from antin.cli.failures import DONE, complain
from antin.cli.output import note, say, tracked
from antin.cli.texts import _
from antin.core.errors import AntinError, UsageError


class Remark(NamedTuple):
    """A warning about a file that was done all the same."""

    code: str
    sentence: str
    """In the language of this process."""


Work = Callable[[Path, Path], tuple[Remark, ...]]
"""Makes the second file from the first and returns warnings; raises AntinError."""

_FIRST_OF: Final = (70, 1, 5, 2)


def processes(jobs: int) -> Executor:
    """Return worker processes, for keys used here: a PKCS#11 call holds the interpreter's lock.

    Spawned, not forked: a module that was loaded must not be inherited.
    """
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))


def threads(jobs: int) -> Executor:
    """Return worker threads, for work on one database: its writer commits for all at once."""
    return ThreadPoolExecutor(jobs)


def run(
    inputs: list[Path],
    output: Path,
    work: Work,
    jobs: int,
    title: str,
    workers: Callable[[int], Executor] = processes,
    named: Callable[[Path], str] = lambda path: path.name,
) -> int:
    """Do ``work`` on every input and return the exit code.

    A single input that is no folder gives the file ``output``; anything else gives files of the
    same names, or as ``named`` says, in the folder ``output``. What one file refuses does not hold
    up the others.
    """
    if len(inputs) == 1 and not output.is_dir():
        return _one(inputs[0], output, work)
    pairs = _pairs(inputs, output, named)
    count = min(jobs, len(pairs))
    with workers(count) if count > 1 else nullcontext() as pool:
        codes = [
            _told(path, target, outcome)
            for (path, target), outcome in zip(
                pairs, _outcomes(pairs, work, pool, title), strict=True
            )
        ]
    done = codes.count(DONE)
    say(_("{done} of {count} files done").format(done=done, count=len(codes)))
    return next((code for code in _FIRST_OF if code in codes), DONE)


def _told(path: Path, target: Path, outcome: tuple[Remark, ...] | AntinError) -> int:
    """Print what became of one file and return its exit code."""
    if isinstance(outcome, AntinError):
        say(f"{path}: {outcome.code}")
        return complain(outcome)
    codes = ", ".join(remark.code for remark in outcome)
    say(f"{path}: {target} ({codes})" if codes else f"{path}: {target}")
    _warn(outcome)
    return DONE


def _one(path: Path, target: Path, work: Work) -> int:
    _warn(work(path, target))
    say(str(target))
    return DONE


def _warn(remarks: tuple[Remark, ...]) -> None:
    label = _("warning")
    for remark in remarks:
        note(f"{label}: {remark.code}: {remark.sentence}")


def _pairs(
    inputs: list[Path], folder: Path, named: Callable[[Path], str]
) -> list[tuple[Path, Path]]:
    names = [named(path) for path in inputs]
    if len(names) != len(set(names)):
        raise UsageError("request_invalid", detail="two inputs have the same file name")
    if folder.exists() and not folder.is_dir():
        raise UsageError("output_exists", path=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = f"{folder}: {error.strerror}"
        raise UsageError("request_invalid", detail=detail) from error
    return [(path, folder / name) for path, name in zip(inputs, names, strict=True)]


def _outcomes(
    pairs: list[tuple[Path, Path]], work: Work, pool: Executor | None, title: str
) -> Iterator[tuple[Remark, ...] | AntinError]:
    if pool is None:
        yield from tracked((_try(work, *pair) for pair in pairs), len(pairs), title)
        return
    futures = [pool.submit(_try, work, *pair) for pair in pairs]
    yield from tracked((future.result() for future in futures), len(pairs), title)


def _try(work: Work, path: Path, target: Path) -> tuple[Remark, ...] | AntinError:
    try:
        return work(path, target)
    except AntinError as error:
        return error


def exit_with(code: int) -> None:
    """End the command with ``code``."""
    if code:
        raise typer.Exit(code)
