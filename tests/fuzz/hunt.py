"""Running many cases in worker processes, and keeping those that fail."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from tests.fuzz.bounded import Bounds, Ending, signature
from tests.fuzz.target import case_of, find_target

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / "build" / "fuzz"
_LOOK_AFTER: Final = 60.0
"""Seconds without a word after which a worker is looked at; on a busy machine that is no proof."""
_CPU_TIMES: Final = 3
"""Times a case's processor time that its worker may take, in which it also makes the case."""
_BATCH: Final = 2000
"""Cases that one worker runs: what leaks is given back then."""
_ENOUGH: Final = 20
"""Different failures after which hunting on tells nothing new."""


@dataclass(frozen=True)
class Failure:
    """A case that ended as none may."""

    target: str
    seed: int
    number: int
    ending: Ending

    @property
    def signature(self) -> str:
        return signature(self.ending.detail) if self.ending.detail else self.ending.outcome

    @property
    def command(self) -> str:
        """What runs it again."""
        return f"python -m tests.fuzz {self.target} --seed {self.seed} --number {self.number}"

    def keep(self) -> Path:
        """Write the case where it can be found, and return its path."""
        KEPT.mkdir(parents=True, exist_ok=True)
        path = KEPT / f"{self.target}-{self.seed}-{self.number}.case"
        path.write_bytes(case_of(find_target(self.target), self.seed, self.number))
        return path

    def __str__(self) -> str:
        return f"{self.ending.outcome}: {self.signature}\n{self.ending.detail}\n{self.command}\n"


@dataclass
class Hunt:
    """What came of a hunt."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: float = 0.0
    largest_mb: int = 0

    def add(self, ending: Ending) -> None:
        self.cases += 1
        self.outcomes[ending.outcome] += 1
        self.slowest = max(self.slowest, ending.cpu)
        self.largest_mb = max(self.largest_mb, ending.memory_mb)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common())
        return (
            f"{self.cases} cases, slowest {self.slowest:.2f} s, largest {self.largest_mb} MB, "
            f"{len(self.failures)} failed: {told}"
        )


def hunt(
    target: str,
    seed: int,
    first: int,
    count: int,
    *,
    bounds: Bounds | None = None,
    until: float | None = None,
) -> Hunt:
    """Run ``count`` cases from ``first``, or as many as there is time for ``until`` (monotonic).

    One failure of each kind is kept; after many different ones it ends early.
    """
    found, known = Hunt(), set[str]()
    at = first
    while at < first + count and len(known) < _ENOUGH and not _over(until):
        batch = min(_BATCH, first + count - at)
        for number, ending in _watched(target, seed, at, batch, bounds or Bounds()):
            found.add(ending)
            at = number + 1
            failure = Failure(target, seed, number, ending)
            if ending.failed and failure.signature not in known:
                known.add(failure.signature)
                failure.keep()
                found.failures.append(failure)
            if ending.failed and ending.outcome != "exception":
                break  # what it left behind in the process would be held against the next one
            if _over(until):
                break
    return found


def _over(until: float | None) -> bool:
    return until is not None and time.monotonic() > until


def _watched(
    target: str, seed: int, first: int, count: int, bounds: Bounds
) -> Iterator[tuple[int, Ending]]:
    """Yield number and ending of each case that a worker runs, its own death included."""
    numbers = map(str, (seed, first, count, bounds.cpu_seconds, bounds.memory_mb))
    program = [sys.executable, "-m", "tests.fuzz.worker", target, *numbers]
    with tempfile.TemporaryFile() as errors:
        worker = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield from _told(worker, bounds, errors)
        finally:
            worker.kill()
            worker.wait()


def _told(
    worker: "subprocess.Popen[bytes]", bounds: Bounds, errors: IO[bytes]
) -> Iterator[tuple[int, Ending]]:
    assert worker.stdout is not None
    number = None
    for line in _lines(worker.stdout, lambda: _cpu_seconds(worker.pid), bounds.cpu_seconds):
        if line is None:
            yield _known(number), Ending("hang", failed=True, detail="hang: nothing came back")
            return
        if line.startswith(b"{"):
            yield _known(number), Ending(**json.loads(line))
            number = None
        else:
            number = int(line)
    if worker.wait() != 0:
        errors.seek(0)
        detail = errors.read().decode(errors="replace")[-3000:]
        assert number is not None, f"the worker did not start: {detail}"
        yield number, Ending("crash", failed=True, detail=f"{detail}\ncrash: {worker.returncode}")


def _known(number: int | None) -> int:
    assert number is not None, "an ending without its case"
    return number


def _lines(stream: IO[bytes], cpu: Callable[[], float], most: float) -> Iterator[bytes | None]:
    """Yield lines as they come; None once when their writer sleeps, or works for too long."""
    rest, since = b"", cpu()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            before = cpu()
            if not selector.select(_LOOK_AFTER):
                now = cpu()
                if now == before or now - since > _CPU_TIMES * most:
                    yield None
                    return
                continue
            data = os.read(stream.fileno(), 1 << 16)
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            since = cpu() if whole else since
            yield from whole


def _cpu_seconds(process: int) -> float:
    """Return the processor time that ``process`` has taken; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
