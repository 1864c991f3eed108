"""Processes that append are killed at any moment: what was acknowledged is there, once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from antin.infra.database import Database, migrate, open_database
from tests.fault.appended import acknowledged, check
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer

LEDGERS = 125 if os.environ.get("ANTIN_SOAK") else 1
ROUNDS = 4  # two kills each; every one is followed by a check of the whole ledger
THREADS, APPENDS = 16, 10_000
A_SECOND = 1.0
KEY = MemoryNoteKey()
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.new_database()
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    return url


def start(url: str, folder: Path) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "tests.fault.appender"]
    return subprocess.Popen([*program, url, str(folder), str(THREADS), str(APPENDS)], cwd=ROOT)


def kill(process: "subprocess.Popen[bytes]", folder: Path, moment: random.Random) -> None:
    """Kill it at any moment, but not before it got something done."""
    already = len(acknowledged(folder))
    while len(acknowledged(folder)) < already + 100:
        assert process.poll() is None, "it ended before it was killed"
    time.sleep(moment.uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_for_backends(url: str) -> None:
    """Wait until PostgreSQL noticed that its clients are gone: a commit may be under way."""
    where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    with psycopg.connect(where, autocommit=True) as connection:
        while connection.execute(others).fetchone() != (1,):
            time.sleep(0.01)


def begun(url: str) -> Database:
    """Open the database as a service does when it starts, and see that this takes no time."""
    start = time.monotonic()
    work = open_database(url)
    work.require_current()
    work.read(lambda stores: stores.ledger.size())
    if os.environ.get("ANTIN_SOAK"):
        assert time.monotonic() - start < A_SECOND
    return work


@pytest.mark.timeout(280)
@pytest.mark.soak
@pytest.mark.parametrize("ledger", range(LEDGERS))
def test_killed_again_and_again(url: str, tmp_path: Path, ledger: int) -> None:
    moment = random.Random(ledger)  # noqa: S311 — moments, not secrets
    for _ in range(ROUNDS):
        one, other = start(url, tmp_path), start(url, tmp_path)
        kill(one, tmp_path, moment)
        kill(other, tmp_path, moment)
        if url.startswith("postgresql"):
            wait_for_backends(url)
        work = begun(url)
        check(work, tmp_path, KEY)
        work.close()
