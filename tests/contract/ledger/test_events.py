"""Readers of the ledger: in order, without gaps, each entry's effect once."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from antin.core.errors import ConflictError, IntegrityError, RefusedError
from antin.flows.audit import events
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.ports import Cursor
from antin.records.agency import Agency
from tests.contract.ledger.conftest import Attacked
from tests.ledgers import append
from tests.rows import NOW, an_act


def deal_with(work: UnitOfWork, batch: events.Batch, reader: str = "") -> None:
    """Make a row for each entry: a second one for the same entry is refused."""

    def change(stores: Stores) -> Done[None]:
        events.advance(stores, batch, NOW)
        for row in batch.rows:
            stores.agencies.add(Agency(f"{batch.name}-{row.index}", f"{row.index}", reader))
        return Done(None)

    work.run(an_act(), change)


def dealt_with(work: UnitOfWork) -> list[int]:
    return sorted(int(agency.code) for agency in work.read(lambda s: s.agencies.list()))


def test_a_reader_goes_through_everything_once(work: UnitOfWork) -> None:
    append(work, *["agency/a"] * 5)
    seen = []
    while (batch := events.read(work, "search", 2)).rows:
        seen += [row.index for row in batch.rows]
        assert events.read(work, "search", 2) == batch, "until it is dealt with"
        deal_with(work, batch)
    assert seen == [0, 1, 2, 3, 4]
    assert (batch.position, batch.following) == (5, 5)
    append(work, "record/b")
    assert [row.stream for row in events.read(work, "search").rows] == ["record/b"]
    assert len(events.read(work, "another").rows) == 6, "each has its own pace"


def test_a_new_reader_begins_where_it_says(work: UnitOfWork) -> None:
    append(work, *["agency/a"] * 5)
    batch = events.read(work, "tail", start=4)
    assert batch.position == 4
    deal_with(work, batch)
    assert events.read(work, "tail", start=0).position == 5, "from then on its cursor says it"


def test_what_fails_moves_nothing(work: UnitOfWork) -> None:
    append(work, "agency/a")
    batch = events.read(work, "search")

    def change(stores: Stores) -> Done[None]:
        events.advance(stores, batch, NOW)
        raise RefusedError("field_missing", field="x")

    with pytest.raises(RefusedError):
        work.run(an_act(), change)
    assert events.read(work, "search") == batch
    assert work.read(lambda s: s.cursors.get("search")) is None


@pytest.mark.parametrize("known", [False, True])
def test_who_comes_second_begins_anew(work: UnitOfWork, *, known: bool) -> None:
    append(work, "agency/a")
    if known:
        deal_with(work, events.read(work, "search"))
        append(work, "agency/a")
    mine, other = events.read(work, "search"), events.read(work, "search")
    deal_with(work, mine)
    append(work, "agency/a")
    with pytest.raises(ConflictError) as caught:
        deal_with(work, other)
    assert caught.value.code == "version_conflict"
    assert events.read(work, "search").position == mine.following


def test_racing_readers_of_one_name_skip_and_double_nothing(work: UnitOfWork) -> None:
    together = threading.Barrier(4)

    def go_on(reader: int) -> None:
        together.wait(30)
        while len(dealt_with(work)) < 40:
            batch = events.read(work, "search", 3)
            if reader == 0 and work.read(lambda s: s.ledger.size()) < 40:
                append(work, "agency/a", "record/b")
            elif batch.rows:
                with contextlib.suppress(ConflictError):
                    deal_with(work, batch, str(reader))

    with ThreadPoolExecutor(4) as pool:
        for ended in [pool.submit(go_on, reader) for reader in range(4)]:
            ended.result(120)
    assert dealt_with(work) == list(range(40))
    cursor = work.read(lambda s: s.cursors.get("search"))
    assert cursor is not None
    assert cursor.position == 40


def test_cursors_are_kept(work: UnitOfWork) -> None:
    cursor = Cursor("search", 7, NOW)

    def change(stores: Stores) -> Done[Cursor]:
        stores.cursors.add(cursor)
        return Done(stores.cursors.update(cursor))

    assert work.run(an_act(), change) == Cursor("search", 7, NOW, 2)
    assert work.read(lambda s: s.cursors.get("search")) == Cursor("search", 7, NOW, 2)
    assert work.read(lambda s: s.cursors.get("other")) is None

    def add_again(stores: Stores) -> Done[None]:
        stores.cursors.add(cursor)
        return Done(None)

    with pytest.raises(ConflictError) as caught:
        work.run(an_act(), add_again)
    assert caught.value.code == "already_exists"
    with pytest.raises(ConflictError) as caught:
        work.run(an_act(), lambda s: Done(s.cursors.update(cursor)))
    assert caught.value.code == "version_conflict"


def test_a_cursor_beyond_the_ledger_is_told(work: UnitOfWork) -> None:
    """A backup was restored: what comes next is another history."""
    append(work, "agency/a")

    def change(stores: Stores) -> Done[None]:
        stores.cursors.add(Cursor("search", 2, NOW))
        return Done(None)

    work.run(an_act(), change)
    with pytest.raises(IntegrityError) as caught:
        events.read(work, "search")
    assert caught.value.code == "ledger_inconsistent"


def test_a_missing_entry_is_not_passed_over(attacked: Attacked) -> None:
    append(attacked.work, *["agency/a"] * 3)
    attacked.superuser.lift_guards()
    attacked.superuser.execute("DELETE FROM ledger_entries WHERE leaf_index = 1")
    with pytest.raises(IntegrityError) as caught:
        events.read(attacked.work, "search")
    assert caught.value.code == "ledger_inconsistent"
