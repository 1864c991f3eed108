"""Levels of checking, each on top of the ones before it, and what each finding is about."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How far a check goes; in this order, the cheapest first."""

    STRUCTURE = "structure"
    """No entry is left out, the head fits, the guards are in place. Nothing is hashed."""
    HASHES = "hashes"
    """Each stored leaf is that of the entry's bytes."""
    COLUMNS = "columns"
    """The index beside the bytes says what they say; facts are those that were committed to."""
    STREAMS = "streams"
    """Each entry continues its stream and its request, in time."""
    CHECKPOINTS = "checkpoints"
    """The tree over all entries is the one that was signed for. Below this, nothing is proven."""
    TIMESTAMPS = "timestamps"
    """What others signed under checkpoints: witnesses, and who says when they were there."""
    ROWS = "rows"
    """Records, documents, seals, users and so on are as the entries say."""

    def reaches(self, other: "Level") -> bool:
        """Tell whether checking up to this level looks at ``other``."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER: Final = tuple(Level)
HIGHEST: Final = _ORDER[-1]


@dataclass(frozen=True)
class Subject:
    """What a finding is about: its level, and the row by the finding's values that are its key."""

    level: Level
    table: str = ""
    key: tuple[str, ...] = ()


_CHECKPOINT: Final = Subject(Level.CHECKPOINTS, "ledger_checkpoints", ("size",))
_OWN: Final[dict[str, Subject]] = {
    "guard_missing": Subject(Level.STRUCTURE),
    "levels_left_out": Subject(Level.STRUCTURE),
    "ledger_size_altered": Subject(Level.STRUCTURE, "ledger_head"),
    "entry_missing": Subject(Level.STRUCTURE, "ledger_entries", ("index",)),
    "entry_bytes_altered": Subject(Level.HASHES, "ledger_entries", ("index",)),
    "ledger_recovered": Subject(Level.CHECKPOINTS, "ledger_entries", ("index",)),
    "checkpoint_none": Subject(Level.CHECKPOINTS),
    "entries_uncovered": Subject(Level.CHECKPOINTS),
}
_FAMILIES: Final[dict[str, Subject]] = {
    "entry": Subject(Level.COLUMNS, "ledger_entries", ("index",)),
    "column": Subject(Level.COLUMNS, "ledger_entries", ("index",)),
    "payload": Subject(Level.COLUMNS, "ledger_payloads", ("index",)),
    "redaction": Subject(Level.COLUMNS, "ledger_entries", ("index",)),
    "redactions": Subject(Level.COLUMNS),
    "stream": Subject(Level.STREAMS, "ledger_entries", ("index",)),
    "request": Subject(Level.STREAMS, "ledger_entries", ("index",)),
    "clock": Subject(Level.STREAMS, "ledger_entries", ("index",)),
    "checkpoint": _CHECKPOINT,
    "recovery": Subject(Level.CHECKPOINTS, "ledger_entries", ("index",)),
    "loss": Subject(Level.CHECKPOINTS, "ledger_entries", ("index",)),
    "tile": Subject(Level.CHECKPOINTS, "ledger_nodes", ("level", "index")),
    "timestamps": Subject(Level.TIMESTAMPS),
    "timestamp": Subject(Level.TIMESTAMPS, "ledger_timestamps", ("size", "number")),
    "cosignature": Subject(Level.TIMESTAMPS, "ledger_cosignatures", ("size", "witness")),
    "cosignatures": Subject(Level.TIMESTAMPS, "ledger_cosignatures", ("witness",)),
    "export": Subject(Level.STRUCTURE),
    "key": Subject(Level.CHECKPOINTS),
    "row": Subject(Level.ROWS),
    "rows": Subject(Level.ROWS),
}
"""By what a code begins with: what is found of the same thing is told of the same rows."""


def subject_of(code: str) -> Subject:
    """Return what findings of ``code`` are about; of no level that is passed over, if unknown."""
    unknown = Subject(Level.STRUCTURE)
    return _OWN.get(code) or _FAMILIES.get(code.partition("_")[0], unknown)
