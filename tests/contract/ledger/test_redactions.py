"""Erasing on every home: proofs hold, and a claim of erasing is believed only where it is right."""

from pathlib import Path

import pytest

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.checking.report import LedgerConclusion, LedgerReport
from antin.ledger.draft import Draft
from antin.ledger.export.single_file import verify_ledger as single_file
from antin.ledger.ports import EntryRow, Payload
from antin.ledger.redaction import ACTION, Erased, Redaction
from antin.ledger.tree.merkle import Frontier, leaf_hash
from antin.ledger.tree.proofs import verify_inclusion
from antin.ledger.tree.tile_proofs import inclusion_from_tiles
from tests.exports import KEY, VKEY, export, files_of
from tests.ledgers import append, checkpoint, codes, verify
from tests.rows import an_act
from tests.tilestores import KeptTiles


def rows(work: UnitOfWork) -> tuple[EntryRow, ...]:
    return work.read(lambda s: tuple(s.ledger.entries(0, 100)))


def erased(work: UnitOfWork, *indexes: int) -> tuple[Erased, ...]:
    """Return right claims."""
    return tuple(Erased(index, rows(work)[index].leaf) for index in indexes)


def redact(
    work: UnitOfWork, stream: str, claims: tuple[Erased, ...], *indexes: int, **facts: object
) -> None:
    """Delete the facts of ``indexes`` and append an entry that claims ``claims``."""
    said: JsonObject = {**Redaction(claims, "asked for", "admin").as_facts(), **facts}  # type: ignore[dict-item]  # facts are made wrong on purpose

    def change(stores: Stores) -> Done[None]:
        stores.ledger.erase_payloads(indexes)
        return Done(None, (Draft(stream, ACTION, said),))

    work.run(an_act(), change)


def delete(work: UnitOfWork, index: int) -> None:
    """Delete an entry's facts without a word."""

    def change(stores: Stores) -> Done[None]:
        stores.ledger.erase_payloads([index])
        return Done(None)

    work.run(an_act(), change)


def found(report: LedgerReport, code: str) -> list[dict[str, object]]:
    return [dict(one.values) for one in report.findings if one.code == code]


@pytest.fixture
def grown(work: UnitOfWork) -> UnitOfWork:
    """Six entries: agency/a has 0, 2 and 4, record/b 1 and 5, document/c 3."""
    for stream in ("agency/a", "record/b", "agency/a", "document/c", "agency/a", "record/b"):
        append(work, stream)
    checkpoint(work, KEY)
    return work


def test_erased_facts_are_told_from_missing_ones(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0, 2, 4), 0, 2, 4)
    checkpoint(grown, KEY)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.PASSED
    said = {"by": 6, "actor": "system", "count": 3, "indexes": "0, 2, 4"}
    assert found(report, "payload_erased") == [said]
    delete(grown, 3)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.INDETERMINATE
    assert found(report, "payload_missing") == [{"index": 3}]
    assert len(found(report, "payload_erased")) == 1


def test_proofs_and_checkpoints_from_before_hold_after(grown: UnitOfWork) -> None:
    before = rows(grown)
    signed = grown.read(lambda s: s.ledger.newest_checkpoint())
    assert signed is not None
    tiles = KeptTiles.over(row.leaf for row in before)
    proof = inclusion_from_tiles(tiles, 2, 6, signed.root)
    redact(grown, "agency/a", erased(grown, 2), 2)
    after = rows(grown)
    assert after[:6] == before
    assert grown.read(lambda s: s.ledger.payload(2)) is None
    verify_inclusion(2, 6, leaf_hash(after[2].data), proof.path, signed.root)
    tree = Frontier()
    for leaf in grown.read(lambda s: list(s.ledger.leaves(0, 6))):
        tree.append(leaf)
    assert tree.root() == signed.root
    assert codes(verify(grown, KEY, signed.note)) == set()


@pytest.mark.parametrize("with_payloads", [True, False])
def test_new_exports_hold_nothing_of_it(
    grown: UnitOfWork, tmp_path: Path, *, with_payloads: bool
) -> None:
    payload = grown.read(lambda s: s.ledger.payload(2))
    other = grown.read(lambda s: s.ledger.payload(4))
    assert payload is not None
    assert other is not None
    older = tmp_path / "older"
    export(grown, older, with_payloads=True)
    assert holds(older, payload)
    redact(grown, "agency/a", erased(grown, 2), 2)
    export(grown, tmp_path / "newer", with_payloads=with_payloads)
    assert not holds(tmp_path / "newer", payload)
    assert holds(tmp_path / "newer", other) is with_payloads
    export(grown, older, with_payloads=True)
    assert not holds(older, payload), "one that is brought up to date is written anew"
    report = single_file.verify(str(tmp_path / "newer"), single_file.Key(VKEY), [], 1)
    assert report.conclusion == "TOTAL-PASSED"
    codes = {code for code, _, _ in report.found.found}
    assert codes == ({"payload_erased"} if with_payloads else set())


