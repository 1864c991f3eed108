"""``ledger.append.*``: units of work a second, each with a business row and a ledger entry."""

import os
import secrets
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_PAGE = bytes(4096)


@dataclass(frozen=True)
class Append:
    """Clients, threads of one process, that add a row and an entry at a time to a SQLite file.

    Each waits for its commit before it goes on. The floor is as many writes of a page, each made
    durable by itself.
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
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._written = 0

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Let the clients append."""
        share = self._benchmark.count // self._benchmark.clients
        work = partial(self._client, share)
        clients = [threading.Thread(target=work) for _ in range(self._benchmark.clients)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        self._written += share * self._benchmark.clients

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Write a page and make it durable, as often."""
        for at in range(self._benchmark.count):
            os.pwrite(self._file, _PAGE, at * len(_PAGE))
            os.fdatasync(self._file)

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that every entry is there."""
        assert self._work.read(lambda stores: stores.ledger.size()) == self._written

    def close(self) -> None:
        """End the writer."""
        os.close(self._file)
        self._work.close()

    def _client(self, share: int) -> None:
        for _ in range(share):
            self._append()

    def _append(self) -> None:
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

        self._work.run(act, change)
