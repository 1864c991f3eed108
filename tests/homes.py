"""Databases that tests back up, and put back to what they were."""

import shutil
from pathlib import Path
from typing import Protocol

import pytest

from tests.postgres import PostgresServer, database_of
from tests.sqlite import new_sqlite
from tests.superusers import PostgresSuperuser, SqliteSuperuser, Superuser

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))]


class Home(Protocol):
    """A database that can be copied, and put back to what it was; nobody uses it meanwhile."""

    url: str
    superuser: Superuser

    def copy(self, name: str) -> str:
        """Back it up; return what names the backup on the command line."""
        ...

    def restore(self, backup: str) -> None: ...


class SqliteHome:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "antin.db"
        self.url = new_sqlite(folder)
        self.superuser: Superuser = SqliteSuperuser(self._path)

    def copy(self, name: str) -> str:
        return str(shutil.copy(self._path, self._path.with_name(name)))

    def restore(self, backup: str) -> None:
        shutil.copy(backup, self._path)


class PostgresHome:
    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.new_database()
        self._name = database_of(self.url)
        self.superuser: Superuser = PostgresSuperuser(server, self._name)

    def copy(self, name: str) -> str:
        self._server.execute(f"CREATE DATABASE {self._name}_{name} TEMPLATE {self._name}")
        return self._server.url(f"{self._name}_{name}")

    def restore(self, backup: str) -> None:
        self._server.execute(f"DROP DATABASE {self._name}")
        self._server.execute(f"CREATE DATABASE {self._name} TEMPLATE {database_of(backup)}")


def a_home(request: pytest.FixtureRequest, folder: Path) -> Home:
    """Return a home of the kind that ``request`` asks for, with tables and nothing in them."""
    if request.param == "sqlite":
        return SqliteHome(folder)
    return PostgresHome(request.getfixturevalue("postgres_server"))
