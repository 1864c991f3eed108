"""The office that the flows are tried in, in both homes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.infra.database import open_database
from tests.ledgers import row_findings
from tests.office import Office, make_office
from tests.postgres import PostgresServer
from tests.sqlite import new_sqlite
from tests.trustworld import TrustWorld


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, trust_world: TrustWorld
) -> Iterator[Office]:
    """An office on SQLite, and one on PostgreSQL; no false alarm comes of what was done there."""
    work = open_database(_url(request, tmp_path))
    yield make_office(work, tmp_path, trust_world)
    # Whatever a test did by our own flows, rows and entries agree.
    assert row_findings(work) == []
    work.close()


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.new_database()
    return new_sqlite(folder)
