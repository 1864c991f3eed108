"""Groups on PostgreSQL: one commit for several, each by itself where that did not work."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from antin.core.errors import (
    AntinError,
    ConflictError,
    DefectError,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra import line, postgres_group
from antin.infra.database import open_database
from antin.infra.ledger.append_postgres import append as append_to_ledger
from antin.infra.ledger.append_postgres import append_and_commit
from antin.infra.line import Line, Turn, Waiting
from antin.infra.unit_of_work_postgres import PostgresUnitOfWork
from antin.ledger.draft import Act
from antin.ledger.ports import EntryRow
from tests.ledgers import append
from tests.postgres import PostgresServer, postgres_server, postgres_url
from tests.rows import a_draft, a_record, an_act, an_agency, store

__all__ = ["postgres_server", "postgres_url"]

pytestmark = pytest.mark.real("postgres")

Run = Callable[[Stores], Done[Any] | Refused]


@pytest.fixture
def work(postgres_url: str) -> Iterator[PostgresUnitOfWork]:
    one = open_database(postgres_url, lock_timeout=10)
    assert isinstance(one, PostgresUnitOfWork)
    yield one
    one.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody leads beside another: who goes with whom is not left to chance."""
    monkeypatch.setattr(line, "_PATIENCE", 20)
    monkeypatch.setattr(postgres_group, "_LASTED", 20)


class Caller(threading.Thread):
    """Runs one change in a thread of its own and keeps how it ended."""

    def __init__(self, work: PostgresUnitOfWork, run: Run, act: Act | None = None) -> None:
        super().__init__()
        self.ended: Any = None
        self._job = (work, act or an_act(), run)
        self.start()

    def run(self) -> None:
        work, act, run = self._job
        try:
            self.ended = work.run(act, run)
        except AntinError as error:
            self.ended = error.code
        except Exception as error:  # noqa: BLE001 — kept, to be looked at
            self.ended = type(error)


def ended(work: PostgresUnitOfWork, run: Run) -> Any:
    """Run one change in a thread; return how it ended."""
    caller = Caller(work, run)
    caller.join(30)
    return caller.ended


class Gate:
    """Leads inside a first change, while others come to wait behind it."""

    def __init__(self, work: PostgresUnitOfWork) -> None:
        self.entered, self.open = threading.Event(), threading.Event()
        self.work = work
        self._callers = [Caller(work, self._hold)]
        assert self.entered.wait(20)

    def _hold(self, _: Stores) -> Done[str]:
        self.entered.set()
        self.open.wait(20)
        return Done("opened")

    def add(self, run: Run, act: Act | None = None) -> None:
        """Let a caller come, and wait until it stands in line."""
        caller = Caller(self.work, run, act)
        while len(self.work._line._waiting) < len(self._callers):
            caller.join(0.001)
        self._callers.append(caller)

    def ends(self) -> list[Any]:
        """Open it; return how those behind it ended."""
        self.open.set()
        for one in self._callers:
            one.join(30)
            assert not one.is_alive()
        return [one.ended for one in self._callers[1:]]


def together(work: PostgresUnitOfWork, *runs: Run) -> list[Any]:
    """Carry ``runs`` out as one group; return how they ended."""
    gate = Gate(work)
    for run in runs:
        gate.add(run)
    return gate.ends()


def entries(work: PostgresUnitOfWork) -> tuple[EntryRow, ...]:
    return work.read(lambda stores: tuple(stores.ledger.entries(0, 10_000)))


