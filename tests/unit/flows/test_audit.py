"""The flow audit: checkpoints extend each other, entries are for auditors, files are checked."""

import base64
import math
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from antin.core.errors import IntegrityError, KeyDeviceError, NotFoundError
from antin.flows import audit, filing, jobs, seal
from antin.flows.unit_of_work import Done, Stores
from antin.infra.blobs import DirectoryBlobs
from antin.ledger.checking.report import LedgerConclusion
from antin.ledger.checkpoints.checkpoint import next_checkpoint, sign_checkpoint
from antin.ledger.ports import NoteSigner, StoredCheckpoint, TileRoot
from antin.ledger.tree.proofs import root_of
from tests.office import Office, SoftwareNoteKey, content
from tests.rows import a_draft, an_act


def test_checkpoints_extend_each_other(office: Office) -> None:
    first = audit.take_checkpoint(office.services)
    assert audit.take_checkpoint(office.services) == first, "nothing new, nothing signed"
    office.upload()
    second = audit.take_checkpoint(office.services)
    assert int(str(second["size"])) > int(str(first["size"]))
    assert audit.newest_note(office.services) == str(second["note"]).encode()
    audit.check_ledger(office.services).raise_if_not_passed()


def _append(office: Office, count: int) -> None:
    drafts = tuple(a_draft("agency/many") for _ in range(count))
    office.services.work.run(an_act(), lambda _: Done(None, drafts))


def _roots(office: Office) -> list[TileRoot]:
    return office.services.work.read(lambda s: list(s.ledger.tile_roots(1, 0, 100)))


def _expected(office: Office) -> list[bytes]:
    leaves = office.services.work.read(lambda s: list(s.ledger.leaves(0, 10_000)))
    return [root_of(leaves[at : at + 256]) for at in range(0, len(leaves) - 255, 256)]


def test_a_checkpoint_keeps_the_roots_of_tiles_that_are_full(office: Office) -> None:
    for count in (200, 400, 500):
        _append(office, count)
        audit.take_checkpoint(office.services)
        assert [one.hash for one in _roots(office)] == _expected(office)
        assert audit.check_ledger(office.services).conclusion is LedgerConclusion.PASSED
    assert len(_roots(office)) == 4


def _sign_without_roots(office: Office, leaves: list[bytes]) -> None:
    """Keep a checkpoint as it was kept before roots of tiles were."""
    growth = next_checkpoint(None, leaves, len(leaves))
    key = office.services.checkpoint_key
    note = sign_checkpoint(office.services.origin, len(leaves), growth.root, key)
    made = StoredCheckpoint(
        len(leaves), growth.root, note, growth.frontier, office.services.clock.now()
    )

    def keep(stores: Stores) -> Done[None]:
        stores.ledger.add_checkpoint(made)
        return Done(None)

    office.services.work.run(an_act(), keep)


@pytest.mark.parametrize("grows", [False, True])
def test_a_ledger_from_before_gets_its_roots_with_the_next_checkpoint(
    office: Office, *, grows: bool
) -> None:
    _append(office, 600)
    leaves = office.services.work.read(lambda s: list(s.ledger.leaves(0, 10_000)))
    _sign_without_roots(office, leaves)
    report = audit.check_ledger(office.services)
    assert "tile_roots_unkept" in {one.code for one in report.findings}
    assert report.conclusion is LedgerConclusion.PASSED, "no history depends on them"
    _append(office, 300 if grows else 0)
    audit.take_checkpoint(office.services)
    assert [one.hash for one in _roots(office)] == _expected(office)
    assert len(_roots(office)) == (3 if grows else 2)


def test_no_roots_are_kept_of_entries_that_were_not_signed_for(office: Office) -> None:
    _append(office, 600)
    _sign_without_roots(office, [bytes([n % 256]) * 32 for n in range(600)])
    with pytest.raises(IntegrityError) as caught:
        audit.take_checkpoint(office.services)
    assert caught.value.code == "ledger_inconsistent"
    assert _roots(office) == []


