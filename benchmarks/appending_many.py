"""``ledger.append.4x8.sqlite`` and ``8x4``: several processes with several clients each."""

from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from benchmarks.appending import Append, DurablePages, append, p99
from benchmarks.runner import Figure

if TYPE_CHECKING:
    from antin.infra.database import Database


@dataclass(frozen=True)
class AppendMany:
    """Processes, as of web servers and workers, whose clients append to one SQLite file.

    ``p99`` as for one process. ``share``: when the first process has done its part, the part that
    the slowest one has done of what the fastest has; 1 is fair.
    """

    name: str
    processes: int
    clients: int
    count: int
    most_runs: int = 5

    def make_files(self, folder: Path, runs: int) -> None:
        """Make the database."""
        Append("", 1, 1).make_files(folder, runs)

    def load(self) -> None:
        """Import nothing: the processes that append do."""

    def open(self, folder: Path) -> "AppendingMany":
        """Start the processes; each opens the database."""
        return AppendingMany(folder, self)


class AppendingMany:
    """Appends ``count`` times in each run, all processes together."""

    def __init__(self, folder: Path, benchmark: AppendMany) -> None:
        self._processes = workers(benchmark.processes, f"sqlite:///{folder}/antin.db")
        self._benchmark = benchmark
        self._pages = DurablePages(folder / "floor")
        self._written = 0
        self._moments: list[list[tuple[float, float]]] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let every process append its part."""
        clients = self._benchmark.clients
        share = self._benchmark.count // self._benchmark.processes // clients
        parts = [one.submit(Worker.append, clients, share) for one in self._processes]
        self._moments = [part.result() for part in parts]
        self._written += sum(map(len, self._moments))

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Write a page and make it durable, as often."""
        self._pages.write(self._benchmark.count)

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell how long it took until nearly all were answered, and who got how much."""
        answered = [end - start for start, end in chain.from_iterable(self._moments)]
        return (
            Figure("p99", p99(answered), "ms", p99(self._pages.took)),
            Figure("share", share_of(self._moments), "of 1", 1),
        )

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._processes[0].submit(Worker.size).result() == self._written

    def close(self) -> None:
        """End the processes."""
        self._pages.close()
        end(self._processes)


def workers(count: int, url: str) -> list[Executor]:
    """Start so many processes that append to the database at ``url``.

    One pool for each process, so that each gets its part and no other.
    """
    spawn = get_context("spawn")
    return [ProcessPoolExecutor(1, spawn, Worker.open, (url,)) for _ in range(count)]


def end(processes: list[Executor]) -> None:
    """Let them close the database, and end."""
    for process in processes:
        process.submit(Worker.close).result()
        process.shutdown()


def share_of(processes: list[list[tuple[float, float]]]) -> float:
    """Return the part that the slowest one did of what the fastest did, from when each began on."""
    # 1. While all of them are at it: from when the last one began to when the first one ended.
    began = max(min(start for start, _ in moments) for moments in processes)
    ended = min(max(end for _, end in moments) for moments in processes)
    # 2. What each got done in that time.
    done = [sum(began < end <= ended for _, end in moments) for moments in processes]
    # 3. Too few changes to be at it at once: nothing is claimed of sharing.
    return min(done) / max(done) if any(done) else 0.0


class Worker:
    """What a process that appends holds; everything here runs in that process."""

    _work: ClassVar["Database"]

    @classmethod
    def open(cls, url: str) -> None:
        """Open the database at ``url``."""
        from antin.infra.database import open_database

        cls._work = open_database(url)

    @classmethod
    def append(cls, clients: int, share: int) -> list[tuple[float, float]]:
        """Let so many clients append; return when each change began and ended."""
        return append(cls._work, clients, share)

    @classmethod
    def size(cls) -> int:
        """Return how many entries there are."""
        return cls._work.read(lambda stores: stores.ledger.size())

    @classmethod
    def close(cls) -> None:
        """Close the database."""
        cls._work.close()
