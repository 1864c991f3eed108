"""What a verification is asked to look at: files, folders, zip files, lists of names."""

import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from antin.core.errors import AntinError, InputError, UsageError
from antin.core.limits import MAX_LIST_NAME_BYTES
from antin.infra.judging import Item
from antin.infra.zip_files import ZipEntry

_PACKED: Final = frozenset({".pdf"})
"""Endings of what is looked at in zip files, where nothing lies beside a signature."""
_SIGNED: Final = _PACKED | {".p7s", ".p7m"}
"""Endings of what is looked at in folders; what is named by itself always is."""
ARCHIVE: Final = ".zip"
_PDF: Final = b"%PDF-"
Listing = Callable[[Path], tuple[ZipEntry, ...]]
"""Says what is in a zip file."""


def is_many(path: Path) -> bool:
    """Tell whether ``path`` names more than one file."""
    return path.is_dir() or _is_archive(path.name)


def begins_as_pdf(path: Path) -> bool:
    """Tell whether the file is a PDF from its first byte; False where it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_PDF)) == _PDF
    except OSError:
        return False  # whoever judges it says what is wrong


def items(paths: Iterable[Path], listing: Listing) -> Iterator[Item]:
    """Yield every file that ``paths`` name, folders and zip files gone through."""
    for item in _files(paths):
        if item.error is None and _is_archive(item.path.name):
            yield from _packed(item, listing)
        else:
            yield item


def count(paths: Iterable[Path]) -> int | None:
    """Return how many files there are; None where that would take reading zip files."""
    total = 0
    for item in _files(paths):
        if _is_archive(item.path.name):
            return None
        total += 1
    return total


def listed(source: str, *, null: bool) -> Iterator[Path]:
    """Yield the names in the file ``source`` (``-``: stdin), one a line or each ended by NUL.

    Errors: those of files; ``request_invalid`` for a name that is longer than any.
    """
    with _list_of(source) as file:
        for name in _names(file, b"\0" if null else b"\n"):
            yield Path(os.fsdecode(name))


@contextmanager
def _list_of(source: str) -> Iterator[IO[bytes]]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115 — closed below
    except OSError as error:
        reason = str(error.strerror)
        raise InputError("file_unreadable", path=source, reason=reason) from error
    with file:
        yield file


def _names(file: IO[bytes], end: bytes) -> Iterator[bytes]:
    """Yield what stands between the marks ``end`` as it arrives; empty names are left out."""
    waiting = b""
    # What is there already is worked on while the list is still being written.
    while piece := os.read(file.fileno(), MAX_LIST_NAME_BYTES):
        *whole, waiting = (waiting + piece).split(end)
        yield from (_name(one) for one in whole if one.strip())
        if len(waiting) > MAX_LIST_NAME_BYTES:
            raise UsageError("request_invalid", detail="a name in the list is too long")
    if waiting.strip():
        yield _name(waiting)


def _name(line: bytes) -> bytes:
    name = line.removesuffix(b"\r")
    if b"\0" in name:
        raise UsageError("request_invalid", detail="a name in the list holds a NUL; see --null")
    return name


def _files(paths: Iterable[Path]) -> Iterator[Item]:
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield _item(path)


def _below(folder: Path) -> Iterator[Item]:
    """Yield what is signed in ``folder``, in order; links to folders are not followed.

    A folder that can't be looked into is an item of its own, with its error.
    """
    closed: list[OSError] = []
    for where, folders, names in os.walk(folder, onerror=closed.append):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in _SIGNED or _is_archive(name):
                yield _item(Path(where, name))
        while closed:
            yield _unreadable(closed.pop())
    while closed:
        yield _unreadable(closed.pop())


def _unreadable(error: OSError) -> Item:
    name = os.fsdecode(error.filename)
    why = InputError("file_unreadable", path=name, reason=str(error.strerror))
    return Item(name, Path(name), error=why)


def _is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE)


def _item(path: Path) -> Item:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return Item(str(path), path)  # whoever opens it finds out what is wrong
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return Item(str(path), path, size, found.st_mtime_ns)


def _packed(archive: Item, listing: Listing) -> Iterator[Item]:
    try:
        found = listing(archive.path)
    except AntinError as error:
        yield replace(archive, error=error)
        return
    seen: Counter[str] = Counter()
    for entry in found:
        nested = _is_archive(entry.name)
        if not nested and Path(entry.name).suffix.lower() not in _PACKED:
            continue
        seen[entry.name] += 1
        again = f" ({seen[entry.name]})" if seen[entry.name] > 1 else ""
        why = InputError("archive_unsupported", detail="an archive in an archive")
        yield Item(
            f"{archive.path}!/{entry.name}{again}",
            archive.path,
            entry.size,
            archive.changed,
            entry,
            error=why if nested else None,
        )
