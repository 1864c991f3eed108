"""The flow close: every reason told, everything made to last, nothing half-done."""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import ConflictError, KeyDeviceError, NotFoundError, UnavailableError
from antin.core.ids import new_id
from antin.flows import audit, close, filing, jobs, views
from antin.flows.requests import system_act
from antin.flows.unit_of_work import Done, Stores
from antin.flows.verify import verify_source
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.ledger.draft import Draft
from antin.signer import pades
from antin.signer.request import SignatureRequest
from tests.office import Office, content, make_pdf, tampered


def fill(office: Office, record: str, *documents: str) -> None:
    for document in documents:
        filing.add_to_record(office.services, office.call("manager"), record, document)


def run_close(office: Office, record: str) -> dict[str, object]:
    job = close.request_close(office.services, office.call("manager"), record)
    office.queue.run_all(office.services)
    return dict(jobs.get_job(office.services, office.people["manager"], str(job["id"])))


def state(office: Office, record: str) -> str:
    return str(filing.get_record(office.services, office.people["manager"], record)["state"])


def closure_bytes(office: Office, record: str, name: str, number: int = 1) -> bytes:
    manager = office.people["manager"]
    digest = close.closure_file(office.services, manager, record, number, name)
    with office.blob(digest) as source:
        data: bytes = source.pread(0, source.size)
    return data


@pytest.mark.requirement("REC-3")
@pytest.mark.requirement("CRY-5")
def test_a_record_is_closed(office: Office) -> None:
    signed, plain, record = (
        office.upload(title="Signed"),
        office.upload(title="Scan"),
        office.record(),
    )
    office.sign(signed)
    fill(office, record, signed, plain)
    job = run_close(office, record)
    assert job["state"] == "DONE", job
    assert state(office, record) == "CLOSED"
    assert office.actions(f"record/{record}")[-1] == "record.closed"
    with office.blob(_newest(office, signed)) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert {s.level for s in report.signatures if s.kind == "signature"} == {"B-LTA"}
    manifest = json.loads(closure_bytes(office, record, "closure.json"))
    listed = [(d["document_id"], d["sha256"]) for d in manifest["documents"]]
    assert listed == [(signed, _newest(office, signed)), (plain, _newest(office, plain))]
    assert closure_bytes(office, record, "certificate.pdf").startswith(b"%PDF")
    assert office.sink.kept is not None
    audit.check_ledger(office.services).raise_if_not_passed()
    office.pass_time(timedelta(hours=2))
    assert audit.fsck(office.services).cleared_blobs == (), "what the manifest names is kept"
    for listed_document in manifest["documents"]:
        assert office.services.blobs.exists(listed_document["report_sha256"])


def _newest(office: Office, document: str) -> str:
    return filing.content_digest(office.services, office.people["clerk"], document)[0]


def test_every_reason_is_told(office: Office) -> None:
    good, waiting, record = office.upload(), office.upload(title="Waiting"), office.record()
    office.sign(good)
    bad = office.upload(tampered(content(office, good)), title="Tampered copy")
    office.ask(waiting)
    fill(office, record, good, bad, waiting)
    job = run_close(office, record)
    assert job["state"] == "FAILED"
    error = job["error"]
    assert isinstance(error, dict)
    assert error["code"] == "closure_refused"
    rules = {(s["rule"], s["document_id"]) for s in error["shortcomings"]}
    assert rules == {("documents_verify", bad), ("nothing_pending", waiting)}
    assert "HASH_FAILURE" in error["detail"]
    assert state(office, record) == "OPEN"
    assert office.actions(f"record/{record}")[-1] == "closure.refused"
    with pytest.raises(NotFoundError) as caught:
        close.get_closure(office.services, office.people["manager"], record, 1)
    assert caught.value.code == "closure_not_found"


def test_a_closure_has_the_files_that_it_has(office: Office) -> None:
    record = office.record()
    fill(office, record, office.upload())
    run_close(office, record)
    for number, name in ((1, "closure.json.sig"), (1, "../closure.json"), (2, "closure.json")):
        with pytest.raises(NotFoundError) as caught:
            closure_bytes(office, record, name, number)
        assert caught.value.code == "closure_not_found"


def test_an_empty_record_is_not_closed(office: Office) -> None:
    record = office.record()
    job = run_close(office, record)
    assert job["state"] == "FAILED"
    assert state(office, record) == "OPEN"


