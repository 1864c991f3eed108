"""What a signed checkpoint and the leaves after it prove, without the leaves before it."""

from collections.abc import Sequence

from antin.core.errors import IntegrityError
from antin.ledger.checkpoint import signed_frontier
from antin.ledger.merkle import fold, full_root, subtrees
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.proofs import Span, prove_consistency, verify_consistency


def prove_growth(
    older: StoredCheckpoint, newer: StoredCheckpoint, leaves: Sequence[bytes]
) -> tuple[bytes, ...]:
    """Return the proof that ``newer`` extends ``older`` (RFC 9162 §2.1.4), checked on both roots.

    ``leaves`` are the leaf hashes between the two. What a proof spans lies before the older size,
    where it is a subtree of the older checkpoint's frontier, or after it. Errors:
    ``ledger_inconsistent`` if leaves or checkpoints are not what was signed.
    """
    if len(leaves) != newer.size - older.size:
        raise _contradiction(older, newer, "entries between them are missing")
    before = dict(zip(_spans(older.size), signed_frontier(older).hashes(), strict=True))

    def hash_of(start: int, stop: int) -> bytes:
        if stop <= older.size:
            return before[start, stop]
        parts = (
            full_root(leaves[begin - older.size : end - older.size])
            for begin, end in _ends(start, stop)
        )
        return fold(list(parts))

    if not 0 < older.size < newer.size:
        return ()
    proof = prove_consistency(older.size, newer.size, hash_of)
    try:
        verify_consistency(older.size, newer.size, older.root, newer.root, proof)
    except IntegrityError as error:
        raise _contradiction(older, newer, error.detail.rstrip(".")) from error
    return proof


def _spans(size: int) -> tuple[Span, ...]:
    return _ends(0, size)


def _ends(start: int, stop: int) -> tuple[Span, ...]:
    """Return where the full subtrees of a range begin and end."""
    return tuple((index << level, (index + 1) << level) for level, index in subtrees(start, stop))


def _contradiction(older: StoredCheckpoint, newer: StoredCheckpoint, detail: str) -> IntegrityError:
    detail = (
        f"the checkpoint of {newer.size} entries does not extend that of {older.size}: {detail}"
    )
    return IntegrityError("ledger_inconsistent", detail=detail)
