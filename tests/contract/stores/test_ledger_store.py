"""What every ledger store promises (antin.ledger.ports)."""

from dataclasses import replace

import pytest

from antin.core.errors import ConflictError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.draft import Draft
from antin.ledger.ports import EntryFilter, StoredCheckpoint
from tests.rows import NOW, a_draft, an_act


def append(work: UnitOfWork, *streams: str) -> None:
    work.run(an_act(), lambda _: Done(None, tuple(a_draft(stream) for stream in streams)))


def keep(work: UnitOfWork, checkpoint: StoredCheckpoint) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.ledger.add_checkpoint(checkpoint)
        return Done(None)

    work.run(an_act(), change)


def test_an_empty_ledger(work: UnitOfWork) -> None:
    assert work.read(lambda s: s.ledger.size()) == 0
    assert work.read(lambda s: s.ledger.tip("agency/a")) is None
    assert work.read(lambda s: s.ledger.payload(0)) is None
    assert work.read(lambda s: s.ledger.newest_checkpoint()) is None
    assert work.read(lambda s: list(s.ledger.entries(0, 10))) == []
    assert work.read(lambda s: list(s.ledger.checkpoints())) == []


def test_entries_by_index_and_by_stream(work: UnitOfWork) -> None:
    append(work, "agency/a", "record/b", "agency/a")
    append(work, "agency/a")
    rows = work.read(lambda s: tuple(s.ledger.entries(0, 100)))
    assert [row.index for row in rows] == [0, 1, 2, 3]
    assert work.read(lambda s: tuple(s.ledger.entries(1, 3))) == rows[1:3]
    own = (rows[0], rows[2], rows[3])
    assert work.read(lambda s: s.ledger.of_stream("agency/a")) == own
    assert work.read(lambda s: s.ledger.of_stream("agency/a", 1, 1)) == own[1:2]
    assert work.read(lambda s: s.ledger.tip("agency/a")) == rows[3]
    assert work.read(lambda s: tuple(s.ledger.leaves(2, 4))) == (rows[2].leaf, rows[3].leaf)
    assert work.read(lambda s: s.ledger.size()) == 4
    payloads = work.read(lambda s: tuple(s.ledger.payloads(1, 3)))
    assert [index for index, _ in payloads] == [1, 2]
    assert work.read(lambda s: s.ledger.payload(1)) == payloads[0][1]


def test_more_entries_than_are_read_at_once(work: UnitOfWork) -> None:
    for _ in range(3):
        append(work, *["agency/a"] * 700)
    indexes = work.read(lambda s: [row.index for row in s.ledger.entries(0, 10_000)])
    assert indexes == list(range(2100))
    assert len(work.read(lambda s: list(s.ledger.leaves(50, 2050)))) == 2000


def test_checkpoints(work: UnitOfWork) -> None:
    small = StoredCheckpoint(1, b"\x01" * 32, b"note", (b"\x01" * 32,), NOW)
    large = StoredCheckpoint(3, b"\x03" * 32, b"note 3", (b"\x02" * 32, b"\x03" * 32), NOW)
    for one in (large, small):
        keep(work, one)
    assert work.read(lambda s: s.ledger.newest_checkpoint()) == large
    assert work.read(lambda s: list(s.ledger.checkpoints())) == [small, large]
    with pytest.raises(ConflictError) as caught:
        keep(work, small)
    assert caught.value.code == "already_exists"


def test_entries_of_a_request(work: UnitOfWork) -> None:
    act = an_act()
    append(work, "agency/a")
    work.run(act, lambda _: Done(None, (a_draft("agency/a"), a_draft("record/b"))))
    append(work, "agency/a")
    rows = work.read(lambda s: tuple(s.ledger.entries(0, 10)))
    assert work.read(lambda s: s.ledger.of_request(act.request)) == rows[1:3]
    assert work.read(lambda s: s.ledger.of_request(act.request, 1)) == rows[1:2]
    assert work.read(lambda s: s.ledger.of_request("no such")) == ()


def test_more_facts_are_erased_than_a_statement_takes(work: UnitOfWork) -> None:
    append(work, *["agency/a"] * 2100)

    def change(stores: Stores) -> Done[None]:
        stores.ledger.erase_payloads(range(2050))
        stores.ledger.erase_payloads(())
        return Done(None)

    work.run(an_act(), change)
    left = work.read(lambda s: [index for index, _ in s.ledger.payloads(0, 10_000)])
    assert left == list(range(2050, 2100))
    assert work.read(lambda s: s.ledger.size()) == 2100


def test_entries_that_a_filter_accepts(work: UnitOfWork) -> None:
    """The stores find what the filter itself says."""
    acts = [replace(an_act(), actor=f"a{n % 3}", micros=1000 + n) for n in range(12)]
    actions = ("seal.intended", "seal.completed", "sealed", "se_l.x")
    for n, act in enumerate(acts):
        draft = Draft("agency/a", actions[n % 4], {})
        work.run(act, lambda _: Done(None, (draft,)))  # noqa: B023 — it runs at once
    rows = work.read(lambda s: tuple(s.ledger.entries(0, 100)))
    assert len(rows) == 12
    for wanted in (
        EntryFilter(),
        EntryFilter(actor="a1"),
        EntryFilter(actor="a"),
        EntryFilter(action="seal"),
        EntryFilter(action="seal."),
        EntryFilter(action="se_l"),
        EntryFilter(action="%"),
        EntryFilter(since=1004),
        EntryFilter(until=1004),
        EntryFilter("a2", "seal.", 1001, 1006),
    ):
        for start, stop in ((0, 100), (3, 9), (9, 3)):
            expected = tuple(row for row in rows[start:stop] if wanted.accepts(row))
            found = work.read(lambda s: s.ledger.matching(start, stop, wanted))  # noqa: B023 — it runs at once
            assert found == expected, wanted
    assert [row.action for row in rows if EntryFilter(action="se_l").accepts(row)] == ["se_l.x"] * 3
