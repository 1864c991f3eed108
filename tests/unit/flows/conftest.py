"""The office that the flows are tried in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.infra.database import migrate, open_database
from tests.office import Office, make_office
from tests.trustworld import TrustWorld


@pytest.fixture
def office(tmp_path: Path, trust_world: TrustWorld) -> Iterator[Office]:
    """An office on SQLite."""
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    work = open_database(url)
    yield make_office(work, tmp_path, trust_world)
    work.close()
