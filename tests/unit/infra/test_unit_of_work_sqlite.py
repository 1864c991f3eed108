"""The writer thread on SQLite: groups, failures of the disk, other processes, forks."""

import multiprocessing
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from antin.core.errors import AntinError, DefectError, UnavailableError
from antin.flows.unit_of_work import Done, Stores
from antin.infra import sqlite_writer
from antin.infra.changes import Change
from antin.infra.database import migrate
from antin.infra.file_lock import FileLock
from antin.infra.sqlite_connections import driver_of
from antin.infra.sqlite_writer import Writer
from antin.infra.unit_of_work_sqlite import SqliteUnitOfWork
from tests.ledgers import append
from tests.rows import a_draft, an_act, an_agency, store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    return tmp_path / "antin.db"


@pytest.fixture
def work(path: Path) -> Iterator[SqliteUnitOfWork]:
    one = SqliteUnitOfWork(path, lock_timeout=10)
    yield one
    one.close()


def size(work: SqliteUnitOfWork) -> int:
    return work.read(lambda s: s.ledger.size())


def pragma(work: SqliteUnitOfWork, name: str) -> Any:
    """Return a pragma's value on the writing connection."""

    def change(stores: Stores) -> Done[Any]:
        connection = stores.ledger._connection  # type: ignore[attr-defined] # the real one
        return Done(connection.exec_driver_sql(f"PRAGMA {name}").scalar())

    return work.run(an_act(), change)


def test_what_is_acknowledged_survives_a_power_failure(work: SqliteUnitOfWork) -> None:
    assert pragma(work, "journal_mode") == "wal"
    assert pragma(work, "synchronous") == 2, "FULL"
    assert pragma(work, "foreign_keys") == 1


def test_files_are_for_their_owner(work: SqliteUnitOfWork, path: Path) -> None:
    append(work, "agency/a")
    for file in path.parent.glob("antin.db*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


class Gate:
    """Holds the writer inside a first change, while others come to wait behind it.

    ``alone``: in the caller's own thread, which is what happens where nobody else is at work.
    """

    def __init__(self, work: SqliteUnitOfWork, *, alone: bool = False) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self.ended: object = None
        self._work = work
        self._alone = alone
        self.thread = threading.Thread(target=self._hold)
        self.thread.start()
        assert self.entered.wait(20)

    def _hold(self) -> None:
        def change(_: Stores) -> Done[bool]:
            self.entered.set()
            self.open.wait(20)
            return Done(threading.current_thread() is self.thread)

        with nullcontext() if self._alone else patch.object(Writer, "reserve", return_value=False):
            self.ended = self._work.run(an_act(), change)


class Caller(threading.Thread):
    """Runs one change in a thread of its own and keeps how it ended."""

    def __init__(self, work: SqliteUnitOfWork, change: Any) -> None:
        super().__init__()
        self.ended: Any = None
        self._job = (work, change)
        self.start()

    def run(self) -> None:
        work, change = self._job
        try:
            self.ended = work.run(an_act(), change)
        except AntinError as error:
            self.ended = error.code


def behind(work: SqliteUnitOfWork, gate: Gate, changes: list[Any]) -> list[Any]:
    """Queue ``changes`` in this order behind the gate, open it, return how they ended."""
    assert work._writer is not None
    callers = []
    for count, change in enumerate(changes, 1):
        callers.append(Caller(work, change))
        while work._writer._queue.qsize() < count:
            callers[-1].join(0.001)
    gate.open.set()
    for caller in [*callers, gate.thread]:
        caller.join(20)
    return [caller.ended for caller in callers]


def commits(work: SqliteUnitOfWork) -> list[str]:
    """Return a list that grows with each COMMIT of the writing connection."""
    seen: list[str] = []

    @event.listens_for(work._writing, "connect")
    def watch(connection: Any, record: object) -> None:
        connection.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)

    return seen


def entry(_: Stores) -> Done[str]:
    return Done("done", (a_draft(),))


def test_those_who_wait_share_a_commit(work: SqliteUnitOfWork) -> None:
    seen = commits(work)
    assert behind(work, Gate(work), [entry] * 20) == ["done"] * 20
    assert len(seen) == 2, "one for the gate, one for all the others"
    assert size(work) == 20


