"""Checking the tree over all entries against every checkpoint that was signed.

Leaves are added in batches that end where a checkpoint was signed: a batch costs half of what its
leaves cost one by one, and what is kept of them is never more than a batch.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from antin.core.digests import same
from antin.core.errors import AntinError, IntegrityError
from antin.ledger.checking.evidence import Evidence
from antin.ledger.checking.recomputed import History
from antin.ledger.checking.report import Collector
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint, signed_frontier
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.tree.merkle import Frontier

BATCH: Final = 4096
MAX_EVIDENCE: Final = 10
"""Findings about history that carry evidence; each proof costs reading the entries again."""


@dataclass(frozen=True)
class Mark:
    """A checkpoint of the ledger's own, validly signed, wherever it was kept."""

    said: Checkpoint
    note: bytes
    stored: bool
    """It is a row of the table; else it was kept outside the database."""


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
        self._pending: list[bytes] = []
        self._outside = self._kept(outside)
        self._seen_outside = False
        kept = [self._outside] if self._outside else []
        self._marks = heapq.merge(self._signed(stored), kept, key=lambda mark: mark.said.size)
        self._ahead = next(self._marks, None)
        self.good: Mark | None = None
        """The newest that matches."""
        self._bad: list[tuple[Mark, bytes]] = []
        """Those that do not, with the root that the entries give."""
        self._flush()

    @property
    def root(self) -> bytes:
        """The root over all leaves; once they were seen."""
        return self._tree.root()

    def grow(self, leaf: bytes) -> None:
        """Add a leaf; hold the root against the checkpoints of this size."""
        self._pending.append(leaf)
        if len(self._pending) >= self._room:
            self._flush()

    def finish(self, history: History) -> None:
        """Report what does not match, what is ahead, and whether any checkpoint covers all."""
        self._flush()
        for bad, root in self._bad:
            self._mismatch(bad, root, self._evidence(bad, root, history))
        beyond = None
        while (mark := self._ahead) is not None:
            self._pass(mark)
            if mark.said != beyond:  # the one kept outside is mostly a row's, too
                self._beyond(mark)
            beyond = mark.said
        if self._outside is not None and not self._seen_outside:
            self._found.error(
                "checkpoint_missing", Evidence((self._outside.note,)), size=self._outside.said.size
            )
        if not self.checkpoints and self._outside is None and self._tree.size:
            self._found.warning("checkpoint_none")
        elif self.covered < self._tree.size:
            self._found.info("entries_uncovered", count=self._tree.size - self.covered)

    def _flush(self) -> None:
        self._tree.extend(self._pending)
        self._pending.clear()
        while (mark := self._ahead) is not None and mark.said.size <= self._tree.size:
            self._match(mark)
            self._pass(mark)
        ahead = self._ahead
        self._room = min(BATCH, ahead.said.size - self._tree.size) if ahead else BATCH

    def _match(self, mark: Mark) -> None:
        root = self._tree.root()
        if mark.said.size == self._tree.size and same(mark.said.root, root):
            self.covered = mark.said.size
            self.good = mark
        elif len(self._bad) < MAX_EVIDENCE:
            self._bad.append((mark, root))
        else:
            self._mismatch(mark, root, None)

    def _mismatch(self, mark: Mark, root: bytes, evidence: Evidence | None) -> None:
        self._found.error(
            "checkpoint_root_mismatch",
            evidence,
            size=mark.said.size,
            expected=mark.said.root,
            found=root,
        )

    def _evidence(self, mark: Mark, root: bytes, history: History) -> Evidence:
        """Return what shows that ``mark`` is not of this history: at best, that both were signed.

        Where no other checkpoint matches, or none as large, only the entries contradict it.
        """
        size = mark.said.size
        twin = next((b for b, _ in self._bad if b.said.size == size and b.said != mark.said), None)
        if twin is not None:
            return Evidence((mark.note, twin.note))
        good = self.good
        if good is None or good.said.size < size:
            return Evidence((mark.note,), size, root)
        if good.said.size == size:
            return Evidence((mark.note, good.note))
        return Evidence((mark.note, good.note), size, root, history.proof(size, good.said.size))

    def _beyond(self, mark: Mark) -> None:
        self._found.error(
            "checkpoint_beyond_entries",
            Evidence((mark.note,)),
            size=mark.said.size,
            found=self._tree.size,
        )

    def _pass(self, mark: Mark) -> None:
        """Go on to the checkpoint behind ``mark``."""
        if mark.stored and self._outside is not None and mark.said == self._outside.said:
            self._seen_outside = True
        self._ahead = next(self._marks, None)

    def _kept(self, note: bytes | None) -> Mark | None:
        said = self._read(note, None) if note is not None else None
        return Mark(said, note, stored=False) if said and note is not None else None

    def _signed(self, stored: Iterable[StoredCheckpoint]) -> Iterator[Mark]:
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
                self._found.error(
                    "checkpoint_altered", Evidence((row.note,)), size=row.size, reason=reason
                )
            if said.size == row.size:
                yield Mark(said, row.note, stored=True)

    def _read(self, note: bytes, size: int | None) -> Checkpoint | None:
        """Open a note; ``size`` is the row's, None for one kept outside."""
        named: int | str = "?" if size is None else size
        try:
            return open_checkpoint(note, self._verifier.name, self._verifier)
        except IntegrityError as error:
            if error.code == "note_origin_wrong":
                origins = {name: str(error.values.get(name)) for name in ("expected", "found")}
                self._found.error("checkpoint_of_another_ledger", None, size=named, **origins)
            else:
                reason = str(error.values.get("detail", error.code))
                self._found.error("checkpoint_signature_invalid", size=named, reason=reason)
        except AntinError as error:
            reason = str(error.values.get("detail", error.code))
            self._found.error("checkpoint_unreadable", size=named, reason=reason)
        return None
