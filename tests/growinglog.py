"""A log for tests of witnesses: it grows, and can be made to tell another history."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from antin.ledger.checkpoints.checkpoint import Checkpoint, sign_checkpoint
from antin.ledger.checkpoints.note import NoteVerifier, verifier_of
from antin.ledger.checkpoints.witness import Submission
from antin.ledger.ports import NoteSigner
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.proofs import prove_consistency, root_of
from tests.notekey import ORIGIN, MemoryNoteKey


@dataclass
class GrowingLog:
    """Leaves made from a word: logs with other words have other histories."""

    key: NoteSigner = field(default_factory=MemoryNoteKey)
    words: Sequence[str] = ("honest",)
    """The word of each leaf; the last one goes on for ever."""

    @property
    def verifier(self) -> NoteVerifier:
        return verifier_of(self.key.name, self.key.public_key)

    def leaves(self, start: int, stop: int) -> list[bytes]:
        return [
            leaf_hash(f"{i} {self.words[min(i, len(self.words) - 1)]}".encode())
            for i in range(start, stop)
        ]

    def root(self, size: int) -> bytes:
        return root_of(self.leaves(0, size))

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.key.name, size, self.root(size))

    def note(self, size: int) -> bytes:
        return sign_checkpoint(self.key.name, size, self.root(size), self.key)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        if not 0 < old < size:
            return ()
        return prove_consistency(old, size, lambda a, b: root_of(self.leaves(a, b)))

    def submission(self, old: int, size: int) -> Submission:
        return Submission(old, self.proof(old, size), self.note(size))

    def body(self, old: int, size: int) -> bytes:
        return self.submission(old, size).write()

    def forked_at(self, size: int) -> "GrowingLog":
        """Return a log of the same key that tells something else after ``size`` leaves."""
        return GrowingLog(self.key, (*["honest"] * size, "forged"))


__all__ = ["ORIGIN", "GrowingLog"]
