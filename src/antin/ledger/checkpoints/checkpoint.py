"""Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of the tree, as a signed note.

A checkpoint is made in three steps that a flow puts together: :func:`next_checkpoint` on a
snapshot of committed entries, :func:`sign_checkpoint` outside any transaction (a key is used),
and storing it. A rollback can so never leave two histories of one size.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from antin.core.digests import same
from antin.core.errors import InputError, IntegrityError
from antin.ledger.checkpoints.note import (
    NoteSignature,
    NoteVerifier,
    parse_note,
    verifier_of,
    verify_note,
    write_note,
)
from antin.ledger.ports import NoteSigner, StoredCheckpoint, TileRoot
from antin.ledger.tree.merkle import EMPTY_ROOT, HASH_BYTES, Frontier
from antin.ledger.tree.roots import GrowingTree

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_ROOT: Final = re.compile(r"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Return the note text: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Return what the note says, its signatures unverified. Error: ``checkpoint_malformed``."""
    lines = parse_note(data).text.split("\n")[:-1]
    if len(lines) < 3 or not lines[0]:
        raise InputError("checkpoint_malformed", detail="it has no origin, size and root")
    if "" in lines[3:]:
        raise InputError("checkpoint_malformed", detail="it has an empty extension line")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size):
        raise InputError("checkpoint_malformed", detail="its size is no decimal number")
    if not _ROOT.fullmatch(root):
        raise InputError("checkpoint_malformed", detail="its root is no SHA-256 in base64")
    decoded = base64.b64decode(root)
    if base64.b64encode(decoded).decode() != root:
        raise InputError("checkpoint_malformed", detail="its root is not canonical base64")
    return Checkpoint(origin, int(size), decoded)


def open_checkpoint(data: bytes, origin: str, verifier: NoteVerifier) -> Checkpoint:
    """Return what a checkpoint of this log says, after checking who says it.

    Errors: ``checkpoint_malformed``, ``note_origin_wrong``, ``note_signature_invalid``.
    """
    # 1. A checkpoint of another log says nothing of this one.
    checkpoint = parse_checkpoint(data)
    if checkpoint.origin != origin:
        raise IntegrityError("note_origin_wrong", expected=origin, found=checkpoint.origin[:200])
    # 2. Signed by the log's own key.
    verify_note(parse_note(data), verifier)
    # 3. The empty tree has one root.
    if checkpoint.size == 0 and not same(checkpoint.root, EMPTY_ROOT):
        raise InputError("checkpoint_malformed", detail="its root is none of an empty tree")
    return checkpoint


@dataclass(frozen=True)
class Growth:
    """What a checkpoint of all entries is made of, and what is to be kept with it."""

    root: bytes
    frontier: tuple[bytes, ...]
    tile_roots: tuple[TileRoot, ...]
    """Of the tiles that are full since the last checkpoint."""


def next_checkpoint(newest: StoredCheckpoint | None, leaves: Iterable[bytes], size: int) -> Growth:
    """Return the tree of ``size`` leaves, proven to extend ``newest``.

    ``leaves`` are the leaf hashes from ``newest.size`` (or 0) up to ``size``; what is kept of them
    is a hash for every 255. Errors: ``checkpoint_ahead``, ``ledger_inconsistent``. The signature
    of ``newest`` is checked by :func:`sign_checkpoint`.
    """
    if newest is None:
        begun = Frontier()
    else:
        # 1. A checkpoint ahead of the table: a restored backup or a rollback.
        if newest.size > size:
            raise IntegrityError("checkpoint_ahead", checkpoint=newest.size, entries=size)
        # 2. The subtrees that we go on from are those of the root that was signed: a tree that
        #    begins with the same full subtrees extends that one (RFC 6962 §2.1.2).
        begun = signed_frontier(newest)
    # 3. No leaf more or less.
    tree = GrowingTree(begun)
    roots = tree.extend(leaves)
    frontier = tree.frontier()
    if frontier.size != size:
        detail = f"{size} entries were expected, {frontier.size} are there"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    return Growth(frontier.root(), frontier.hashes(), tuple(roots))


def tile_roots_under(newest: StoredCheckpoint, leaves: Iterable[bytes]) -> tuple[TileRoot, ...]:
    """Return the roots of all full tiles below ``newest``, for a ledger that did not keep them.

    ``leaves`` are its first ``newest.size`` leaf hashes. Error: ``ledger_inconsistent`` if they do
    not give the root that was signed.
    """
    tree = GrowingTree(Frontier())
    roots = tree.extend(leaves)
    if tree.frontier().hashes() != signed_frontier(newest).hashes():
        detail = f"the first {newest.size} entries do not give the root that was signed"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    return tuple(roots)


def signed_frontier(stored: StoredCheckpoint) -> Frontier:
    """Return the frontier of ``stored``, proven to give the root in its note.

    Errors: ``checkpoint_malformed``, ``ledger_inconsistent``.
    """
    said = parse_checkpoint(stored.note)
    frontier = Frontier(stored.size, stored.frontier)
    if said.size != stored.size or not same(said.root, stored.root):
        detail = f"the row of checkpoint {stored.size} is not what its note says"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    if not same(frontier.root(), said.root):
        detail = f"the frontier of checkpoint {stored.size} does not give its root"
        raise IntegrityError("ledger_inconsistent", detail=detail)
    return frontier


def sign_checkpoint(
    origin: str,
    size: int,
    root: bytes,
    signer: NoteSigner,
    newest: StoredCheckpoint | None = None,
) -> bytes:
    """Return the signed note of a checkpoint.

    With ``newest``, the checkpoint that this one extends must carry this key's signature, so that
    nobody gets a forged one continued. The new note is verified before it is returned. Errors:
    ``note_signature_invalid``, those of the key.
    """
    verifier = verifier_of(signer.name, signer.public_key)
    if newest is not None:
        open_checkpoint(newest.note, origin, verifier)
    if len(root) != HASH_BYTES:
        raise InputError("checkpoint_malformed", detail="its root is no SHA-256")
    text = Checkpoint(origin, size, root).text
    value = signer.sign(text.encode())
    note = write_note(text, (NoteSignature(signer.name, verifier.key_id, value),))
    open_checkpoint(note, origin, verifier)
    return note
