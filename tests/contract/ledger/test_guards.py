"""Ways around ordinary triggers, closed on each database."""

import sqlite3

import psycopg
import pytest

from tests.contract.ledger.conftest import Attacked
from tests.ledgers import append, checkpoint, verify
from tests.notekey import MemoryNoteKey

KEY = MemoryNoteKey()


def grow(attacked: Attacked) -> None:
    append(attacked.work, "agency/a")
    checkpoint(attacked.work, KEY)


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_checkpoints"])
def test_insert_or_replace_is_stopped(sqlite_attacked: Attacked, table: str) -> None:
    grow(sqlite_attacked)
    statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608 — names of ours
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        sqlite_attacked.superuser.execute(statement)
    verify(sqlite_attacked.work, KEY).raise_if_not_passed()


@pytest.mark.real("postgres")
@pytest.mark.parametrize(
    "statements",
    [
        ("SET session_replication_role = replica", "DELETE FROM ledger_checkpoints"),
        ("SET session_replication_role = replica", "UPDATE ledger_entries SET actor = 'x'"),
        ("TRUNCATE ledger_checkpoints CASCADE",),
        ("TRUNCATE ledger_cosignatures",),
        ("TRUNCATE ledger_timestamps",),
        ("TRUNCATE ledger_entries CASCADE",),
    ],
)
def test_replica_role_and_truncate_are_stopped(
    postgres_attacked: Attacked, statements: tuple[str, ...]
) -> None:
    grow(postgres_attacked)
    with pytest.raises(psycopg.errors.RestrictViolation):
        postgres_attacked.superuser.execute(*statements)
    verify(postgres_attacked.work, KEY).raise_if_not_passed()
