"""A work record and its states."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from antin.core.errors import ConflictError


class RecordState(StrEnum):
    """OPEN → CLOSING → CLOSED; a refused closing leads back to OPEN."""

    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


_NEXT = {
    RecordState.OPEN: {RecordState.CLOSING},
    RecordState.CLOSING: {RecordState.OPEN, RecordState.CLOSED},
    RecordState.CLOSED: set[RecordState](),
}


@dataclass(frozen=True)
class Record:
    """A work record (hồ sơ công việc), opened from a catalogue or ad hoc (REC-2)."""

    id: str
    agency_id: str
    code_notation: str
    title: str
    retention: str
    creator: str
    start_date: date
    created_at: datetime
    state: RecordState = RecordState.OPEN
    catalogue_item_id: str | None = None
    description: str = ""
    closures: int = 0
    """How many closures it has had."""
    version: int = 1

    def require_open(self) -> None:
        """Raise ``record_closed`` unless the record takes changes."""
        if self.state is not RecordState.OPEN:
            raise ConflictError("record_closed", state=self.state.value)

    def to(self, state: RecordState) -> "Record":
        """Return the record in ``state``; ``record_not_open`` if it can't get there."""
        if state not in _NEXT[self.state]:
            raise ConflictError("record_not_open", state=self.state.value)
        return replace(self, state=state)


@dataclass(frozen=True)
class Membership:
    """A document's place in a record; a document may be in several records (REC-7)."""

    record_id: str
    document_id: str
    ordinal: int
    """From 1, in the order of joining."""
    pinned_revision_id: str | None = None
    """Fixed at closing: what happens to the document later does not alter that closure."""
    pinned_report_sha256: str | None = None
    """Digest of the stored verification report that the closing leaned on (CRY-5)."""
