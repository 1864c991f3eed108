"""Fixtures for all tests, and what the ``real`` marker means."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from antin.core.clock import SystemClock
from antin.core.errors import KeyDeviceError
from antin.flows.loose import Surroundings
from antin.hsm import softhsm
from antin.verifier.policy import default_policy
from devpki import network_hsm, opencryptoki
from devpki.piv import station
from tests.postgres import postgres_server, postgres_url
from tests.sharing_out import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.trustworld import TrustWorld, build_trust_world

__all__ = [
    "postgres_server",
    "postgres_url",
    "pytest_collection_modifyitems",
    "pytest_xdist_make_scheduler",
]

settings.register_profile("antin", deadline=None)  # timings are benchmarks, never tests
settings.load_profile("antin")


@pytest.fixture(scope="session")
def trust_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustWorld]:
    """Authorities, keys in memory and on tokens, and a running server; one per test process."""
    world = build_trust_world(tmp_path_factory.mktemp("trust-world"))
    yield world
    world.server.stop()


@pytest.fixture
def around(trust_world: TrustWorld) -> Surroundings:
    """Return what signing a loose file leans on, services included."""
    return Surroundings(
        trust=trust_world.trust(crls=True),
        policy=default_policy(),
        clock=SystemClock(),
        timestamps=trust_world.timestamps(),
        revocation=trust_world.revocation(),
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the fuzzers and the mutants came to: the evidence of a long run."""
    if not os.environ.get("ANTIN_SOAK"):
        return
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            told = dict(getattr(report, "user_properties", ()))
            if getattr(report, "when", "") == "call":
                for line in told.keys() & {"fuzz", "mutants"}:
                    terminalreporter.write_line(str(told[line]))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose real part is not installed; where CI is set, that is a failure."""
    for marker in item.iter_markers("real"):
        for part in marker.args:
            if not _is_there(part):
                missing = (
                    f"{part} is not installed, or not to be had here (see docs/development.md)"
                )
                if os.environ.get("CI"):
                    pytest.fail(f"{missing}, and CI must have it", pytrace=False)
                pytest.skip(missing)


_TOKENS: dict[str, Callable[[], bool]] = {
    "piv": cache(station.available),
    "opencryptoki": cache(opencryptoki.available),
    "p11-kit": cache(network_hsm.available),
}


def _is_there(part: str) -> bool:
    if part == "softhsm":
        try:
            return softhsm.find_module().is_file()
        except KeyDeviceError:
            return False
    if part in _TOKENS:
        return _TOKENS[part]()
    if part == "postgres":
        return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or _on_path("initdb")
    return _on_path(part)


def _on_path(program: str) -> bool:
    return shutil.which(program) is not None


@pytest.fixture
def signals() -> Iterator[None]:
    """Let Ctrl-C and hanging up reach a test and what it starts.

    They are off where tests run in the background, or by ``nohup``, and what is started inherits
    that.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
