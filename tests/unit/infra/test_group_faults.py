"""Groups of changes whose every step fails at times: nobody is told wrong, nobody waits for good.

The database is a fake one that counts commits; the line, the groups and the unit of work are real.
"""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Engine, exc

from antin.core.errors import AntinError, ConflictError, IntegrityError, RefusedError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra import line, postgres_group, unit_of_work_postgres
from antin.infra.unit_of_work_postgres import PostgresUnitOfWork
from tests.rows import an_act

THREADS, CHANGES = 6, 120
WAYS = ("adds",) * 6 + ("fails", "writes and fails", "refuses", "conflicts", "reads", "hides")
OWN = {"field_missing", "seal_in_progress"}
"""Codes of changes that failed by themselves: they left nothing behind."""


class GoesAwayError(BaseException):
    """As Ctrl-C."""


def broken() -> exc.OperationalError:
    return exc.OperationalError(None, None, RuntimeError("the connection broke"))


class FakeConnection:
    """A transaction that keeps names of changes until they are committed."""

    def __init__(self, database: "FakeDatabase") -> None:
        self.database = database
        self.info: dict[str, int] = {}
        self.written: list[object] = []
        self.driver = SimpleNamespace(info=SimpleNamespace())
        self.status = TransactionStatus.IDLE
        self.connection = SimpleNamespace(driver_connection=self.driver)

    @property
    def status(self) -> TransactionStatus:
        return cast("TransactionStatus", self.driver.info.transaction_status)

    @status.setter
    def status(self, status: TransactionStatus) -> None:
        self.driver.info.transaction_status = status

    def write(self, name: object) -> None:
        self.status = TransactionStatus.INTRANS
        self.written.append(name)
        written = postgres_group._WRITTEN
        self.info[written] = self.info.get(written, 0) + 1

    def exec_driver_sql(self, _: str) -> None:
        self.database.may_fail(broken, self, TransactionStatus.UNKNOWN)
        self.status = TransactionStatus.INTRANS


class FakeDatabase:
    """Fails by chance, and counts how often each change was committed."""

    def __init__(self, seed: int) -> None:
        self.commits: Counter[object] = Counter()
        self.dice = random.Random(seed)  # noqa: S311 — no secret
        self._lock = threading.Lock()

    def dawdle(self) -> None:
        if self.dice.random() < 0.1:
            time.sleep(self.dice.random() / 1000)

    def may_fail(
        self,
        error: Callable[[], BaseException],
        connection: FakeConnection | None = None,
        status: TransactionStatus = TransactionStatus.UNKNOWN,
    ) -> None:
        if self.dice.random() < (0.003 if error is GoesAwayError else 0.03):
            if connection is not None:
                connection.status = status
            raise error()

    @contextmanager
    def connect(self) -> Iterator[FakeConnection]:
        self.dawdle()
        for error in (exc.TimeoutError, broken, GoesAwayError):
            self.may_fail(error)
        yield FakeConnection(self)

    def dispose(self, *, close: bool = True) -> None:
        del close

    def commit(self, connection: FakeConnection, _: object) -> None:
        self.dawdle()
        if connection.status in {TransactionStatus.INERROR, TransactionStatus.UNKNOWN}:
            raise broken()
        self.may_fail(broken, connection, TransactionStatus.INERROR)  # it surely did not happen
        for error in (broken, GoesAwayError):  # it did not, and nobody can know
            self.may_fail(error, connection)
        with self._lock:
            self.commits.update(connection.written)
        connection.written.clear()
        connection.status = TransactionStatus.IDLE
        self.may_fail(broken, connection)  # it did, and the answer is lost
        self.may_fail(lambda: IntegrityError("ledger_inconsistent", detail="other entries"))
        self.may_fail(GoesAwayError)

    def append(self, connection: FakeConnection, _: object) -> None:
        self.may_fail(broken, connection, TransactionStatus.INERROR)


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeDatabase:
    made = FakeDatabase(request.param)
    for module in (postgres_group, unit_of_work_postgres):
        monkeypatch.setattr(module, "append_and_commit", made.commit)
        monkeypatch.setattr(module, "appended", lambda _, drafts: SimpleNamespace(drafts=drafts))
    monkeypatch.setattr(postgres_group, "append", made.append)
    monkeypatch.setattr(line, "_PATIENCE", (0.001, 0.005, 15)[request.param % 3])
    monkeypatch.setattr(line, "_BESIDE", 0.01)
    return made


def opened(database: FakeDatabase) -> PostgresUnitOfWork:
    work = PostgresUnitOfWork(URL.create("postgresql+psycopg"), lock_timeout=1)
    work._engine = work._groups = cast("Engine", database)
    return work


def change(way: str, name: object, database: FakeDatabase) -> Callable[[Stores], Any]:
    again: list[bool] = []

    def run(stores: Stores) -> Done[Any] | Refused:
        connection = cast("FakeConnection", stores.ledger._held)  # type: ignore[attr-defined] # the real one
        database.dawdle()
        database.may_fail(GoesAwayError)
        if way == "fails":
            raise RefusedError("field_missing", field="name")
        if way == "conflicts" and not again:
            again.append(True)
            raise ConflictError("already_exists", what="row")
        if way == "reads":
            _ = stores.ledger._connection  # type: ignore[attr-defined] # as above
        connection.write(name)
        if way == "writes and fails":
            raise RefusedError("field_missing", field="name")
        if way == "refuses":
            return Refused(ConflictError("seal_in_progress"), ())
        if way == "hides":
            connection.status = TransactionStatus.INERROR
        return Done(name, cast("Any", ("draft",)))

    return run


def told(work: PostgresUnitOfWork, run: Callable[[Stores], Any], name: object) -> str:
    try:
        return "done" if work.run(an_act(), run) == name else "somebody else's answer"
    except AntinError as error:
        return error.code
    except GoesAwayError:
        return "went away"


@pytest.mark.parametrize("database", range(6), indirect=True)
def test_who_is_told_that_it_is_done_can_rely_on_it(database: FakeDatabase) -> None:
    work, outcomes = opened(database), dict[object, str]()

    def caller(number: int) -> None:
        dice = random.Random(number)  # noqa: S311 — no secret
        for name in ((number, count) for count in range(CHANGES)):
            outcomes[name] = told(work, change(dice.choice(WAYS), name, database), name)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    threads = [
        threading.Thread(target=caller, args=(number,), daemon=True) for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    sys.setswitchinterval(usual)
    assert len(outcomes) == THREADS * CHANGES, "somebody waits for good"
    for name, outcome in outcomes.items():
        assert database.commits[name] <= 1, (name, outcome)
        assert database.commits[name] == 1 or outcome != "done", (name, outcome)
        assert database.commits[name] == 0 or outcome not in OWN, (name, outcome)
    assert "somebody else's answer" not in outcomes.values()
    assert (work._line._leaders, work._inside) == (0, set())
    assert not any(one.begin() for one in work._line._waiting)