@pytest.mark.requirement("REC-10")
def test_a_closed_record_refuses_change(office: Office) -> None:
    document, record = office.upload(), office.record()
    fill(office, record, document)
    assert run_close(office, record)["state"] == "DONE"
    other = office.upload(title="Late")
    for step in (
        lambda: fill(office, record, other),
        lambda: filing.amend_record(
            office.services, office.call("manager"), record, {"title": "Other"}
        ),
        lambda: filing.note_change(
            office.services, office.call("manager"), record, "comment.added", {}
        ),
    ):
        with pytest.raises(ConflictError) as caught:
            step()
        assert caught.value.code == "record_closed"
    # A refusal is something that happened: it is in the ledger, and only it.
    assert office.actions(f"record/{record}")[-3:] == ["record.change_refused"] * 3
    with pytest.raises(ConflictError) as caught:
        close.request_close(office.services, office.call("manager"), record)
    assert caught.value.code == "record_not_open"


class Dead:
    """A time-stamping service that does not answer."""

    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa", detail="refused")


def test_a_dead_time_stamping_service_is_waited_for_and_then_told(office: Office) -> None:
    document, record = office.upload(), office.record()
    office.sign(document)
    fill(office, record, document)
    dead = office.without(timestamps=Dead()).services
    job = close.request_close(dead, office.call("manager"), record)
    job_id = str(job["id"])
    for state_after in ("QUEUED", "QUEUED", "FAILED"):
        jobs.run(dead, job_id)
        found = jobs.get_job(office.services, office.people["manager"], job_id)
        assert found["state"] == state_after
    assert found["error"] is not None
    assert state(office, record) == "OPEN"


def test_a_defect_does_not_leave_the_record_closing(office: Office) -> None:
    class BrokenSeals:
        def for_agency(self, code: str) -> object:
            raise KeyError(code)

    document, record = office.upload(), office.record()
    fill(office, record, document)
    job_id = str(close.request_close(office.services, office.call("manager"), record)["id"])
    with pytest.raises(KeyError):
        jobs.run(office.without(seals=BrokenSeals()).services, job_id)
    found = jobs.get_job(office.services, office.people["manager"], job_id)
    assert found["state"] == "FAILED"
    assert isinstance(found["error"], dict)
    assert found["error"]["code"] == "defect"
    assert state(office, record) == "OPEN"
    assert office.actions(f"record/{record}")[-1] == "closure.refused"


def test_a_job_that_died_goes_on_where_it_was(office: Office) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    class KillingSeals:
        def for_agency(self, code: str) -> object:
            raise Killed

    document, record = office.upload(), office.record()
    office.sign(document)
    fill(office, record, document)
    job = close.request_close(office.services, office.call("manager"), record)
    with pytest.raises(Killed):
        jobs.run(office.without(seals=KillingSeals()).services, str(job["id"]))
    assert state(office, record) == "CLOSING"
    office.queue.run_all(office.services)
    assert state(office, record) == "CLOSED"
    assert office.actions(f"document/{document}").count("document.augmented") == 1
    # Once more, after the end: nothing happens.
    jobs.run(office.services, str(job["id"]))
    assert office.actions(f"record/{record}").count("record.closed") == 1


def test_a_closing_that_always_kills_its_worker_is_given_up(office: Office) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    class KillingSeals:
        def for_agency(self, code: str) -> object:
            raise Killed

    record = office.record()
    fill(office, record, office.upload())
    job_id = str(close.request_close(office.services, office.call("manager"), record)["id"])
    killing = office.without(seals=KillingSeals()).services
    for _ in range(10):
        with pytest.raises(Killed):
            jobs.run(killing, job_id)
        assert state(office, record) == "CLOSING"
    jobs.run(killing, job_id)
    found = jobs.get_job(office.services, office.people["manager"], job_id)
    assert found["state"] == "FAILED"
    assert isinstance(found["error"], dict)
    assert found["error"]["code"] == "closure_interrupted"
    assert state(office, record) == "OPEN"
    assert office.actions(f"record/{record}")[-1] == "closure.refused"


