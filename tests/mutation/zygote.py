"""Start the process that imports the tests and forks one for each mutant, and hear from it."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Final

PLUGINS: Final = Path(__file__).with_name("plugins")
PATIENCE: Final = 20.0
"""Seconds by the clock for each of processor time: other processes want some, too."""
_NOT_FOR_TESTS: Final = ("PYTEST", "PYTHONDONTWRITE", "COV", "ANTIN_", "MUT")
_PYTEST: Final = (
    *("-m", "pytest", "-q", "-s", "-o", "addopts=", "--import-mode=importlib"),
    *("--tb=native", "--assert=plain", "--rootdir=.", "-p", "forked.plugin"),
    *("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:faulthandler"),
)


class RunError(Exception):
    """Mutants could not be made or tried; the text is for a person."""


def tried(
    room: Path,
    tests: Sequence[str],
    mutants: Sequence[str],
    children: int = 1,
    *,
    patience: float = PATIENCE,
) -> Generator[dict[str, Any]]:
    """Run ``tests`` on ``mutants`` that were made in ``room``, and return what happens, in turn.

    What is returned has the keys that ``plugins/forked/trial.py`` tells. Whoever stops to listen
    ends it. Raises ``RunError`` if pytest did not come to its end.
    """
    asked = room / "asked.txt"
    asked.write_text("\n".join(mutants))
    reader, writer = os.pipe()
    options = {
        "mutants": asked.resolve(),
        "children": children,
        "patience": patience,
        "tell": writer,
        "caller": os.getpid(),
    }
    log = room / "pytest.log"
    with log.open("w") as out, os.fdopen(reader) as told:
        process = subprocess.Popen(
            [sys.executable, *_PYTEST, *(f"--{k}={v}" for k, v in options.items()), *tests],
            cwd=room / "mutants",
            env=environment(PLUGINS, *(room.resolve() / "mutants" / part for part in ("src", "."))),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=(writer,),
            process_group=0,
        )
        os.close(writer)
        try:
            yield from map(json.loads, told)
            process.wait()
        finally:
            process.terminate()
            process.wait()
    if process.returncode != 0:
        raise RunError(f"pytest ended with {process.returncode}: {log}\n{_end_of(log)}")


def environment(*paths: Path) -> dict[str, str]:
    """Return the environment of runs inside: what pytest, make or a person set is not for them."""
    kept = {key: own for key, own in os.environ.items() if not key.startswith(_NOT_FOR_TESTS)}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, paths)), "MUTANT_UNDER_TEST": ""}


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
