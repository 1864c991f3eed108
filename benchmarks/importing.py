"""``ledger.import.*`` and ``ledger.bulk.*``: entries a second from another system's change log."""

import hashlib
import json
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STREAMS = 1_000
_RUNS = 3


@dataclass(frozen=True)
class ImportHistory:
    """A file of ``count`` lines, brought by the flow that the command calls.

    Into a ledger with nothing but its agencies' entries (``ledger.import``); or, ``live``, into one
    of as many entries, while somebody else appends. The floor is the SHA-256 of each line, twice:
    what it commits to and the leaf.
    """

    name: str
    count: int
    live: bool = False
    most_runs: int = _RUNS

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — one file does for all runs
        """Write the lines."""
        with (folder / "old.jsonl").open("w") as file:
            for number in range(self.count):
                file.write(json.dumps(_line(number), ensure_ascii=False) + "\n")

    def load(self) -> None:
        """Import what imports."""
        import antin.flows.audit.importing
        import antin.infra.database
        import antin.infra.ledger.history  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Importing":
        """Make a database for each run."""
        return Importing(self, folder)


class Importing:
    """Brings the file once in each run."""

    def __init__(self, benchmark: ImportHistory, folder: Path) -> None:
        self._benchmark = benchmark
        self._lines = folder / "old.jsonl"
        self._stack = ExitStack()
        make = self._databases(folder)
        one = make() if benchmark.live else ""
        self._urls = [one or make() for _ in range(_RUNS + 1)]
        if one:
            self._bring(one, "before")

    def value(self, number: int) -> None:
        """Bring it."""
        url = self._urls[number]
        if not self._benchmark.live:
            assert self._bring(url, "old") == self._benchmark.count
            return
        done = threading.Event()
        other = threading.Thread(target=_append_until, args=(url, done))
        other.start()
        try:
            assert self._bring(url, f"run{number}") == self._benchmark.count
        finally:
            done.set()
            other.join()

    def floor(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Hash each line twice."""
        with self._lines.open("rb") as file:
            for line in file:
                hashlib.sha256(hashlib.sha256(line).digest() + line).digest()

    def check(self, number: int) -> None:
        """See that they are there."""
        from antin.infra.database import open_database

        work = open_database(self._urls[number])
        size = work.read(lambda stores: stores.ledger.size())
        work.close()
        assert size >= self._benchmark.count

    def close(self) -> None:
        """Stop the server, if there is one."""
        self._stack.close()

    def _bring(self, url: str, source: str) -> int:
        from antin.core.clock import SystemClock
        from antin.flows.audit.importing import import_history
        from antin.infra.database import open_database
        from antin.infra.ledger.history import HistoryFile, open_history
        from antin.records.grants import Principal, Role

        @dataclass(frozen=True)
        class Parts:
            work: Any
            clock: SystemClock

        roles = frozenset((Role.ADMINISTRATOR, f"a{number}") for number in range(_STREAMS))
        parts: Any = Parts(open_database(url), SystemClock())
        history = HistoryFile(self._lines, source)
        principal = Principal("admin", "admin", roles)
        log = open_history(url)
        try:
            return import_history(parts, principal, history, log).appended
        finally:
            log.close()
            parts.work.close()

    def _databases(self, folder: Path) -> Callable[[], str]:
        """Return what makes a fresh database."""
        from antin.infra.database import migrate

        numbers = iter(range(100))
        if self._benchmark.name.endswith("sqlite"):

            def on_sqlite() -> str:
                url = f"sqlite:///{folder}/{next(numbers)}.db"
                migrate(url)
                return url

            return on_sqlite
        from tests.postgres import running

        home = Path(tempfile.mkdtemp(prefix="antin-pg-"))  # short: a socket's path has 107 bytes
        self._stack.callback(shutil.rmtree, home, ignore_errors=True)
        server = self._stack.enter_context(running(home))

        def on_postgres() -> str:
            name = f"bench{next(numbers)}"
            server.execute(f"CREATE DATABASE {name}")
            migrate(server.url(name))
            return server.url(name)

        return on_postgres


def _line(number: int) -> dict[str, object]:
    return {
        "stream": f"agency/a{number * 7919 % _STREAMS}",
        "id": f"ev-{number:08}",
        "at": f"2016-03-{1 + number % 28:02}T08:00:00Z",
        "actor": "Nguyễn Văn A",
        "action": "Cập nhật hồ sơ",
        "facts": {"field": "title", "old": f"Công văn số {number}", "new": f"Quyết định {number}"},
    }


def _append_until(url: str, done: threading.Event) -> None:
    """Append one entry after the other, as somebody does who works meanwhile."""
    import secrets

    from antin.core.ids import new_id
    from antin.flows.unit_of_work import Done
    from antin.infra.database import open_database
    from antin.ledger.draft import Act, Draft

    work = open_database(url)
    entry = Draft("agency/other", "thing.happened", {"title": "Công văn"})
    while not done.wait(0.02):
        act = Act("other", new_id(), 1, secrets.token_bytes(32))
        work.run(act, lambda _: Done(None, (entry,)))
    work.close()
