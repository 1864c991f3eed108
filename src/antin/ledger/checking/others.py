"""Checking what others signed under checkpoints: cosignatures of witnesses, time-stamps.

Neither is needed for the ledger to be whole; but what is kept of them has to be what it says.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from antin.core.digests import same
from antin.core.errors import AntinError, InputError
from antin.ledger.checking.report import Collector
from antin.ledger.checkpoints.anchors import check_anchors
from antin.ledger.checkpoints.checkpoint import open_checkpoint
from antin.ledger.checkpoints.note import (
    Note,
    NoteVerifier,
    parse_note,
    parse_signatures,
    verify_note,
)
from antin.ledger.ports import Cosignature, LedgerStore, StoredCheckpoint, Timestamp

_BATCH: Final = 500
_NO_END: Final = 2**63 - 1


def check_others(
    store: LedgerStore, found: Collector, log: NoteVerifier, witnesses: Sequence[NoteVerifier]
) -> None:
    """Report what is wrong with kept cosignatures and time-stamps.

    ``witnesses``: the keys of the witnesses that are known, from outside the database. Whether a
    time-stamp's authority is believed is not decided here.
    """
    known = {one.name: one for one in witnesses}
    strangers = Counter[str]()
    for batch, start, stop in _batches(store.checkpoints()):
        by_size = {one.size: one for one in batch}
        # 1. Each cosignature is a known witness's, over the checkpoint that it stands with.
        for one in store.cosignatures(start, stop):
            verifier = known.get(one.witness)
            if verifier is None and one.size in by_size:
                strangers[one.witness] += 1
            elif reason := _cosignature_fault(one, by_size.get(one.size), verifier):
                found.error(
                    "cosignature_invalid", size=one.size, witness=one.witness, reason=reason
                )
        # 2. Each time-stamp stamps the checkpoint that it stands with, or renews one that does.
        for size, tokens in groupby(store.timestamps(start, stop), key=lambda one: one.size):
            _check_timestamps(found, log, by_size.get(size), tuple(tokens))
    for witness, count in sorted(strangers.items()):
        found.info("cosignatures_unchecked", witness=witness, count=count)


def check_places(
    store: LedgerStore, found: Collector, log: NoteVerifier, notes: Iterable[bytes]
) -> None:
    """Report checkpoints of further places outside that this ledger did not come past."""
    for note in notes:
        try:
            said = open_checkpoint(note, log.name, log)
        except AntinError as error:
            found.error("checkpoint_unreadable", size="?", reason=_reason(error))
            continue
        passed = store.checkpoint(said.size)
        if passed is None or not same(passed.root, said.root):
            found.error("checkpoint_missing", size=said.size)


def _cosignature_fault(
    one: Cosignature, checkpoint: StoredCheckpoint | None, verifier: NoteVerifier | None
) -> str | None:
    if checkpoint is None or verifier is None:
        return "its checkpoint is missing"
    try:
        signatures = parse_signatures(one.line.encode())
        verify_note(Note(parse_note(checkpoint.note).text, signatures), verifier)
    except AntinError as error:
        return _reason(error)
    return None


def _check_timestamps(
    found: Collector,
    log: NoteVerifier,
    checkpoint: StoredCheckpoint | None,
    rows: tuple[Timestamp, ...],
) -> None:
    try:
        if checkpoint is None:
            raise InputError("checkpoint_malformed", detail="its checkpoint is missing")
        if [one.number for one in rows] != list(range(len(rows))):
            raise InputError("checkpoint_malformed", detail="one of them is missing")
        check_anchors(checkpoint.note, log, [one.token for one in rows])
    except AntinError as error:
        last = rows[-1]
        found.error("timestamp_invalid", size=last.size, number=last.number, reason=_reason(error))


def _reason(error: AntinError) -> str:
    return str(error.values.get("detail", error.code))


def _batches(
    checkpoints: Iterable[StoredCheckpoint],
) -> Iterator[tuple[list[StoredCheckpoint], int, int]]:
    """Yield checkpoints with the sizes from, and to before, which they are all that there are.

    No size is left out: what stands with a checkpoint that is gone tells of it.
    """
    rows, start = iter(checkpoints), 0
    while batch := list(islice(rows, _BATCH)):
        stop = batch[-1].size + 1
        yield batch, start, stop
        start = stop
    yield [], start, _NO_END
