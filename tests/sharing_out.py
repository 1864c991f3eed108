"""Which of the processes of a run gets which tests, and in what order.

A process gets whole files, so that what the tests of a file share is made once and not in every
process; those that take long come first, so that no process is left with them at the end.
"""

from pathlib import Path
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_TESTS: Final = Path(__file__).parent
_TOGETHER: Final = "tests/contract/hsm/"
"""Its files use opencryptoki, which a machine has once: two processes would wait for each other."""
_LONG: Final = tuple(
    _TESTS / part
    for part in ("contract/hsm", "fuzz", "fault", "e2e", "mutation", "unit/benchmarks", "corpus")
)


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Hands out files in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _TOGETHER if file.startswith(_TOGETHER) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WholeFiles | None:
    """Take the place of xdist's own ``loadfile``, which begins with the files of many tests."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return WholeFiles(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long ones first, in whatever order they were shuffled into."""
    items.sort(key=lambda item: _place(item.path))


def _place(path: Path) -> int:
    return next((n for n, part in enumerate(_LONG) if path.is_relative_to(part)), len(_LONG))
