"""A PostgreSQL server that crashes: what was acknowledged is on its disk."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.flows.unit_of_work import Done, UnitOfWork
from antin.infra.database import migrate, open_database
from tests.ledgers import codes, verify
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer, running
from tests.rows import a_draft, an_act

pytestmark = pytest.mark.real("postgres")
KEY = MemoryNoteKey()
ROUNDS, THREADS, ENOUGH = 3, 8, 200


@pytest.fixture(params=["on", "off"])
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server that writes its log when a commit waits for it, and hardly ever by itself.

    By its own setting commits wait, or don't: ours do.
    """
    folder = Path(tempfile.mkdtemp(prefix="antin-pg-"))
    try:
        with running(folder, wal_writer_delay="10000ms", synchronous_commit=request.param) as one:
            one.execute("CREATE DATABASE crashed")
            migrate(one.url("crashed"))
            yield one
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def append(work: UnitOfWork, thread: int, acknowledged: list[str]) -> None:
    """Append until the server is gone."""
    while True:
        act = an_act()
        try:
            work.run(act, lambda _: Done(None, (a_draft(f"agency/{thread}"), a_draft())))
        except AntinError:
            return
        acknowledged.append(act.request)


def test_what_was_acknowledged_outlives_a_crash(server: PostgresServer) -> None:
    acknowledged: list[str] = []
    for _ in range(ROUNDS):
        work = open_database(server.url("crashed"))
        before = len(acknowledged)
        writers = [
            threading.Thread(target=append, args=(work, number, acknowledged))
            for number in range(THREADS)
        ]
        for one in writers:
            one.start()
        while len(acknowledged) < before + ENOUGH:
            writers[0].join(0.01)
        server.stop_at_once()
        for one in writers:
            one.join(30)
        work.close()
        server.start()
    work = open_database(server.url("crashed"))
    rows = work.read(lambda s: [(r.request, r.ordinal) for r in s.ledger.entries(0, 10**9)])
    assert len(rows) == len(set(rows)), "none twice"
    requests = {request for request, _ in rows}
    assert len(rows) == 2 * len(requests), "both entries of a request, or none"
    assert set(acknowledged) <= requests, "none lost"
    assert codes(verify(work, KEY)) <= {"checkpoint_none"}
    work.close()
