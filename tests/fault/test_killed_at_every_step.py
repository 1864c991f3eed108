"""Killed at every step of sealing and of completing a signature, on both databases.

A process with the real parts (SoftHSM, database, time-stamping authority over HTTP) dies before,
in and after each transaction, each stored file, each use of a key and each time-stamp. Whatever the
moment: at most one sealed revision comes of a request, every intent ends, what was accepted is
there, the same request again gets its answer, and ledger, rows and files agree.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installation import Office, make_office
from tests.postgres import PostgresServer
from tests.trustworld import TrustWorld

pytestmark = [pytest.mark.real("softhsm"), pytest.mark.soak, pytest.mark.timeout(7200)]
SOAK = bool(os.environ.get("ANTIN_SOAK"))
ROOT = Path(__file__).parents[2]
CI_POINTS = {"sqlite": 4, "postgres": 6}
"""Every n-th point is tried, from another one for each kind of work; all in ``make soak``."""
ENDS = {"seal.completed", "seal.failed", "seal.abandoned"}


@dataclass(frozen=True)
class Outcome:
    """How a child ended."""

    status: int
    answers: tuple[Any, ...]
    error: str
    points: tuple[str, ...]

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


@dataclass
class Crashing:
    """The process that forks those that die."""

    office: Office
    process: "subprocess.Popen[str]"

    def do(self, *steps: tuple[Any, ...], die_at: int | None = None) -> Outcome:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": steps, "die_at": die_at}) + "\n")
        self.process.stdin.flush()
        ended = json.loads(self.process.stdout.readline())
        told = [next(iter(one.items())) for one in ended["told"]]
        return Outcome(
            ended["status"],
            tuple(what for kind, what in told if kind == "answer"),
            "".join(str(what) for kind, what in told if kind == "error"),
            tuple(str(what) for kind, what in told if kind == "point"),
        )

    def good(self, *steps: tuple[Any, ...]) -> tuple[Any, ...]:
        """Do what must go well in one child and return what each step answered."""
        done = self.do(*steps)
        assert (done.status, done.error) == (0, ""), done
        return done.answers


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))],
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def crashing(
    kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    trust_world: TrustWorld,
) -> Iterator[Crashing]:
    folder = tmp_path_factory.mktemp("crashing")
    database = f"sqlite:///{folder}/data/antin.db"
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = server.new_database()
    office = make_office(folder, trust_world, ANTIN_DATABASE_URL=database)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fault.crashing_office"],
        cwd=ROOT,
        env=office.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        made = Crashing(office, process)
        made.good(("register",))
        yield made
    finally:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def points_of(crashing: Crashing, what: str, ready: dict[str, str]) -> tuple[str, ...]:
    """Let a piece of work run to its end and return the points at which it can be killed."""
    whole = crashing.do((what, ready))
    assert (whole.status, whole.error) == (0, ""), whole
    return whole.points


def chosen(points: tuple[str, ...], kind: str, offset: int) -> list[int]:
    """Return which points to try, from 1: all of them in the soak."""
    step = 1 if SOAK else CI_POINTS[kind]
    return [n for n in range(1, len(points) + 1) if n % step == offset % step]


def check_whole(crashing: Crashing) -> None:
    (report,) = crashing.good(("fsck",))
    assert report == {"findings": [], "missing": [], "corrupt": []}


def causes(seen: dict[str, Any]) -> list[str]:
    return [cause for _, cause, _ in seen["revisions"]]


def test_sealing(crashing: Crashing, kind: str) -> None:
    (first,) = crashing.good(("signed",))
    points = points_of(crashing, "seal", first)
    assert {"intend: committed", "seal key: after sign", "sign: committed"} <= {*points}
    accepted = points.index("sign: committed") + 1
    for number in chosen(points, kind, 0):
        (ready,) = crashing.good(("signed",))
        assert crashing.do(("seal", ready), die_at=number).killed
        look = ("seen", ready)
        at_once, _, _, seen = crashing.good(look, ("age",), ("sweep",), look)
        one, two, after_all = crashing.good(("seal", ready), ("seal", ready), look)
        note = f"killed at {number}, {points[number - 1]}"
        # 1. The intent has ended, in one way, and the register tells of each.
        ends = [action for action in seen["actions"] if action in ENDS]
        assert not seen["intended"], note
        assert len(ends) == seen["actions"].count("seal.intended") <= 1, note
        # 2. At most one sealed revision is stored, and what was stored stays.
        assert causes(seen).count("sealed") == ends.count("seal.completed") <= 1, note
        if number < accepted:
            assert at_once["revisions"] == seen["revisions"], note
        else:
            # What the key gave and was kept is completed though nobody asks again.
            assert ends == ["seal.completed"], note
            assert seen["actions"].count("seal.signed") == 1, note
        # 3. The same request again: its answer, or what it could not do the first time; once.
        assert causes(after_all) == ["uploaded", "signed", "sealed"], note
        assert (one["state"], one) == ("COMPLETED", two), note
        assert one["result_revision_id"] == after_all["revisions"][-1][0], note
        assert one["document"]["revision"]["sha256"] == after_all["revisions"][-1][2], note
        if "sealed" in causes(seen):
            assert after_all["actions"] == seen["actions"], note
    check_whole(crashing)


def test_sealing_by_a_job(crashing: Crashing, kind: str) -> None:
    """The time-stamping service was dead when the key was used; the worker dies, too."""
    first, _ = crashing.good(("pending_seal",), ("age",))
    points = points_of(crashing, "work", first)
    assert {"time-stamps: after request", "complete: committed"} <= {*points}
    for number in chosen(points, kind, 3):
        ready, _ = crashing.good(("pending_seal",), ("age",))
        assert crashing.do(("work", ready), die_at=number).killed
        _, _, seen = crashing.good(("age",), ("sweep",), ("seen", ready))
        note = f"killed at {number}, {points[number - 1]}"
        assert causes(seen) == ["uploaded", "signed", "sealed"], note
        assert [one for one in seen["actions"] if one in ENDS] == ["seal.completed"], note
        assert not seen["intended"], note
    check_whole(crashing)


def test_completing_a_signature(crashing: Crashing, kind: str) -> None:
    (first,) = crashing.good(("prepared",))
    points = points_of(crashing, "complete", first)
    assert {"sign: committed", "time-stamps: before request", "complete: committed"} <= {*points}
    accepted = points.index("sign: committed") + 1
    for number in chosen(points, kind, 1):
        (ready,) = crashing.good(("prepared",))
        assert crashing.do(("complete", ready), die_at=number).killed
        look, again = ("seen", ready), ("complete", ready)
        at_once, _, _, seen = crashing.good(look, ("age",), ("sweep",), look)
        one, two, after_all = crashing.good(again, again, look)
        note = f"killed at {number}, {points[number - 1]}"
        # 1. What was accepted is there at once, and is completed though nobody asks again.
        assert at_once["kept"] == (number >= accepted), note
        if number >= accepted:
            assert (seen["task"], seen["job"]) == ("COMPLETED", "DONE"), note
        else:
            assert seen["task"] == "PREPARED", note
        # 2. The same request again gets its answer, the same each time.
        assert (one["state"], one) == ("COMPLETED", two), note
        # 3. One signed revision, one entry about it.
        assert causes(after_all) == ["uploaded", "signed"], note
        assert after_all["actions"].count("document.signed") == 1, note
        assert one["result_revision_id"] == after_all["revisions"][-1][0], note
    check_whole(crashing)


def test_completing_by_a_job(crashing: Crashing, kind: str) -> None:
    """The time-stamping service was dead when the value came; the worker dies, too."""
    first, _ = crashing.good(("pending",), ("age",))
    points = points_of(crashing, "work", first)
    assert {"time-stamps: after request", "complete: committed"} <= {*points}
    for number in chosen(points, kind, 2):
        ready, _ = crashing.good(("pending",), ("age",))
        assert crashing.do(("work", ready), die_at=number).killed
        _, _, seen = crashing.good(("age",), ("sweep",), ("seen", ready))
        note = f"killed at {number}, {points[number - 1]}"
        assert (seen["task"], seen["job"]) == ("COMPLETED", "DONE"), note
        assert causes(seen) == ["uploaded", "signed"], note
        assert seen["actions"].count("document.signed") == 1, note
    check_whole(crashing)
