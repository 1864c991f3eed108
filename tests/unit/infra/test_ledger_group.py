"""What the changes of one group append on SQLite: written together, and yet each by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from antin.core.errors import AntinError, ConflictError, IntegrityError, RefusedError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.changes import Change
from antin.infra.database import migrate
from antin.infra.ledger import group as ledger_group
from antin.infra.sqlite_writer import Writer
from antin.infra.unit_of_work_sqlite import SqliteUnitOfWork
from antin.ledger.ports import EntryRow
from tests.ledgers import append
from tests.rows import a_draft, an_act, an_agency

Run = Callable[[Stores], Done[Any] | Refused]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[SqliteUnitOfWork]:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    one = SqliteUnitOfWork(tmp_path / "antin.db", lock_timeout=10)
    yield one
    one.close()


def group(work: SqliteUnitOfWork, *changes: Change | Run) -> list[Any]:
    """Carry ``changes`` out as one group; return what their callers are told."""
    whole = [one if isinstance(one, Change) else Change(an_act(), one) for one in changes]
    writer = Writer(work._writing, work._lock)
    for one in whole[1:]:
        writer.submit(one)
    assert writer._carry_out(whole[0]) == whole
    writer._disconnect()
    return [_told(one) for one in whole]


def _told(change: Change) -> Any:
    return change.error.code if isinstance(change.error, AntinError) else change.value


def entries(work: SqliteUnitOfWork) -> tuple[EntryRow, ...]:
    return work.read(lambda stores: tuple(stores.ledger.entries(0, 10_000)))


class Counted:
    """A change that tells how often it ran."""

    def __init__(self, run: Run) -> None:
        self.runs = 0
        self._run = run

    def __call__(self, stores: Stores) -> Done[Any] | Refused:
        self.runs += 1
        return self._run(stores)


def adds(stores: Stores) -> Done[str]:
    stores.agencies.add(an_agency(f"A{stores.ledger.size()}"))
    return Done("added", (a_draft(),))


def writes_and_appends(stores: Stores) -> Done[None]:
    stores.agencies.add(an_agency())
    return Done(None, (a_draft(),))


def entry(_: Stores) -> Done[str]:
    return Done("done", (a_draft(),))


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


@pytest.mark.parametrize(
    ("fault", "told"),
    [(looks_and_fails, "field_missing"), (looks_and_refuses, "seal_in_progress")],
)
def test_what_leaves_nothing_behind_costs_the_others_nothing(
    work: SqliteUnitOfWork, fault: Run, told: str
) -> None:
    first, last = Counted(entry), Counted(entry)
    assert group(work, first, fault, last) == ["done", told, "done"]
    assert (first.runs, last.runs) == (1, 1)
    assert [row.n for row in entries(work) if row.stream == "agency/one"] == [0, 1]


@pytest.mark.parametrize(
    ("fault", "told", "streams"),
    [
        (writes_and_fails, "field_missing", ["agency/one"] * 2),
        (writes_and_refuses, "seal_in_progress", ["agency/one", "document/d", "agency/one"]),
        (appends_what_can_not_be, "json_malformed", ["agency/one"] * 2),
    ],
)
def test_what_leaves_rows_behind_is_taken_back_alone(
    work: SqliteUnitOfWork, fault: Run, told: str, streams: list[str]
) -> None:
    first, last = Counted(adds), Counted(adds)
    assert group(work, first, fault, last) == ["added", told, "added"]
    assert (first.runs, last.runs) == (2, 1), "run again, each in a savepoint"
    assert [row.stream for row in entries(work)] == streams
    assert {one.name for one in work.read(lambda s: s.agencies.list())} == {an_agency().name}
    assert work.read(lambda s: s.agencies.by_code("LOST")) is None
    assert len(work.read(lambda s: s.agencies.list())) == 2


def test_a_request_that_comes_twice_in_a_group_appends_once(work: SqliteUnitOfWork) -> None:
    act, agency, other = an_act(), an_agency("ONE"), an_agency("OTHER")

    def one(stores: Stores) -> Done[str]:
        stores.agencies.add(agency)
        return Done("first", (a_draft("agency/a"), a_draft("agency/b")))

    def again(stores: Stores) -> Done[str]:
        stores.agencies.add(other)
        return Done("second", (a_draft("agency/a"),))

    told = group(work, Change(act, one), entry, Change(act, again), entry)
    assert told == ["first", "done", "already_exists", "done"]
    assert [row.index for row in entries(work)] == [0, 1, 2, 3]
    assert [row.code for row in work.read(lambda s: s.agencies.list())] == ["ONE"]


def test_a_request_of_an_earlier_group_appends_nothing(work: SqliteUnitOfWork) -> None:
    act = an_act()
    assert group(work, Change(act, entry)) == ["done"]
    assert group(work, entry, Change(act, entry), entry) == ["done", "already_exists", "done"]
    assert [row.n for row in entries(work)] == [0, 1, 2]


def test_each_sees_what_those_before_it_appended(work: SqliteUnitOfWork) -> None:
    def looks(stores: Stores) -> Done[Any]:
        tip = stores.ledger.tip("agency/one")
        assert tip is not None
        return Done((stores.ledger.size(), tip.n), (a_draft(),))

    assert group(work, entry, looks, entry, looks) == ["done", (1, 0), "done", (3, 2)]
    rows = entries(work)
    assert [row.prev for row in rows[1:]] == [row.leaf for row in rows[:-1]]


def test_who_hides_that_an_earlier_entry_could_not_be_written_changes_nothing(
    work: SqliteUnitOfWork,
) -> None:
    """The second reads, so that what the first appended is written: its request is not new."""
    act = an_act()
    assert group(work, Change(act, entry)) == ["done"]

    def hides(stores: Stores) -> Done[str]:
        try:
            stores.ledger.size()
        except AntinError:
            return Done("saw a failure of others")
        return Done("saw nothing", (a_draft(),))

    assert group(work, Change(act, entry), hides) == ["already_exists", "saw nothing"]
    assert len(entries(work)) == 2


def test_what_could_not_be_written_is_not_forgotten_by_what_could_afterwards(
    work: SqliteUnitOfWork,
) -> None:
    """The repeated request left rows; what comes after a reader is written, and is no cure."""
    act = an_act()
    work.run(act, entry)

    def reads(stores: Stores) -> Done[int]:
        return Done(stores.ledger.size())

    told = group(work, Change(act, writes_and_appends), reads, entry)
    assert told == ["already_exists", 1, "done"]
    assert work.read(lambda s: s.agencies.list()) == ()
    assert len(entries(work)) == 2


def test_a_large_change_is_written_piece_by_piece(
    work: SqliteUnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    real = ledger_group._entry_rows

    def seen(pending: Any) -> Any:
        written.append(len(pending))
        return real(pending)

    monkeypatch.setattr(ledger_group, "_entry_rows", seen)
    monkeypatch.setattr(ledger_group, "_MOST", 10)
    assert group(work, *[entry] * 25) == ["done"] * 25
    assert max(written) == 11
    assert [row.n for row in entries(work)] == list(range(25))


def test_without_its_head_row_nothing_is_appended(work: SqliteUnitOfWork) -> None:
    def beheads(stores: Stores) -> Done[None]:
        connection = stores.ledger._connection  # type: ignore[attr-defined] # the real one
        connection.exec_driver_sql("DROP TRIGGER ledger_head_stays")
        connection.exec_driver_sql("DELETE FROM ledger_head")
        return Done(None)

    assert group(work, beheads) == [None]
    assert group(work, writes_and_appends, entry) == ["ledger_inconsistent"] * 2
    assert work.read(lambda s: s.agencies.list()) == ()


def test_a_head_that_somebody_moved_stops_appending(work: SqliteUnitOfWork) -> None:
    """It says fewer entries than there are: their places are taken."""
    append(work, "agency/a")

    def moves(stores: Stores) -> Done[None]:
        connection = stores.ledger._connection  # type: ignore[attr-defined] # the real one
        connection.exec_driver_sql("DROP TRIGGER ledger_head_grows")
        connection.exec_driver_sql("UPDATE ledger_head SET size = 0")
        return Done(None)

    group(work, moves)
    with pytest.raises(IntegrityError) as caught:
        append(work, "agency/b")
    assert caught.value.code == "ledger_inconsistent"
    assert len(entries(work)) == 1
