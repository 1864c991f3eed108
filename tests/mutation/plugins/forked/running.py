"""What happens in a child: tests are run, one after another, until one fails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from .children import Say
from .limits import allow_processor_time

RUNS: Final = "runs"
FAILED: Final = "failed"
PASSED: Final = "passed"
"""What a child says: the number of a test, a failure's text, what was to be learned."""


@dataclass(frozen=True)
class Limit:
    """What a test may take, in seconds."""

    processor: float
    clock: float


FIRST: Final = Limit(120, 600)
"""For a test of which nothing is known."""


class Runner:
    """Runs the tests that pytest collected; a plugin itself, to hear of failures."""

    def __init__(self, items: Sequence[pytest.Item], patience: float) -> None:
        self.items = items
        self._patience = patience
        self._failure: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure: of a test, or of what is set up for it."""
        if report.failed and self._failure is None:
            self._failure = report.longreprtext

    def limit(self, seconds: float, times: float = 1.0) -> Limit:
        """Return what a test may take under a mutant that takes ``seconds`` without one."""
        processor = times * (2 + 10 * seconds)
        return Limit(processor, self._patience * processor)

    def passes(self, order: Iterable[tuple[int, Limit]], say: Say) -> bool:
        """Run tests by their number, and say which, until one fails; say why, if one does."""
        known = list(order)
        following = [self.items[number] for number, _ in known[1:]]
        for (number, limit), after in zip(known, [*following, None], strict=True):
            say(RUNS, number, limit.clock)
            allow_processor_time(limit.processor)
            item = self.items[number]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
            if self._failure is not None:
                say(FAILED, self._failure, limit.clock)
                return False
        return True
