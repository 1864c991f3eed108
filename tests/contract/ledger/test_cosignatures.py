"""Every home of the ledger keeps what others signed under checkpoints in one way."""

import pytest

from antin.core.errors import ConflictError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.ports import Cosignature, Timestamp
from tests.ledgers import append, checkpoint
from tests.notekey import MemoryNoteKey
from tests.rows import NOW, an_act

KEY = MemoryNoteKey()


def keep(work: UnitOfWork, *signed: Cosignature | Timestamp) -> None:
    def change(stores: Stores) -> Done[None]:
        for one in signed:
            if isinstance(one, Timestamp):
                stores.ledger.add_timestamp(one)
            else:
                stores.ledger.add_cosignature(one)
        return Done(None)

    work.run(an_act(), change)


def test_they_are_found_by_checkpoint_and_by_witness(work: UnitOfWork) -> None:
    append(work, "record/1")
    first = checkpoint(work, KEY)
    append(work, "record/1")
    second = checkpoint(work, KEY)
    made = [
        Cosignature(size, name, f"— {name} AAAA\n", NOW)
        for size, name in ((first.size, "b"), (first.size, "a"), (second.size, "a"))
    ]
    keep(work, *made)
    assert work.read(lambda s: s.ledger.cosignatures(first.size, first.size + 1)) == (
        made[1],
        made[0],
    )
    assert work.read(lambda s: s.ledger.cosignatures(second.size, 99)) == (made[2],)
    assert work.read(lambda s: s.ledger.cosignatures(99, 100)) == ()
    assert work.read(lambda s: [s.ledger.cosigned(name) for name in "abc"]) == [2, 1, None]
    assert work.read(lambda s: s.ledger.checkpoint(1)) == first
    assert work.read(lambda s: s.ledger.checkpoint(3)) is None


def test_one_of_a_witness_is_kept_for_a_checkpoint(work: UnitOfWork) -> None:
    append(work, "record/1")
    size = checkpoint(work, KEY).size
    one = Cosignature(size, "a", "— a AAAA\n", NOW)
    keep(work, one)
    for again in (one, Cosignature(size, "a", "— a BBBB\n", NOW)):
        with pytest.raises(ConflictError) as caught:
            keep(work, again)
        assert caught.value.code == "already_exists"
    assert work.read(lambda s: s.ledger.cosignatures(0, size + 1)) == (one,)


def test_there_is_none_without_its_checkpoint(work: UnitOfWork) -> None:
    with pytest.raises(ConflictError):
        keep(work, Cosignature(7, "a", "— a AAAA\n", NOW))


def test_time_stamps_are_found_by_checkpoint(work: UnitOfWork) -> None:
    assert work.read(lambda s: s.ledger.newest_timestamp()) is None
    for _ in range(3):
        append(work, "record/1")
        checkpoint(work, KEY)
    made = [
        Timestamp(size, number, f"{size} {number}".encode(), NOW)
        for size, number in ((1, 0), (2, 1), (2, 0))
    ]
    keep(work, *made)
    first, second, third = made
    assert work.read(lambda s: s.ledger.timestamps(1, 4)) == (first, third, second)
    assert work.read(lambda s: s.ledger.timestamps(2, 3)) == (third, second)
    assert work.read(lambda s: s.ledger.timestamps(3, 9)) == ()
    assert work.read(lambda s: s.ledger.newest_timestamp()) == third
    assert work.read(lambda s: s.ledger.first_timestamp(0)) == first
    assert work.read(lambda s: s.ledger.first_timestamp(2)) == third
    assert work.read(lambda s: s.ledger.first_timestamp(3)) is None
    for again in (first, Timestamp(1, 0, b"another", NOW), Timestamp(9, 0, b"", NOW)):
        with pytest.raises(ConflictError) as caught:
            keep(work, again)
        assert caught.value.code == "already_exists"