def test_those_who_were_served_together_are_awaited(
    work: SqliteUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = commits(work)
    behind(work, Gate(work), [entry] * 5)
    seen.clear()
    monkeypatch.setattr(sqlite_writer, "_MOMENT", 9)
    callers = []
    for _ in range(5):  # one after the other, as they come back when they were answered
        callers.append(Caller(work, entry))
        callers[-1].join(0.01)
    for caller in callers:
        caller.join(20)
    assert [caller.ended for caller in callers] == ["done"] * 5
    assert len(seen) == 1


def test_nobody_is_awaited_for_long(
    work: SqliteUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind(work, Gate(work), [entry] * 5)
    assert work.run(an_act(), entry) == "done"  # the others never come: a moment is enough
    monkeypatch.setattr(sqlite_writer, "_MOMENT", 100)
    assert work.run(an_act(), entry) == "done"  # and who was alone last time waits for nobody


def test_one_that_fails_leaves_the_others_alone(work: SqliteUnitOfWork) -> None:
    def fails(stores: Stores) -> Done[None]:
        stores.agencies.add(an_agency())
        stores.agencies.add(an_agency())
        return Done(None, (a_draft(),))

    ends = behind(work, Gate(work), [entry, fails, entry])
    assert ends == ["done", "already_exists", "done"]
    assert size(work) == 2
    assert work.read(lambda s: s.agencies.list()) == ()


def test_a_full_disk_acknowledges_nobody(work: SqliteUnitOfWork) -> None:
    """SQLite gives up the transaction: what earlier changes of the group did is gone too."""
    limit = pragma(work, "page_count") + 20

    def fills(stores: Stores) -> Done[None]:
        connection = stores.ledger._connection  # type: ignore[attr-defined] # the real one
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")
        return Done(None, (a_draft(text="x" * 500_000),))

    before = size(work)
    ends = behind(work, Gate(work), [entry, fills, entry])
    assert ends == ["storage_full"] * 3
    assert size(work) == before
    append(work, "agency/a")  # on a fresh connection, with the limit gone
    assert size(work) == before + 1


def test_a_commit_that_fails_acknowledges_nobody(
    work: SqliteUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        """A driver's connection whose disk fails at COMMIT."""

        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def execute(self, sql: str) -> Any:
            if sql == "COMMIT":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
                raise error
            return self._real.execute(sql)

    monkeypatch.setattr(
        "antin.infra.sqlite_writer.driver_of", lambda connection: Failing(driver_of(connection))
    )
    with pytest.raises(UnavailableError) as caught:
        append(work, "agency/a")
    assert caught.value.code == "storage_full"
    monkeypatch.undo()
    assert size(work) == 0
    append(work, "agency/a")
    assert size(work) == 1


def test_who_waits_too_long_is_told_and_the_change_never_happens(path: Path) -> None:
    impatient = SqliteUnitOfWork(path, lock_timeout=0.2)
    elsewhere = FileLock(path.with_name(path.name + ".lock"))
    with elsewhere, pytest.raises(UnavailableError) as caught:
        append(impatient, "agency/a")
    assert caught.value.code == "database_busy"
    elsewhere.close()
    impatient.close()
    fresh = SqliteUnitOfWork(path)
    assert size(fresh) == 0
    fresh.close()


def test_a_lock_of_somebody_who_knows_nothing_of_us(path: Path) -> None:
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    impatient = SqliteUnitOfWork(path, lock_timeout=0.2)
    with pytest.raises(UnavailableError) as caught:
        append(impatient, "agency/a")
    assert caught.value.code == "database_busy"
    stranger.execute("ROLLBACK")
    append(impatient, "agency/a")
    assert size(impatient) == 1
    impatient.close()
    stranger.close()


def test_a_change_inside_a_change_is_a_defect(work: SqliteUnitOfWork) -> None:
    def outer(_: Stores) -> Done[None]:
        append(work, "agency/a")
        return Done(None)

    with pytest.raises(DefectError):
        work.run(an_act(), outer)


def test_a_lone_caller_does_it_in_their_own_thread(work: SqliteUnitOfWork) -> None:
    gate = Gate(work, alone=True)
    gate.open.set()
    gate.thread.join(20)
    assert gate.ended is True
    # In the main thread Ctrl-C could come between any two steps of it.
    assert work.run(an_act(), whose_thread) is not threading.main_thread()


def test_others_wait_behind_a_lone_caller(work: SqliteUnitOfWork) -> None:
    gate = Gate(work, alone=True)
    callers = [Caller(work, entry) for _ in range(5)]
    callers[0].join(0.05)
    assert [caller.ended for caller in callers] == [None] * 5
    gate.open.set()
    for caller in callers:
        caller.join(20)
    assert [caller.ended for caller in callers] == ["done"] * 5
    assert gate.ended is True
    assert size(work) == 5


def test_who_waits_for_a_lone_caller_in_vain_gives_up(path: Path) -> None:
    work = SqliteUnitOfWork(path, lock_timeout=0.2)
    gate = Gate(work, alone=True)
    assert caller_ended(work, entry) == "database_busy"
    gate.open.set()
    gate.thread.join(20)
    assert caller_ended(work, entry) == "done"
    assert size(work) == 1
    work.close()


def test_a_change_inside_a_lone_callers_is_refused(work: SqliteUnitOfWork) -> None:
    def outer(_: Stores) -> Done[None]:
        work.run(an_act(), lambda _: Done(None))
        return Done(None)

    assert caller_ended(work, outer) == "defect"
    assert caller_ended(work, entry) == "done"


def test_a_lone_caller_whose_commit_fails_is_told_and_the_next_one_is_not(
    work: SqliteUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(connection: Any) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr("antin.infra.sqlite_writer.driver_of", fails)
        assert caller_ended(work, entry) == "database_unavailable"
    assert caller_ended(work, entry) == "done"
    assert size(work) == 1


def test_where_another_process_is_at_work_the_writer_waits(
    work: SqliteUnitOfWork, path: Path
) -> None:
    other = FileLock(path.with_name(path.name + ".lock"))
    with other:
        caller = Caller(work, whose_thread)
        caller.join(0.05)
        assert caller.is_alive()
    caller.join(20)
    assert caller.ended is not caller
    other.close()
    # Who met somebody is likely to do so again; until nobody was there.
    for alone in (False, True):
        caller = Caller(work, whose_thread)
        caller.join(20)
        assert (caller.ended is caller) is alone


def whose_thread(_: Stores) -> Done[threading.Thread]:
    return Done(threading.current_thread())


def test_a_lock_file_that_cannot_be_opened_is_told_to_a_lone_caller(
    work: SqliteUnitOfWork, path: Path
) -> None:
    lock = path.with_name(path.name + ".lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    assert caller_ended(work, entry) == "database_unavailable"
    lock.rmdir()
    assert caller_ended(work, entry) == "done"


@pytest.mark.parametrize("alone", [False, True])
def test_closing_waits_for_who_is_at_work(path: Path, *, alone: bool) -> None:
    work = SqliteUnitOfWork(path, lock_timeout=10)
    gate = Gate(work, alone=alone)
    closing = threading.Thread(target=work.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive()
    gate.open.set()
    for thread in (closing, gate.thread):
        thread.join(20)
    assert gate.ended is alone
    assert caller_ended(work, entry) == "database_unavailable"


def caller_ended(work: SqliteUnitOfWork, change: Any) -> object:
    caller = Caller(work, change)
    caller.join(20)
    return caller.ended


def test_closing_carries_out_what_waits(path: Path) -> None:
    work = SqliteUnitOfWork(path, lock_timeout=10)
    gate = Gate(work)
    assert work._writer is not None
    queue = work._writer._queue
    callers = [Caller(work, entry) for _ in range(5)]
    while queue.qsize() < 5:
        callers[0].join(0.001)
    closing = threading.Thread(target=work.close)
    closing.start()
    while queue.qsize() < 6:
        closing.join(0.001)
    gate.open.set()
    for thread in [*callers, closing, gate.thread]:
        thread.join(20)
    assert [caller.ended for caller in callers] == ["done"] * 5
    with pytest.raises(UnavailableError) as caught:
        append(work, "agency/a")
    assert caught.value.code == "database_unavailable"


def interrupted(*_: object) -> None:
    """Ctrl-C while a thread is being started, or a statement is under way."""
    raise KeyboardInterrupt


def test_stopped_while_its_writer_starts_it_can_be_closed(path: Path) -> None:
    work = SqliteUnitOfWork(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            append(work, "agency/a")
    work.close()


def test_stopped_while_its_writer_starts_it_goes_on(work: SqliteUnitOfWork) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            append(work, "agency/a")
    append(work, "agency/a")
    assert size(work) == 1


def test_what_ctrl_c_interrupts_while_it_waits_never_happens(path: Path) -> None:
    work = SqliteUnitOfWork(path, lock_timeout=10)
    elsewhere = FileLock(path.with_name(path.name + ".lock"))
    with elsewhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Change, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            append(work, "agency/a")
    elsewhere.close()
    work.close()  # what waits is carried out
    fresh = SqliteUnitOfWork(path)
    assert size(fresh) == 0
    fresh.close()


def test_a_query_that_ctrl_c_interrupts_in_a_statement_ends_as_interrupted(
    work: SqliteUnitOfWork,
) -> None:
    def query(stores: Stores) -> None:
        connection = stores.ledger._connection  # type: ignore[attr-defined] # the real one
        event.listen(connection, "before_cursor_execute", interrupted)
        stores.ledger.size()

    with pytest.raises(KeyboardInterrupt):
        work.read(query)
    assert size(work) == 0


def test_a_query_changes_nothing(work: SqliteUnitOfWork) -> None:
    with pytest.raises(UnavailableError) as caught:
        work.read(lambda s: s.agencies.add(an_agency()))
    assert caught.value.code == "database_unavailable"


def in_child(work: SqliteUnitOfWork) -> None:
    """Write and read in a forked process, then leave as such processes do."""
    append(work, "agency/child")
    os._exit(0 if size(work) >= 2 else 1)


def test_a_forked_child_has_a_writer_of_its_own(work: SqliteUnitOfWork) -> None:
    append(work, "agency/a")
    size(work)
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(work,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    append(work, "agency/a")
    assert size(work) == 3


@pytest.mark.parametrize("value", ["with \x00 NUL", "lone \ud800 surrogate"])
def test_text_that_not_every_database_holds_is_refused(work: SqliteUnitOfWork, value: str) -> None:
    with pytest.raises(AntinError) as caught:
        store(work, an_agency(value))
    assert caught.value.code == "field_invalid"
