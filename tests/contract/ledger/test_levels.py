"""How far a check goes, what each finding is about, and what a third person can be shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import migrate, open_database
from antin.ledger.checking.evidence import confirm_contradiction
from antin.ledger.checking.levels import Level
from antin.ledger.checking.report import LedgerFinding, LedgerReport
from antin.ledger.checking.tree import BATCH, MAX_EVIDENCE
from antin.ledger.checking.verify import verify_ledger
from antin.ledger.checkpoints.note import ecdsa_verifier
from tests.contract.ledger.conftest import Attacked
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import ORIGIN, MemoryNoteKey

KEY = MemoryNoteKey()
VERIFIER = ecdsa_verifier(ORIGIN, KEY.public_key)


def up_to(work: UnitOfWork, level: Level) -> LedgerReport:
    return work.read(
        lambda s: verify_ledger(
            s.ledger, ORIGIN, KEY.public_key, level=level, missing_guards=s.whole.missing_guards()
        )
    )


@pytest.fixture
def attacked_everywhere(attacked: Attacked) -> Attacked:
    """Something wrong on every level of the ledger itself."""
    for stream in ("agency/a", "record/b", "agency/a", "document/c", "agency/a", "record/b"):
        append(attacked.work, stream)
    checkpoint(attacked.work, KEY)
    attacked.superuser.lift_guards()
    attacked.superuser.execute(
        "UPDATE ledger_entries SET leaf = data WHERE leaf_index = 0",
        "UPDATE ledger_entries SET actor = 'nobody' WHERE leaf_index = 1",
        "DELETE FROM ledger_payloads WHERE leaf_index = 2",
        "DELETE FROM ledger_entries WHERE leaf_index = 2",
    )
    return attacked


FOUND_AT = {
    Level.STRUCTURE: {"guard_missing", "entry_missing", "ledger_size_altered", "levels_left_out"},
    Level.HASHES: {"entry_bytes_altered"},
    Level.COLUMNS: {"column_altered"},
    Level.STREAMS: {"stream_broken"},
    Level.CHECKPOINTS: {"checkpoint_beyond_entries"},
}


@pytest.mark.parametrize("level", FOUND_AT)
def test_a_level_finds_what_it_and_the_ones_before_it_look_at(
    attacked_everywhere: Attacked, level: Level
) -> None:
    report = up_to(attacked_everywhere.work, level)
    expected = {code for one, own in FOUND_AT.items() if level.reaches(one) for code in own}
    if level is Level.CHECKPOINTS:
        expected = expected - {"levels_left_out"}
    assert codes(report) == expected
    assert report.level is level
    assert all(level.reaches(finding.level) for finding in report.findings)
    for finding in report.findings:
        assert finding.code in {*FOUND_AT[finding.level], "entries_uncovered"}


def test_below_checkpoints_nothing_is_proven(work: UnitOfWork) -> None:
    append(work, "agency/a")
    checkpoint(work, KEY)
    for level in (Level.STRUCTURE, Level.HASHES, Level.COLUMNS, Level.STREAMS):
        report = up_to(work, level)
        assert codes(report) == {"levels_left_out"}
        assert report.conclusion == "INDETERMINATE"
    assert up_to(work, Level.CHECKPOINTS).conclusion == "TOTAL-PASSED"


def test_each_finding_names_its_row(attacked_everywhere: Attacked) -> None:
    rows = {one.code: one.row for one in verify(attacked_everywhere.work, KEY).findings}
    assert rows == {
        "entry_bytes_altered": ("ledger_entries", 0),
        "column_altered": ("ledger_entries", 1),
        "entry_missing": ("ledger_entries", 2),
        "stream_broken": ("ledger_entries", 4),
        "ledger_size_altered": None,
        "checkpoint_beyond_entries": ("ledger_checkpoints", 6),
        "entries_uncovered": None,
    }
    told = verify(attacked_everywhere.work, KEY).as_json()
    assert all({"level", "row", "evidence"} <= set(one) for one in told["findings"])  # type: ignore[union-attr, arg-type]  # JSON


def the(report: LedgerReport, code: str) -> LedgerFinding:
    (found,) = (one for one in report.findings if one.code == code)
    return found


def grow(work: UnitOfWork, count: int) -> None:
    append(work, *["agency/a"] * count)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[UnitOfWork]:
    """Another database of the same ledger: a backup that was restored and went on."""
    migrate(f"sqlite:///{tmp_path}/other.db")
    database = open_database(f"sqlite:///{tmp_path}/other.db")
    yield database
    database.close()


@pytest.mark.parametrize(("kept", "grown"), [(3, 3), (3, 4), (6, 13), (300, 9000)])
def test_a_fork_is_shown_by_two_signed_checkpoints_and_a_proof(
    work: UnitOfWork, other: UnitOfWork, kept: int, grown: int
) -> None:
    """What the log signed before the backup came back, against what it signed afterwards."""
    grow(other, kept)
    lost = checkpoint(other, KEY)
    grow(work, grown)
    newest = checkpoint(work, KEY)
    finding = the(verify(work, KEY, lost.note), "checkpoint_root_mismatch")
    assert finding.evidence is not None
    assert finding.evidence.checkpoints == (lost.note, newest.note)
    assert (finding.evidence.proof is None) == (kept == grown)
    confirm_contradiction(finding.evidence, ORIGIN, VERIFIER)


def test_entries_that_were_rewritten_leave_the_checkpoint_as_evidence(
    attacked: Attacked,
) -> None:
    for stream in ("agency/a", "record/b"):
        append(attacked.work, stream)
    kept = checkpoint(attacked.work, KEY)
    attacked.superuser.lift_guards()
    swap = "UPDATE ledger_entries SET leaf_index = {} WHERE leaf_index = {}"
    attacked.superuser.execute(swap.format(9, 0), swap.format(0, 1), swap.format(1, 9))
    report = verify(attacked.work, KEY)
    evidence = the(report, "checkpoint_root_mismatch").evidence
    assert evidence is not None
    assert evidence.checkpoints == (kept.note,), "the log signed for one history only"
    assert (evidence.size, evidence.root) == (2, report.root)


def test_evidence_is_bounded(attacked: Attacked) -> None:
    for _ in range(MAX_EVIDENCE + 5):
        append(attacked.work, "agency/a")
        checkpoint(attacked.work, KEY)
    attacked.superuser.lift_guards()
    attacked.superuser.execute("UPDATE ledger_entries SET data = leaf WHERE leaf_index = 0")
    report = verify(attacked.work, KEY)
    bad = [one for one in report.findings if one.code == "checkpoint_root_mismatch"]
    assert len(bad) == MAX_EVIDENCE + 5
    assert sum(one.evidence is not None for one in bad) == MAX_EVIDENCE


def test_checkpoints_at_any_place_of_a_batch_are_met(work: UnitOfWork) -> None:
    sizes = (1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 7)
    before = 0
    for size in sizes:
        grow(work, size - before)
        before = size
        checkpoint(work, KEY)
    report = verify(work, KEY)
    assert (codes(report), report.checkpoints, report.covered) == (set(), len(sizes), sizes[-1])


def test_guards_are_in_place_until_somebody_lifts_one(attacked: Attacked) -> None:
    append(attacked.work, "agency/a")
    checkpoint(attacked.work, KEY)
    assert up_to(attacked.work, Level.CHECKPOINTS).findings == ()
    assert attacked.work.read(lambda s: s.whole.missing_guards()) == ()
    attacked.superuser.lift_guards()
    report = up_to(attacked.work, Level.CHECKPOINTS)
    assert report.conclusion == "INDETERMINATE"
    assert "ledger_entries_keep_rows" in {dict(one.values)["guard"] for one in report.findings}
    assert codes(report) == {"guard_missing"}


def test_a_guard_that_guards_nothing_is_found_on_sqlite(sqlite_attacked: Attacked) -> None:
    sqlite_attacked.superuser.execute(
        "DROP TRIGGER ledger_entries_keep_rows",
        "CREATE TRIGGER ledger_entries_keep_rows BEFORE UPDATE ON ledger_entries "
        "WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'ledger_entries only grows'); END",
    )
    missing = sqlite_attacked.work.read(lambda s: s.whole.missing_guards())
    assert missing == ("ledger_entries_keep_rows",)


@pytest.mark.real("postgres")
@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        (
            "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_keep_all",
            "ledger_entries_keep_all",
        ),
        (
            "ALTER TABLE ledger_head ENABLE TRIGGER ledger_head_grows",
            "ledger_head_grows",
        ),
        (
            (
                "CREATE OR REPLACE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RETURN NEW; END $$"
            ),
            "ledger_only_grows",
        ),
        (
            (
                "DROP TRIGGER ledger_entries_keep_rows ON ledger_entries; "
                "CREATE TRIGGER ledger_entries_keep_rows BEFORE UPDATE OR DELETE ON ledger_entries "
                "FOR EACH ROW WHEN (false) EXECUTE FUNCTION ledger_only_grows(); "
                "ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_keep_rows"
            ),
            "ledger_entries_keep_rows",
        ),
    ],
)
def test_a_guard_that_guards_nothing_is_found_on_postgresql(
    postgres_attacked: Attacked, statement: str, guard: str
) -> None:
    postgres_attacked.superuser.execute(statement)
    assert postgres_attacked.work.read(lambda s: s.whole.missing_guards()) == (guard,)
