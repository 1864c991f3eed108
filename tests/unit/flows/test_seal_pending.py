"""A seal whose key was used waits for its time-stamp: the value is kept, and the document held."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antin.core.errors import (
    ConflictError,
    DefectError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
)
from antin.flows import audit, close, filing, jobs, seal, seal_completing
from antin.flows.requests import act_of
from antin.flows.unit_of_work import Done, Stores
from antin.flows.verify import verify_source
from antin.records.blobs import BlobStore
from antin.records.seal import Seal, SealState
from antin.signer.request import Level
from tests.latestamps import DEAD, Late, Patchy
from tests.office import Office

# What the stores promise is shown elsewhere; these are about time.
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)


@dataclass
class Waiting(Late):
    """A seal whose value is kept, with a time-stamping service that may fail."""

    level: Level = Level.B_T

    def again(self, key: str = "") -> dict[str, Any]:
        """Ask once more, by default with the very same request."""
        call = self.office.call("clerk", "seal", key or self.document, "d")
        new = seal.NewSeal(self.document, level=self.level)
        return dict(seal.seal_document(self.ours.services, call, new))

    def row(self) -> Seal:
        found = self.office.services.work.read(lambda s: s.seals.get(str(self.answer["id"])))
        assert found is not None
        return found

    def failure(self) -> tuple[str, str | None]:
        row = self.row()
        return row.state.value, row.failure

    def causes(self) -> list[object]:
        clerk = self.office.people["clerk"]
        found = filing.list_revisions(self.office.services, clerk, self.document)
        return [revision["cause"] for revision in found]


def sealed(office: Office, patchy: Patchy, level: Level = Level.B_T) -> Waiting:
    """Have an officer sign, then seal with a service that may fail."""
    document = office.upload()
    office.sign(document)
    waiting = Waiting(office, patchy, document, {}, level)
    waiting.answer = waiting.again()
    return waiting


@pytest.fixture
def dead(office: Office) -> Waiting:
    return sealed(office, Patchy(office.services.timestamps))


def test_a_dead_time_stamping_service_loses_nothing(dead: Waiting) -> None:
    office = dead.office
    assert (dead.answer["state"], dead.answer["timestamp"]) == ("SIGNED", "pending")
    assert dead.answer["document"] is None
    assert dead.causes() == ["uploaded", "signed"]
    asked = office.seal.asked
    row = dead.row()
    assert row.signature
    dead.patchy.failing = 0
    dead.work(MINUTE)
    assert dead.row().signature == row.signature
    assert (dead.row().state, dead.job().state) == ("COMPLETED", "DONE")
    assert dead.job().result == {"seal_id": row.id, "document_id": dead.document}
    assert dead.causes() == ["uploaded", "signed", "sealed"]
    assert office.seal.asked == asked, "what is left to do needs no key"
    actions = office.actions(f"document/{dead.document}")
    assert actions[-3:] == ["seal.intended", "seal.signed", "seal.completed"]
    # The same request again gets the sealed document, each time.
    one, two = dead.again(), dead.again()
    assert one == two
    assert (one["state"], one["timestamp"]) == ("COMPLETED", None)
    assert one["result_revision_id"] == dead.row().result_revision_id
    with office.blob(one["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert report.signatures[-1].level == "B-T"


def test_the_same_request_goes_on_and_acts_once(dead: Waiting) -> None:
    assert dead.again()["state"] == "SIGNED"
    dead.patchy.failing = 0
    assert dead.again()["state"] == "COMPLETED"
    assert dead.causes() == ["uploaded", "signed", "sealed"]
    assert dead.office.actions(f"document/{dead.document}").count("seal.intended") == 1


def test_pauses_grow_and_the_row_says_why(dead: Waiting) -> None:
    pauses = []
    for _ in range(5):
        job = dead.job()
        assert job.due_at is not None
        assert (job.error or {})["code"] == "timestamp_unavailable"
        pauses.append((job.due_at - dead.office.clock.moment).total_seconds())
        dead.work(job.due_at - dead.office.clock.moment)
    assert pauses == [5, 10, 20, 40, 80]
    assert dead.row().state is SealState.SIGNED


def test_it_holds_its_document(dead: Waiting) -> None:
    office = dead.office
    steps: tuple[Callable[[], object], ...] = (
        lambda: dead.again("another request"),
        lambda: office.ask(dead.document, "officer-b"),
    )
    for step in steps:
        with pytest.raises(ConflictError) as caught:
            step()
        assert caught.value.code == "seal_in_progress"


def test_a_record_is_not_closed_meanwhile(dead: Waiting) -> None:
    office = dead.office
    record = office.record()
    call = office.call("manager", "add")
    filing.add_to_record(office.services, call, record, dead.document)
    job = close.request_close(office.services, office.call("manager"), record)
    jobs.run(office.services, str(job["id"]))
    told = jobs.get_job(office.services, office.people["manager"], str(job["id"]))
    assert "nothing_pending" in str(told["error"])


def test_no_clock_takes_it_away(dead: Waiting) -> None:
    office = dead.office
    dead.work(timedelta(days=30))
    assert dead.row().state is SealState.SIGNED
    preparation = dead.row().preparation
    assert preparation is not None
    report = audit.fsck(office.services)
    assert (report.missing_blobs, report.abandoned_seals) == ((), 0)
    assert preparation.blob_sha256 not in report.cleared_blobs
    assert office.services.blobs.exists(preparation.blob_sha256)


def test_what_is_kept_of_the_file_is_what_was_added(dead: Waiting) -> None:
    preparation = dead.row().preparation
    assert preparation is not None
    with dead.office.blob(preparation.blob_sha256) as added:
        assert b"/ByteRange" in added.pread(0, added.size)
        assert not added.pread(0, 5).startswith(b"%PDF")


@pytest.mark.parametrize("revoked", [False, True])
def test_the_certificate_ends_before_the_service_is_back(office: Office, *, revoked: bool) -> None:
    soon = office.clock.moment + timedelta(days=1)
    office.seal.key = (
        office.world.issue(revoked_at=soon) if revoked else office.world.issue(not_after=soon)
    )
    office = office.without(revocation=office.world.revocation())
    late = sealed(office, Patchy(office.services.timestamps))
    late.work(timedelta(hours=2))
    assert late.row().state is SealState.SIGNED
    late.work(timedelta(hours=23))
    code = "certificate_revoked" if revoked else "certificate_expired"
    assert late.failure() == ("FAILED", code)
    assert (late.job().state, (late.job().error or {})["code"]) == ("FAILED", code)
    assert office.actions(f"document/{late.document}")[-1] == "seal.failed"
    assert late.row().signature, "the value is not thrown away"
    with pytest.raises(ConflictError) as caught:
        late.again()
    assert caught.value.code == "seal_ended"


def test_the_request_that_goes_on_looks_at_the_certificate_too(office: Office) -> None:
    office.seal.key = office.world.issue(revoked_at=office.clock.moment + timedelta(days=1))
    office = office.without(revocation=office.world.revocation())
    late = sealed(office, Patchy(office.services.timestamps))
    late.patchy.failing = 0
    office.pass_time(timedelta(hours=25))
    with pytest.raises(RefusedError) as caught:
        late.again()
    assert caught.value.code == "certificate_revoked"
    assert late.failure() == ("FAILED", "certificate_revoked")
    assert late.causes() == ["uploaded", "signed"]


@pytest.mark.parametrize("level", Level)
def test_every_level(office: Office, level: Level) -> None:
    late = sealed(office, Patchy(office.services.timestamps), level)
    if level is Level.B_B:
        assert (late.answer["state"], late.patchy.asked) == ("COMPLETED", 0)
    else:
        assert late.answer["state"] == "SIGNED"
        late.patchy.failing = late.patchy.asked + 1
        late.work(MINUTE)
        assert late.row().state is SealState.SIGNED
        late.work(MINUTE)
    done = late.again()
    assert done["state"] == "COMPLETED"
    with office.blob(done["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    seals = [one for one in report.signatures if one.kind == "signature"]
    assert seals[-1].level == level.value


def test_a_second_time_stamp_that_does_not_come_is_waited_for(office: Office) -> None:
    """B-LTA takes two: the first was there, the second was not."""

    class Second(Patchy):
        def request(self, query: bytes) -> bytes:
            self.asked += 1
            assert self.real is not None
            if self.asked == 2:
                raise DEAD
            return self.real.request(query)

    late = sealed(office, Second(office.services.timestamps), Level.B_LTA)
    assert late.answer["state"] == "SIGNED"
    late.work(MINUTE)
    assert late.again()["state"] == "COMPLETED"


def test_a_token_larger_than_the_room_goes_on_the_document(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room was signed over and can't grow; the key is not used a second time for that."""
    from antin.signer import two_phase

    real = two_phase.prepare

    def cramped(source: Any, output: Any, request: Any, _room: int) -> Any:
        return real(source, output, request, timestamp_bytes=64)

    document = office.upload()
    office.sign(document)
    monkeypatch.setattr(two_phase, "prepare", cramped)
    answer: Any = seal.seal_document(office.services, office.call("clerk"), seal.NewSeal(document))
    assert answer["state"] == "COMPLETED"
    with office.blob(answer["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    kinds = [one.kind for one in report.signatures]
    assert kinds == ["signature", "signature", "document-timestamp"]
    assert report.signatures[1].level == "B-T"


def test_what_does_not_verify_is_given_up_at_once_or_in_the_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(conclusion: str) -> Callable[..., None]:
        def store(*_: object, **__: object) -> None:
            raise RefusedError("result_not_valid", detail="x", conclusion=conclusion)

        return store

    monkeypatch.setattr(seal_completing, "store_verified", wrong("INDETERMINATE"))
    late = sealed(office, Patchy(office.services.timestamps, failing=0))
    for _ in range(8):
        late.work(timedelta(minutes=11))
        assert late.row().state is SealState.SIGNED
    late.work(timedelta(minutes=11))
    assert late.failure() == ("FAILED", "result_not_valid")
    monkeypatch.setattr(seal_completing, "store_verified", wrong("TOTAL-FAILED"))
    with pytest.raises(RefusedError) as caught:
        late.again("another request")
    assert caught.value.code == "result_not_valid"
    assert late.office.actions(f"document/{late.document}")[-1] == "seal.failed"
    assert late.causes() == ["uploaded", "signed"]


def test_a_defect_is_tried_again_by_the_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    late = sealed(office, Patchy(office.services.timestamps, failing=1))
    with monkeypatch.context() as patched:
        patched.setattr(seal_completing, "store_verified", broken)
        with pytest.raises(ZeroDivisionError):
            late.work(MINUTE)
        assert (late.job().error or {})["code"] == "defect"
    late.work(11 * MINUTE)
    assert late.row().state is SealState.COMPLETED


def test_what_was_kept_and_is_another_now_is_not_used(dead: Waiting) -> None:
    """A prepared revision that was exchanged on disk, as whoever has the disk can."""
    office, row = dead.office, dead.row()
    assert row.preparation is not None
    other = office.services.blobs.put_bytes(b"something else entirely" * 2000)
    exchanged(dead, preparation=replace(row.preparation, blob_sha256=other))
    dead.patchy.failing = 0
    dead.work(MINUTE)
    assert dead.failure() == ("FAILED", "prepared_document_wrong")


def exchanged(waiting: Waiting, **changes: object) -> Seal:
    """Change the seal's row, as whoever has the database can."""
    row: Any = waiting.row()
    changed: Seal = replace(row, **changes)
    act = act_of(waiting.office.call("clerk"))
    return waiting.office.services.work.run(act, lambda s: Done(s.seals.update(changed)))


def test_a_value_that_is_another_now_is_not_used(dead: Waiting) -> None:
    exchanged(dead, signature=dead.office.world.agency_seal.sign(b"something else"))
    dead.patchy.failing = 0
    dead.work(MINUTE)
    assert dead.failure() == ("FAILED", "signature_value_wrong")


def test_rows_that_are_gone_are_told(dead: Waiting) -> None:
    """Nothing of ours removes them."""
    services, call = dead.office.services, dead.office.call("clerk")
    row, work = dead.row(), dead.office.services.work
    read = seal_completing.completed_view
    gone: tuple[tuple[str, Callable[[], object]], ...] = (
        ("document_not_found", lambda: work.read(lambda s: read(s, replace(row, document_id="x")))),
        ("document_not_found", lambda: work.read(lambda s: read(s, row))),
        (
            "document_not_found",
            lambda: seal_completing.completed(
                services, call, replace(row, source_revision_id="x"), services.timestamps
            ),
        ),
        (
            "document_not_found",
            lambda: seal_completing.put_off(services, call, replace(row, id="x"), DEAD),
        ),
    )
    for code, step in gone:
        with pytest.raises(NotFoundError) as caught:
            step()
        assert caught.value.code == code
    exchanged(dead, job_id=None)
    with pytest.raises(NotFoundError) as caught:
        seal_completing.put_off(services, call, row, DEAD)
    assert caught.value.code == "job_not_found"
    exchanged(dead, job_id=row.job_id)


def test_a_job_without_its_seal_is_a_defect(dead: Waiting) -> None:
    stray = replace(dead.job(), id="stray", subject_id="x")

    def add(stores: Stores) -> Done[None]:
        stores.jobs.add(stray)
        return Done(None)

    dead.office.services.work.run(act_of(dead.office.call("clerk")), add)
    with pytest.raises(DefectError) as caught:
        jobs.cancel(dead.office.services, dead.office.call("clerk"), "stray")
    assert caught.value.code == "defect"


class FullDisk:
    """The store of files, whose scratch folders take nothing more."""

    def __init__(self, real: BlobStore) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with self._real.scratch() as folder:
            (folder / "sealed.pdf").symlink_to("/dev/full")
            yield folder


def test_a_full_disk_is_waited_for(dead: Waiting) -> None:
    """It is no defect, nor anything that another try can't mend."""
    office, dead.patchy.failing = dead.office, 0
    full = office.without(blobs=FullDisk(office.services.blobs)).services
    for _ in range(15):
        office.pass_time(11 * MINUTE)
        jobs.run(full, str(dead.answer["job_id"]))
        assert (dead.job().error or {})["code"] == "storage_full"
        assert dead.row().state is SealState.SIGNED
    dead.work(11 * MINUTE)
    assert dead.row().state is SealState.COMPLETED


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours runs afterwards."""


class Killing:
    """Ends the process while it waits for a time-stamp."""

    def request(self, query: bytes) -> bytes:
        raise Killed


def test_a_request_that_dies_is_taken_over(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    ours = office.without(timestamps=Killing())
    with pytest.raises(Killed):
        seal.seal_document(ours.services, office.call("clerk"), seal.NewSeal(document))
    office.pass_time(2 * MINUTE)
    jobs.sweep(office.services)
    office.queue.run_all(office.services)
    assert office.actions(f"document/{document}")[-1] == "seal.completed"


def test_two_tries_at_once_complete_it_once(dead: Waiting) -> None:
    office, real = dead.office, dead.office.services.timestamps

    class Meanwhile:
        def request(self, query: bytes) -> bytes:
            jobs.run(office.services, str(dead.answer["job_id"]))
            assert real is not None
            return real.request(query)

    office.pass_time(MINUTE)
    call = office.call("clerk", "seal", dead.document, "d")
    ours = office.without(timestamps=Meanwhile()).services
    answer = seal.seal_document(ours, call, seal.NewSeal(dead.document))
    assert answer["state"] == "COMPLETED"
    assert dead.causes() == ["uploaded", "signed", "sealed"]
    assert office.actions(f"document/{dead.document}").count("seal.completed") == 1


def test_a_try_that_fails_after_another_came_through_or_was_given_up(dead: Waiting) -> None:
    office = dead.office
    row = dead.row()
    dead.patchy.failing = 0
    dead.work(MINUTE)
    late = seal_completing.put_off(office.services, office.call("clerk"), row, DEAD)
    assert late is not None
    assert late["state"] == "COMPLETED"
    other = sealed(office, Patchy(office.services.timestamps))
    row = other.row()
    jobs.cancel(office.services, office.call("clerk"), str(row.job_id))
    assert seal_completing.put_off(office.services, office.call("clerk"), row, DEAD) is None


def test_what_was_never_used_is_not_completed(office: Office) -> None:
    intended = Seal("s", "d", "a", "r", "u", office.clock.moment)
    with pytest.raises(ConflictError) as caught:
        seal_completing.completed(office.services, office.call("clerk"), intended, None)
    assert caught.value.code == "seal_ended"


def test_somebody_who_does_not_want_to_wait_gives_up(dead: Waiting) -> None:
    office, job = dead.office, str(dead.answer["job_id"])
    with pytest.raises(ForbiddenError) as forbidden:
        jobs.cancel(office.services, office.call("officer-a"), job)
    assert forbidden.value.code == "role_missing"
    with pytest.raises(NotFoundError) as missing:
        jobs.cancel(office.services, office.call("outsider"), job)
    assert missing.value.code == "job_not_found"
    view = jobs.cancel(office.services, office.call("clerk"), job)
    assert view["state"] == "FAILED"
    assert dead.failure() == ("FAILED", "signing_given_up")
    dead.patchy.failing = 0
    dead.work(timedelta(hours=1))
    assert dead.failure() == ("FAILED", "signing_given_up"), "an end is the end"
    assert dead.row().signature
    with pytest.raises(ConflictError) as caught:
        jobs.cancel(office.services, office.call("clerk"), job)
    assert caught.value.code == "job_finished"
    assert dead.again("another request")["state"] == "COMPLETED", "the document is free"


def test_while_somebody_waits_the_impatient_service_is_asked(office: Office) -> None:
    quick = Patchy(office.services.timestamps)
    ours = office.without(quick_timestamps=quick)
    document = office.upload()
    office.sign(document)
    call = office.call("clerk")
    held = seal.seal_document(ours.services, call, seal.NewSeal(document))
    assert (held["timestamp"], quick.asked) == ("pending", 1)
    office.pass_time(MINUTE)
    jobs.sweep(ours.services)
    office.queue.run_all(ours.services)
    assert office.actions(f"document/{document}")[-1] == "seal.completed"
    assert quick.asked == 1, "a worker has patience"
