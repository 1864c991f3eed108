"""Writers on one SQLite file whose statements fail at times: what is told is what happened."""

import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from antin.core.errors import AntinError, ConflictError, RefusedError
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database import migrate
from antin.infra.ledger import group
from antin.infra.sqlite_connections import driver_of
from antin.infra.unit_of_work_sqlite import SqliteUnitOfWork
from tests.ledgers import checkpoint, codes, verify
from tests.notekey import MemoryNoteKey
from tests.rows import a_draft, an_act, an_agency

WRITERS, THREADS, CHANGES = 2, 4, 25
WAYS = ("adds",) * 6 + ("fails", "writes and fails", "refuses", "reads", "leaves", "bad entry")
OWN = {"field_missing", "seal_in_progress", "json_malformed"}
"""Codes of changes that failed by themselves: they left nothing behind."""


class LeavesError(BaseException):
    """As SystemExit in a change."""


class Flaky:
    """A driver's connection whose disk fails by chance, before or after it did as told."""

    def __init__(self, real: Any, dice: random.Random) -> None:
        self._real = real
        self._dice = dice

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> Any:
        return self._by_chance(lambda: self._real.execute(sql, *values))

    def executemany(self, sql: str, rows: Any) -> Any:
        return self._by_chance(lambda: self._real.executemany(sql, rows))

    def _by_chance(self, run: Callable[[], Any]) -> Any:
        chance = self._dice.random()
        if chance < 0.01:
            self._fail(ends=chance < 0.005)
        done = run()
        if chance > 0.995:
            done.close()
            self._fail(ends=False)
        if chance > 0.95:
            time.sleep(chance / 1000)
        return done

    def _fail(self, *, ends: bool) -> None:
        """Fail, and give up the transaction as SQLite does where a disk is full."""
        if ends and self._real.in_transaction:
            self._real.execute("ROLLBACK")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        error.sqlite_errorname = "SQLITE_IOERR"
        raise error


def change(way: str, code: str) -> Callable[[Stores], Any]:
    def run(stores: Stores) -> Done[Any] | Refused:
        if way == "fails":
            raise RefusedError("field_missing", field="name")
        if way == "reads":
            stores.ledger.size()
        agency = an_agency(code)
        stores.agencies.add(agency)
        if way == "writes and fails":
            raise RefusedError("field_missing", field="name")
        if way == "leaves":
            raise LeavesError
        if way == "refuses":
            return Refused(ConflictError("seal_in_progress"), (a_draft("document/refused"),))
        entries = (
            a_draft(f"agency/{agency.id}"),
            a_draft(amount=2**53 if way == "bad entry" else 1),
        )
        return Done(code, entries)

    return run


def told(work: SqliteUnitOfWork, way: str, code: str) -> str:
    try:
        return "done" if work.run(an_act(), change(way, code)) == code else "another's answer"
    except AntinError as error:
        return error.code
    except LeavesError:
        return "left"


@pytest.mark.parametrize("seed", range(2))
def test_who_is_told_that_it_is_done_can_rely_on_it(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    fates = random.Random(seed)  # noqa: S311 — no secret
    for module in ("antin.infra.sqlite_writer", group.__name__):
        monkeypatch.setattr(f"{module}.driver_of", lambda c: Flaky(driver_of(c), fates))
    works = [SqliteUnitOfWork(tmp_path / "antin.db", lock_timeout=10) for _ in range(WRITERS)]
    outcomes: dict[str, str] = {}

    def caller(number: int) -> None:
        dice = random.Random(number)  # noqa: S311 — no secret
        for _ in range(CHANGES):
            code = new_id()
            outcomes[code] = told(works[number % WRITERS], dice.choice(WAYS), code)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    threads = [
        threading.Thread(target=caller, args=(number,), daemon=True)
        for number in range(WRITERS * THREADS)
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    sys.setswitchinterval(usual)
    assert len(outcomes) == WRITERS * THREADS * CHANGES, "somebody waits for good"
    monkeypatch.undo()
    for work in works:
        work.close()
    require_true(tmp_path / "antin.db", outcomes)


def require_true(path: Path, outcomes: dict[str, str]) -> None:
    work, key = SqliteUnitOfWork(path), MemoryNoteKey()
    rows = work.read(lambda s: s.agencies.list())
    entries = work.read(lambda s: tuple(s.ledger.entries(0, 10_000)))
    there = {agency.code for agency in rows}
    for code, outcome in outcomes.items():
        assert code in there or outcome != "done"
        assert code not in there or outcome not in OWN | {"left"}, outcome
    shared = {"agency/one", "document/refused"}
    assert {one.stream for one in entries} - shared == {f"agency/{one.id}" for one in rows}
    assert "another's answer" not in outcomes.values()
    checkpoint(work, key)
    assert codes(verify(work, key)) == set()
    work.close()
