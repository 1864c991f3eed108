"""Ways around ordinary triggers, closed on each database."""

import sqlite3

import psycopg
import pytest

from tests.contract.ledger.conftest import Attacked, PostgresSuperuser, SqliteSuperuser
from tests.ledgers import append, checkpoint, verify
from tests.notekey import MemoryNoteKey

KEY = MemoryNoteKey()
COPY = "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"


@pytest.fixture
def grown(attacked: Attacked) -> Attacked:
    append(attacked.work, "agency/a")
    checkpoint(attacked.work, KEY)
    return attacked


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_checkpoints"])
def test_insert_or_replace_is_stopped(grown: Attacked, table: str) -> None:
    if not isinstance(grown.superuser, SqliteSuperuser):
        pytest.skip("INSERT OR REPLACE is SQLite's")
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        grown.superuser.execute(COPY.format(table))
    verify(grown.work, KEY).raise_if_not_passed()


@pytest.mark.parametrize(
    "statements",
    [
        ("SET session_replication_role = replica", "DELETE FROM ledger_checkpoints"),
        ("SET session_replication_role = replica", "UPDATE ledger_entries SET actor = 'x'"),
        ("TRUNCATE ledger_checkpoints",),
        ("TRUNCATE ledger_entries CASCADE",),
    ],
)
def test_replica_role_and_truncate_are_stopped(
    grown: Attacked, statements: tuple[str, ...]
) -> None:
    if not isinstance(grown.superuser, PostgresSuperuser):
        pytest.skip("these are PostgreSQL's")
    with pytest.raises(psycopg.errors.RestrictViolation):
        grown.superuser.execute(*statements)
    verify(grown.work, KEY).raise_if_not_passed()
