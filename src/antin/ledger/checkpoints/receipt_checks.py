"""Checking a receipt with nothing but keys: no ledger, no database, no network."""

from dataclasses import dataclass
from datetime import UTC, datetime

from antin.core.errors import InputError, IntegrityError
from antin.ledger.checkpoints.anchors import Anchored, check_anchors
from antin.ledger.checkpoints.checkpoint import Checkpoint, open_checkpoint
from antin.ledger.checkpoints.cosignature import cosigned_at
from antin.ledger.checkpoints.note import Note, NoteVerifier, own_signatures, parse_note
from antin.ledger.checkpoints.receipt import Receipt
from antin.ledger.entry import Entry, parse
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.proofs import verify_inclusion


@dataclass(frozen=True)
class ReceiptPolicy:
    """Whom the checker believes; never taken from the receipt."""

    log: NoteVerifier
    """Its name is the ledger's origin."""
    witnesses: tuple[NoteVerifier, ...] = ()
    quorum: int | None = None
    """How many of the witnesses must have cosigned; None: all of them."""


@dataclass(frozen=True)
class ReceiptFacts:
    """What a receipt proves, after it was checked."""

    checkpoint: Checkpoint
    index: int
    leaf: bytes
    entry: Entry | None
    """None: only that an entry with this leaf hash is there."""
    cosigned: tuple[tuple[str, datetime], ...]
    """Witnesses that were asked for, and when they saw this tree."""
    others: tuple[str, ...]
    """Names on signatures that nobody was asked about: they prove nothing."""
    anchored: tuple[Anchored, ...]
    """Time-stamps over the checkpoint, whose authorities are still to be judged."""


def check_receipt(
    receipt: Receipt, policy: ReceiptPolicy, entry: bytes | None = None
) -> ReceiptFacts:
    """Check a receipt fully. ``entry``: the entry's bytes, where the receipt does not hold them.

    Errors: ``note_origin_wrong``, ``note_signature_invalid``, ``cosignatures_missing``,
    ``proof_wrong``, ``timestamp_wrong``, ``receipt_malformed``, ``entry_malformed``.
    """
    # 1. The checkpoint is this ledger's, signed by its key.
    note = parse_note(receipt.note)
    checkpoint = open_checkpoint(receipt.note, policy.log.name, policy.log)
    # 2. Enough of the witnesses saw it: the ledger did not show it to the holder alone.
    cosigned = _cosigned(note, policy)
    # 3. The entry is in it, at its place.
    data = entry if entry is not None else receipt.entry
    leaf = leaf_hash(data) if data is not None else receipt.leaf
    if leaf is None:
        raise InputError("receipt_malformed", detail="it does not hold its entry; name it")
    if receipt.claimed_leaf not in {None, leaf}:
        raise IntegrityError("proof_wrong", detail="it is the receipt of another entry")
    verify_inclusion(receipt.index, checkpoint.size, leaf, receipt.path, checkpoint.root)
    # 4. The time-stamps are over this checkpoint, each over the one before it, too.
    anchored = check_anchors(receipt.note, policy.log, receipt.tokens)
    known = {(one.name, one.key_id) for one in (policy.log, *policy.witnesses)}
    others = (one.name for one in note.signatures if (one.name, one.key_id) not in known)
    read = parse(data) if data is not None else None
    return ReceiptFacts(checkpoint, receipt.index, leaf, read, cosigned, tuple(others), anchored)


def _moment(witness: NoteVerifier, seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        detail = "a signature of this key tells no time"
        raise IntegrityError("note_signature_invalid", key=witness.name, detail=detail) from error


def _cosigned(note: Note, policy: ReceiptPolicy) -> tuple[tuple[str, datetime], ...]:
    """Return who cosigned when. A wrong line of a known key is refused, whoever else signed."""
    # A key that is named twice is one witness.
    times: dict[bytes, tuple[str, datetime]] = {}
    for one in policy.witnesses:
        if own_signatures(note, one):
            times.setdefault(one.key, (one.name, _moment(one, cosigned_at(note, one))))
    known = len({one.key for one in policy.witnesses})
    needed = known if policy.quorum is None else policy.quorum
    if len(times) < needed:
        raise IntegrityError("cosignatures_missing", needed=needed, found=len(times))
    return tuple(times.values())
