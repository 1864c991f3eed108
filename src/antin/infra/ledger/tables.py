"""The ledger's tables: entries, checkpoints and what others signed under them only ever grow.

Payloads can be erased.

``data`` of an entry are its exact bytes; the other columns are an index that can be derived again.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table

from antin.infra.column_types import Moment, Octets, Whole, Words
from antin.infra.tables import metadata

ledger_entries: Final = Table(
    "ledger_entries",
    metadata,
    Column("leaf_index", Whole, primary_key=True, autoincrement=False),
    Column("stream", Words, nullable=False),
    Column("n", Whole, nullable=False),
    Column("prev", Octets, nullable=True),
    Column("micros", Whole, nullable=False),
    Column("actor", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("payload_digest", Octets, nullable=False),
    Column("request", Words, nullable=False),
    Column("ordinal", Whole, nullable=False),
    Column("data", Octets, nullable=False),
    Column("leaf", Octets, nullable=False),
    Index("ledger_entries_stream_n", "stream", "n", unique=True),
    Index("ledger_entries_request_ordinal", "request", "ordinal", unique=True),
    CheckConstraint("leaf_index >= 0", name="leaf_index"),
    sqlite_strict=True,
)
ledger_payloads: Final = Table(
    "ledger_payloads",
    metadata,
    Column("leaf_index", Whole, primary_key=True, autoincrement=False),
    Column("salt", Octets, nullable=False),
    Column("data", Octets, nullable=False),
    sqlite_strict=True,
)
ledger_head: Final = Table(
    "ledger_head",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("size", Whole, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    sqlite_strict=True,
)
ledger_checkpoints: Final = Table(
    "ledger_checkpoints",
    metadata,
    Column("size", Whole, primary_key=True, autoincrement=False),
    Column("root", Octets, nullable=False),
    Column("note", Octets, nullable=False),
    Column("frontier", Octets, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_strict=True,
)
ledger_nodes: Final = Table(
    "ledger_nodes",
    metadata,
    Column("level", Whole, primary_key=True, autoincrement=False),
    Column("node", Whole, primary_key=True, autoincrement=False),
    Column("hash", Octets, nullable=False),
    CheckConstraint("level >= 1", name="level"),
    sqlite_strict=True,
)
"""Roots of full tiles, in their places in the tiles above: derived, never believed unchecked."""
ledger_cosignatures: Final = Table(
    "ledger_cosignatures",
    metadata,
    Column("size", Whole, ForeignKey("ledger_checkpoints.size"), primary_key=True),
    Column("witness", Words, primary_key=True),
    Column("line", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_strict=True,
)
"""Signature lines of witnesses under a checkpoint, by the witness's key name."""
ledger_timestamps: Final = Table(
    "ledger_timestamps",
    metadata,
    Column("size", Whole, ForeignKey("ledger_checkpoints.size"), primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("token", Octets, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_strict=True,
)
"""RFC 3161 tokens over a checkpoint's note, from 0; each later one renews the one before it."""
ledger_cursors: Final = Table(
    "ledger_cursors",
    metadata,
    Column("id", Words, primary_key=True),
    Column("position", Whole, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("version", Whole, nullable=False),
    CheckConstraint("position >= 0", name="position"),
    sqlite_strict=True,
)
"""How far readers have come, by their names."""
