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
        # One pool for each process, so that each gets its part and no other.
        self._processes: list[Executor] = [
            ProcessPoolExecutor(1, get_context("spawn"), _Worker.open, (folder,))
            for _ in range(benchmark.processes)
        ]
        self._benchmark = benchmark
        self._pages = DurablePages(folder / "floor")
        self._written = 0
        self._moments: list[list[tuple[float, float]]] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let every process append its part."""
        clients = self._benchmark.clients
        share = self._benchmark.count // self._benchmark.processes // clients
        parts = [one.submit(_Worker.append, clients, share) for one in self._processes]
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
            Figure("share", _share(self._moments), "of 1", 1),
        )

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._processes[0].submit(_Worker.size).result() == self._written

    def close(self) -> None:
        """End the processes."""
        self._pages.close()
        for process in self._processes:
            process.submit(_Worker.close).result()
            process.shutdown()


def _share(processes: list[list[tuple[float, float]]]) -> float:
    # 1. While all of them are at it: from when the last one began to when the first one ended.
    began = max(min(start for start, _ in moments) for moments in processes)
    ended = min(max(end for _, end in moments) for moments in processes)
    # 2. What each got done in that time.
    done = [sum(began < end <= ended for _, end in moments) for moments in processes]
    # 3. Too few changes to be at it at once: nothing is claimed of sharing.
    return min(done) / max(done) if any(done) else 0.0


class _Worker:
    """What a process that appends holds."""

    _work: ClassVar["Database"]

    @classmethod
    def open(cls, folder: Path) -> None:
        from antin.infra.database import open_database

        cls._work = open_database(f"sqlite:///{folder}/antin.db")

    @classmethod
    def append(cls, clients: int, share: int) -> list[tuple[float, float]]:
        return append(cls._work, clients, share)

    @classmethod
    def size(cls) -> int:
        return cls._work.read(lambda stores: stores.ledger.size())

    @classmethod
    def close(cls) -> None:
        cls._work.close()