def commits(work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of changes in each commit of a group."""
    sizes: list[int] = []
    real = append_and_commit

    def seen(connection: Any, changes: Any) -> None:
        real(connection, changes)
        sizes.append(len(changes))

    monkeypatch.setattr(postgres_group, "append_and_commit", seen)
    return sizes


class Counted:
    """A change that tells how often it ran."""

    def __init__(self, run: Run) -> None:
        self.runs = 0
        self._run = run

    def __call__(self, stores: Stores) -> Done[Any] | Refused:
        self.runs += 1
        return self._run(stores)


def entry(_: Stores) -> Done[str]:
    return Done("done", (a_draft(),))


def adds(stores: Stores) -> Done[str]:
    agency = an_agency(new_id())
    stores.agencies.add(agency)
    return Done("added", (a_draft(f"agency/{agency.id}"),))


def looks_and_fails(stores: Stores) -> Done[None]:
    assert stores.agencies.by_code("NONE") is None
    raise RefusedError("field_missing", field="name")


def looks_and_refuses(stores: Stores) -> Refused:
    assert stores.agencies.by_code("NONE") is None
    return Refused(ConflictError("seal_in_progress"), (a_draft("document/d"),))


def writes_and_fails(stores: Stores) -> Done[None]:
    stores.agencies.add(an_agency("LOST"))
    raise RefusedError("field_missing", field="name")


def writes_and_refuses(stores: Stores) -> Refused:
    stores.agencies.add(an_agency("LOST"))
    return Refused(ConflictError("seal_in_progress"), (a_draft("document/d"),))


def appends_what_can_not_be(stores: Stores) -> Done[None]:
    stores.agencies.add(an_agency("LOST"))
    return Done(None, (a_draft(), a_draft(amount=2**53)))


def breaks_the_transaction_and_hides_it(stores: Stores) -> Done[None]:
    with contextlib.suppress(Exception):
        stores.ledger._connection.exec_driver_sql("SELECT 1/0")  # type: ignore[attr-defined] # the real one
    return Done(None, (a_draft(),))


def test_those_who_wait_share_a_commit(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = commits(work, monkeypatch)
    numbers = [Counted(entry) for _ in range(12)]
    assert together(work, *numbers) == ["done"] * 12
    assert sizes == [12]
    assert [one.runs for one in numbers] == [1] * 12
    assert [row.n for row in entries(work)] == list(range(12))


def test_entries_are_in_the_order_of_their_changes(work: PostgresUnitOfWork) -> None:
    runs = [
        lambda _, at=at: Done(at, (a_draft("agency/one", at=at), a_draft(f"agency/{at}")))
        for at in range(6)
    ]
    assert together(work, *runs) == list(range(6))
    rows = entries(work)
    assert [row.stream for row in rows[1::2]] == [f"agency/{at}" for at in range(6)]
    payloads = work.read(lambda s: [s.ledger.payload(row.index) for row in rows[::2]])
    assert [one.data for one in payloads if one] == [b'{"at":%d}' % at for at in range(6)]
    assert [row.prev for row in rows[2::2]] == [row.leaf for row in rows[:-2:2]]


@pytest.mark.parametrize(
    ("fault", "told"),
    [(looks_and_fails, "field_missing"), (looks_and_refuses, "seal_in_progress")],
)
def test_what_leaves_nothing_behind_costs_the_others_nothing(
    work: PostgresUnitOfWork, fault: Run, told: str
) -> None:
    first, last = Counted(adds), Counted(adds)
    assert together(work, first, fault, last) == ["added", told, "added"]
    assert (first.runs, last.runs) == (1, 1)
    assert len(work.read(lambda s: s.agencies.list())) == 2


@pytest.mark.parametrize(
    ("fault", "told", "appended"),
    [
        (writes_and_fails, "field_missing", 2),
        (writes_and_refuses, "seal_in_progress", 3),
        (appends_what_can_not_be, "json_malformed", 2),
        (breaks_the_transaction_and_hides_it, "database_unavailable", 2),
    ],
)
def test_what_leaves_rows_behind_is_taken_back_alone(
    work: PostgresUnitOfWork, fault: Run, told: str, appended: int
) -> None:
    first, last = Counted(adds), Counted(adds)
    assert together(work, first, fault, last) == ["added", told, "added"]
    assert (first.runs, last.runs) == (2, 1), "each in a transaction of its own"
    assert work.read(lambda s: s.agencies.by_code("LOST")) is None
    assert len(work.read(lambda s: s.agencies.list())) == 2
    assert len(entries(work)) == appended


def test_an_error_that_is_none_of_ours_is_its_own_callers(work: PostgresUnitOfWork) -> None:
    def divides(_: Stores) -> Done[None]:
        raise ZeroDivisionError

    assert together(work, entry, divides, entry) == ["done", ZeroDivisionError, "done"]


def test_a_request_that_comes_twice_in_a_group_appends_once(work: PostgresUnitOfWork) -> None:
    act = an_act()
    gate = Gate(work)
    for run, by in ((adds, act), (entry, None), (adds, act), (entry, None)):
        gate.add(run, by)
    ends = gate.ends()
    assert sorted(map(str, ends)) == ["added", "already_exists", "done", "done"]
    assert len(entries(work)) == 3
    assert len(work.read(lambda s: s.agencies.list())) == 1


def test_who_comes_second_in_a_group_sees_what_came_first(work: PostgresUnitOfWork) -> None:
    def adds_or_finds(stores: Stores) -> Done[str]:
        if stores.agencies.by_code("SAME"):
            return Done("found")
        stores.agencies.add(an_agency("SAME"))
        return Done("added", (a_draft(),))

    assert together(work, adds_or_finds, adds_or_finds) == ["added", "found"]


def test_a_conflict_is_tried_again_after_the_others(work: PostgresUnitOfWork) -> None:
    agency = an_agency()
    store(work, agency)
    record = a_record(agency)
    store(work, record)

    def stale(stores: Stores) -> Done[str]:
        held = record if not again else stores.records.get(record.id)
        again.append(True)
        assert held is not None
        stores.records.update(held)
        return Done("updated")

    again: list[bool] = []

    def updates(stores: Stores) -> Done[str]:
        current = stores.records.get(record.id)
        assert current is not None
        stores.records.update(current)
        return Done("updated", (a_draft(),))

    first = Counted(updates)
    assert together(work, first, stale) == ["updated", "updated"]
    assert first.runs == 1, "it stays: the other one changed nothing"
    final = work.read(lambda s: s.records.get(record.id))
    assert final is not None
    assert final.version == 3


def test_each_sees_what_those_before_it_appended(work: PostgresUnitOfWork) -> None:
    def looks(stores: Stores) -> Done[Any]:
        tip = stores.ledger.tip("agency/one")
        assert tip is not None
        return Done((stores.ledger.size(), tip.n), (a_draft(),))

    assert together(work, entry, looks, entry, looks) == ["done", (1, 0), "done", (3, 2)]
    rows = entries(work)
    assert [row.prev for row in rows[1:]] == [row.leaf for row in rows[:-1]]


def test_who_hides_that_an_earlier_entry_could_not_be_written_changes_nothing(
    work: PostgresUnitOfWork,
) -> None:
    act = an_act()
    work.run(act, entry)

    def hides(stores: Stores) -> Done[str]:
        try:
            stores.ledger.size()
        except AntinError:
            return Done("saw a failure of others")
        return Done("saw nothing", (a_draft(),))

    gate = Gate(work)
    gate.add(entry, act)
    gate.add(hides)
    assert gate.ends() == ["already_exists", "saw nothing"]
    assert len(entries(work)) == 2


def test_who_hides_that_the_server_made_other_entries_commits_nothing(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(connection: Any, changes: Any) -> None:
        real(connection, changes)
        raise IntegrityError("ledger_inconsistent", detail="other entries")

    def hides(stores: Stores) -> Done[str]:
        with contextlib.suppress(AntinError):
            stores.ledger.size()
        return Done("hidden", (a_draft(),))

    real = append_to_ledger
    monkeypatch.setattr(postgres_group, "append", differs)
    first = Counted(entry)
    assert together(work, first, hides) == ["done", "hidden"]
    assert first.runs == 2, "by itself"
    assert len(entries(work)) == 2


def test_nobody_is_acknowledged_whose_rows_a_hidden_failure_took_along(
    work: PostgresUnitOfWork,
) -> None:
    """PostgreSQL answers COMMIT without an error when it rolls back what failed before."""

    def adds_only(stores: Stores) -> Done[str]:
        stores.agencies.add(an_agency(new_id()))
        return Done("added")

    def hides(stores: Stores) -> Done[str]:
        breaks_the_transaction_and_hides_it(stores)
        return Done("hidden")

    assert together(work, adds_only, hides)[0] == "added"
    assert len(work.read(lambda s: s.agencies.list())) == 1


def test_a_lock_of_somebody_else_holds_up_nobody_but_who_needs_it(
    postgres_url: str, work: PostgresUnitOfWork
) -> None:
    agency = an_agency()
    store(work, agency)
    record = a_record(agency)
    store(work, record)
    elsewhere = open_database(postgres_url)
    held, free = threading.Event(), threading.Event()

    def holds(stores: Stores) -> Done[str]:
        stores.records.get(record.id)
        held.set()
        free.wait(20)
        return Done("held")

    def needs(stores: Stores) -> Done[str]:
        stores.records.get(record.id)
        return Done("got it", (a_draft(),))

    holder = Caller(elsewhere, holds)  # type: ignore[arg-type] # another of the same kind
    assert held.wait(20)
    gate = Gate(work)
    gate.add(entry)
    gate.add(needs)
    gate.add(entry)
    first, stuck, last = gate._callers[1:]
    gate.open.set()
    for one in (first, last):
        one.join(5)
        assert one.ended == "done", "while the lock is held"
    assert stuck.is_alive()
    free.set()
    for one in (stuck, holder):
        one.join(20)
    assert (stuck.ended, holder.ended) == ("got it", "held")
    elsewhere.close()


@pytest.mark.parametrize("noticed", [True, False])
def test_a_connection_that_breaks_in_a_group(
    work: PostgresUnitOfWork, postgres_server: PostgresServer, *, noticed: bool
) -> None:
    """Before COMMIT was sent each tries by itself; after that nobody knows, and nobody does."""

    def breaks(stores: Stores) -> Done[str]:
        stores.agencies.add(an_agency())
        if once.runs == 1:
            postgres_server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND datname LIKE 'test_%'"
            )
            if noticed:
                stores.agencies.by_code("NONE")
        return Done("added", (a_draft(),))

    once = Counted(breaks)
    ends = together(work, entry, once, entry)
    assert ends == (["done", "added", "done"] if noticed else ["database_unavailable"] * 3)
    assert len(entries(work)) == (3 if noticed else 0)
    assert together(work, entry, entry) == ["done", "done"], "on a fresh connection"


def test_a_connection_lost_after_commit_was_sent_acknowledges_nobody(
    work: PostgresUnitOfWork, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether it stands, so nothing is done again either."""
    real = append_and_commit

    def loses(connection: Any, changes: Any) -> None:
        real(connection, changes)
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        )
        connection.exec_driver_sql("SELECT 1")

    monkeypatch.setattr(postgres_group, "append_and_commit", loses)
    changes = [Counted(adds) for _ in range(3)]
    assert together(work, *changes) == ["database_unavailable"] * 3
    assert [one.runs for one in changes] == [1] * 3
    assert len(entries(work)) == 3