def test_a_failing_checkpoint_key_does_not_undo_a_closing(office: Office) -> None:
    class BrokenKey:
        name = office.services.checkpoint_key.name
        public_key = office.services.checkpoint_key.public_key

        def sign(self, message: bytes) -> bytes:
            raise KeyDeviceError("token_failed", token="ledger", detail="removed")

    record = office.record()
    fill(office, record, office.upload())
    broken = office.without(checkpoint_key=BrokenKey()).services
    job_id = str(close.request_close(broken, office.call("manager"), record)["id"])
    for state_after in ("QUEUED", "QUEUED", "DONE"):
        jobs.run(broken, job_id)
        found = jobs.get_job(office.services, office.people["manager"], job_id)
        assert found["state"] == state_after
        assert state(office, record) == "CLOSED"
    assert isinstance(found["result"], dict)
    assert found["result"]["checkpoint_missing"] == "token_failed"
    assert office.actions(f"record/{record}").count("record.closed") == 1


def test_what_the_broker_lost_is_sent_again(office: Office) -> None:
    document, record = office.upload(), office.record()
    fill(office, record, document)
    close.request_close(office.services, office.call("manager"), record)
    office.queue.sent.clear()
    assert jobs.sweep(office.services) == 0
    office.pass_time(timedelta(minutes=1))
    assert jobs.sweep(office.services) == 1
    office.queue.run_all(office.services)
    assert state(office, record) == "CLOSED"


class StampsMeanwhile:
    """The office's time-stamping service; before its first answer, somebody else acts."""

    def __init__(self, office: Office, act: Callable[[], object]) -> None:
        self._real, self._acts = office.services.timestamps, [act]

    def request(self, query: bytes) -> bytes:
        while self._acts:
            self._acts.pop()()
        assert self._real is not None
        return self._real.request(query)


def test_two_records_that_close_at_once_make_their_document_last_once(office: Office) -> None:
    document, one, two = office.upload(), office.record("One"), office.record("Two")
    office.sign(document)
    fill(office, one, document)
    fill(office, two, document)
    job = close.request_close(office.services, office.call("manager"), one)
    office.queue.sent.clear()
    slow = office.without(timestamps=StampsMeanwhile(office, lambda: run_close(office, two)))
    jobs.run(slow.services, str(job["id"]))
    assert (state(office, one), state(office, two)) == ("CLOSING", "CLOSED")
    # Tried again, the first record closes on the revision that the second one made.
    office.pass_time(timedelta(minutes=1))
    assert jobs.sweep(office.services) == 1
    office.queue.run_all(office.services)
    assert state(office, one) == "CLOSED"
    assert "closure.refused" not in office.actions(f"record/{one}")
    manifests = [json.loads(closure_bytes(office, r, "closure.json")) for r in (one, two)]
    assert {m["documents"][0]["sha256"] for m in manifests} == {_newest(office, document)}
    assert office.actions(f"document/{document}").count("document.augmented") == 1


def test_a_document_that_never_holds_still_is_told(office: Office) -> None:
    """A closing does not try for ever."""
    document, record = office.upload(), office.record()
    office.sign(document)
    fill(office, record, document)
    job = str(close.request_close(office.services, office.call("manager"), record)["id"])

    def change(stores: Stores) -> Done[None]:
        newest = stores.documents.newest(document)
        assert newest is not None
        again = replace(newest, id=new_id(), ordinal=newest.ordinal + 1)
        stores.documents.add_revision(again)
        told = Draft(f"document/{document}", "document.augmented", views.revision_view(again))
        return Done(None, (told,))

    for expected in ("QUEUED", "QUEUED", "FAILED"):
        touched = StampsMeanwhile(
            office, lambda: office.services.work.run(system_act(office.services), change)
        )
        jobs.run(office.without(timestamps=touched).services, job)
        found = jobs.get_job(office.services, office.people["manager"], job)
        assert found["state"] == expected
    assert isinstance(found["error"], dict)
    assert found["error"]["code"] == "document_changed"
    assert state(office, record) == "OPEN"
    assert office.actions(f"record/{record}")[-1] == "closure.refused"


def test_a_job_that_two_workers_took_closes_the_record_once(office: Office) -> None:
    """The sweeper took the first worker for dead; it comes back when the second is done."""
    document, record = office.upload(), office.record()
    office.sign(document)
    fill(office, record, document)
    job = str(close.request_close(office.services, office.call("manager"), record)["id"])
    second = StampsMeanwhile(office, lambda: jobs.run(office.services, job))
    jobs.run(office.without(timestamps=second).services, job)
    found = jobs.get_job(office.services, office.people["manager"], job)
    assert (found["state"], state(office, record)) == ("DONE", "CLOSED")
    assert office.actions(f"record/{record}")[-1] == "record.closed"
    assert office.actions(f"document/{document}").count("document.augmented") == 1


