"""A ledger, and somebody who edits its database past everything of ours."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import open_database
from tests.postgres import PostgresServer
from tests.sqlite import new_sqlite

REAL_POSTGRES_ATTACKED = pytest.param("postgres_attacked", marks=pytest.mark.real("postgres"))
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


class Superuser(Protocol):
    """Somebody with all rights on the database."""

    def execute(self, *statements: str) -> None:
        """Run statements in one transaction, guards and all in place."""
        ...

    def lift_guards(self) -> None:
        """Drop triggers and the constraints between the ledger's tables."""
        ...

    def octets(self, data: bytes) -> str:
        """Return a literal."""
        ...


class SqliteSuperuser:
    def __init__(self, path: Path) -> None:
        self._path = path

    def execute(self, *statements: str) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")
        finally:
            connection.close()

    def lift_guards(self) -> None:
        connection = sqlite3.connect(self._path)
        names = [name for (name,) in connection.execute(_TRIGGERS)]
        connection.close()
        self.execute(*(f"DROP TRIGGER {name}" for name in names))

    def octets(self, data: bytes) -> str:
        return f"x'{data.hex()}'"


class PostgresSuperuser:
    def __init__(self, server: PostgresServer, database: str) -> None:
        self._where = f"host={server.folder} user=postgres dbname={database}"

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self._where) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def lift_guards(self) -> None:
        self.execute(
            "DROP FUNCTION ledger_only_grows CASCADE",
            "ALTER TABLE ledger_cosignatures DROP CONSTRAINT ledger_cosignatures_size_fkey",
            "ALTER TABLE ledger_timestamps DROP CONSTRAINT ledger_timestamps_size_fkey",
        )

    def octets(self, data: bytes) -> str:
        return f"'\\x{data.hex()}'::bytea"


@dataclass(frozen=True)
class Attacked:
    """A database and who attacks it."""

    work: UnitOfWork
    superuser: Superuser


@pytest.fixture(params=["sqlite_attacked", REAL_POSTGRES_ATTACKED])
def attacked(request: pytest.FixtureRequest) -> Attacked:
    """Either database."""
    found: Attacked = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def sqlite_attacked(tmp_path: Path) -> Iterator[Attacked]:
    yield from _open(new_sqlite(tmp_path), SqliteSuperuser(tmp_path / "antin.db"))


@pytest.fixture
def postgres_attacked(postgres_server: PostgresServer) -> Iterator[Attacked]:
    url = postgres_server.new_database()
    name = url.split("?")[0].rpartition("/")[2]
    yield from _open(url, PostgresSuperuser(postgres_server, name))


def _open(url: str, superuser: Superuser) -> Iterator[Attacked]:
    database = open_database(url)
    yield Attacked(database, superuser)
    database.close()
