"""Cosignatures in an export, by the keys of witnesses that whoever checks knows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from antin.core.errors import AntinError
from antin.ledger.checking.report import Collector
from antin.ledger.checkpoints.cosignature import cosigned_at
from antin.ledger.checkpoints.note import NoteVerifier, own_signatures, parse_note
from antin.ledger.export.part import reason_of

_LAST_SECOND: Final = 253_402_300_799
"""Of the year 9999."""


class CosignatureChecks:
    """Takes checkpoints that the ledger's key signed; tells what each witness saw."""

    def __init__(self, witnesses: Iterable[NoteVerifier], found: Collector) -> None:
        self._witnesses = tuple(dict.fromkeys(witnesses))
        self._found = found
        self._seen: dict[NoteVerifier, tuple[int, int]] = {}
        """Size and time of the largest one that a witness cosigned."""
        self._before = b""

    def take(self, size: int, note: bytes) -> None:
        """Check the lines of known witnesses; of others nothing can be said."""
        if not self._witnesses or note == self._before:
            return
        self._before, parsed = note, parse_note(note)
        for witness in self._witnesses:
            if not own_signatures(parsed, witness):
                continue
            try:
                seconds = cosigned_at(parsed, witness)
            except AntinError as error:
                name, reason = witness.name, reason_of(error)
                self._found.error("cosignature_invalid", size=size, witness=name, reason=reason)
                continue
            if size >= self._seen.get(witness, (0, 0))[0]:
                self._seen[witness] = (size, seconds)

    def finish(self) -> None:
        """Tell of each witness the most that it saw; nothing at all is a warning."""
        for witness in self._witnesses:
            if witness not in self._seen:
                self._found.warning("cosignature_none", witness=witness.name)
                continue
            size, seconds = self._seen[witness]
            time = datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC).isoformat()
            self._found.info("cosignature_seen", witness=witness.name, size=size, time=time)
