"""Checking the tree over all entries against every checkpoint that was signed."""

from collections.abc import Iterable, Iterator

from antin.core.digests import same
from antin.core.errors import AntinError, IntegrityError
from antin.ledger.checkpoint import Checkpoint, open_checkpoint, signed_frontier
from antin.ledger.merkle import Frontier
from antin.ledger.note import NoteVerifier
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.report import Collector


class TreeChecks:
    """Grows the tree and compares its root wherever a checkpoint was signed."""

    def __init__(
        self,
        found: Collector,
        verifier: NoteVerifier,
        stored: Iterable[StoredCheckpoint],
        outside: bytes | None,
    ) -> None:
        self.checkpoints = 0
        self.covered = 0
        self._found = found
        self._verifier = verifier
        self._tree = Frontier()
        self._stored = self._signed(stored)
        self._outside = self._read(outside, None) if outside is not None else None
        self._seen_outside = False
        self.checkpoints = 0
        self.covered = 0
        self._ahead = next(self._stored, None)
        self._compare()

    @property
    def root(self) -> bytes:
        """The root over all leaves so far."""
        return self._tree.root()

    def grow(self, leaf: bytes) -> None:
        """Add a leaf and hold the root against the checkpoints of this size."""
        self._tree.append(leaf)
        self._compare()

    def finish(self) -> None:
        """Report checkpoints of more entries than there are, and whether any covers them."""
        while self._ahead is not None:
            self._beyond(self._ahead)
        if self._outside is not None:
            if self._outside.size > self._tree.size:
                self._report_beyond(self._outside.size)
            if not self._seen_outside:
                self._found.error("checkpoint_missing", size=self._outside.size)
        if not self.checkpoints and self._outside is None and self._tree.size:
            self._found.warning("checkpoint_none")
        elif self.covered < self._tree.size:
            self._found.info("entries_uncovered", count=self._tree.size - self.covered)

    def _compare(self) -> None:
        if self._outside is not None and self._outside.size == self._tree.size:
            self._match(self._outside)
        while self._ahead is not None and self._ahead.size <= self._tree.size:
            self._match(self._ahead)
            self._pass(self._ahead)

    def _match(self, checkpoint: Checkpoint) -> None:
        root = self._tree.root()
        if checkpoint.size == self._tree.size and same(checkpoint.root, root):
            self.covered = checkpoint.size
        else:
            self._found.error(
                "checkpoint_root_mismatch",
                size=checkpoint.size,
                expected=checkpoint.root,
                found=root,
            )

    def _beyond(self, checkpoint: Checkpoint) -> None:
        self._report_beyond(checkpoint.size)
        self._pass(checkpoint)

    def _report_beyond(self, size: int) -> None:
        self._found.error("checkpoint_beyond_entries", size=size, found=self._tree.size)

    def _pass(self, checkpoint: Checkpoint) -> None:
        if self._outside == checkpoint:
            self._seen_outside = True
        self._ahead = next(self._stored, None)

    def _signed(self, stored: Iterable[StoredCheckpoint]) -> Iterator[Checkpoint]:
        """Yield what the stored checkpoints were signed for; report the others."""
        for row in stored:
            self.checkpoints += 1
            said = self._read(row.note, row.size)
            if said is None:
                continue
            try:
                signed_frontier(row)
            except AntinError as error:
                reason = str(error.values.get("detail", error.code))
                self._found.error("checkpoint_altered", size=row.size, reason=reason)
            if said.size == row.size:
                yield said

    def _read(self, note: bytes, size: int | None) -> Checkpoint | None:
        """Open a note; ``size`` is the row's, None for the one kept outside."""
        named: int | str = "?" if size is None else size
        try:
            return open_checkpoint(note, self._verifier.name, self._verifier)
        except IntegrityError as error:
            if error.code == "note_origin_wrong":
                origins = {name: str(error.values.get(name)) for name in ("expected", "found")}
                self._found.error("checkpoint_of_another_ledger", size=named, **origins)
            else:
                reason = str(error.values.get("detail", error.code))
                self._found.error("checkpoint_signature_invalid", size=named, reason=reason)
        except AntinError as error:
            reason = str(error.values.get("detail", error.code))
            self._found.error("checkpoint_unreadable", size=named, reason=reason)
        return None
