"""Asking an officer to sign: a state machine (docs/architecture.md)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from antin.core.errors import ConflictError


class TaskState(StrEnum):
    """CREATED → OFFERED → PREPARED → SIGNED → COMPLETED, or one of the other ends."""

    CREATED = "CREATED"
    OFFERED = "OFFERED"
    PREPARED = "PREPARED"
    SIGNED = "SIGNED"
    COMPLETED = "COMPLETED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


_ENDS_EARLY = {
    TaskState.DECLINED,
    TaskState.EXPIRED,
    TaskState.CANCELLED,
    TaskState.FAILED,
}
_NEXT = {
    TaskState.CREATED: {TaskState.OFFERED, TaskState.PREPARED} | _ENDS_EARLY,
    TaskState.OFFERED: {TaskState.PREPARED} | _ENDS_EARLY,
    TaskState.PREPARED: {TaskState.PREPARED, TaskState.SIGNED} | _ENDS_EARLY,
    # A signature that was given is never thrown away by a late cancel or expiry.
    TaskState.SIGNED: {TaskState.COMPLETED, TaskState.FAILED},
}
OPEN_STATES = frozenset(_NEXT)
"""States in which the task still holds its document."""
WAITING_STATES = OPEN_STATES - {TaskState.SIGNED}
"""States in which the task may still expire."""


@dataclass(frozen=True)
class Preparation:
    """What must be kept verbatim between the two phases; the prepared file is a blob."""

    blob_sha256: str
    certificate: bytes
    chain: tuple[bytes, ...]
    scheme: str
    digest: str
    field_name: str
    signed_attributes: bytes
    document_digest: bytes
    byte_range: tuple[int, int, int, int]
    reserved: int
    prepared_at: datetime


@dataclass(frozen=True)
class SigningTask:
    """One signature asked of one officer on one revision of a document."""

    id: str
    document_id: str
    agency_id: str
    revision_id: str
    signer_id: str
    """User id of the officer."""
    state: TaskState
    created_at: datetime
    expires_at: datetime
    appearance: str | None = None
    """JSON of the stamp, as given; interpreted by the flow."""
    appearance_image_sha256: str | None = None
    reason: str | None = None
    location: str | None = None
    preparation: Preparation | None = None
    signature: bytes | None = None
    result_revision_id: str | None = None
    failure: str | None = None
    """Code of the error that ended it, for FAILED."""
    version: int = 1

    def to(self, state: TaskState) -> "SigningTask":
        """Return the task in ``state``; ``task_state`` if it can't get there."""
        if state not in _NEXT.get(self.state, set()):
            raise ConflictError("task_state", state=self.state.value)
        return replace(self, state=state)

    def require_not_expired(self, now: datetime) -> None:
        """Raise ``task_expired`` when the task waited too long and no signature was given."""
        if self.state is TaskState.EXPIRED or (
            self.state is not TaskState.SIGNED
            and self.state in OPEN_STATES
            and now >= self.expires_at
        ):
            raise ConflictError("task_expired")
