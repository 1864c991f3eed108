"""Going on after a database was set back, killed: running it again ends as if it never was."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from antin.infra.database import open_database
from tests.e2e.installation import Office, make_office
from tests.homes import BOTH, Home, a_home
from tests.ledgers import append
from tests.trustworld import TrustWorld

pytestmark = [pytest.mark.real("softhsm"), pytest.mark.timeout(280), pytest.mark.soak]
LOST = 4000
ROUNDS = 30 if os.environ.get("ANTIN_SOAK") else 2


@dataclass
class SetBack:
    """A service whose database lacks what was signed for; ``newer`` is a backup that has it."""

    office: Office
    home: Home
    newer: str

    def recover(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "antin.cli", "ledger", "recover", *arguments]
        environment = self.office.environment()
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def checked(self) -> Any:
        return self.office.json("ledger", "verify")


@pytest.fixture(params=BOTH)
def set_back(request: pytest.FixtureRequest, tmp_path: Path, trust_world: TrustWorld) -> SetBack:
    home = a_home(request, tmp_path)
    office = make_office(tmp_path, trust_world, ANTIN_DATABASE_URL=home.url)
    old = home.copy("old")
    work = open_database(home.url)
    append(work, *["agency/a"] * LOST)
    work.close()
    assert office.antin("ledger", "checkpoint").code == 0
    newer = home.copy("new")
    home.restore(old)
    return SetBack(office, home, newer)


def killed(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """End a process after so long, unless it ends by itself."""
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def entries(url: str) -> list[bytes]:
    work = open_database(url)
    try:
        return work.read(lambda stores: [row.data for row in stores.ledger.entries(0, 10**9)])
    finally:
        work.close()


def test_bringing_back_that_is_killed_goes_on(set_back: SetBack) -> None:
    moment = random.Random("back")  # noqa: S311 — moments, not secrets
    newer = set_back.newer if "://" in set_back.newer else f"sqlite:///{set_back.newer}"
    before = len(entries(set_back.home.url))
    for _ in range(ROUNDS):
        there = len(entries(set_back.home.url))
        process = set_back.recover("--from", set_back.newer)
        while process.poll() is None and len(entries(set_back.home.url)) == there:
            os.sched_yield()
        killed(process, moment.uniform(0, 0.2))
    assert len(entries(set_back.home.url)) > before, "it was killed in the midst of it"
    assert set_back.recover("--from", set_back.newer).wait() == 0
    assert entries(set_back.home.url) == entries(newer)
    assert set_back.checked()["conclusion"] == "TOTAL-PASSED"


def test_declaring_a_loss_that_is_killed_goes_on(set_back: SetBack) -> None:
    moment = random.Random("loss")  # noqa: S311 — as above
    before = len(entries(set_back.home.url))
    declare = ("--accept-loss", "--reason", "burnt")
    for _ in range(ROUNDS):
        process = set_back.recover(*declare)
        if len(entries(set_back.home.url)) == before:
            while process.poll() is None and len(entries(set_back.home.url)) == before:
                os.sched_yield()
            killed(process, moment.uniform(0, 0.02))
        else:
            killed(process, moment.uniform(0, 1.5))
    assert set_back.recover(*declare).wait() == 0
    assert len(entries(set_back.home.url)) == before + 1, "declared once"
    report = set_back.checked()
    assert {one["code"] for one in report["findings"]} == {"ledger_recovered"}
    assert report["covered"] == report["entries"]
