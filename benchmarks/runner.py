"""Measures one benchmark in a process of its own, in turns with its floor."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Protocol, runtime_checkable

from benchmarks.results import Result


class Measured(Protocol):
    """Work on run ``number``'s own files; a run's files are touched by nothing before it."""

    def value(self, number: int) -> None:
        """Do what users call."""
        ...

    def floor(self, number: int) -> None:
        """Do the part that no implementation can leave out, on the same file."""
        ...

    def check(self, number: int) -> None:
        """Raise unless what was measured did its work; not timed."""
        ...


class Benchmark(Protocol):
    """One line of the table; sent to the measuring process, so a plain value."""

    @property
    def name(self) -> str:
        """Its stable name, e.g. ``sign.100k.p256``."""
        ...

    def make_files(self, folder: Path, runs: int) -> None:
        """Make the files of runs 0 to ``runs`` in ``folder``; run 0 warms up."""
        ...

    def open(self, folder: Path) -> Measured:
        """Import all that is needed, open keys, read trust: what comes once per process."""
        ...

    def load(self) -> None:
        """Import all that is needed, and nothing else."""
        ...


@runtime_checkable
class Throughput(Protocol):
    """A benchmark that does its work ``count`` times in each run: told in times a second."""

    @property
    def count(self) -> int:
        """How often."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """A benchmark whose runs are long, or many in one."""

    @property
    def most_runs(self) -> int:
        """Runs that are enough."""
        ...


@runtime_checkable
class Clocked(Protocol):
    """A benchmark that is not told by the clock on the wall."""

    def nanoseconds(self) -> int:
        """Return what passed so far, as it is counted here."""
        ...


@runtime_checkable
class Closing(Protocol):
    """Work that keeps something open: processes of its own, which would outlive what measures."""

    def close(self) -> None:
        """End it and wait until it ended; nothing is measured any more."""
        ...


@dataclass(frozen=True)
class Figure:
    """What a benchmark tells besides its time, as a line of its own: ``name`` follows its name."""

    name: str
    value: float
    unit: str
    floor: float


@runtime_checkable
class Telling(Protocol):
    """Work that has more to tell than its time."""

    def figures(self, number: int) -> tuple[Figure, ...]:
        """Return the figures of run ``number``, the same ones in every run."""
        ...


@dataclass(frozen=True)
class _Measurement:
    values: tuple[float, ...]
    floors: tuple[float, ...]
    figures: tuple[tuple[Figure, ...], ...]
    """Those of each run."""
    base_mb: float
    peak_mb: float


def run(benchmark: Benchmark, folder: Path, runs: int) -> Iterator[Result]:
    """Make the files here, measure in a fresh process, yield the medians.

    In milliseconds, or in times a second; the ratio is that of the times in both cases. Then what
    else the benchmark tells.
    """
    count = benchmark.count if isinstance(benchmark, Throughput) else None
    runs = min(runs, benchmark.most_runs) if isinstance(benchmark, Bounded) else runs
    benchmark.make_files(folder, runs)
    os.sync()  # nobody pays for what another one wrote before
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        found = process.submit(_measure, benchmark, folder, runs).result()
    value, floor = median(found.values), median(found.floors)
    first = Result(
        name=benchmark.name,
        value=round(1000 * count / value if count else value, 3),
        unit="1/s" if count else "ms",
        floor=round(1000 * count / floor if count else floor, 3),
        ratio=round(value / floor, 2),
        base_mb=round(found.base_mb, 1),
        peak_mb=round(found.peak_mb, 1),
        runs=runs,
    )
    yield first
    for same in zip(*found.figures, strict=True):
        middle, least = median(one.value for one in same), median(one.floor for one in same)
        yield replace(
            first,
            name=f"{benchmark.name}.{same[0].name}",
            value=round(middle, 3),
            unit=same[0].unit,
            floor=round(least, 3),
            ratio=round(middle / least, 4),
        )


def _measure(benchmark: Benchmark, folder: Path, runs: int) -> _Measurement:
    benchmark.load()
    base = _memory("VmRSS")
    with _opened(benchmark, folder) as measured:
        values, floors, figures = _in_turns(benchmark, measured, runs)
        peak = _memory("VmHWM")
        return _Measurement(tuple(values[1:]), tuple(floors[1:]), tuple(figures[1:]), base, peak)


@contextmanager
def _opened(benchmark: Benchmark, folder: Path) -> Iterator[Measured]:
    measured = benchmark.open(folder)
    try:
        yield measured
    finally:
        # Not left to the end of the process: it joins its children before their pools let them go.
        if isinstance(measured, Closing):
            measured.close()


def _in_turns(
    benchmark: Benchmark, measured: Measured, runs: int
) -> tuple[list[float], list[float], list[tuple[Figure, ...]]]:
    clock = benchmark.nanoseconds if isinstance(benchmark, Clocked) else time.perf_counter_ns
    values, floors, figures = list[float](), list[float](), list[tuple[Figure, ...]]()
    for number in range(runs + 1):
        # In turns, so that whatever slows the machine down slows both.
        floors.append(_milliseconds(clock, measured.floor, number))
        values.append(_milliseconds(clock, measured.value, number))
        measured.check(number)
        figures.append(measured.figures(number) if isinstance(measured, Telling) else ())
    return values, floors, figures


def _milliseconds(clock: Callable[[], int], work: Callable[[int], None], number: int) -> float:
    start = clock()
    work(number)
    return (clock() - start) / 1e6


def _memory(field: str) -> float:
    """Return a figure of /proc/self/status in MiB (getrusage would count the parent's, too)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name == field:
            return int(rest.split()[0]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")
