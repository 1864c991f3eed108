"""More of what somebody with all rights does, and what nobody can notice: each shown to be so."""

# ruff: noqa: S608 — the attacker writes SQL by hand

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from antin.core.errors import ConflictError
from antin.flows.unit_of_work import Done, UnitOfWork
from antin.ledger.checking.report import LedgerConclusion
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.checkpoints.note import parse_note, write_note
from antin.ledger.draft import Act
from antin.ledger.entry import encode, parse
from antin.ledger.ports import StoredCheckpoint
from antin.ledger.tree.merkle import leaf_hash
from tests.contract.ledger.conftest import Attacked
from tests.contract.ledger.test_attacks import found, rows, truncate
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import a_draft, an_act

KEY = MemoryNoteKey()


@pytest.fixture
def grown(attacked: Attacked) -> Attacked:
    """Two checkpoints, of three and of six entries; guards lifted."""
    for streams in (("agency/a", "record/b", "agency/a"), ("document/c", "agency/a", "record/b")):
        append(attacked.work, *streams)
        checkpoint(attacked.work, KEY)
    attacked.superuser.lift_guards()
    return attacked


def kept(attacked: Attacked, size: int = 6) -> StoredCheckpoint:
    stored = attacked.work.read(lambda s: s.ledger.checkpoint(size))
    assert stored is not None
    return stored


def put_note(attacked: Attacked, note: bytes, size: int = 6) -> None:
    octets = attacked.superuser.octets(note)
    attacked.superuser.execute(f"UPDATE ledger_checkpoints SET note = {octets} WHERE size = {size}")


def test_the_tail_cut_off_before_any_checkpoint_left(grown: Attacked) -> None:
    """Nobody can notice: nothing outside the tables has ever named these entries."""
    append(grown.work, "agency/a", "record/b")
    truncate(grown, 6)
    report = verify(grown.work, KEY, kept(grown).note)
    assert (report.conclusion, codes(report)) == (LedgerConclusion.PASSED, set())


def test_a_forged_entry_at_the_tail(grown: Attacked) -> None:
    """Nobody can notice either: entries are not signed one by one, and this one is in order."""
    tip = rows(grown)[4]
    forged = replace(parse(tip.data), n=tip.n + 1, prev=tip.leaf, request="forged", ordinal=0)
    data, octets = encode(forged), grown.superuser.octets
    grown.superuser.execute(
        "INSERT INTO ledger_entries SELECT 6, stream, n + 1, leaf, micros, actor, action, "
        f"payload_digest, 'forged', 0, {octets(data)}, {octets(leaf_hash(data))} "
        "FROM ledger_entries WHERE leaf_index = 4",
        "UPDATE ledger_head SET size = 7",
        "INSERT INTO ledger_payloads SELECT 6, salt, data FROM ledger_payloads "
        "WHERE leaf_index = 4",
    )
    assert codes(verify(grown.work, KEY)) == set()


def test_a_true_entry_told_again_at_the_tail(grown: Attacked) -> None:
    """In the place of the newest one, under columns that pass the unique keys."""
    attack = (
        "CREATE TABLE copy AS SELECT * FROM ledger_entries",
        "DELETE FROM ledger_entries WHERE leaf_index = 5",
        (
            "UPDATE copy SET leaf_index = 5, stream = 'agency/other', request = 'other' "
            "WHERE leaf_index = 4"
        ),
    )
    grown.superuser.execute(
        *attack,
        "INSERT INTO ledger_entries SELECT * FROM copy WHERE leaf_index = 5 "
        "AND stream = 'agency/other'",
    )
    report = verify(grown.work, KEY)
    assert {"request_repeated", "stream_broken", "column_altered"} <= codes(report)
    assert found(grown, "request_repeated", report)["index"] == 5
    assert found(grown, "stream_broken", report)["index"] == 5
    assert found(grown, "checkpoint_root_mismatch", report)["size"] == 6


