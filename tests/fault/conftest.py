"""The world over HTTP whose answers lie, one at a time."""

from collections.abc import Iterator

import pytest

from tests.lyingworld import LyingServer, LyingWorld


@pytest.fixture(scope="module")
def lying_world() -> Iterator[LyingWorld]:
    server = LyingServer()
    yield LyingWorld(server)
    server.stop()


@pytest.fixture
def world(lying_world: LyingWorld) -> LyingWorld:
    """Return the world as it is when everybody is honest."""
    lying_world.be_honest()
    return lying_world
