"""``ledger.append.*``: units of work a second, each with a business row and a ledger entry."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.runner import Figure

if TYPE_CHECKING:
    from antin.flows.unit_of_work import Done, Stores
    from antin.ledger.draft import Act

_PAGE = bytes(4096)


@dataclass(frozen=True)
class Append:
    """Clients, threads of one process, that add a row and an entry at a time to a SQLite file.

    Each waits for its commit before it goes on. The floor is as many writes of a page, each made
    durable by itself. ``p99``: milliseconds in which 99 of 100 were answered.
    """

    name: str
    clients: int
    count: int
    most_runs: int = 5

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make the database."""
        from antin.infra.database import migrate

        migrate(f"sqlite:///{folder}/antin.db")

    def load(self) -> None:
        """Import what appends."""
        import antin.infra.database
        import antin.records.agency  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Appending":
        """Open the database."""
        return Appending(folder, self)


class Appending:
    """Appends ``count`` times in each run."""

    def __init__(self, folder: Path, benchmark: Append) -> None:
        from antin.infra.database import open_database

        self._work = open_database(f"sqlite:///{folder}/antin.db")
        self._benchmark = benchmark
        self._pages = DurablePages(folder / "floor")
        self._written = 0
        self._answered: list[float] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let the clients append."""
        clients = self._benchmark.clients
        share = self._benchmark.count // clients
        self._answered = [end - start for start, end in append(self._work, clients, share)]
        self._written += share * clients

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Write a page and make it durable, as often."""
        self._pages.write(self._benchmark.count)

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell how long it took until nearly all were answered."""
        return (Figure("p99", p99(self._answered), "ms", p99(self._pages.took)),)

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._work.read(lambda stores: stores.ledger.size()) == self._written

    def close(self) -> None:
        """End the writer."""
        self._pages.close()
        self._work.close()


class DurablePages:
    """A file whose pages are written one by one, each made durable before the next."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.took: list[float] = []
        """Seconds for each page, of the last time."""

    def write(self, count: int) -> None:
        """Write so many pages."""
        moments = [time.perf_counter()]
        for at in range(count):
            os.pwrite(self._file, _PAGE, at * len(_PAGE))
            os.fdatasync(self._file)
            moments.append(time.perf_counter())
        self.took = [after - before for before, after in pairwise(moments)]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def p99(seconds: Sequence[float]) -> float:
    """Return the milliseconds that 99 of 100 took at most."""
    return 1000 * sorted(seconds)[int(len(seconds) * 0.99)]


class Runs(Protocol):
    """What carries a change out: a unit of work, or what it is compared with."""

    def run(self, act: "Act", change: "Callable[[Stores], Done[None]]") -> None:
        """Carry out ``change``."""
        ...


def append(work: Runs, clients: int, share: int) -> list[tuple[float, float]]:
    """Let so many clients append their share each; return when each change began and ended."""
    moments: list[tuple[float, float]] = []
    client = partial(_append, work, share, moments)
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return moments


def _append(work: Runs, share: int, moments: list[tuple[float, float]]) -> None:
    for _ in range(share):
        start = time.perf_counter()
        _append_one(work)
        moments.append((start, time.perf_counter()))


def _append_one(work: Runs) -> None:
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
        return Done(None, (entry,))

    work.run(act, change)