def holds(folder: Path, payload: Payload) -> bool:
    """Tell whether any file has the salt, as bytes or as text."""
    salts = (payload.salt, payload.salt.hex().encode())
    return any(salt in data for data in files_of(folder).values() for salt in salts)


def test_what_is_gone_is_not_erased_twice(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0), 0)
    with pytest.raises(ConflictError) as caught:
        redact(grown, "agency/a", erased(grown, 0, 2), 0, 2)
    assert caught.value.code == "version_conflict"
    assert grown.read(lambda s: s.ledger.payload(2)) is not None, "nothing of it happened"
    assert grown.read(lambda s: s.ledger.size()) == 7


WRONG = {
    "another stream's": ("record/b", 0, 0),
    "another entry's leaf": ("agency/a", 0, 2),
    "a later entry": ("agency/a", 7, 0),
    "itself": ("agency/a", 6, 0),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_claim_on_what_it_cannot_have_erased(grown: UnitOfWork, case: str) -> None:
    stream, index, leaf = WRONG[case]
    claim = Erased(index, rows(grown)[leaf].leaf)
    redact(grown, stream, (claim,), 0)
    append(grown, "agency/a")
    delete(grown, 7)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.FAILED
    (wrong,) = found(report, "redaction_wrong")
    assert (wrong["index"], wrong["named"]) == (6, index)
    assert found(report, "payload_missing") == [{"index": 0}, {"index": 7}]
    assert found(report, "payload_erased") == []


def test_erased_facts_that_are_there(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0, 2), 2)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.FAILED
    assert found(report, "redaction_unmet") == [{"index": 6, "named": 0}]
    assert found(report, "payload_erased")[0]["indexes"] == "2"
    redact(grown, "agency/a", erased(grown, 0), 0)  # they had come back with a backup
    report = verify(grown, KEY)
    assert codes(report) == set()
    assert [one["indexes"] for one in found(report, "payload_erased")] == ["0, 2", "0"]


def test_an_entry_about_erasing_whose_own_facts_are_gone(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0), 0)
    delete(grown, 6)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.FAILED
    assert [one["index"] for one in found(report, "redaction_unreadable")] == [6]
    assert found(report, "payload_missing") == [{"index": 0}]


def test_nobody_can_say_that_such_an_entry_was_erased(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0), 0)
    redact(grown, "agency/a", erased(grown, 6), 6)
    report = verify(grown, KEY)
    assert {"redaction_unreadable", "redaction_wrong"} <= codes(report)
    assert found(report, "payload_missing") == [{"index": 0}]


@pytest.mark.parametrize(
    "facts",
    [
        {"erased": ()},
        {"erased": "0"},
        {"erased": ({"index": 0},)},
        {"erased": ({"index": True, "leaf": "00" * 32},)},
        {"erased": ({"index": -1, "leaf": "00" * 32},)},
        {"erased": ({"index": 0, "leaf": "zz" * 32},)},
        {"erased": ({"index": 0, "leaf": "00" * 31},)},
        {"erased": tuple({"index": n, "leaf": "00" * 32} for n in range(1001))},
        {"erased": ("0",)},
        {"reason": 1},
        {"more": "than this"},
        {"reason": "x" * (256 << 10)},
    ],
)
def test_facts_that_are_not_those_of_erasing(grown: UnitOfWork, facts: JsonObject) -> None:
    redact(grown, "agency/a", erased(grown, 0), 0, **facts)
    report = verify(grown, KEY)
    assert codes(report) == {"redaction_unreadable", "payload_missing"}
    assert report.conclusion is LedgerConclusion.FAILED


def test_very_many_of_them_leave_room_for_other_findings(grown: UnitOfWork) -> None:
    append(grown, *["agency/a"] * 120)
    for index in range(6, 126):
        redact(grown, "agency/a", (Erased(index, _leaf(grown, index)),), index)
    checkpoint(grown, KEY)
    report = verify(grown, KEY)
    assert report.conclusion is LedgerConclusion.PASSED
    assert len(found(report, "payload_erased")) == 100
    assert found(report, "redactions_more") == [{"count": 20}]


def _leaf(work: UnitOfWork, index: int) -> bytes:
    return work.read(lambda s: next(s.ledger.entries(index, index + 1)).leaf)


def test_facts_of_erasing_have_one_form(grown: UnitOfWork) -> None:
    redact(grown, "agency/a", erased(grown, 0), 0)
    payload = grown.read(lambda s: s.ledger.payload(6))
    assert payload is not None
    leaf = rows(grown)[0].leaf.hex().encode()
    first = b'{"authorised_by":"admin","erased":[{"index":0,"leaf":"'
    assert payload.data == first + leaf + b'"}],"reason":"asked for"}'
