"""What recovering asks of every home of the ledger (antin.ledger.ports)."""

import pytest

from antin.core.errors import AntinError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.ports import Cosignature, EntryRow, Payload
from tests.contract.conftest import ITS_SERVICE, REAL_POSTGRES
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import MemoryNoteKey
from tests.rows import NOW, an_act

KEY = MemoryNoteKey()
OWNED = pytest.mark.parametrize("work", ["memory", "sqlite", REAL_POSTGRES], indirect=True)
"""Homes where whoever connects owns the tables."""
Lost = list[tuple[EntryRow, Payload | None]]


def grown(work: UnitOfWork, count: int) -> Lost:
    """Append entries; return all that there are, with their facts."""
    append(work, *["agency/a", "record/b"] * count)
    facts = work.read(lambda s: dict(s.ledger.payloads(0, 1000)))
    rows = work.read(lambda s: tuple(s.ledger.entries(0, 1000)))
    return [(row, facts.get(row.index)) for row in rows]


def put_back(work: UnitOfWork, entries: Lost) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.ledger.bring_back(entries)
        return Done(None)

    work.run(an_act(), change)


@pytest.fixture
def entries() -> Lost:
    """Entries of another copy of the ledger."""
    return grown(MemoryUnitOfWork(), 10)


@OWNED
def test_entries_come_back_as_they_were(work: UnitOfWork, entries: Lost) -> None:
    assert work.read(lambda s: s.ledger.last_index()) is None
    put_back(work, entries[:7])
    put_back(work, [])
    put_back(work, [(row, None) for row, _ in entries[7:]])
    assert work.read(lambda s: tuple(s.ledger.entries(0, 1000))) == tuple(r for r, _ in entries)
    assert work.read(lambda s: (s.ledger.size(), s.ledger.last_index())) == (20, 19)
    # The next ones go on from them, in their streams and in the tree.
    append(work, "agency/a", "record/b")
    checkpoint(work, KEY)
    report = verify(work, KEY)
    assert codes(report) == {"payload_missing"}
    assert [dict(one.values)["index"] for one in report.findings] == list(range(7, 20))


@OWNED
@pytest.mark.parametrize(("first", "last"), [(1, 5), (6, 9), (8, 9)])
def test_entries_that_do_not_go_on_from_the_newest_stay_out(
    work: UnitOfWork, entries: Lost, first: int, last: int
) -> None:
    put_back(work, entries[:7])
    with pytest.raises(AntinError) as caught:
        put_back(work, entries[first:last])
    assert caught.value.code == "ledger_inconsistent"
    assert work.read(lambda s: (s.ledger.size(), s.ledger.last_index())) == (7, 6)


@pytest.mark.parametrize("work", [ITS_SERVICE], indirect=True)
def test_the_services_own_role_puts_nothing_back(work: UnitOfWork, entries: Lost) -> None:
    with pytest.raises(AntinError) as caught:
        put_back(work, entries)
    assert caught.value.code == "recovery_needs_owner"
    assert work.read(lambda s: s.ledger.size()) == 0


def test_the_largest_size_that_anybody_cosigned(work: UnitOfWork) -> None:
    assert work.read(lambda s: s.ledger.largest_cosigned()) is None
    for witness, entries in (("one", 2), ("two", 3)):
        append(work, *["agency/a"] * entries)
        size = checkpoint(work, KEY).size
        work.run(an_act(), lambda s, w=witness, n=size: _cosign(s, w, n))  # type: ignore[misc]  # a loop's
    assert work.read(lambda s: s.ledger.largest_cosigned()) == 5


def _cosign(stores: Stores, witness: str, size: int) -> Done[None]:
    stores.ledger.add_cosignature(Cosignature(size, witness, "line", NOW))
    return Done(None)
