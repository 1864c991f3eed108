"""A disk that is full, protected or broken stops appending; what was acknowledged is there."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from antin.infra.database import migrate, open_database
from tests.fault.appended import check
from tests.fault.failing_calls import failing
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer, running

THREADS = 6
KEY = MemoryNoteKey()
ROOT = Path(__file__).parents[2]
OWN_USERS = () if os.geteuid() == 0 else ("--map-root-user",)
"""What makes ``unshare`` mount for whoever runs the tests."""
pytestmark = [pytest.mark.real("strace"), pytest.mark.timeout(240)]


class Appender:
    """The process that appends, as its files tell of it."""

    def __init__(self, url: str, folder: Path, before: tuple[str, ...] = ()) -> None:
        self.folder = folder
        program = [sys.executable, "-m", "tests.fault.stubborn_appender", url, str(folder)]
        self.process = subprocess.Popen([*before, *program, str(THREADS)], cwd=ROOT)

    def told(self) -> list[list[str]]:
        """Return what each thread was told so far."""
        texts = [file.read_text() for file in self.folder.glob("told-*")]
        return [text.split("\n")[:-1] for text in texts]

    def wait(self, until: Callable[[list[str]], bool]) -> list[list[str]]:
        """Wait until that is true of what each thread was told, and return it."""
        while len(told := self.told()) < THREADS or not all(map(until, told)):
            assert self.process.poll() is None, "it ended"
            time.sleep(0.01)
        return told

    def wait_for_more(self) -> None:
        """Wait until each thread got something done that it had not done before."""
        least = max(len(one) for one in self.told()) if self.told() else 0
        self.wait(lambda told: told[least:].count("done") >= 10)

    def stop(self) -> None:
        """Let it end by itself."""
        (self.folder / "stop").touch()
        assert self.process.wait(60) == 0


@contextmanager
def appending(url: str, folder: Path, before: tuple[str, ...] = ()) -> Iterator[Appender]:
    """Let a process append, from before something fails until after."""
    appender = Appender(url, folder, before)
    try:
        yield appender
    finally:
        appender.process.kill()
        appender.process.wait()


def refused(told: list[str]) -> bool:
    return told[-3:].count("done") == 0 and len(told) > 3


def codes_of(told: list[list[str]]) -> set[str]:
    return {code for one in told for code in one} - {"done"}


def whole(url: str, folder: Path) -> None:
    work = open_database(url)
    check(work, folder, KEY)
    work.close()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        pytest.param("pwrite64", "ENOSPC", id="full"),
        pytest.param("pwrite64", "EROFS", id="read only"),
        pytest.param("fdatasync", "EIO", id="broken"),
    ],
)
def test_sqlite_goes_on_when_the_disk_does(tmp_path: Path, call: str, error: str) -> None:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    with appending(url, tmp_path) as appender:
        appender.wait_for_more()
        with failing([appender.process.pid], call, error):
            told = appender.wait(refused)
            assert codes_of(told) == {"storage_full"}
            for one in told:
                assert "done" not in one[one.index("storage_full") :], "none is acknowledged"
        appender.wait_for_more()
        appender.stop()
        assert codes_of(appender.told()) == {"storage_full"}
    whole(url, tmp_path)


_SMALL = """
set -e
mount -t tmpfs -o size=6m,mode=700 tmpfs "$DISK"
cp "$FROM"/antin.db "$DISK"
head -c 3500000 /dev/zero > "$DISK"/other
"$@"
cp "$DISK"/antin.db* "$TO"
"""
"""A disk of its own, which others fill, for a program; afterwards what is on it is kept."""


@pytest.mark.real("unshare")
def test_sqlite_goes_on_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call is made to fail: the disk really is full, and writes end halfway."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    migrate(f"sqlite:///{tmp_path}/antin.db")
    for name, folder in {"DISK": disk, "FROM": tmp_path, "TO": kept}.items():
        monkeypatch.setenv(name, str(folder))
    inside = ("unshare", *OWN_USERS, "--mount", "sh", "-c", _SMALL, "sh")
    with appending(f"sqlite:///{disk}/antin.db", tmp_path, inside) as appender:
        told = appender.wait(refused)
        assert codes_of(told) == {"storage_full"}
        Path(f"/proc/{appender.process.pid}/root{disk}/other").unlink()
        appender.wait_for_more()
        appender.stop()
    whole(f"sqlite:///{kept}/antin.db", tmp_path)


def test_sqlite_is_not_opened_on_a_disk_that_is_protected(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    script = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,bind,ro "{tmp_path}"'
    inside = ("unshare", *OWN_USERS, "--mount", "sh", "-c", f'{script} && "$@"', "sh")
    opening = f"from antin.infra.database import open_database; open_database({url!r})"
    done = subprocess.run(
        [*inside, sys.executable, "-c", opening], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "database_unavailable" in done.stderr.splitlines()[-1]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own: what happens to it happens to nobody else."""
    folder = Path(tempfile.mkdtemp(prefix="antin-pg-"))
    try:
        with running(folder) as one:
            one.execute("CREATE DATABASE own")
            migrate(one.url("own"))
            yield one
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(server: PostgresServer, query: str) -> list[str]:
    with psycopg.connect(f"host={server.folder} user=postgres dbname=own") as connection:
        return [str(value) for (value,) in connection.execute(query)]


