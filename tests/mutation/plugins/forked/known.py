"""What is known of the tests: what each takes and meets, and what it has noticed so far."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_SAME_FUNCTION: Final = 100
"""A test that noticed a mutant of a function counts so much more for others of that function."""
_BEGINNING: Final = 0.02
"""Seconds that any test takes."""


@dataclass
class Known:
    """Tests are told by their number in the order in which pytest has them."""

    seconds: dict[int, float] = field(default_factory=dict)
    """Of processor time, of each test by itself."""
    _meet: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _noticed: Counter[int] = field(default_factory=Counter)
    _noticed_of: defaultdict[str, Counter[int]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def learn(self, test: int, functions: Iterable[str], seconds: float) -> None:
        """Note what ``test`` takes, and the functions that it meets."""
        self.seconds[test] = seconds
        for function in functions:
            self._meet[function].add(test)

    def note(self, function: str, test: int) -> None:
        """Note that ``test`` noticed a mutant of ``function``."""
        self._noticed[test] += 1
        self._noticed_of[function][test] += 1

    def meeting(self, functions: Iterable[str]) -> list[int]:
        """Return the tests that meet one of ``functions``, as pytest orders them."""
        return sorted(set().union(*(self._meet.get(one, set()) for one in functions)))

    def order(self, function: str) -> list[int]:
        """Return the tests that meet ``function``: those that notice most in least time first."""
        mine = self._noticed_of[function]

        def chance(test: int) -> float:
            likely = 1 + self._noticed[test] + _SAME_FUNCTION * mine[test]
            return likely / (_BEGINNING + self.seconds[test])

        return sorted(self.meeting([function]), key=chance, reverse=True)
