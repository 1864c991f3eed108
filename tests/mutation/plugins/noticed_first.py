"""A pytest plugin for runs on mutants: what noticed a mutant before is asked first.

Most mutants are noticed by few of the tests that meet them. Those that are slow come last.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import pytest

NOTICED: Final = Path("noticed.txt")
"""A line for each mutant: the test that failed first. In the folder of the run."""
_DURATIONS: Final = Path("mutmut-stats.json")
_SLOW: Final = 0.3
"""Seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into order; those of which nothing is known stay as they are."""
    kills = Counter(NOTICED.read_text().splitlines()) if NOTICED.exists() else Counter()
    durations = _durations()
    items.sort(key=lambda one: (durations.get(one.nodeid, 0) > _SLOW, -kills[one.nodeid]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that failed: another mutant may not get past it either."""
    if report.failed:
        with NOTICED.open("a") as notes:
            notes.write(f"{report.nodeid}\n")


@cache
def _durations() -> dict[str, float]:
    if not _DURATIONS.exists():
        return {}
    found: dict[str, dict[str, float]] = json.loads(_DURATIONS.read_text())
    return found["duration_by_test"]
