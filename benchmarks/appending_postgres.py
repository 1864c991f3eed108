"""``ledger.append.*.postgres``: units of work a second, each with a business row and an entry.

The floor is what a program without a ledger does: as many times the same row, each in a transaction
of its own, by the same stores and settings of the connection.
"""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from benchmarks.appending import Runs, append, p99
from benchmarks.appending_many import Worker, end, share_of, workers
from benchmarks.runner import Figure

if TYPE_CHECKING:
    from antin.flows.unit_of_work import Done, Stores
    from antin.ledger.draft import Act

_Moments = list[tuple[float, float]]


@dataclass(frozen=True)
class AppendPostgres:
    """Clients, threads of one process, that add a row and an entry at a time on PostgreSQL.

    ``p99``: milliseconds in which 99 of 100 were answered. ``rows``: what the ledger takes of the
    unit of work alone; its floor is the same units of work whose changes append no entry.
    """

    name: str
    clients: int
    count: int
    most_runs: int = 5

    def make_files(self, folder: Path, runs: int) -> None:
        """Nothing: the server is made where it is used."""

    def load(self) -> None:
        """Import what appends."""
        import antin.infra.unit_of_work_postgres
        import antin.records.agency  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "AppendingPostgres":  # noqa: ARG002 — as the port has it
        """Start a server."""
        return AppendingPostgres(self)


class AppendingPostgres:
    """Appends ``count`` times in each run."""

    def __init__(self, benchmark: AppendPostgres) -> None:
        from antin.infra.database import open_database

        self._benchmark = benchmark
        self._stack = ExitStack()
        url = _server(self._stack)
        self._work = open_database(url)
        self._stack.callback(self._work.close)
        self._plain = Plain(url)
        self._stack.callback(self._plain.close)
        self._written = 0
        self._answered: _Moments = []
        self._without: _Moments = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let the clients append."""
        self._answered = self._clients(self._work)
        self._written += len(self._answered)

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Let the clients add their rows as if there were no ledger."""
        self._without = self._clients(self._plain)

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell how long it took until nearly all were answered, and what units of work cost."""
        start = perf_counter()
        rows = len(self._clients(_NoEntries(self._work))) / (perf_counter() - start)
        units = len(self._answered) / _seconds(self._answered)
        return (
            Figure("p99", p99(_took(self._answered)), "ms", p99(_took(self._without))),
            Figure("rows", units, "1/s", rows),
        )

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._work.read(lambda stores: stores.ledger.size()) == self._written

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()

    def _clients(self, work: Runs) -> _Moments:
        clients = self._benchmark.clients
        return append(work, clients, self._benchmark.count // clients)


@dataclass(frozen=True)
class AppendManyPostgres:
    """Processes, as of web servers and workers, whose clients append to one database.

    ``p99`` as for one process, ``share`` as for several on SQLite.
    """

    name: str
    processes: int
    clients: int
    count: int
    most_runs: int = 5

    def make_files(self, folder: Path, runs: int) -> None:
        """Nothing: the server is made where it is used."""

    def load(self) -> None:
        """Import nothing: the processes that append do."""

    def open(self, folder: Path) -> "AppendingManyPostgres":  # noqa: ARG002 — as the port has it
        """Start a server, and the processes."""
        return AppendingManyPostgres(self)


class AppendingManyPostgres:
    """Appends ``count`` times in each run, all processes together."""

    def __init__(self, benchmark: AppendManyPostgres) -> None:
        self._stack = ExitStack()
        url = _server(self._stack)
        self._processes: list[Executor] = workers(benchmark.processes, url)
        self._stack.callback(end, self._processes)
        for process in self._processes:
            process.submit(_PlainWorker.open, url).result()
        self._clients = benchmark.clients
        self._share = benchmark.count // benchmark.processes // benchmark.clients
        self._written = 0
        self._moments: list[_Moments] = []
        self._without: list[_Moments] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let every process append its part."""
        self._moments = self._in_all(Worker.append)
        self._written += sum(map(len, self._moments))

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Let every process add its rows as if there were no ledger."""
        self._without = self._in_all(_PlainWorker.append)

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell how long it took until nearly all were answered, and who got how much."""
        answered, without = (
            p99(_took(list(chain.from_iterable(all_)))) for all_ in (self._moments, self._without)
        )
        return (
            Figure("p99", answered, "ms", without),
            Figure("share", share_of(self._moments), "of 1", 1),
        )

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._processes[0].submit(Worker.size).result() == self._written

    def close(self) -> None:
        """End the processes, stop the server."""
        for process in self._processes:
            process.submit(_PlainWorker.close).result()
        self._stack.close()

    def _in_all(self, task: Callable[[int, int], _Moments]) -> list[_Moments]:
        parts = [one.submit(task, self._clients, self._share) for one in self._processes]
        return [part.result() for part in parts]


class Plain:
    """A program without a ledger: each change in a transaction of its caller's own."""

    def __init__(self, url: str) -> None:
        from sqlalchemy import create_engine

        self._engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=16,
            max_overflow=0,
            pool_pre_ping=True,
        )

    def run(self, act: "Act", change: "Callable[[Stores], Done[None]]") -> None:
        """Carry out ``change`` and commit; what it would append is left out."""
        from antin.infra.stores.all import SqlStores

        del act
        with self._engine.connect() as connection:
            change(SqlStores(connection, writes=True))
            connection.commit()

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()


class _PlainWorker:
    """What a process without a ledger holds; everything here runs in that process."""

    _plain: ClassVar[Plain]

    @classmethod
    def open(cls, url: str) -> None:
        cls._plain = Plain(url)

    @classmethod
    def append(cls, clients: int, share: int) -> _Moments:
        return append(cls._plain, clients, share)

    @classmethod
    def close(cls) -> None:
        cls._plain.close()


@dataclass(frozen=True)
class _NoEntries:
    """Units of work whose changes append nothing."""

    work: Any

    def run(self, act: "Act", change: "Callable[[Stores], Done[None]]") -> None:
        from antin.flows.unit_of_work import Done

        self.work.run(act, lambda stores: Done(change(stores).value))


def _server(stack: ExitStack) -> str:
    """Run a server until ``stack`` ends; return the URL of a migrated database on it."""
    from antin.infra.database import migrate
    from tests.postgres import running

    folder = Path(tempfile.mkdtemp(prefix="antin-pg-"))  # short: a socket's path has 107 bytes
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    server = stack.enter_context(running(folder))
    server.execute("CREATE DATABASE bench")
    migrate(server.url("bench"))
    return server.url("bench")


def _took(moments: _Moments) -> list[float]:
    return [end - start for start, end in moments]


def _seconds(moments: _Moments) -> float:
    return max(end for _, end in moments) - min(start for start, _ in moments)
