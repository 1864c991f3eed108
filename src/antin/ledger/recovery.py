"""Going on after entries were lost: the entry that declares it, and reading it again.

A declaration excuses nothing: it is itself a finding, for ever. It says which checkpoint the log
had signed, so that everybody who holds that checkpoint, or cosigned it, can see that the loss was
admitted, by whom, when and with what reason.
"""

from dataclasses import dataclass
from typing import Final

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.core.digests import same
from antin.core.errors import AntinError, InputError
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.entry import commitment
from antin.ledger.ports import EntryRow, Payload

ACTION: Final = "ledger.recovered"
MAX_RECOVERIES: Final = 100
"""Declarations that a report reads; who needs more has other worries."""


@dataclass(frozen=True)
class Loss:
    """What is missing, as it is declared."""

    checkpoint: bytes
    """The note of the newest checkpoint that the log had signed."""
    size: int
    """Entries under it."""
    common: int
    """Entries under the newest checkpoint that is left: what is shown to be in both histories."""
    entries: int
    """Entries that were left."""
    reason: str

    def as_facts(self) -> JsonObject:
        """Return the facts that the entry commits to."""
        return {
            "checkpoint": self.checkpoint.decode(),
            "size": self.size,
            "common": self.common,
            "entries": self.entries,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Recovery:
    """A declaration, and where it stands."""

    index: int
    loss: Loss
    said: Checkpoint


def read_recovery(
    row: EntryRow, payload: Payload | None, origin: str, verifier: NoteVerifier
) -> Recovery:
    """Return what an entry of :data:`ACTION` declares.

    Errors: ``entry_malformed`` for facts that are none, or not those committed to; those of
    :func:`~antin.ledger.checkpoints.checkpoint.open_checkpoint`: it was never signed by the log.
    """
    if payload is None or not same(commitment(payload.salt, payload.data), row.payload_digest):
        raise InputError("entry_malformed", detail="its facts are gone or altered")
    try:
        facts = canonical.loads_object(payload.data)
    except AntinError as error:
        raise InputError("entry_malformed", detail="its facts are no canonical JSON") from error
    note, reason = facts.get("checkpoint"), facts.get("reason")
    size, common, entries = (facts.get(name) for name in ("size", "common", "entries"))
    if not isinstance(note, str) or not isinstance(reason, str):
        raise InputError("entry_malformed", detail="its facts are not those of a recovery")
    if not (isinstance(size, int) and isinstance(common, int) and isinstance(entries, int)):
        raise InputError("entry_malformed", detail="its facts are not those of a recovery")
    said = open_checkpoint(note.encode(), origin, verifier)
    if said.size != size or not 0 <= common <= min(size, entries):
        raise InputError("entry_malformed", detail="its sizes contradict its checkpoint")
    return Recovery(row.index, Loss(note.encode(), size, common, entries, reason), said)
