"""A whole ledger is shown to be whole, on every home."""

import pytest

from antin.core.errors import IntegrityError
from antin.flows.unit_of_work import UnitOfWork
from antin.ledger.checking.report import LedgerConclusion
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import ORIGIN, MemoryNoteKey

KEY = MemoryNoteKey()


def test_an_empty_ledger_has_nothing_to_check(work: UnitOfWork) -> None:
    report = verify(work, KEY)
    assert report.conclusion is LedgerConclusion.EMPTY
    report.raise_if_not_passed()


def test_without_any_checkpoint_nothing_is_shown(work: UnitOfWork) -> None:
    append(work, "agency/a")
    report = verify(work, KEY)
    assert report.conclusion is LedgerConclusion.INDETERMINATE
    assert codes(report) == {"checkpoint_none"}
    with pytest.raises(IntegrityError) as caught:
        report.raise_if_not_passed()
    assert caught.value.code == "ledger_not_proven"


def test_a_whole_ledger_passes(work: UnitOfWork) -> None:
    append(work, "agency/a", "record/b", "agency/a")
    checkpoint(work, KEY)
    append(work, "record/b")
    newest = checkpoint(work, KEY)
    append(work, "agency/a")
    report = verify(work, KEY, newest.note)
    assert report.conclusion is LedgerConclusion.PASSED
    assert (report.entries, report.checkpoints, report.covered) == (5, 2, 4)
    assert [one.code for one in report.findings] == ["entries_uncovered"]
    report.raise_if_not_passed()
    assert report.as_json()["conclusion"] == "TOTAL-PASSED"


def test_another_key_signed_nothing_here(work: UnitOfWork) -> None:
    append(work, "agency/a")
    checkpoint(work, KEY)
    report = verify(work, MemoryNoteKey())
    assert report.conclusion is LedgerConclusion.FAILED
    assert codes(report) == {"checkpoint_signature_invalid"}


def test_a_checkpoint_kept_outside_shows_a_restored_backup(work: UnitOfWork) -> None:
    """The database was set back to before it; so it holds neither entries nor checkpoint."""
    append(work, "agency/a")
    checkpoint(work, KEY)
    append(work, "agency/a")
    report = verify(work, KEY, _of_a_longer_history())
    assert codes(report) == {"checkpoint_beyond_entries", "checkpoint_missing"}
    assert report.conclusion is LedgerConclusion.FAILED


def test_a_checkpoint_kept_outside_shows_another_history_of_the_same_size(
    work: UnitOfWork,
) -> None:
    append(work, "agency/a", "agency/a")
    checkpoint(work, KEY)
    report = verify(work, KEY, _of_a_longer_history(2))
    assert codes(report) == {"checkpoint_root_mismatch", "checkpoint_missing"}


@pytest.mark.parametrize("outside", [b"", b"\x00junk", b"origin\n1\n"])
def test_what_is_kept_outside_may_be_anything(work: UnitOfWork, outside: bytes) -> None:
    append(work, "agency/a")
    checkpoint(work, KEY)
    assert codes(verify(work, KEY, outside)) == {"checkpoint_unreadable"}


def _of_a_longer_history(size: int = 9) -> bytes:
    return sign_checkpoint(ORIGIN, size, b"\x05" * 32, KEY)
