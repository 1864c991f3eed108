"""Evidence that a ledger's own signatures contradict each other, for a third person.

Whoever has the notes, the proof and the log's public key needs neither the database nor our word:
two signed checkpoints of one size with different roots, or a proof that leads to the larger
checkpoint's root but not from the smaller one's. There is one tree of a size below a root (RFC
9162 §2.1.4), so the log has signed for two histories.
"""

from dataclasses import dataclass

from antin.core.canonical import JsonObject
from antin.core.digests import same
from antin.core.errors import IntegrityError
from antin.ledger.checkpoints.checkpoint import open_checkpoint
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.tree.proofs import verify_consistency


@dataclass(frozen=True)
class Evidence:
    """Signed checkpoints as notes, smaller first, and the proof that fails between them."""

    checkpoints: tuple[bytes, ...]
    """One, where only the entries themselves contradict it."""
    size: int | None = None
    """What the entries that are there come to, of the first checkpoint's size: not its root."""
    root: bytes | None = None
    proof: tuple[bytes, ...] | None = None
    """From the tree of that root to the second checkpoint's; None where sizes are the same."""

    def as_json(self) -> JsonObject:
        """Return it as it stands in reports: notes as text, hashes in hex."""
        return {
            "checkpoints": tuple(note.decode(errors="replace") for note in self.checkpoints),
            "size": self.size,
            "root": self.root.hex() if self.root is not None else None,
            "proof": None if self.proof is None else tuple(node.hex() for node in self.proof),
        }


def confirm_contradiction(evidence: Evidence, origin: str, verifier: NoteVerifier) -> None:
    """Raise ``evidence_insufficient`` unless the log's own signatures contradict each other.

    Errors besides: those of :func:`antin.ledger.checkpoints.checkpoint.open_checkpoint`.
    """
    if len(evidence.checkpoints) != 2:
        raise _insufficient("there are not two checkpoints")
    # 1. Both were signed by the log, about itself.
    older, newer = (open_checkpoint(note, origin, verifier) for note in evidence.checkpoints)
    # 2. Of one size, they must be the same tree.
    if older.size == newer.size:
        if same(older.root, newer.root):
            raise _insufficient("both checkpoints say the same")
        return
    # 3. The larger one extends a tree of the smaller one's size...
    if evidence.size != older.size or evidence.root is None or evidence.proof is None:
        raise _insufficient("it holds no proof from the smaller checkpoint's size")
    try:
        verify_consistency(older.size, newer.size, evidence.root, newer.root, evidence.proof)
    except IntegrityError as error:
        raise _insufficient(str(error.values.get("detail"))) from error
    # 4. ... which is not the one that was signed: no tree has two such beginnings.
    if same(evidence.root, older.root):
        raise _insufficient("the larger checkpoint extends the smaller one")


def _insufficient(detail: str) -> IntegrityError:
    return IntegrityError("evidence_insufficient", detail=detail)
