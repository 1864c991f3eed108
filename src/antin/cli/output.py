"""Printing: listings as aligned text or JSON, files by atomic rename, progress on a terminal."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import typer

from antin.cli.options import Listing
from antin.core.canonical import JsonObject
from antin.core.errors import InputError, UnavailableError, UsageError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from rich.progress import Progress


def say(text: str) -> None:
    """Print a command's answer: nothing in it steers a terminal, wherever it came from.

    A line of it that holds a name of a file, which may hold line ends, is made :func:`printable`
    by the caller.
    """
    typer.echo("\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n")))


def note(text: str) -> None:
    """Print a remark to stderr, where it does not get into anybody's data."""
    typer.echo(f"antin: {printable(text)}", err=True)


def printable(text: str) -> str:
    """Return ``text`` with ``?`` for what could steer a terminal or break a table."""
    return "".join(c if c.isprintable() else "?" for c in text)


def listing(rows: Sequence[JsonObject], columns: Sequence[str], how: Listing) -> None:
    """Print ``rows``: all of them as one JSON array, or ``columns`` of them as a table.

    On a terminal that is narrower than the table, each row is a block with a line for each column:
    lines that are broken anywhere can't be read.
    """
    if how is Listing.JSON:
        say(json_line(rows))
        return
    head = [name.upper() for name in columns]
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    table = _aligned([head, *cells])
    wide = len(max(table, key=len)) > shutil.get_terminal_size().columns
    if cells and wide and sys.stdout.isatty():
        blocks = (_aligned(zip(head, row, strict=True)) for row in cells)
        say("\n\n".join(map("\n".join, blocks)))
    else:
        say("\n".join(table))


def _aligned(lines: Iterable[Sequence[str]]) -> list[str]:
    kept = list(lines)
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in kept]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ",".join(_cell(item) for item in value) or "-"
    return printable(str(value))


def write_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write ``data`` to ``path`` as :func:`write_stream` does."""
    write_stream(path, (data,), mode)


def write_stream(path: Path, chunks: Iterable[bytes], mode: int = 0o644) -> None:
    """Write ``chunks`` to ``path`` so that it is there whole, durably, or not at all.

    Errors: ``storage_full``, ``file_unreadable`` when the folder can't be written to.
    """
    with written_whole(path, mode) as write:
        for chunk in chunks:
            write(chunk)


@contextmanager
def written_whole(path: Path, mode: int = 0o644) -> Iterator[Callable[[bytes], object]]:
    """Give a function that adds to ``path``, which is there whole at the end, or not at all.

    Errors: as of :func:`write_stream`; ``output_exists`` for a device, a named pipe, a socket,
    which the file would take the place of: with enough rights, of /dev/null for everybody.
    """
    if _is_special(path):
        raise UsageError("output_exists", path=str(path))
    try:
        # Not by the name of what it becomes: together they may be longer than a name may be.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".antin.")
    except OSError as error:
        raise InputError("file_unreadable", path=str(path), reason=error.strerror) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file.write
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise UnavailableError("storage_full", detail=error.strerror) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    if path.absolute().parent == Path("/dev"):
        return True  # /dev/stdout may lead to a regular file; it would be replaced itself
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


class Step(Protocol):
    """Says that one more piece is done, or several."""

    def __call__(self, pieces: int = 1, /) -> None: ...


@contextmanager
def progress(total: int | None, title: str) -> Iterator[Step]:
    """Show a bar on stderr while many files are worked on; nothing where nobody watches.

    ``total`` None: nobody knows how many there will be.
    """
    if (total is not None and total < 2) or not sys.stderr.isatty():
        yield lambda _pieces=1, /: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        _shown.append(bar)
        try:
            yield lambda pieces=1, /: bar.advance(task, pieces)
        finally:
            _shown.remove(bar)


@contextmanager
def counted(total: int, title: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while ``total`` pieces are done some at a time; see :func:`progress`."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


_shown: "list[Progress]" = []
"""The bar that is on the terminal now."""


@contextmanager
def bar_aside() -> Iterator[None]:
    """Take the bar off the terminal while somebody is asked something there."""
    for bar in _shown:
        bar.stop()
    try:
        yield
    finally:
        for bar in _shown:
            bar.start()


_T = TypeVar("_T")


def tracked(items: Iterable[_T], total: int, title: str) -> Iterator[_T]:
    """Yield ``items`` and advance a progress bar with each."""
    with progress(total, title) as step:
        for item in items:
            yield item
            step()