_CLIENTS = "SELECT pid FROM pg_stat_activity WHERE datname = 'own' AND pid <> pg_backend_pid()"


@pytest.mark.real("postgres")
def test_postgres_goes_on_when_there_is_room_again(server: PostgresServer, tmp_path: Path) -> None:
    """The table of entries can't grow: PostgreSQL refuses what would need another page."""
    (table,) = ask(server, "SELECT pg_relation_filepath('ledger_entries')")
    with appending(server.url("own"), tmp_path) as appender:
        appender.wait_for_more()
        # Those who have to try by themselves open connections: they find no room either.
        processes = [server.pid, *map(int, ask(server, _CLIENTS))]
        with failing(processes, "pwrite64", "ENOSPC", server.folder / "data" / table):
            assert codes_of(appender.wait(refused)) == {"storage_full"}
        appender.wait_for_more()
        appender.stop()
    whole(server.url("own"), tmp_path)


@pytest.mark.real("postgres")
def test_postgres_that_may_not_write(server: PostgresServer, tmp_path: Path) -> None:
    with appending(server.url("own"), tmp_path) as appender:
        appender.wait_for_more()
        server.execute("ALTER DATABASE own SET default_transaction_read_only = on")
        ask(server, _CLIENTS.replace("pid FROM", "pg_terminate_backend(pid) FROM"))
        assert codes_of(appender.wait(refused)) == {"database_unavailable"}
        server.execute("ALTER DATABASE own SET default_transaction_read_only = off")
        ask(server, _CLIENTS.replace("pid FROM", "pg_terminate_backend(pid) FROM"))
        appender.wait_for_more()
        appender.stop()
    whole(server.url("own"), tmp_path)


@pytest.mark.real("postgres")
def test_postgres_whose_disk_is_broken_starts_anew(server: PostgresServer, tmp_path: Path) -> None:
    """It does not trust a disk that failed once: it ends all its processes and recovers."""
    started = "SELECT pg_postmaster_start_time() || ' ' || (pg_control_checkpoint()).redo_lsn"
    before = ask(server, started)
    with appending(server.url("own"), tmp_path) as appender:
        appender.wait_for_more()
        backends = map(int, ask(server, _CLIENTS))
        with failing(backends, "fdatasync", "EIO"):
            appender.wait(lambda told: "database_unavailable" in told)
        appender.wait_for_more()
        appender.stop()
        # The one whose commit it was may still be told why, the others that nobody answers.
        assert codes_of(appender.told()) - {"storage_full"} == {"database_unavailable"}
    assert ask(server, started) != before, "it recovered"
    whole(server.url("own"), tmp_path)