def test_a_large_group_takes_nobody_up_any_more(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = commits(work, monkeypatch)
    monkeypatch.setattr(postgres_group, "_MOST", 4)
    assert together(work, *[entry] * 10) == ["done"] * 10
    assert sum(sizes) == 10
    assert max(sizes) == 4


def test_a_group_that_has_lasted_takes_nobody_up_any_more(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = commits(work, monkeypatch)
    monkeypatch.setattr(postgres_group, "_LASTED", 0)
    assert together(work, *[entry] * 6) == ["done"] * 6
    assert max(sizes, default=0) <= 2


def test_nobody_waits_for_long_behind_one_who_is_slow(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "_PATIENCE", 0.02)
    gate = Gate(work)
    assert ended(work, entry) == "done"
    assert len(entries(work)) == 1
    assert gate._callers[0].ended is None, "it still leads"
    assert gate.ends() == []
    assert work._line._leaders == 0
    assert ended(work, entry) == "done"


def test_who_leads_beside_others_stops_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_PATIENCE", 0)
    monkeypatch.setattr(line, "_BESIDE", -1)
    queue = Line()
    first, beside, third = (Waiting(an_act(), entry) for _ in range(3))
    assert [queue.enter(one) for one in (first, beside)] == [Turn.LEAD, Turn.LEAD]
    queue._waiting.append(third)
    queue.leave(beside.led_until)
    assert (queue._leaders, third.turn) == (1, Turn.ANSWERED), "the lead is not handed on"
    queue.leave(first.led_until)
    assert (queue._leaders, third.turn) == (1, Turn.LEAD)
    queue.leave(third.led_until)
    assert queue._leaders == 0


class GoesAwayError(BaseException):
    """As Ctrl-C."""


@pytest.mark.parametrize("begun", [False, True])
def test_who_goes_away_while_waiting_takes_no_lead_along(
    monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    queue = Line()
    leader, gone = Waiting(an_act(), entry), Waiting(an_act(), entry)
    assert queue.enter(leader) is Turn.LEAD
    real = Waiting.wait

    def interrupted(one: Waiting, seconds: float = -1) -> bool:
        if seconds > 0:
            if begun:
                queue.leave(None)
            raise GoesAwayError
        return real(one, seconds)

    monkeypatch.setattr(Waiting, "wait", interrupted)
    with pytest.raises(GoesAwayError):
        queue.enter(gone)
    assert gone.begin() is False
    assert queue.next() is None
    if not begun:
        queue.leave(None)
    assert queue._leaders == 0


def test_who_goes_away_as_the_lead_is_handed_over_hands_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue = Line()
    leader, gone = Waiting(an_act(), entry), Waiting(an_act(), entry)
    assert queue.enter(leader) is Turn.LEAD
    real = Waiting.wait

    def interrupted(one: Waiting, seconds: float = -1) -> bool:
        if not one.answered:
            queue.leave(None)
            assert real(one, seconds)
            raise GoesAwayError
        return real(one, seconds)

    monkeypatch.setattr(Waiting, "wait", interrupted)
    went: list[BaseException] = []

    def enter() -> None:
        try:
            queue.enter(gone)
        except GoesAwayError as error:
            went.append(error)

    thread = threading.Thread(target=enter, daemon=True)
    thread.start()
    thread.join(10)
    assert went, "it waits for what it was told already"
    assert queue._leaders == 0


def test_closing_carries_out_what_waits(postgres_url: str) -> None:
    work = open_database(postgres_url, lock_timeout=10)
    assert isinstance(work, PostgresUnitOfWork)
    gate = Gate(work)
    for _ in range(4):
        gate.add(entry)
    closing = threading.Thread(target=work.close)
    closing.start()
    while not work._closed:
        closing.join(0.001)
    with pytest.raises(UnavailableError) as caught:
        append(work, "agency/a")
    assert caught.value.code == "database_unavailable"
    closing.join(0.1)
    assert closing.is_alive(), "it waits for them"
    assert gate.ends() == ["done"] * 4
    closing.join(20)
    assert not closing.is_alive()


def test_nobody_waits_for_what_ctrl_c_may_interrupt(
    work: PostgresUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = list[Waiting]()
    enter = work._line.enter

    def noted(one: Waiting) -> Turn:
        entered.append(one)
        return enter(one)

    monkeypatch.setattr(work._line, "enter", noted)
    assert work.run(an_act(), entry) == "done"
    assert not entered, "it is in the main thread"
    assert ended(work, entry) == "done"
    assert len(entered) == 1


def test_a_change_inside_a_change_is_a_defect(work: PostgresUnitOfWork) -> None:
    def outer(_: Stores) -> Done[None]:
        append(work, "agency/a")
        return Done(None)

    with pytest.raises(DefectError):
        work.run(an_act(), outer)
    assert work.run(an_act(), entry) == "done"


def in_child(work: PostgresUnitOfWork) -> None:
    """Write and read in a forked process, then leave as such processes do."""
    append(work, "agency/child")
    os._exit(0 if len(entries(work)) == 1 else 1)


def test_a_child_forked_while_somebody_leads_has_a_line_of_its_own(
    work: PostgresUnitOfWork,
) -> None:
    gate = Gate(work)
    gate.add(entry)
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(work,))
    child.start()
    child.join(15)
    assert child.exitcode == 0
    assert gate.ends() == ["done"]
    assert len(entries(work)) == 2


def test_what_may_have_written_is_counted(work: PostgresUnitOfWork) -> None:
    seen: list[int] = []

    @event.listens_for(work._groups, "after_cursor_execute")
    def note(connection: Any, *_: Any) -> None:
        seen.append(connection.info.get(postgres_group._WRITTEN, 0))

    agency = an_agency()

    def change(stores: Stores) -> Done[None]:
        stores.agencies.get(agency.id)
        stores.agencies.add(agency)
        with pytest.raises(ConflictError):
            stores.agencies.add(agency)
        stores.agencies.by_code(agency.code)
        return Done(None, (a_draft(),))

    assert together(work, entry, change) == ["done", None]
    assert [one - seen[0] for one in seen] == [0, 1, 1, 1]
