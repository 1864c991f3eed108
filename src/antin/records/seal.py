"""The agency seal: intent → use → completed, because a key's use can't be rolled back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from antin.core.errors import ConflictError, RefusedError
from antin.records.document import Document, DocumentKind
from antin.records.preparation import Preparation


class SealState(StrEnum):
    """INTENDED → SIGNED → COMPLETED, or one of the other ends."""

    INTENDED = "INTENDED"
    SIGNED = "SIGNED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    ABANDONED = "ABANDONED"


SEAL_STEPS: Final[Mapping[SealState, frozenset[SealState]]] = {
    SealState.INTENDED: frozenset({SealState.SIGNED, SealState.FAILED, SealState.ABANDONED}),
    # What the key gave is kept: no clock takes it away.
    SealState.SIGNED: frozenset({SealState.COMPLETED, SealState.FAILED}),
}
"""Every step that there is."""
HOLDING: Final = frozenset(SEAL_STEPS)
"""States in which a seal holds its document."""


@dataclass(frozen=True)
class Seal:
    """One use of an agency's seal on one revision of a document; the rows are the seal register."""

    id: str
    document_id: str
    agency_id: str
    source_revision_id: str
    principal_id: str
    created_at: datetime
    state: SealState = SealState.INTENDED
    result_revision_id: str | None = None
    failure: str | None = None
    level: str | None = None
    """PAdES level that was asked for."""
    preparation: Preparation | None = None
    """From SIGNED on, like the next two."""
    signature: bytes | None = None
    job_id: str | None = None
    """The job that completes the seal."""
    warnings: str | None = None
    """JSON of what is to know: of the file from SIGNED on, of the time-stamp once it is there."""
    version: int = 1

    def to(self, state: SealState) -> "Seal":
        """Return the seal in ``state``; ``seal_ended`` unless that is a step from where it is.

        This, not a clock, keeps a process that was given up from storing what it sealed.
        """
        if state not in SEAL_STEPS.get(self.state, frozenset()):
            raise ConflictError("seal_ended", state=self.state.value)
        return replace(self, state=state)


@dataclass(frozen=True)
class SignedState:
    """What verification says of the officers' signatures on a document."""

    signatures: int
    """Signatures that passed, document time-stamps left out."""
    all_passed: bool
    as_signed: bool = True
    """Nothing was changed after the last of them, not even what a policy puts up with."""
    why_not: str = ""


def check_may_be_sealed(document: Document, own: SignedState, parent: SignedState | None) -> None:
    """Raise ``seal_not_allowed`` unless an authorised person's signature is there (SIG-3, SIG-4).

    A main document carries it itself; a separate attachment is covered by its main document's.
    Whatever signatures the file itself carries must be valid in either case.
    """
    # Not "some passed and some did not": a file whose only signature is broken counts none.
    if not own.all_passed:
        raise RefusedError("seal_not_allowed", detail=own.why_not)
    # A field that was filled in later says what no officer has seen, whoever allowed filling it in.
    if own.signatures and not own.as_signed:
        raise RefusedError("seal_not_allowed", detail="it was changed after the last signature")
    if document.kind is DocumentKind.ATTACHMENT:
        if parent is None or not _is_well_signed(parent):
            raise RefusedError("seal_not_allowed", detail="its main document is not validly signed")
    elif not own.signatures:
        raise RefusedError("seal_not_allowed", detail="it carries no officer's signature yet")


def _is_well_signed(state: SignedState) -> bool:
    return bool(state.signatures) and state.all_passed and state.as_signed
