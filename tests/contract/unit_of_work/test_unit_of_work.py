"""What every unit of work promises, whatever it is made of."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from antin.core.errors import AntinError, ConflictError, DefectError, InputError, RefusedError
from antin.flows.unit_of_work import Done, Refused, Stores, UnitOfWork
from antin.ledger.entry import commitment, parse
from antin.ledger.ports import EntryRow
from antin.ledger.tree.merkle import leaf_hash
from tests.rows import a_draft, a_record, an_act, an_agency, store


def entries_of(work: UnitOfWork) -> tuple[EntryRow, ...]:
    return work.read(lambda stores: tuple(stores.ledger.entries(0, 1_000_000)))


def test_rows_and_entries_stand_together(work: UnitOfWork) -> None:
    agency = an_agency()

    def change(stores: Stores) -> Done[str]:
        stores.agencies.add(agency)
        return Done("made", (a_draft("agency/x", a="1"), a_draft("agency/x", b="2")))

    act = an_act()
    assert work.run(act, change) == "made"
    assert work.read(lambda s: s.agencies.get(agency.id)) == agency
    first, second = entries_of(work)
    assert (first.index, first.n, first.prev, first.ordinal) == (0, 0, None, 0)
    assert (second.index, second.n, second.prev, second.ordinal) == (1, 1, first.leaf, 1)
    assert first.leaf == leaf_hash(first.data)
    assert parse(second.data).request == act.request
    payload = work.read(lambda s: s.ledger.payload(1))
    assert payload is not None
    assert payload.data == b'{"b":"2"}'
    assert commitment(payload.salt, payload.data) == second.payload_digest


def test_an_error_leaves_nothing(work: UnitOfWork) -> None:
    agency = an_agency()

    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(agency)
        raise RefusedError("field_missing", field="name")

    with pytest.raises(RefusedError) as caught:
        work.run(an_act(), change)
    assert caught.value.code == "field_missing"
    assert work.read(lambda s: s.agencies.list()) == ()
    assert entries_of(work) == ()


def test_an_error_that_is_none_of_ours_reaches_the_caller_as_it_is(work: UnitOfWork) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(an_agency())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work.run(an_act(), change)
    assert work.read(lambda s: s.agencies.list()) == ()


def test_a_refusal_keeps_its_entries_and_loses_its_rows(work: UnitOfWork) -> None:
    def change(stores: Stores) -> Refused:
        stores.agencies.add(an_agency())
        return Refused(ConflictError("seal_in_progress"), (a_draft("document/d", code="no"),))

    with pytest.raises(ConflictError) as caught:
        work.run(an_act(), change)
    assert caught.value.code == "seal_in_progress"
    assert work.read(lambda s: s.agencies.list()) == ()
    assert [row.stream for row in entries_of(work)] == ["document/d"]


def test_a_payload_that_is_not_canonical_takes_the_rows_back(work: UnitOfWork) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(an_agency())
        return Done(None, (a_draft(amount=2**53),))  # not the same number everywhere

    with pytest.raises(InputError) as caught:
        work.run(an_act(), change)
    assert caught.value.code == "json_malformed"
    assert work.read(lambda s: s.agencies.list()) == ()


def test_an_entry_that_can_not_be_is_a_defect(work: UnitOfWork) -> None:
    with pytest.raises(DefectError):
        work.run(an_act(), lambda _: Done(None, (a_draft("nowhere"),)))
    assert entries_of(work) == ()


def test_a_request_appends_once(work: UnitOfWork) -> None:
    act = an_act()
    work.run(act, lambda _: Done(None, (a_draft(),)))
    with pytest.raises(ConflictError) as caught:
        work.run(act, lambda _: Done(None, (a_draft(),)))
    assert caught.value.code == "already_exists"
    assert len(entries_of(work)) == 1


def test_the_same_request_many_times_at_once_appends_once(work: UnitOfWork) -> None:
    act = an_act()
    together = threading.Barrier(10)

    def attempt(_: int) -> str:
        together.wait()
        try:
            work.run(act, lambda _: Done(None, (a_draft(),)))
        except AntinError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(10) as threads:
        ends = sorted(threads.map(attempt, range(10)))
    assert ends == ["already_exists"] * 9 + ["done"]
    assert len(entries_of(work)) == 1


def test_a_read_sees_one_moment(work: UnitOfWork) -> None:
    """A change that commits in the middle of a query is not seen by its second half."""

    def query(stores: Stores) -> tuple[int, int]:
        before = stores.ledger.size()
        done = threading.Thread(
            target=lambda: work.run(an_act(), lambda _: Done(None, (a_draft(),)))
        )
        done.start()
        done.join(20)
        return before, len(tuple(stores.ledger.entries(0, 10)))

    assert work.read(query) == (0, 0)
    assert len(entries_of(work)) == 1


def test_a_change_in_a_read_does_not_last(work: UnitOfWork) -> None:
    def query(stores: Stores) -> None:
        stores.agencies.add(an_agency())

    with contextlib.suppress(AntinError):  # real databases refuse it, the fake forgets it
        work.read(query)
    assert work.read(lambda s: s.agencies.list()) == ()


def test_writers_at_once_lose_nothing(work: UnitOfWork) -> None:
    agency = an_agency()
    store(work, agency)
    record = a_record(agency)
    store(work, record)

    def count(_: int) -> None:
        def change(stores: Stores) -> Done[None]:
            current = stores.records.get(record.id)
            assert current is not None
            stores.records.update(current)
            return Done(None, (a_draft(f"record/{record.id}"),))

        work.run(an_act(), change)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(40)))
    final = work.read(lambda s: s.records.get(record.id))
    assert final is not None
    assert final.version == 41
    rows = entries_of(work)
    assert [row.index for row in rows] == list(range(40))
    assert [row.n for row in rows] == list(range(40))
    assert [row.prev for row in rows[1:]] == [row.leaf for row in rows[:-1]]


def test_who_comes_second_sees_what_came_first(work: UnitOfWork) -> None:
    """Two that both look, find nothing and add: one adds, the other finds it."""
    together = threading.Barrier(2)
    met = [False, False]

    def attempt(who: int) -> str:
        agency = an_agency("SAME")

        def change(stores: Stores) -> Done[str]:
            held = stores.agencies.by_code("SAME")
            if not met[who]:
                met[who] = True
                with contextlib.suppress(threading.BrokenBarrierError):
                    together.wait(0.5)  # where changes run side by side, both have looked now
            if held is not None:
                return Done("found")
            stores.agencies.add(agency)
            return Done("added")

        return work.run(an_act(), change)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, range(2))) == ["added", "found"]
