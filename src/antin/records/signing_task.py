"""Asking an officer to sign: a state machine (docs/signer.md, "Signing tasks and the seal")."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from antin.core.errors import ConflictError
from antin.records.preparation import Preparation


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


class Actor(StrEnum):
    """Who takes a task a step further."""

    ASKER = "asker"
    """Somebody in the agency who may ask for signatures."""
    SIGNER = "signer"
    """The officer who is asked, and nobody else."""
    SYSTEM = "system"
    """The service by itself: sweeper, worker, and what follows from another task's end."""


_END_UNSIGNED: Final[Mapping[TaskState, frozenset[Actor]]] = {
    TaskState.DECLINED: frozenset({Actor.SIGNER}),
    TaskState.CANCELLED: frozenset({Actor.ASKER, Actor.SYSTEM}),
    TaskState.EXPIRED: frozenset({Actor.SYSTEM}),
}
STEPS: Final[Mapping[TaskState, Mapping[TaskState, frozenset[Actor]]]] = {
    TaskState.CREATED: {
        TaskState.OFFERED: frozenset({Actor.SIGNER, Actor.SYSTEM}),
        TaskState.PREPARED: frozenset({Actor.SIGNER}),
        **_END_UNSIGNED,
    },
    TaskState.OFFERED: {TaskState.PREPARED: frozenset({Actor.SIGNER}), **_END_UNSIGNED},
    TaskState.PREPARED: {
        # What was prepared is worth nothing once somebody else's signature is in the document.
        TaskState.OFFERED: frozenset({Actor.SYSTEM}),
        TaskState.PREPARED: frozenset({Actor.SIGNER}),
        TaskState.SIGNED: frozenset({Actor.SIGNER}),
        **_END_UNSIGNED,
    },
    # A signature that was given is never thrown away by a late cancel or expiry.
    TaskState.SIGNED: {
        TaskState.COMPLETED: frozenset({Actor.SYSTEM}),
        TaskState.FAILED: frozenset({Actor.SYSTEM, Actor.ASKER}),
    },
}
"""Every step that there is, and who takes it."""
OPEN_STATES = frozenset(STEPS)
"""States in which the task still holds its document."""
WAITING_STATES = OPEN_STATES - {TaskState.SIGNED}
"""States in which the task may still expire."""


@dataclass(frozen=True)
class SigningTask:
    """One signature asked of one officer on one revision of a document."""

    id: str
    document_id: str
    agency_id: str
    revision_id: str
    """What is to be signed: the newest revision, as long as nobody has signed."""
    signer_id: str
    """User id of the officer."""
    state: TaskState
    created_at: datetime
    expires_at: datetime
    group_id: str
    """What was asked together with it."""
    position: int = 1
    """Its place in the group, from 1."""
    appearance: str | None = None
    """JSON of the stamp, as given; interpreted by the flow."""
    appearance_image_sha256: str | None = None
    reason: str | None = None
    location: str | None = None
    preparation: Preparation | None = None
    signature: bytes | None = None
    job_id: str | None = None
    """The job that completes the task, from SIGNED on."""
    result_revision_id: str | None = None
    failure: str | None = None
    """Code of the error that ended it, for FAILED."""
    certify: str | None = None
    """What the signature allows later, if it is to certify; interpreted by the flow."""
    field_lock: str | None = None
    """Which form fields it makes final, as given; interpreted by the flow."""
    warnings: str | None = None
    """JSON of what the signer should know: of the file once prepared, of the time-stamp later."""
    version: int = 1

    def to(self, state: TaskState, by: Actor) -> "SigningTask":
        """Return the task in ``state``; ``task_state`` unless it gets there ``by`` them."""
        if by not in STEPS.get(self.state, {}).get(state, frozenset()):
            raise ConflictError("task_state", state=self.state.value)
        return replace(self, state=state)

    def require_not_expired(self, now: datetime) -> None:
        """Raise ``task_expired`` when the task waited too long and no signature was given."""
        if self.state is TaskState.EXPIRED or (
            self.state in WAITING_STATES and now >= self.expires_at
        ):
            raise ConflictError("task_expired")
