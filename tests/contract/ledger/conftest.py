"""A ledger, and somebody who edits its database past everything of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import open_database
from tests.postgres import PostgresServer
from tests.sqlite import new_sqlite
from tests.superusers import PostgresSuperuser, SqliteSuperuser, Superuser

REAL_POSTGRES_ATTACKED = pytest.param("postgres_attacked", marks=pytest.mark.real("postgres"))


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
