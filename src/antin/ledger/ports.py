"""What the ledger needs stored and signed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from antin.core.clock import Clock
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.history import Batch, Each


@dataclass(frozen=True)
class EntryRow:
    """An entry as stored: its exact bytes, and an index of columns that fsck derives again."""

    index: int
    """Leaf index, from 0; stays out of the bytes."""
    stream: str
    n: int
    prev: bytes | None
    """Leaf hash of the stream's previous entry."""
    micros: int
    actor: str
    action: str
    payload_digest: bytes
    request: str
    ordinal: int
    data: bytes
    """Canonical JSON: the leaf data."""
    leaf: bytes
    """SHA-256(0x00 ‖ data)."""


@dataclass(frozen=True)
class EntryFilter:
    """Which entries somebody looks for; all of it has to hold."""

    actor: str | None = None
    action: str = ""
    """What the action begins with."""
    since: int | None = None
    """UTC microseconds."""
    until: int | None = None
    """Before this moment."""

    def accepts(self, row: EntryRow) -> bool:
        """Tell whether ``row`` is one of them."""
        return (
            self.actor in {None, row.actor}
            and row.action.startswith(self.action)
            and (self.since is None or row.micros >= self.since)
            and (self.until is None or row.micros < self.until)
        )


@dataclass(frozen=True)
class Payload:
    """What an entry commits to; can be erased."""

    salt: bytes
    data: bytes
    """Canonical JSON."""


@dataclass(frozen=True)
class StoredCheckpoint:
    """A signed checkpoint with the tree's frontier (full-subtree hashes, left to right)."""

    size: int
    root: bytes
    note: bytes
    """The signed note as text (C2SP tlog-checkpoint)."""
    frontier: tuple[bytes, ...]
    created_at: datetime


@dataclass(frozen=True)
class TileRoot:
    """The root of a full tile, in its place in the tile above: derived, never believed."""

    level: int
    """Of the tile that it stands in, from 1: the node above ``256 ** level`` leaves."""
    index: int
    """Which one of its level."""
    hash: bytes


@dataclass(frozen=True)
class Cosignature:
    """A witness's signature lines under a checkpoint."""

    size: int
    """Of the checkpoint."""
    witness: str
    """The name of the witness's key."""
    line: str
    """One line, or several, of the signed note."""
    created_at: datetime


@dataclass(frozen=True)
class Timestamp:
    """An RFC 3161 token over a checkpoint."""

    size: int
    """Of the checkpoint."""
    number: int
    """From 0; each later one renews the one before it."""
    token: bytes
    """DER."""
    created_at: datetime


class LedgerStore(Protocol):
    """Entries, payloads and checkpoints inside one transaction. Appending is the unit of work's.

    ``matching`` gives those of the entries from ``start`` to before ``stop`` that a filter accepts.
    ``erase_payloads`` deletes salts and facts, or raises ``version_conflict`` where one entry's are
    gone already. Only who appends the entry that says so, in the same transaction, asks for it.
    """

    def size(self) -> int: ...
    def entries(self, start: int, stop: int) -> Iterator[EntryRow]: ...
    def matching(self, start: int, stop: int, wanted: EntryFilter) -> tuple[EntryRow, ...]: ...
    def of_stream(self, stream: str, start: int = 0, limit: int = 1000) -> tuple[EntryRow, ...]: ...
    def of_request(self, request: str, limit: int = 1000) -> tuple[EntryRow, ...]: ...
    def tip(self, stream: str) -> EntryRow | None: ...
    def payload(self, index: int) -> Payload | None: ...
    def payloads(self, start: int, stop: int) -> Iterator[tuple[int, Payload]]: ...
    def erase_payloads(self, indexes: Collection[int]) -> None: ...
    def leaves(self, start: int, stop: int) -> Iterator[bytes]: ...
    def newest_checkpoint(self) -> StoredCheckpoint | None: ...
    def checkpoints(self) -> Iterator[StoredCheckpoint]: ...
    def add_checkpoint(self, checkpoint: StoredCheckpoint) -> None: ...
    def tile_roots(self, level: int, start: int, stop: int) -> Iterator[TileRoot]:
        """Yield those of a level from one index up to before another, as far as they are there."""
        ...

    def newest_tile_root(self, level: int) -> TileRoot | None: ...
    def add_tile_roots(self, roots: Sequence[TileRoot]) -> None:
        """Keep those that are not kept yet."""
        ...

    def checkpoint(self, size: int) -> StoredCheckpoint | None: ...
    def last_index(self) -> int | None:
        """Return the index of the newest entry, whatever the head says."""
        ...

    def largest_cosigned(self) -> int | None:
        """Return the size of the largest checkpoint that anybody cosigned."""
        ...

    def bring_back(self, entries: Sequence[tuple[EntryRow, Payload | None]]) -> None:
        """Put entries back that were lost, behind those that there are; recovering only.

        Error: ``ledger_inconsistent`` unless they go on from the newest.
        """
        ...

    def cosignatures(self, start: int, stop: int) -> tuple[Cosignature, ...]:
        """Return those of checkpoints of ``start`` up to before ``stop`` entries, in order."""
        ...

    def cosigned(self, witness: str) -> int | None:
        """Return the size of the largest checkpoint that ``witness`` (a key's name) cosigned."""
        ...

    def timestamps(self, start: int, stop: int) -> tuple[Timestamp, ...]:
        """Return those of checkpoints of ``start`` up to before ``stop`` entries, in order."""
        ...

    def first_timestamp(self, size: int) -> Timestamp | None:
        """Return the first one of the smallest checkpoint that has any and at least ``size``."""
        ...

    def newest_timestamp(self) -> Timestamp | None:
        """Return the first one of the largest checkpoint that has any."""
        ...

    def add_timestamp(self, timestamp: Timestamp) -> None:
        """Keep it. Error: ``already_exists`` if one of this checkpoint and number is kept."""
        ...

    def add_cosignature(self, cosignature: Cosignature) -> None:
        """Keep it. Error: ``already_exists`` if this witness's for this checkpoint is kept."""
        ...


