"""Processes that append are killed at any moment: what was acknowledged is there, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import migrate, open_database
from tests.ledgers import checkpoint, codes, verify
from tests.notekey import MemoryNoteKey

LEDGERS = 40 if os.environ.get("ANTIN_SOAK") else 1
ROUNDS = 4  # two kills each; every one is followed by a check of the whole ledger
THREADS, APPENDS = 16, 10_000
KEY = MemoryNoteKey()
ROOT = Path(__file__).parents[2]


def start(folder: Path) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "tests.fault.sqlite_appender"]
    return subprocess.Popen([*program, str(folder), str(THREADS), str(APPENDS)], cwd=ROOT)


def acknowledged(folder: Path) -> set[str]:
    """Return the requests that were acknowledged; a line cut off by the kill was not read."""
    texts = [file.read_text() for file in folder.glob("acknowledged-*")]
    return {line for text in texts for line in text.split("\n")[:-1]}


def wait_for_more(folder: Path, process: "subprocess.Popen[bytes]", already: int) -> None:
    while len(acknowledged(folder)) < already + 100:
        assert process.poll() is None, "it ended before it was killed"


def check(work: UnitOfWork, folder: Path) -> None:
    rows = work.read(lambda s: [(r.request, r.ordinal) for r in s.ledger.entries(0, 10**9)])
    agencies = {agency.code for agency in work.read(lambda s: s.agencies.list())}
    assert len(rows) == len(set(rows)), "none twice"
    requests = {request for request, _ in rows}
    assert len(rows) == 2 * len(requests), "both entries of a request, or none"
    assert acknowledged(folder) <= requests, "none lost"
    assert requests == agencies, "no row without its entry, no entry without its row"
    checkpoint(work, KEY)
    report = verify(work, KEY)
    assert codes(report) == set()
    report.raise_if_not_passed()


@pytest.mark.timeout(280)
@pytest.mark.soak
@pytest.mark.parametrize("ledger", range(LEDGERS))
def test_killed_again_and_again(tmp_path: Path, ledger: int) -> None:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    work = open_database(f"sqlite:///{tmp_path}/antin.db")
    for _ in range(ROUNDS):
        already = len(acknowledged(tmp_path))
        one, other = start(tmp_path), start(tmp_path)
        wait_for_more(tmp_path, one, already)
        one.send_signal(signal.SIGKILL)
        one.wait()
        wait_for_more(tmp_path, other, len(acknowledged(tmp_path)))
        other.send_signal(signal.SIGKILL)
        other.wait()
        check(work, tmp_path)
    work.close()
