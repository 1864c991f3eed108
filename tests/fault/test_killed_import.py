"""An import that is killed: running it again goes on, and nothing is there twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from antin.core.clock import SystemClock
from antin.infra.database import migrate, open_database
from antin.infra.ledger.history import HistoryFile, open_history
from tests.histories import a_file, a_line, batches
from tests.ledgers import checkpoint, codes, verify
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
KEY = MemoryNoteKey()
LINES = 20_000
ROUNDS = 20 if os.environ.get("ANTIN_SOAK") else 3
PROGRAM = """
import sys
from pathlib import Path
from antin.core.clock import SystemClock
from antin.infra.ledger.history import HistoryFile, open_history
from tests.histories import batches

if __name__ == "__main__":
    url, path, way = sys.argv[1:]
    log = open_history(url)
    file = HistoryFile(Path(path), "hoso")
    print("begun", flush=True)
    if way == "fill":
        assert log.fill(file.each, "user-1", SystemClock())
    else:
        for batch in batches(file):
            log.append(batch, "user-1", SystemClock())
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.new_database()
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    return url


def size(url: str) -> int:
    work = open_database(url)
    try:
        return work.read(lambda stores: stores.ledger.size())
    finally:
        work.close()


def readers_of(process: "subprocess.Popen[bytes]") -> list[int]:
    """Return the processes that it started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(one) for one in children.split()]


def killed(url: str, file: HistoryFile, way: str, moment: random.Random) -> None:
    """Run an import and kill it at any moment; whoever reads for it ends, too."""
    before = size(url)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, str(file.path), way],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    while way == "append" and process.poll() is None and size(url) == before:
        time.sleep(0.01)
    time.sleep(moment.uniform(0, 0.3))
    readers = readers_of(process) if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    while any(Path(f"/proc/{one}").exists() for one in readers):
        time.sleep(0.01)


@pytest.mark.timeout(280)
@pytest.mark.soak
@pytest.mark.parametrize("way", ["fill", "append"])
def test_a_killed_import_goes_on(url: str, tmp_path: Path, way: str) -> None:
    moment = random.Random(way)  # noqa: S311 — moments, not secrets
    file = a_file(tmp_path, (a_line(number) for number in range(LINES)))
    for _ in range(ROUNDS):
        killed(url, file, way, moment)
        assert way == "append" or size(url) in {0, LINES}, "all of it or nothing"
    log = open_history(url)
    if way == "append" or size(url) == 0:
        sum(log.append(one, "user-1", SystemClock()) for one in batches(file))
    log.close()
    work = open_database(url)
    rows = work.read(lambda s: [row.request for row in s.ledger.entries(0, 10**9)])
    assert rows == [f"import/hoso/ev-{number}" for number in range(LINES)]
    checkpoint(work, KEY)
    report = verify(work, KEY)
    assert codes(report) == set()
    report.raise_if_not_passed()
    work.close()
