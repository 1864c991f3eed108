"""A real PostgreSQL server for tests: made by initdb in a temporary folder, gone afterwards.

It runs as an unprivileged user and is reached by a socket in a folder of its own, so that nothing
of the machine is touched and several test processes don't meet. Databases are copies of a
template that was migrated once.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from antin.infra.database import migrate
from antin.infra.database_roles import RoleNames, roles_sql

_USERS: Final = ("postgres", "nobody")
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 — a folder of an unforeseeable name is made there
_ROOM: Final = 8_000_000_000
"""Bytes; what the databases of two test processes come to at the most, and as much again."""
_STARTED: Final = "database system is ready to accept connections"


@dataclass
class PostgresServer:
    """A running server."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    copies_by: str = "wal_log"
    """How databases are copied: file by file is quicker only where making durable costs nothing."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        """Start it; what a crash left behind is recovered first."""
        self._process = _start(self.folder, self.settings)

    def stop_at_once(self) -> None:
        """End it as a crash does: nothing that is only in its memory is kept."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    @property
    def pid(self) -> int:
        """The process that all others of the server are forked from."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def execute(self, statement: Any, database: str = "postgres") -> None:
        """Run a statement as the superuser, past everything of ours."""
        where = f"host={self.folder} user=postgres dbname={database}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, *, migrated: bool = True) -> str:
        """Return the URL of a fresh database, migrated or without any table."""
        name = f"test_{next(self._numbers)}"
        template = "migrated" if migrated else "template0"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {self.copies_by}")
        return self.url(name)

    def new_database_with_roles(self) -> str:
        """Return the URL of a fresh database with roles of production, as its service's role."""
        name = database_of(self.new_database())
        self.execute(roles_sql(RoleNames()).encode(), name)
        return self.url(name, RoleNames().service)


def database_of(url: str) -> str:
    """Return the name of the database in ``url``."""
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the test process, started when the first test asks for it."""
    with running_server() as server:
        yield server


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Run a server with a migrated template until it is not needed any more.

    Each test's database has 8 MB: on a disk, copying it takes longer than many a test.
    """
    in_memory = _MEMORY if _has_room(_MEMORY) else None
    # A short name: a socket's path has 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="antin-pg-", dir=in_memory))
    try:
        with running(folder) as server:
            server.copies_by = "file_copy" if in_memory else "wal_log"
            server.execute("CREATE DATABASE migrated")
            migrate(server.url("migrated"))
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of a database of this test's own."""
    return postgres_server.new_database()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[PostgresServer]:
    """Run a server of one's own in ``folder``, with more ``settings``."""
    user = _unprivileged_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"]
    _as(user, [_binary("initdb"), "-D", str(data), "--locale=C.UTF-8", *options])
    server = PostgresServer(folder, settings)
    server.start()
    try:
        yield server
    finally:
        server.stop_at_once()


def _start(folder: Path, settings: Mapping[str, str]) -> "subprocess.Popen[str]":
    user = _unprivileged_user()
    every = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "logging_collector": "off",
        "max_connections": "100",
        **settings,
    }
    arguments = [part for name, value in every.items() for part in ("-c", f"{name}={value}")]
    process = subprocess.Popen(
        [_binary("postgres"), "-D", str(folder / "data"), *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if _STARTED in line:
            # Nobody reads on: a full pipe would stop the server in the middle of a test.
            threading.Thread(target=deque, args=(process.stderr, 0), daemon=True).start()
            return process
    pytest.fail("PostgreSQL did not start:\n" + "".join(said))


def _as(user: pwd.struct_passwd | None, command: list[str]) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return who the server is to run as: PostgreSQL refuses root. None: who we are."""
    if os.getuid() != 0:
        return None
    known = {one.pw_name: one for one in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _binary(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    assert found, f"{name} is not installed"
    return found
