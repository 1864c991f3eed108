"""Checking what was declared lost: told for ever, and never what nobody declared."""

from collections.abc import Iterable

from antin.core.digests import same
from antin.core.errors import AntinError
from antin.ledger.checking.evidence import Evidence
from antin.ledger.checking.recomputed import History
from antin.ledger.checking.report import Collector
from antin.ledger.checking.tree import Mark
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.ports import EntryRow, Payload
from antin.ledger.recovery import MAX_RECOVERIES, Recovery, read_recovery


class LossChecks:
    """Holds declarations in the ledger against the checkpoints that were put aside."""

    def __init__(
        self, found: Collector, verifier: NoteVerifier, put_aside: Iterable[bytes]
    ) -> None:
        self._found = found
        self._verifier = verifier
        self._put_aside = tuple(put_aside)
        self._recoveries: list[Recovery] = []

    def declared(self, row: EntryRow, payload: Payload | None) -> None:
        """Take in a declaration; one of a checkpoint that the log never signed excuses nothing."""
        if len(self._recoveries) >= MAX_RECOVERIES:
            return
        try:
            recovery = read_recovery(row, payload, self._verifier.name, self._verifier)
        except AntinError as error:
            reason = str(error.values.get("detail", error.code))
            self._found.error("recovery_unreadable", index=row.index, reason=reason)
        else:
            self._recoveries.append(recovery)

    def finish(self, history: History, good: Mark | None) -> None:
        """Report each loss, and what was put aside without a declaration.

        ``good``: the newest checkpoint that matches the entries.
        """
        for one in self._recoveries:
            self._found.warning(
                "ledger_recovered",
                _contradiction(one.loss.checkpoint, one.said, history, good),
                index=one.index,
                first=one.loss.common,
                last=one.loss.size - 1,
                reason=one.loss.reason,
            )
        declared = {one.loss.checkpoint for one in self._recoveries}
        for note in self._put_aside:
            if note not in declared:
                self._undeclared(note, history, good)

    def _undeclared(self, note: bytes, history: History, good: Mark | None) -> None:
        try:
            said = open_checkpoint(note, self._verifier.name, self._verifier)
        except AntinError:
            return  # a file that was never ours: nothing that anybody could lean on
        evidence = _contradiction(note, said, history, good)
        self._found.error("checkpoint_put_aside", evidence, size=said.size)


def _contradiction(note: bytes, said: Checkpoint, history: History, good: Mark | None) -> Evidence:
    """Return what shows that the log signed for two histories, as far as it has come again."""
    if good is None or good.said.size < said.size:
        return Evidence((note,))
    if good.said.size == said.size:
        return Evidence((note, good.note))
    root = history.root(said.size)
    if same(root, said.root):
        return Evidence((note,))  # the entries came back: one history after all
    return Evidence((note, good.note), said.size, root, history.proof(said.size, good.said.size))
