"""Mutants are tried in forked processes: whatever comes of one, the run goes on, nothing stays.

On a small package with mutants that are noticed, live, crash, run on for ever, wait for ever, and
are met by no test.
"""

import signal
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.mutation.groups import Group
from tests.mutation.mutants import Mutant
from tests.mutation.plugins.forked.children import Ended
from tests.mutation.plugins.forked.known import Known
from tests.mutation.plugins.forked.trial import code_of
from tests.mutation.progress import Progress
from tests.mutation.run import fates, furnish, make_mutants, try_mutants
from tests.mutation.zygote import RunError, tried

CODE = """
import os, signal, subprocess, threading
from pathlib import Path

STARTED = Path("started.txt")


def noticed(number):
    return number > 1


def lives(number):
    return number > 1


def crashes(number):
    if number is None:
        os.kill(os.getpid(), signal.SIGSEGV)


def runs_on(number):
    while number is None:
        pass


def runs_on_at_first(number):
    if number is None:
        if not Path("first.txt").exists():
            Path("first.txt").touch()
            while True:
                pass


def waits(number):
    if number is None:
        STARTED.write_text(str(subprocess.Popen(["sleep", "1000"]).pid))
        threading.Event().wait()


def takes_all(number):
    if number is None:
        bytearray(2 << 30)


def met_by_none(number):
    return number > 1
"""
TESTS = """
import tempfile
from pathlib import Path
from toy.fates import crashes, lives, noticed, runs_on, runs_on_at_first, takes_all, waits


def test_noticed():
    assert noticed(2) and not noticed(1)


def test_others():
    assert lives(7)
    crashes(1)
    runs_on(1)
    runs_on_at_first(1)
    takes_all(1)


def test_waits(tmp_path):
    waits(1)


def test_folder(tmp_path):
    assert tmp_path.is_relative_to(tempfile.gettempdir())
    Path("folder.txt").write_text(tempfile.gettempdir())
    lives(7)
"""
FAILS = """
from toy.fates import lives

def test_that_fails():
    assert lives(0)
"""
TOGETHER = """
from toy.fates import lives

SEEN = []

def test_first():
    SEEN.append(lives(7))

def test_second():
    assert lives(7)
    assert not SEEN, "in another's way"
"""
TOY: Final = Group(files=("src/toy/*.py",), tests=("tests/test_fates.py",))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project, and the folder in which its mutants were made."""
    root, room = tmp_path_factory.mktemp("toy"), tmp_path_factory.mktemp("room")
    for path, text in (
        ("src/toy/__init__.py", ""),
        ("src/toy/fates.py", CODE),
        ("tests/test_fates.py", TESTS),
        ("tests/test_fails.py", FAILS),
        ("tests/test_together.py", TOGETHER),
        ("pyproject.toml", ""),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    furnish(room, TOY, root)
    make_mutants(room)
    return root, room


@pytest.fixture(scope="module")
def ended(project: tuple[Path, Path]) -> dict[str, Mutant]:
    """What became of one mutant of each function."""
    root, room = project
    mutants = fates(TOY, room, root)
    waiting = [one for one in mutants if one.function.endswith("waits")]
    try_mutants(room, TOY, [one for one in mutants if one not in waiting], children=2)
    try_mutants(room, TOY, waiting, patience=1.0)  # a processor that is shared takes longer
    return {
        one.function.rpartition(".")[2]: one
        for one in fates(TOY, room, root)
        if "number > 2" in one.becomes or "is not None" in one.becomes
    }


@pytest.mark.parametrize(
    ("function", "exit_code", "killed"),
    [
        ("noticed", 1, True),
        ("lives", 0, False),
        ("crashes", -signal.SIGSEGV, True),
        ("runs_on", 24, True),
        ("runs_on_at_first", 0, False),
        ("waits", 36, True),
        ("takes_all", 1, True),
        ("met_by_none", 33, False),
    ],
)
def test_each_mutant_ends_in_its_way(
    ended: dict[str, Mutant], function: str, exit_code: int, *, killed: bool
) -> None:
    mutant = ended[function]
    assert (mutant.exit_code, mutant.killed) == (exit_code, killed), mutant
    assert mutant.timed_out == (function in {"runs_on", "waits"})
    assert mutant.crashed == (function == "crashes")
    assert mutant.owed == (function in {"runs_on", "waits"} or not killed)
    assert mutant.seconds > 0 or function == "met_by_none"


def test_nothing_is_left_behind(project: tuple[Path, Path], ended: dict[str, Mutant]) -> None:
    assert _is_gone(int((project[1] / "mutants" / "started.txt").read_text()))
    folder = Path((project[1] / "mutants" / "folder.txt").read_text())
    assert folder.parent.name.startswith("mutants-")
    assert not folder.parent.exists()


def test_who_stops_to_listen_ends_it(project: tuple[Path, Path], ended: dict[str, Mutant]) -> None:
    started = project[1] / "mutants" / "started.txt"
    started.unlink()
    with closing(tried(project[1], TOY.tests, [ended["waits"].name])) as events:
        assert all(next(events) for _ in range(4)), "the tests as they are"
        while not started.exists() or not started.read_text():
            pass
    assert _is_gone(int(started.read_text()))


def test_a_run_goes_on_where_it_was_broken_off(
    project: tuple[Path, Path], ended: dict[str, Mutant], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, room = project
    mutants = [ended["noticed"], ended["lives"], ended["met_by_none"]]

    def break_off(progress: Progress, fate: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Progress, "tried", break_off)
        with pytest.raises(KeyboardInterrupt):
            try_mutants(room, TOY, mutants)
    codes = _codes(project)
    assert sorted(codes[one.name] is None for one in mutants) == [False, True, True]
    try_mutants(room, TOY, [one for one in fates(TOY, room, root) if one.exit_code is None])
    assert _codes(project) == {**codes, **{one.name: one.exit_code for one in mutants}}


def test_what_was_not_mutated_again_is_still_known(
    project: tuple[Path, Path], ended: dict[str, Mutant]
) -> None:
    before = _codes(project)
    make_mutants(project[1])
    assert _codes(project) == before
    assert None not in before.values()


@pytest.mark.parametrize(
    ("tests", "text"),
    [
        ("tests/test_fails.py", "test_that_fails fails:\n.*AssertionError"),
        ("tests/test_together.py", "test_second fails:\n.*in another's way"),
    ],
)
def test_tests_have_to_pass_without_a_mutant(
    project: tuple[Path, Path], ended: dict[str, Mutant], tests: str, text: str
) -> None:
    group = Group(TOY.files, (tests,))
    before = _codes(project)
    with pytest.raises(RunError, match=f"(?s)without any mutant, {tests}::{text}"):
        try_mutants(project[1], group, [ended["lives"]])
    assert _codes(project) == {**before, ended["lives"].name: None}
    try_mutants(project[1], TOY, [ended["lives"]])


def test_tests_have_to_be_there(project: tuple[Path, Path], ended: dict[str, Mutant]) -> None:
    group = Group(TOY.files, ("tests/test_nothing.py",))
    with pytest.raises(RunError, match=r"(?s)pytest ended with 4.*test_nothing"):
        try_mutants(project[1], group, [ended["noticed"]])
    try_mutants(project[1], TOY, [ended["noticed"]])


@pytest.mark.parametrize(
    ("said", "status", "overdue", "code"),
    [
        ((("runs", 1), ("failed", "why")), 0, False, 1),
        ((("runs", 1), ("failed", "why")), -9, True, 1),
        ((("runs", 1), ("passed", [])), 0, False, 0),
        ((("runs", 1),), 1, False, 3),
        ((("runs", 1),), 0, False, 35),
        ((("runs", 1),), 7, False, 35),
        ((), 1, False, 35),
        ((("runs", 1),), -9, True, 36),
        ((("runs", 1),), -9, False, -9),
        ((("runs", 1),), -27, False, 24),
        ((("runs", 1),), -6, False, -6),
    ],
)
def test_what_a_child_said_comes_before_how_it_went(
    said: tuple[tuple[str, Any], ...], status: int, *, overdue: bool, code: int
) -> None:
    assert code_of(Ended("", said, status, overdue, 0.1)) == code


@pytest.mark.parametrize(("code", "killed"), [(-9, False), (-15, False), (-6, True), (35, False)])
def test_who_was_ended_from_outside_is_not_killed(code: int, *, killed: bool) -> None:
    assert Mutant("", "", "", "", "", code, 0.0).killed == killed


def test_what_notices_most_in_least_time_is_asked_first() -> None:
    known = Known()
    for test, seconds in enumerate((0.5, 0.1, 0.1, 0.1)):
        known.learn(test, ["f", "g"] if test < 3 else ["g"], seconds)
    assert known.order("f") == [1, 2, 0]
    known.note("g", 2)
    assert known.order("f") == [2, 1, 0]
    known.note("f", 0)
    assert known.order("f") == [0, 2, 1]
    assert known.order("g")[0] == 2
    assert known.order("h") == []
    assert known.meeting(["f", "g", "h"]) == [0, 1, 2, 3]


def test_progress_says_how_long_it_will_take() -> None:
    progress = Progress(mutants=31)
    for fate in ("killed", "alive", "killed"):
        progress.tried(fate)
    assert progress.line(20.0) == ("3 of 31 mutants: 2 killed, 1 alive; 0.1 a second, 5 min left")


def _codes(project: tuple[Path, Path]) -> dict[str, int | None]:
    return {one.name: one.exit_code for one in fates(TOY, project[1], project[0])}


def _is_gone(process: int) -> bool:
    """Tell whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
