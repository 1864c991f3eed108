"""What was signed, in an export: its key, the newest checkpoint, older ones, time-stamps."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final

from antin.core.errors import AntinError, InputError, IntegrityError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.ledger.checking.report import Collector
from antin.ledger.checkpoints.anchors import check_stamp, signed_note
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint
from antin.ledger.checkpoints.note import MAX_NOTE_BYTES, NoteVerifier, parse_log_key
from antin.ledger.export import layout as export
from antin.ledger.export.cosigned import CosignatureChecks
from antin.ledger.export.layout import ExportFiles
from antin.ledger.export.part import reason_of

STAMP: Final = re.compile(r"timestamps/(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,5})\.tsr")
_MOST_LINE: Final = 2 * MAX_NOTE_BYTES


def read_key(
    files: ExportFiles, given: NoteVerifier | None, found: Collector
) -> NoteVerifier | None:
    """Return the key to check with: the one that was given, or the export's own word for it."""
    data = read_or_say(files, export.KEY, MAX_NOTE_BYTES, found)
    if given is not None:
        if data is not None and data != f"{given.text}\n".encode():
            found.error("export_key_altered")
        return given
    if data is None:
        return None
    try:
        key = parse_log_key(data.decode("ascii", "replace"))
        if data != f"{key.text}\n".encode():
            raise InputError("export_unreadable", detail="it is not written as it has to be")
    except InputError as error:
        found.error("export_file_unreadable", file=export.KEY, reason=reason_of(error))
        return None
    found.warning("key_unconfirmed")
    return key


def read_or_say(files: ExportFiles, name: str, limit: int, found: Collector) -> bytes | None:
    """Return a file's bytes; None, and a finding, if it can't be read."""
    try:
        data = files.read(name, limit)
    except InputError as error:
        found.error("export_file_unreadable", file=name, reason=reason_of(error))
        return None
    if data is None:
        found.error("export_file_missing", file=name)
    return data


class SignedSizes:
    """The checkpoints of an export: what root was signed for which size."""

    def __init__(
        self,
        files: ExportFiles,
        key: NoteVerifier,
        newest: Checkpoint,
        cosigned: CosignatureChecks,
        found: Collector,
    ) -> None:
        self.count = 0
        """Lines that are checkpoints."""
        self.roots = [(newest.size, newest.root)]
        """Validly signed; a size may be there several times."""
        self._files = files
        self._key = key
        self._newest = newest
        self._cosigned = cosigned
        self._found = found

    def read_all(self) -> None:
        """Check every line of the export's checkpoints."""
        file = open_file_or_say(self._files, export.CHECKPOINTS, self._found)
        if file is None:
            return
        before, seen_newest = -1, False
        for number, line in enumerate(_lines(file), 1):
            if before == self._newest.size:
                # What an export that was not finished wrote.
                self._found.warning("export_file_extra", file=export.CHECKPOINTS)
                break
            said = _checkpoint_of(line)
            if said is None or said[0] <= before:
                reason = "its size is not the next one" if said else "it cannot be read"
                self._altered(number, reason)
                if len(line) == _MOST_LINE:
                    break
                continue
            if said[0] > self._newest.size:
                self._altered(number, "it is of more entries than the newest")
                break
            before = said[0]
            self.count += 1
            seen_newest |= self._take(number, *said)
        if not seen_newest:
            self._found.error("checkpoint_missing", size=self._newest.size)

    def read_against(self, against: Iterable[bytes]) -> None:
        """Take in checkpoints that somebody kept."""
        for note in against:
            said = open_or_say(note, self._key, "?", self._found)
            if said is None:
                continue
            if said.size > self._newest.size:
                size = self._newest.size
                self._found.error("checkpoint_beyond_entries", size=said.size, found=size)
            else:
                self.roots.append((said.size, said.root))

    def check_timestamps(self) -> None:
        """Check time-stamps by themselves: what they stamp, and that they are signed."""
        numbers: dict[int, list[int]] = {}
        for match in map(STAMP.fullmatch, self._files.names()):
            if match:
                numbers.setdefault(int(match[1]), []).append(int(match[2]))
        notes = self._notes_of(numbers)
        held = 0
        for size in sorted(numbers):
            held += self._check_series(size, sorted(numbers[size]), notes.get(size))
        if held:
            self._found.info("timestamps_unjudged", count=held)

    def _check_series(self, size: int, numbers: list[int], note: bytes | None) -> int:
        """Return how many hold; each stamps the note, and the one before it (RFC 4998 §5.2)."""
        before = b""
        for place, number in enumerate(numbers):
            name = export.timestamp_name(size, number)
            token = read_or_say(self._files, name, MAX_TIMESTAMP_BYTES, self._found)
            if token is None:
                return place
            try:
                if place != number or note is None:
                    detail = "what it goes on from is not there"
                    raise InputError("export_unreadable", detail=detail)
                check_stamp(token, note + before)
            except AntinError as error:
                reason = reason_of(error)
                self._found.error("timestamp_invalid", size=size, number=number, reason=reason)
                return place
            before = token
        return len(numbers)

    def _notes_of(self, sizes: Mapping[int, object]) -> dict[int, bytes]:
        """Return what is stamped of these checkpoints: the note as the ledger itself signed it."""
        notes = {}
        name = export.CHECKPOINTS
        file = open_file_or_say(self._files, name, Collector()) if sizes else None
        for line in _lines(file) if file is not None else ():
            said = _checkpoint_of(line)
            if said is None or said[0] not in sizes:
                continue
            opened = open_or_say(said[1], self._key, said[0], Collector())
            if opened is not None and opened.size == said[0]:
                notes[opened.size] = signed_note(said[1], self._key)
        return notes

    def _take(self, number: int, size: int, note: bytes) -> bool:
        """Check one; tell whether it is the newest."""
        said = open_or_say(note, self._key, size, self._found)
        if said is None:
            return False
        if said.size != size:
            self._altered(number, "its size is another one")
            return False
        self.roots.append((said.size, said.root))
        self._cosigned.take(said.size, note)
        return said.size == self._newest.size

    def _altered(self, number: int, reason: str) -> None:
        name = export.CHECKPOINTS
        self._found.error("export_line_altered", file=name, line=number, reason=reason)


def open_file_or_say(files: ExportFiles, name: str, found: Collector) -> BinaryIO | None:
    """Open a file of lines; None, and a finding, if it can't be read."""
    try:
        file = files.open(name)
    except InputError as error:
        found.error("export_file_unreadable", file=name, reason=reason_of(error))
        return None
    if file is None:
        found.error("export_file_missing", file=name)
    return file


def _lines(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while line := file.readline(_MOST_LINE):
            yield line


def open_or_say(
    note: bytes, key: NoteVerifier, size: int | str, found: Collector
) -> Checkpoint | None:
    """Return a checkpoint that ``key`` signed; None, and a finding, otherwise."""
    try:
        return open_checkpoint(note, key.name, key)
    except IntegrityError as error:
        if error.code == "note_origin_wrong":
            there = str(error.values.get("found"))
            found.error("checkpoint_of_another_ledger", size=size, expected=key.name, found=there)
        else:
            found.error("checkpoint_signature_invalid", size=size, reason=reason_of(error))
    except AntinError as error:
        found.error("checkpoint_unreadable", size=size, reason=reason_of(error))
    return None


def _checkpoint_of(line: bytes) -> tuple[int, bytes] | None:
    """Return size and note of a line, which has one text only."""
    try:
        said = json.loads(line)
        size, note = said["size"], said["note"].encode()
        written = export.checkpoint_line(size, note)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return (size, note) if isinstance(size, int) and written == line else None
