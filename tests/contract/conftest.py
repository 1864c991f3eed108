"""The homes that every port is tried in: the fake, SQLite and a real PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import open_database
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.postgres import PostgresServer
from tests.sqlite import new_sqlite

REAL_POSTGRES = pytest.param("postgres", marks=pytest.mark.real("postgres"))
ITS_SERVICE = pytest.param("postgres_service", marks=pytest.mark.real("postgres"))
"""As the role that production's service is, not as the tables' owner."""


class Database(UnitOfWork, Protocol):
    """A unit of work that can be closed."""

    def close(self) -> None: ...


@pytest.fixture(params=["memory", "sqlite", REAL_POSTGRES, ITS_SERVICE])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UnitOfWork]:
    """A unit of work on an empty database."""
    database = MAKERS[request.param](request, tmp_path)
    yield database
    database.close()


def _sqlite(request: pytest.FixtureRequest, folder: Path) -> Database:
    return open_database(new_sqlite(folder), lock_timeout=10)


def _postgres(request: pytest.FixtureRequest, folder: Path) -> Database:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return open_database(server.new_database(), lock_timeout=10)


def _postgres_service(request: pytest.FixtureRequest, folder: Path) -> Database:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return open_database(server.new_database_with_roles(), lock_timeout=10)


def _memory(request: pytest.FixtureRequest, folder: Path) -> Database:
    return MemoryUnitOfWork()


MAKERS: dict[str, Callable[[pytest.FixtureRequest, Path], Database]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "postgres": _postgres,
    "postgres_service": _postgres_service,
}
