"""Small changes of the code that a verdict hangs on are noticed by its tests.

A normal run looks at the machinery, and at whether each explanation is of code that there is;
``make soak`` makes and tries every mutant.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.mutation.explained import Explained, judge, load, misplaced
from tests.mutation.groups import GROUPS, Group
from tests.mutation.run import fates, furnish, make_mutants, run_group, try_mutants
from tests.mutation.zygote import RunError

SOAK: Final = bool(os.environ.get("ANTIN_SOAK"))

CODE = """
class Wrong(Exception):
    def __init__(self, code, detail=""):
        super().__init__(code)


def share(whole, parts):
    if parts < 1:
        raise Wrong("no_parts", detail="of nothing")
    return whole // parts
"""
TESTS = """
import pytest
from toy import half
from toy.sums import Wrong, share


def test_share():
    assert share(7, 2) == 3
    with pytest.raises(Wrong) as caught:
        share(7, 0)
    assert caught.value.args == ("no_parts",)


def test_half():
    assert half(7) == 3
"""
TOY = Group(files=("src/toy/*.py",), tests=("tests/test_sums.py",))
LIVES = Explained("toy.sums.share", "if parts < 1:", ("if parts <= 1:",), "nobody asks for one")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project with two functions, and the folder in which its mutants were made and tried."""
    root, room = tmp_path_factory.mktemp("toy"), tmp_path_factory.mktemp("room")
    for path, text in (
        ("src/toy/__init__.py", "def half(whole):\n    return whole // 2\n"),
        ("src/toy/sums.py", CODE),
        ("tests/test_sums.py", TESTS),
        ("pyproject.toml", ""),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    furnish(room, TOY, root)
    make_mutants(room)
    try_mutants(room, TOY, fates(TOY, room, root))
    return root, room


def test_what_no_test_notices_has_to_be_explained(room: tuple[Path, Path]) -> None:
    mutants = fates(TOY, room[1], room[0])
    found = judge(mutants, ())
    assert {(one.function, one.was, one.becomes) for one in found.unexplained} >= {
        (LIVES.function, LIVES.was, LIVES.becomes[0])
    }
    assert not found.sound
    assert sum(one.killed for one in mutants) > len(found.unexplained) > 0


def test_words_of_errors_need_no_explanation(room: tuple[Path, Path]) -> None:
    mutants = fates(TOY, room[1], room[0])
    words = [one for one in mutants if one.words_only]
    assert words
    assert all("of nothing" in one.was and "no_parts" in one.becomes for one in words)
    assert any(not one.killed for one in words)
    assert not any(one.words_only for one in judge(mutants, ()).unexplained)
    assert any("NO_PARTS" in one.becomes and one.killed for one in mutants)


def test_explanations_come_and_go_with_what_they_explain(room: tuple[Path, Path]) -> None:
    mutants = fates(TOY, room[1], room[0])
    before, after = judge(mutants, ()), judge(mutants, (LIVES,))
    assert len(after.unexplained) == len(before.unexplained) - 1
    assert after.stale == ()
    killed = Explained(LIVES.function, LIVES.was, ("if parts < 2:", "if parts > 1:"), "not so")
    assert len(judge(mutants, (LIVES, killed)).stale) == 1


def test_a_run_can_be_of_one_module_or_function(room: tuple[Path, Path]) -> None:
    mutants = fates(TOY, room[1], room[0])

    def functions(part: str) -> set[str]:
        return {one.function for one in mutants if one.is_of(part)}

    assert functions("sums.share") == {"toy.sums.share"}
    assert functions("sums.Wrong.__init__") == {"toy.sums.Wrong.__init__"}
    assert functions("__init__") == functions("__init__.half") == {"toy.half"}
    assert functions("sums") == {"toy.sums.share", "toy.sums.Wrong.__init__"}
    assert functions("toy") == functions("sums") | functions("__init__")
    assert functions("sum") == functions("share") == functions("toy.share") == set()


def test_what_is_asked_for_has_to_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.mutation.run.PLACE", tmp_path)
    monkeypatch.setattr("tests.mutation.run.make_mutants", lambda room, children: None)
    with pytest.raises(RunError, match="no mutants of nowhere"):
        run_group("byte-range", only=("nowhere",))


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600 if SOAK else 300)
@pytest.mark.parametrize("name", GROUPS)
def test_every_mutant_is_killed_or_explained(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    explained = load().get(name, ())
    assert misplaced(explained, GROUPS[name]) == []
    assert all(one.reason and one.becomes for one in explained)
    assert len({(one.function, one.was) for one in explained}) == len(explained)
    assert GROUPS[name].sources()
    if SOAK:
        found = run_group(name)
        record_property("mutants", f"{name}: {found.summary}")
        assert found.sound, "\n".join([found.summary, *map(str, found.unexplained), *found.stale])


def test_groups_are_those_of_the_list() -> None:
    assert load().keys() <= GROUPS.keys()