def test_checkpoints_that_are_taken_at_once_do_not_collide(office: Office) -> None:
    """While the key signs for one, another process signs for more and keeps it."""

    class Slow(SoftwareNoteKey):
        def __init__(self, key: NoteSigner) -> None:
            self.name, self.public_key, self.sign_now = key.name, key.public_key, key.sign

        def sign(self, message: bytes) -> bytes:
            _append(office, 400)
            audit.take_checkpoint(office.services)
            return self.sign_now(message)

    _append(office, 600)
    slow = office.without(checkpoint_key=Slow(office.services.checkpoint_key))
    taken = audit.take_checkpoint(slow.services)
    assert taken["size"] == office.services.work.read(lambda s: s.ledger.size())
    assert [one.hash for one in _roots(office)] == _expected(office)
    audit.check_ledger(office.services).raise_if_not_passed()


def test_no_entry_stays_uncovered_for_long(office: Office) -> None:
    document = office.upload()
    assert office.sink.kept is None
    jobs.sweep(office.services)
    assert _uncovered(office) == 0
    office.sign(document)
    assert _uncovered(office) == 0
    seal.seal_document(office.services, office.call("clerk"), seal.NewSeal(document))
    assert _uncovered(office) == 0


def _uncovered(office: Office) -> int:
    assert office.sink.kept is not None
    return office.services.work.read(lambda s: s.ledger.size()) - office.sink.kept.size


def test_an_unreachable_checkpoint_key_stops_no_work(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone(SoftwareNoteKey):
        def sign(self, message: bytes) -> bytes:
            raise KeyDeviceError("token_not_found", token="agency")

    without = office.without(checkpoint_key=Gone(office.services.origin))
    without.sign(office.upload())
    jobs.sweep(without.services)
    assert "token_not_found" in caplog.text
    assert office.sink.kept is None


def test_a_database_that_was_rolled_back_gets_nothing_signed(office: Office) -> None:
    audit.take_checkpoint(office.services)
    office.upload()
    audit.take_checkpoint(office.services)
    ahead = office.sink.kept
    assert ahead is not None
    # What the file outside would say if the database were restored from an older backup.
    later = replace(ahead, note=ahead.note.replace(f"\n{ahead.size}\n".encode(), b"\n9999\n"))
    office.sink.kept = later
    office.upload()
    for step in (audit.take_checkpoint, audit.require_ledger_continued):
        with pytest.raises(IntegrityError) as caught:
            step(office.services)
        assert caught.value.code == "checkpoint_ahead"


def test_another_history_of_the_same_length_gets_nothing_signed(office: Office) -> None:
    audit.take_checkpoint(office.services)
    kept = office.sink.kept
    assert kept is not None
    root = base64.b64encode(kept.root)
    office.sink.kept = replace(kept, note=kept.note.replace(root, base64.b64encode(bytes(32))))
    office.upload()
    with pytest.raises(IntegrityError) as caught:
        audit.take_checkpoint(office.services)
    assert caught.value.code == "history_forked"


def test_before_the_first_checkpoint_there_is_none(office: Office) -> None:
    with pytest.raises(NotFoundError) as caught:
        audit.newest_note(office.services)
    assert caught.value.code == "checkpoint_not_found"


def test_entries_are_for_auditors(office: Office) -> None:
    office.upload(title="Personal")
    seen = audit.list_entries(office.services, office.people["auditor"], 0, 1000)
    hidden = audit.list_entries(office.services, office.people["outsider"], 0, 1000)
    clerk = audit.list_entries(office.services, office.people["clerk"], 0, 1000)
    assert [entry["leaf"] for entry in seen] == [entry["leaf"] for entry in hidden]
    uploaded = [entry for entry in seen if entry.get("action") == "document.uploaded"]
    assert len(uploaded) == 1
    assert "Personal" in str(uploaded[0]["facts"])
    assert "Personal" not in str(hidden)
    assert "Personal" not in str(clerk)


def test_personal_data_stays_out_of_the_ledger_itself(office: Office) -> None:
    office.upload(title="Nguyễn Văn A's pension")
    rows = office.services.work.read(lambda stores: tuple(stores.ledger.entries(0, 10_000)))
    assert not any("pension" in row.data.decode() for row in rows)


def test_fsck_clears_what_a_crash_left_and_names_what_is_missing(office: Office) -> None:
    document = office.upload()
    audit.take_checkpoint(office.services)
    stray = office.services.blobs.put_bytes(b"left by a crash")
    young = audit.fsck(office.services)
    assert young.cleared_blobs == (), "it may still be waiting for its row"
    office.pass_time(timedelta(hours=2))
    report = audit.fsck(office.services)
    assert report.cleared_blobs == (stray,)
    assert report.missing_blobs == ()
    assert content(office, document)
    gone = office.services.work.read(lambda s: next(iter(s.named_blobs())))
    office.services.blobs.remove(gone, math.inf)
    assert audit.fsck(office.services).missing_blobs == (gone,)


def test_fsck_names_a_file_whose_bytes_were_altered(office: Office, tmp_path: Path) -> None:
    document = office.upload()
    digest, _ = filing.content_digest(office.services, office.people["clerk"], document)
    (file,) = (tmp_path / "blobs").rglob(digest)
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"more")
    report = audit.fsck(office.services)
    assert (report.corrupt_blobs, report.missing_blobs) == ((digest,), ())
    assert file.exists(), "it is evidence"


