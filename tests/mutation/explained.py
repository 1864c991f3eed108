"""Mutants that may live: each with the reason why no test can, or should, tell it apart."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.groups import ROOT, Group
from tests.mutation.mutants import Mutant, statements

LIST: Final = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True)
class Explained:
    """Some changes of one statement that make no difference which a test should see."""

    function: str
    was: str
    becomes: tuple[str, ...]
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Tell whether ``mutant`` is one of these."""
        place = (mutant.function, mutant.was)
        return place == (self.function, self.was) and mutant.becomes in self.becomes


@dataclass(frozen=True)
class Judgement:
    """How a run ended."""

    unexplained: tuple[Mutant, ...]
    stale: tuple[str, ...]
    """Explanations of what is not so (any more)."""
    summary: str

    @property
    def sound(self) -> bool:
        return not self.unexplained and not self.stale


def load(path: Path = LIST) -> dict[str, tuple[Explained, ...]]:
    """Return the explanations by group."""
    found = tomllib.loads(path.read_text())
    return {group: tuple(_read(one) for one in listed) for group, listed in found.items()}


def _read(one: dict[str, object]) -> Explained:
    becomes = one["becomes"]
    assert isinstance(becomes, list), one
    assert set(one) == {"function", "was", "becomes", "reason"}, one
    return Explained(str(one["function"]), str(one["was"]), tuple(becomes), str(one["reason"]))


def judge(mutants: Iterable[Mutant], explained: tuple[Explained, ...]) -> Judgement:
    """Compare the mutants of a whole run with the explanations."""
    all_of_them = list(mutants)
    telling = [one for one in all_of_them if not one.words_only]
    alive = [one for one in telling if not one.killed]
    unexplained = tuple(m for m in alive if not any(one.covers(m) for one in explained))
    stale = tuple(
        f"{one.function}: {one.was} → {text}"
        for one in explained
        for text in one.becomes
        if not any(one.covers(m) and m.becomes == text for m in alive)
    )
    summary = (
        f"{len(all_of_them)} mutants, {len(telling) - len(alive)} killed"
        f" ({sum(one.timed_out for one in telling)} by their time,"
        f" {sum(one.crashed for one in telling)} by a crash),"
        f" {len(all_of_them) - len(telling)} of mere words,"
        f" {len(alive) - len(unexplained)} explained, {len(unexplained)} unexplained,"
        f" {len(stale)} explanations stale;"
        f" {sum(one.seconds for one in telling):.0f} s of processor time"
    )
    return Judgement(unexplained, stale, summary)


def misplaced(explained: tuple[Explained, ...], group: Group) -> list[str]:
    """Return the explanations of statements that the source does not have."""
    known: dict[str, frozenset[str]] = {}
    for path in group.sources():
        known |= statements(path, module_name(path))
    return [
        f"{one.function}: {line}"
        for one in explained
        for line in one.was.splitlines()
        if line not in known.get(one.function, frozenset())
    ]


def module_name(path: Path) -> str:
    """Return the dotted name of a module in ``src``, as mutmut has it."""
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")