def test_a_worker_that_was_taken_for_dead_closes_nothing_that_was_given_up(office: Office) -> None:
    """The record was opened, got one more document and is to be closed again meanwhile."""
    document, later, record = office.upload(), office.upload(title="Later"), office.record()
    office.sign(document)
    fill(office, record, document)
    first = str(close.request_close(office.services, office.call("manager"), record)["id"])
    asked: list[str] = []

    def meanwhile() -> None:
        office.pass_time(timedelta(minutes=1))
        gone = office.without(timestamps=Dead())
        for _ in range(3):
            jobs.run(gone.services, first)
        assert state(office, record) == "OPEN"
        fill(office, record, later)
        again = close.request_close(office.services, office.call("manager"), record)
        asked.append(str(again["id"]))

    slow = office.without(timestamps=StampsMeanwhile(office, meanwhile))
    jobs.run(slow.services, first)
    assert asked
    assert state(office, record) == "CLOSING"
    jobs.run(office.services, asked[0])
    assert state(office, record) == "CLOSED"
    manifest = json.loads(closure_bytes(office, record, "closure.json"))
    assert [one["document_id"] for one in manifest["documents"]] == [document, later]


def test_what_happens_to_a_document_later_does_not_alter_the_closure(office: Office) -> None:
    document, record = office.upload(), office.record()
    fill(office, record, document)
    run_close(office, record)
    members = filing.get_record(office.services, office.people["manager"], record)["documents"]
    assert isinstance(members, tuple)
    revision = filing.get_document(office.services, office.people["manager"], document)["revision"]
    assert isinstance(revision, dict)
    assert members[0]["pinned_revision_id"] == revision["id"]


def signed_elsewhere(office: Office, output: Path, key: InsecureSoftwareKey) -> bytes:
    """Return a file that another program signed, with a field name in its own normal form."""
    assert key.certificate is not None
    request = SignatureRequest(
        certificate=key.certificate,
        algorithm=key.algorithm,
        signing_time=office.clock.now(),
        field_name=unicodedata.normalize("NFD", "Chữ ký"),
    )
    pades.sign(MemorySource(make_pdf()), output, key, request, None, None)
    return output.read_bytes()


def test_names_in_foreign_files_may_be_in_any_normal_form(office: Office, tmp_path: Path) -> None:
    key = office.world.issue(unicodedata.normalize("NFD", "Nguyễn Văn Ả"))
    record = office.record()
    fill(office, record, office.upload(signed_elsewhere(office, tmp_path / "signed.pdf", key)))
    assert run_close(office, record)["state"] == "DONE"
    manifest = json.loads(closure_bytes(office, record, "closure.json"))
    signature = manifest["documents"][0]["signatures"][0]
    assert signature["field"] == "Chữ ký"
    assert "Nguyễn Văn Ả" in signature["signer"]


def test_a_refusal_names_them_too(office: Office, tmp_path: Path) -> None:
    data = signed_elsewhere(office, tmp_path / "signed.pdf", office.world.keys["revoked"])
    record = office.record()
    fill(office, record, office.upload(data))
    job = run_close(office, record)
    assert job["state"] == "FAILED"
    assert isinstance(job["error"], dict)
    assert "Chữ ký" in job["error"]["detail"]
    assert state(office, record) == "OPEN"


def test_a_refused_closing_and_its_job_end_together(office: Office) -> None:
    """A job that outlived its refusal would close the record unasked, later."""
    record = office.record()
    job = close.request_close(office.services, office.call("manager"), record)
    seen: list[str] = []
    original = office.services.work.run

    def watching(act: Any, change: Any) -> Any:
        answer = original(act, change)
        if state(office, record) == "OPEN":
            found = jobs.get_job(office.services, office.people["manager"], str(job["id"]))
            seen.append(str(found["state"]))
        return answer

    office.services.work.run = watching  # type: ignore[method-assign]  # a witness, not a fake
    office.queue.run_all(office.services)
    assert seen
    assert set(seen) == {"FAILED"}
