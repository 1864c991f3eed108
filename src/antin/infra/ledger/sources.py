"""Where lost entries may still be: the folder of an export, or another database."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, Final

from antin.core.errors import AntinError, InputError
from antin.core.limits import MAX_JSON_BYTES
from antin.flows.audit.recovering import EntrySource
from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import open_database
from antin.infra.ledger.export_reading import LedgerFolder
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES
from antin.ledger.export import layout as export
from antin.ledger.export.lines import find_line, payload_of
from antin.ledger.ports import Payload
from antin.ledger.tree.tiles import ENTRIES, MAX_BUNDLE_BYTES, TILE_WIDTH, read_bundle, tile_at

_AT_ONCE: Final = 1000
_FACTS: Final = b'","salt":'
"""Stands in lines with facts, and in no other: quotes within an entry are escaped there."""


@contextmanager
def open_entry_source(named: str) -> Iterator[EntrySource]:
    """Give the entries of an export's folder, of a SQLite file, or of a database by its URL.

    Error: ``recovery_source_unusable``.
    """
    path = Path(named)
    if "://" not in named and path.is_dir():
        yield ExportedEntries(path)
        return
    try:
        database = open_database(named if "://" in named else f"sqlite:///{path.absolute()}")
    except AntinError as error:
        raise unusable(error.detail) from error
    try:
        yield StoredEntries(database)
    finally:
        database.close()


def unusable(detail: str) -> InputError:
    """Return the error for a source that is none."""
    return InputError("recovery_source_unusable", detail=detail.rstrip("."))


class ExportedEntries:
    """Entry bundles in a folder (c2sp.org/tlog-tiles), and what they commit to if it is there.

    Facts lie in the lines of an export that was made with them. Whether they are the right ones is
    for whoever takes them to see.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = LedgerFolder(folder)

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        size = self._size()
        if size < stop:
            raise unusable(f"it has {size} entries, {stop} are asked for")
        payloads = self._payloads(start)
        for number in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            bundle = tile_at(ENTRIES, number, size)
            try:
                entries = read_bundle(bundle, self._read(bundle.path, MAX_BUNDLE_BYTES))
            except InputError as error:
                raise unusable(error.detail) from error
            first = number * TILE_WIDTH
            for data in entries[max(start - first, 0) : stop - first]:
                yield data, next(payloads)

    def _payloads(self, start: int) -> Iterator[Payload | None]:
        """Yield the facts of the entries from index ``start``, None where there are none."""
        try:
            file = self._folder.open(export.ENTRIES)
        except InputError as error:
            raise unusable(error.detail) from error
        if file is not None:
            with file:
                begin = find_line(file, start, MAX_JSON_BYTES)
                file.seek(begin or 0)
                if begin is not None and _FACTS in file.readline(MAX_JSON_BYTES):
                    file.seek(begin)
                    yield from _facts_in(file)
        yield from repeat(None)

    def _size(self) -> int:
        try:
            return parse_checkpoint(self._read("checkpoint", MAX_NOTE_BYTES)).size
        except InputError as error:
            raise unusable(error.detail) from error

    def _read(self, name: str, limit: int) -> bytes:
        try:
            data = self._folder.read(name, limit)
        except InputError as error:
            raise unusable(error.detail) from error
        if data is None:
            raise unusable(f"{name} is not there")
        return data


def _facts_in(file: BinaryIO) -> Iterator[Payload | None]:
    """Yield the facts of one line after the other, of which each entry has one."""
    while True:
        try:
            yield payload_of(file.readline(MAX_JSON_BYTES))
        except InputError as error:
            detail = f"a line of {export.ENTRIES}; without that file, entries come without facts"
            raise unusable(detail) from error


class StoredEntries:
    """Entries of a database: a backup that is newer, or a copy."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        while start < stop:
            end = min(start + _AT_ONCE, stop)
            rows, facts = self._between(start, end)
            if [index for index, _ in rows] != list(range(start, end)):
                raise unusable(f"entries from {start} to {end - 1} are not all there")
            for index, data in rows:
                yield data, facts.get(index)
            start = end

    def _between(self, start: int, stop: int) -> tuple[list[tuple[int, bytes]], dict[int, Payload]]:
        return self._work.read(
            lambda stores: (
                [(row.index, row.data) for row in stores.ledger.entries(start, stop)],
                dict(stores.ledger.payloads(start, stop)),
            )
        )
