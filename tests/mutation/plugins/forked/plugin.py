"""A pytest plugin: each mutant is tried in a process forked from one that has imported the tests.

It tells its caller, a line of JSON for each thing that happens, in the file ``--tell``.
"""

import gc
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import pytest

from .limits import end_with_the_parent
from .running import Runner
from .trial import Trial


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which mutants to try, and how."""
    group = parser.getgroup("mutants")
    group.addoption("--mutants", type=Path, help="a file with the names of mutants, one a line")
    group.addoption("--children", type=int, default=1, help="processes at a time")
    group.addoption("--patience", type=float, help="clock time for each of processor time")
    group.addoption("--tell", type=int, help="the number of an open file")
    group.addoption("--caller", type=int, help="end with this process")


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try the tests as they are, and then each mutant."""
    if session.testsfailed:
        raise session.Failed("tests can't be imported")
    asked = session.config.option
    signal.signal(signal.SIGTERM, _leave)
    end_with_the_parent(signal.SIGTERM, asked.caller)
    os.set_inheritable(asked.tell, False)  # noqa: FBT003 — its parameter has no name

    def tell(**happened: object) -> None:
        os.write(asked.tell, json.dumps(happened).encode() + b"\n")

    gc.freeze()  # what is imported is left alone: pages that nobody writes to need no copies
    runner = Runner(session.items, asked.patience)
    session.config.pluginmanager.register(runner)
    Trial(runner, asked.children, tell).run(asked.mutants.read_text().split())
    return True


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
