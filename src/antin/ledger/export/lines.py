"""The lines of an export's ``entries.jsonl`` beside the entries themselves.

Lines of a part are found by halving, and parts are joined only where one's lines begin right after
the other's: so nothing stands between them, and no line is passed over.
"""

import json
import os
import re
from typing import BinaryIO, Final

from antin.core.digests import same
from antin.core.errors import InputError
from antin.core.limits import MAX_ENTRY_BYTES, MAX_JSON_BYTES
from antin.ledger.checking.report import Collector
from antin.ledger.entry import SALT_BYTES, commitment
from antin.ledger.entry_form import Entries, committed_to
from antin.ledger.export import layout as export
from antin.ledger.export.layout import ExportFiles
from antin.ledger.ports import Payload
from antin.ledger.redaction import ACTION

_NUMBER: Final = re.compile(rb'\{"index":([0-9]{1,19}),')
_NEAR: Final = 1 << 16
_AFTER_ENTRY: Final = b'","salt":'
_SALT_AND_FACTS: Final = re.compile(
    rb'","salt":(?:null,"payload":null|"([0-9a-f]*)","payload":(".*"))\}\n?', re.DOTALL
)
_PLAIN_LINE: Final = 4 * MAX_ENTRY_BYTES
_REDACTS: Final = f'{{"action":"{ACTION}",'.encode()
_MOST_TOLD: Final = 256 << 20
"""Bytes of facts about erasing that a part keeps: of millions of entries, and no memory's end."""
_NO_FACTS: Final = b""


_TEMPLATE: Final = (
    rb'{"index":%d,"entry":"{\"action\":\"%b\",\"n\":%b,\"payload\":\"%b\",\"prev\":\"%b\",'
    rb'\"req\":\"%b#%b\",\"stream\":\"%b\",\"ts\":%b,\"v\":1}"}'
    b"\n"
)
"""The line of an entry, from what stands in the entry; nothing in there has to be escaped."""


class EntryLines:
    """Compares lines with entries; after the first difference it does no more."""

    def __init__(
        self, files: ExportFiles, found: Collector, first: int, *, facts: bool | None
    ) -> None:
        """``facts`` None: there are no lines to compare, which was said already."""
        self._found = found
        self.told: list[tuple[int, bytes, Payload | None]] = []
        """Index and bytes of entries without facts, and of those that say what was erased."""
        self._room = _MOST_TOLD
        self._facts = facts
        self._longest = MAX_JSON_BYTES if facts else _PLAIN_LINE
        self._file = files.open(export.ENTRIES) if facts is not None else None
        self._begin = 0
        if self._file is not None:
            begin = find_line(self._file, first, self._longest)
            if begin is None:
                self._altered(first, "it is not where it has to be")
            else:
                self._begin = begin
                self._file.seek(begin)

    def check(self, start: int, entries: Entries) -> None:
        """Compare the lines of a bundle, of which ``start`` is the first entry."""
        if self._file is None:
            return
        if self._facts:
            good = set(entries.places)
            for place, data in enumerate(entries.data):
                if self._file is not None:
                    self._check_facts(self._file, start + place, data, readable=place in good)
            return
        expected = _lines_of(start, entries)
        there = self._file.read(len(expected))
        if there != expected:
            index, at = start, 0
            while there.startswith(
                line := export.entry_line(index, entries.data[index - start]), at
            ):
                index, at = index + 1, at + len(line)
            self._altered(index, "the entry is another one")

    def stop(self) -> None:
        """Compare no more."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def finish(self) -> tuple[int, int] | None:
        """Return where the lines began and ended; None if they were not compared to the end."""
        if self._file is None:
            return None
        end = self._file.tell()
        self.stop()
        return self._begin, end

    def _check_facts(self, file: BinaryIO, index: int, data: bytes, *, readable: bool) -> None:
        line = file.readline(self._longest)
        try:
            payload = payload_of(line)
        except InputError:
            payload = None
        if line != export.entry_line_with_payload(index, data, payload):
            self._altered(index, "the entry is another one, or the line is not as we write it")
        elif not readable:
            return  # no entry: what it would commit to is not known
        elif payload is None:
            self.told.append((index, data, None))
        elif len(payload.salt) != SALT_BYTES or not same(
            commitment(payload.salt, payload.data), committed_to(data)
        ):
            self._found.error("payload_altered", index=index)
        elif data.startswith(_REDACTS):
            self._room -= len(payload.data)
            kept = payload if self._room >= 0 else Payload(payload.salt, _NO_FACTS)
            self.told.append((index, data, kept))

    def _altered(self, index: int, reason: str) -> None:
        name = export.ENTRIES
        self._found.error("export_line_altered", file=name, line=index + 1, reason=reason)
        self.stop()


def payload_of(line: bytes) -> Payload | None:
    """Return salt and facts that a line holds, whatever else is in it; None: they were erased.

    Error: ``export_unreadable``, also for a line of an export without facts.
    """
    # The entry's text has no quote that is not escaped. And of JSON nothing is read but a text:
    # lists and objects take twenty times their letters, and a line may have millions of these.
    found = _SALT_AND_FACTS.fullmatch(line, max(line.find(_AFTER_ENTRY), 0))
    try:
        if found is None:
            raise ValueError("it has none")
        if found[1] is None:
            return None
        return Payload(bytes.fromhex(found[1].decode()), json.loads(found[2].decode()).encode())
    except ValueError as error:
        raise InputError("export_unreadable", detail="salt and payload of a line") from error


def find_line(file: BinaryIO, index: int, longest: int) -> int | None:
    """Return where the line of an entry begins, None if it is not found where it has to be."""
    if index == 0:
        return 0
    low, high = 0, os.fstat(file.fileno()).st_size  # a line begins at low
    while high - low > _NEAR:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(longest)
        at = file.tell()
        number = _number_at(file, at)
        if number == index:
            return at
        if number is None or number > index:
            high = middle
        else:
            low = at
    number = _number_at(file, low)
    while number is not None and number < index:
        file.seek(low)
        file.readline(longest)
        low = file.tell()
        number = _number_at(file, low)
    return low if number == index else None


def _number_at(file: BinaryIO, at: int) -> int | None:
    file.seek(at)
    match = _NUMBER.match(file.read(32))
    return int(match[1]) if match else None


def _lines_of(start: int, entries: Entries) -> bytes:
    """Return the lines of a bundle: made of its columns, which takes half of escaping each."""
    columns = entries.columns
    if columns is None:
        return export.entry_lines(start, entries.data)
    width, step = len(columns.entries), len(columns)
    escaped = {one: one.replace(b'"', rb"\"") for one in set(columns.acts)}
    values: list[object] = [None] * (width * step)
    values[0::step] = range(start, start + width)
    values[1::step] = [escaped[one] for one in columns.acts]
    for at in range(2, step):
        values[at::step] = columns[at]
    lines = _TEMPLATE * width % tuple(values)
    if all(columns.prevs):
        return lines
    return lines.replace(rb"\"prev\":\"\",", rb"\"prev\":null,")