@dataclass(frozen=True)
class Cursor:
    """How far one reader of the ledger has come."""

    id: str
    """The reader's name."""
    position: int
    """Index of the first entry that it has not dealt with."""
    updated_at: datetime
    version: int = 1


class CursorStore(Protocol):
    """Cursors; in a change, what ``get`` returns stays as it is until the change ends.

    ``add`` raises ``already_exists``, ``update`` raises ``version_conflict``.
    """

    def get(self, name: str) -> Cursor | None: ...
    def add(self, cursor: Cursor) -> None: ...
    def update(self, cursor: Cursor) -> Cursor: ...


class HistoryLog(Protocol):
    """Where history from before is appended, many entries at a time, by whoever owns the tables.

    Errors of all: those of the database, ``ledger_inconsistent``, ``history_needs_owner``.
    """

    def is_small(self, lines: int) -> bool:
        """Tell whether the ledger is so small beside ``lines`` that it is better filled."""
        ...

    def fill(self, each: Each, actor: str, clock: Clock) -> bool:
        """Append all batches in one transaction, with nobody else at work on the ledger.

        False, and nothing appended: one of them was there before, or comes twice.
        """
        ...

    def append(self, batch: Batch, actor: str, clock: Clock) -> int:
        """Append what is not there yet of ``batch``, in a transaction of its own; return how many.

        Error: ``history_differs`` for what is there with other facts.
        """
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class TileSource(Protocol):
    """Where the hashes of a tree come from; levels and widths: :mod:`antin.ledger.tree.tiles`."""

    def get(self, level: int, index: int, width: int) -> bytes:
        """Return the first ``width`` hashes of a tile, 32 bytes each.

        Only tiles that a tree of a known size has are asked for. A source that holds only the
        wider tile cuts it. Errors are the source's own: a tile that is not there is never empty.
        """
        ...


class NoteSigner(Protocol):
    """A key of the ledger's own that signs checkpoints: P-256 or Ed25519, through PKCS#11."""

    @property
    def name(self) -> str:
        """Key name: the log's origin."""
        ...

    @property
    def public_key(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a signature over ``message``: DER of ECDSA with SHA-256, or Ed25519's bytes."""
        ...


@dataclass(frozen=True)
class Cosigned:
    """A witness cosigned; what it sent is not checked yet."""

    lines: bytes


@dataclass(frozen=True)
class LastCosigned:
    """A witness did not cosign: the last checkpoint of this log that it cosigned is another."""

    size: int


class Witness(Protocol):
    """Somebody who cosigns checkpoints (c2sp.org/tlog-witness)."""

    @property
    def verifier(self) -> NoteVerifier:
        """Its key."""
        ...

    def add_checkpoint(self, submission: bytes) -> Cosigned | LastCosigned:
        """Submit a checkpoint.

        Errors: ``witness_unavailable``, ``witness_refused``; ``witness_disagrees`` where the proof
        does not lead to what it cosigned.
        """
        ...


class CheckpointSink(Protocol):
    """Where each checkpoint is also kept, outside the database."""

    def write(self, checkpoint: StoredCheckpoint) -> None:
        """Keep it durably; a smaller one never replaces a larger one.

        Error: ``ledger_inconsistent`` if one of the same size has another root.
        """
        ...

    def newest(self) -> bytes | None:
        """Return the newest note kept here."""
        ...

    def each_newest(self) -> tuple[bytes, ...]:
        """Return the newest note of each place that this one consists of, the largest first.

        A database that was set back and went on may have passed one and not the other.
        """
        ...

    def keep_timestamp(self, checkpoint: StoredCheckpoint, timestamp: Timestamp) -> None:
        """Keep a token beside the checkpoint that it stamps, durably."""
        ...

    def put_aside(self, note: bytes, common: int) -> None:
        """Keep ``note``, if it is the newest, as evidence under another name; then none is newest.

        So are those of more than ``common`` entries, where they are kept as well.

        Nothing that was put aside is ever written over. Doing it again is harmless.
        """
        ...

    def put_asides(self) -> tuple[bytes, ...]:
        """Return the notes that were put aside."""
        ...
