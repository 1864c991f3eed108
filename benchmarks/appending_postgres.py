"""``ledger.append.*.postgres``: units of work a second, each with a business row and an entry."""

import secrets
import shutil
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.appending import p99
from benchmarks.runner import Figure


@dataclass(frozen=True)
class AppendPostgres:
    """Clients, threads of one process, that add a row and an entry at a time on PostgreSQL.

    The floor is as many of the same transactions without the entry.
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
        from antin.infra.database import migrate, open_database
        from tests.postgres import running

        self._benchmark = benchmark
        self._stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="antin-pg-"))  # short: a socket's path has 107 bytes
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = self._stack.enter_context(running(folder))
        server.execute("CREATE DATABASE bench")
        migrate(server.url("bench"))
        self._work = open_database(server.url("bench"))
        self._stack.callback(self._work.close)
        self._written = 0
        self._answered: list[float] = []
        self._without: list[float] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let the clients append."""
        self._answered = self._clients(entries=True)
        self._written += self._share * self._benchmark.clients

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Let the clients add their rows without an entry."""
        self._without = self._clients(entries=False)

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell how long it took until nearly all were answered."""
        return (Figure("p99", p99(self._answered), "ms", p99(self._without)),)

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._work.read(lambda stores: stores.ledger.size()) == self._written

    def close(self) -> None:
        """Stop the server."""
        self._stack.close()

    @property
    def _share(self) -> int:
        return self._benchmark.count // self._benchmark.clients

    def _clients(self, *, entries: bool) -> list[float]:
        """Return how long each unit of work took, in seconds."""
        waited: list[float] = []
        work = partial(self._client, waited, entries=entries)
        clients = [threading.Thread(target=work) for _ in range(self._benchmark.clients)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        assert len(waited) == self._share * self._benchmark.clients
        return waited

    def _client(self, waited: list[float], *, entries: bool) -> None:
        for _ in range(self._share):
            start = time.perf_counter()
            self._append(entries=entries)
            waited.append(time.perf_counter() - start)

    def _append(self, *, entries: bool) -> None:
        from antin.core.clock import SystemClock, to_micros
        from antin.core.ids import new_id
        from antin.flows.unit_of_work import Done, Stores
        from antin.ledger.draft import Act, Draft
        from antin.records.agency import Agency

        agency = Agency(id=new_id(), code=new_id(), name="Sở Nội vụ")
        now = to_micros(SystemClock().now())
        act = Act("system", new_id(), now, secrets.token_bytes(32))
        entry = Draft(f"agency/{agency.id}", "agency.added", {"code": agency.code})

        def change(stores: Stores) -> Done[None]:
            stores.agencies.add(agency)
            return Done(None, (entry,) if entries else ())

        self._work.run(act, change)