def test_facts_swapped_between_entries(grown: Attacked) -> None:
    swap = "UPDATE ledger_payloads SET leaf_index = {} WHERE leaf_index = {}"
    # Rows of the third table are not there at first; the foreign key is no obstacle for him.
    grown.superuser.execute(
        "DELETE FROM ledger_payloads WHERE leaf_index = 5",
        swap.format(5, 1),
        swap.format(1, 2),
        swap.format(2, 5),
    )
    report = verify(grown.work, KEY)
    assert codes(report) == {"payload_altered", "payload_missing"}
    altered = [one.row for one in report.findings if one.code == "payload_altered"]
    assert altered == [("ledger_payloads", 1), ("ledger_payloads", 2)]


def test_a_note_swapped_with_another_checkpoints(grown: Attacked) -> None:
    older, newer = kept(grown, 3), kept(grown, 6)
    put_note(grown, newer.note, 3)
    put_note(grown, older.note, 6)
    report = verify(grown.work, KEY)
    altered = [one.row for one in report.findings if one.code == "checkpoint_altered"]
    assert altered == [("ledger_checkpoints", 3), ("ledger_checkpoints", 6)]
    assert report.conclusion is LedgerConclusion.FAILED


def test_a_checkpoint_of_another_ledger_by_the_same_key(grown: Attacked) -> None:
    other = sign_checkpoint(ORIGIN, 6, kept(grown).root, KEY).replace(
        ORIGIN.encode() + b"\n6", b"other.example/log\n6"
    )
    put_note(grown, other)
    assert found(grown, "checkpoint_of_another_ledger", verify(grown.work, KEY)) == {
        "size": 6,
        "expected": ORIGIN,
        "found": "other.example/log",
    }


def test_a_checkpoint_by_another_key_of_the_same_name(grown: Attacked) -> None:
    put_note(grown, sign_checkpoint(ORIGIN, 6, kept(grown).root, MemoryNoteKey()))
    values = found(grown, "checkpoint_signature_invalid", verify(grown.work, KEY))
    assert values["size"] == 6
    assert "no signature of this key" in str(values["reason"])


@pytest.mark.parametrize("first", [True, False])
def test_one_good_and_one_bad_signature_of_our_key(grown: Attacked, *, first: bool) -> None:
    note = parse_note(kept(grown).note)
    (good,) = note.signatures
    bad = replace(good, value=good.value[:-1] + bytes([good.value[-1] ^ 1]))
    put_note(grown, write_note(note.text, (bad, good) if first else (good, bad)))
    values = found(grown, "checkpoint_signature_invalid", verify(grown.work, KEY))
    assert "is wrong" in str(values["reason"])


def test_two_checkpoints_of_one_size(grown: Attacked) -> None:
    """One in the table, one outside it, both signed; see test_levels for what a report carries."""
    other = sign_checkpoint(ORIGIN, 6, b"\x05" * 32, KEY)
    report = verify(grown.work, KEY, other)
    assert codes(report) == {"checkpoint_root_mismatch", "checkpoint_missing"}
    (evidence,) = (one.evidence for one in report.findings if "mismatch" in one.code)
    assert evidence is not None
    assert evidence.checkpoints == (other, kept(grown).note)


def test_a_clock_set_back_a_day(work: UnitOfWork) -> None:
    """Told, and no more than that: what a time says is the writer's word."""
    append(work, "agency/a")
    earlier = replace(an_act(), micros=an_act().micros - 86_400_000_000)
    work.run(earlier, lambda _: Done(None, (a_draft("agency/a"),)))
    checkpoint(work, KEY)
    report = verify(work, KEY)
    assert report.conclusion is LedgerConclusion.PASSED
    (told,) = report.findings
    assert (told.code, told.severity.value, told.row) == (
        "clock_set_back",
        "info",
        ("ledger_entries", 1),
    )


def test_one_request_a_hundred_times_at_once(work: UnitOfWork) -> None:
    act = an_act("the-same-request")
    drafts = (a_draft("agency/a"), a_draft("record/b"))

    def ask(number: int) -> str:
        again = Act(act.actor, act.request, act.micros + number, act.seed)
        try:
            return work.run(again, lambda _: Done("appended", drafts))
        except ConflictError as error:
            return error.code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(100)))
    assert sorted(set(answers)) == ["already_exists", "appended"]
    assert answers.count("appended") == 1
    checkpoint(work, KEY)
    report = verify(work, KEY)
    assert (report.entries, codes(report)) == (2, set())