def test_fsck_leaves_what_is_stored_again_while_it_looks(office: Office, tmp_path: Path) -> None:
    class StoredAgain(DirectoryBlobs):
        def check(self, sha256: str) -> bool:
            self.put_bytes(b"left by a crash")
            return super().check(sha256)

    blobs = StoredAgain(tmp_path / "again")
    again = office.without(blobs=blobs)
    again.upload()
    stray = blobs.put_bytes(b"left by a crash")
    os.utime(blobs._path(stray), (0, 0))
    assert audit.fsck(again.services).cleared_blobs == ()
    assert blobs.exists(stray), "a row may be about to name it"


def test_fsck_clears_half_made_files(office: Office) -> None:
    with office.services.blobs.scratch() as folder:
        left = folder.with_name("left")
    left.mkdir()
    (left / "sealed.pdf").write_bytes(b"half a file")
    assert audit.fsck(office.services).cleared_folders == 0, "it may be in use"
    office.pass_time(timedelta(hours=2))
    assert audit.fsck(office.services).cleared_folders == 1
    assert not left.exists()


def test_a_service_answers_before_the_key_of_the_ledger_signs(office: Office) -> None:
    left: list[Callable[[], None]] = []
    service = office.without(aside=left.append)
    before = audit.take_checkpoint(office.services)
    service.upload()
    audit.checkpoint_soon(service.services)
    assert audit.newest_note(office.services) == str(before["note"]).encode(), "not yet"
    (sign,) = left
    sign()
    newest = audit.newest_note(office.services)
    assert newest == str(audit.take_checkpoint(office.services)["note"]).encode()
    assert newest != str(before["note"]).encode()


def test_what_is_left_for_after_the_answer_may_fail(office: Office) -> None:
    class Gone(SoftwareNoteKey):
        def sign(self, data: bytes) -> bytes:
            raise KeyDeviceError("token_not_found", token="agency")

    left: list[Callable[[], None]] = []
    service = office.without(aside=left.append, checkpoint_key=Gone("test.example/log"))
    service.upload()
    audit.checkpoint_soon(service.services)
    left[0]()  # it says so in the log, and the sweeper tries again
    assert audit.take_checkpoint(office.services)["size"]
