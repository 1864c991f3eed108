"""A signature that was given waits for its time-stamp: nothing is lost, nor tried for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from antin.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
)
from antin.flows import close, desk, filing, jobs
from antin.flows.verify import verify_source
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.records.signing_group import SigningOrder
from tests.latestamps import Late, Patchy
from tests.office import Office

# What the stores promise is shown elsewhere; these are about time.
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)


@dataclass
class Given(Late):
    """A task whose signature was accepted, with a time-stamping service that may fail."""

    task: str

    @property
    def state(self) -> str:
        return self.office.state(self.task)

    def failure(self) -> tuple[str, object]:
        view = desk.get_task(self.office.services, self.office.people["clerk"], self.task)
        return str(view["state"]), view["failure"]


def given(office: Office, patchy: Patchy, key: InsecureSoftwareKey | None = None) -> Given:
    """Have an officer sign while the time-stamping service is ``patchy``."""
    document = office.upload()
    task = office.ask(document)
    ours = office.without(timestamps=patchy)
    if key is not None:
        office.register("officer-a", key)
    choice = office.choice("officer-a", key)
    desk.prepare(office.services, office.call("officer-a"), task, choice)
    value = (key or office.key("officer-a")).sign(office.attributes(task))
    answer = desk.complete(ours.services, office.call("officer-a"), task, value)
    return Given(office, patchy, document, dict(answer), task)


@pytest.fixture
def dead(office: Office) -> Given:
    return given(office, Patchy(office.services.timestamps))


def revisions(office: Office, document: str) -> list[object]:
    found = filing.list_revisions(office.services, office.people["clerk"], document)
    return [revision["cause"] for revision in found]


def test_it_is_completed_when_the_service_is_back(office: Office) -> None:
    late = given(office, Patchy(office.services.timestamps, failing=3))
    assert (late.answer["state"], late.answer["timestamp"]) == ("SIGNED", "pending")
    assert revisions(office, late.document) == ["uploaded"], "nothing is released unstamped"
    while late.state == "SIGNED":
        late.work(MINUTE)
    assert late.state == "COMPLETED"
    assert late.patchy.asked == 4
    assert late.job().state == "DONE"
    assert revisions(office, late.document) == ["uploaded", "signed"]
    sha256, _ = filing.content_digest(office.services, office.people["clerk"], late.document)
    with office.blob(sha256) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert [(s.kind, s.level) for s in report.signatures] == [("signature", "B-T")]
    assert office.actions(f"document/{late.document}")[-2:] == ["task.signed", "document.signed"]


def test_pauses_grow_to_ten_minutes_and_no_further(dead: Given) -> None:
    pauses = []
    for _ in range(10):
        job = dead.job()
        assert job.due_at is not None
        pauses.append((job.due_at - dead.office.clock.moment).total_seconds())
        asked = dead.patchy.asked
        dead.work((job.due_at - dead.office.clock.moment) / 2)
        assert dead.patchy.asked == asked, "its time has not come"
        dead.work(job.due_at - dead.office.clock.moment)
        assert dead.patchy.asked == asked + 1
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == 600
    assert dead.state == "SIGNED"


def test_a_broker_that_sends_too_early_starts_nothing(dead: Given) -> None:
    asked = dead.patchy.asked
    jobs.run(dead.ours.services, str(dead.answer["job_id"]))
    assert dead.patchy.asked == asked


def test_the_row_says_why(dead: Given) -> None:
    job = dead.job()
    assert (job.state, job.attempts) == ("QUEUED", 1)
    assert job.error is not None
    assert job.error["code"] == "timestamp_unavailable"


def test_what_is_signed_is_neither_cancelled_nor_declined_nor_expired(dead: Given) -> None:
    office = dead.office
    steps: tuple[Callable[[], object], ...] = (
        lambda: desk.cancel(office.services, office.call("clerk"), dead.task),
        lambda: desk.decline(office.services, office.call("officer-a"), dead.task, ""),
    )
    for step in steps:
        with pytest.raises(ConflictError) as caught:
            step()
        assert caught.value.code == "task_state"
    dead.work(timedelta(days=30))
    assert dead.state == "SIGNED"


def test_the_certificate_ends_before_the_service_is_back(office: Office) -> None:
    soon = office.clock.moment + timedelta(days=1)
    late = given(office, Patchy(office.services.timestamps), office.world.issue(not_after=soon))
    late.work(timedelta(hours=23))
    assert late.state == "SIGNED"
    late.work(timedelta(hours=2))
    assert late.failure() == ("FAILED", "certificate_expired")
    job = late.job()
    assert (job.state, (job.error or {})["code"]) == ("FAILED", "certificate_expired")
    assert office.actions(f"document/{late.document}")[-1] == "task.failed"
    kept = office.services.work.read(lambda stores: stores.tasks.get(late.task))
    assert kept is not None
    assert kept.signature, "the value is not thrown away"
    assert office.sign(late.document)["state"] == "COMPLETED", "the document is free"


def revoked_in_an_hour(office: Office) -> tuple[Office, InsecureSoftwareKey]:
    """Return a key that will be revoked, and the office with responders that will know it."""
    key = office.world.issue(revoked_at=office.clock.moment + timedelta(hours=1))
    return office.without(revocation=office.world.revocation()), key


def test_a_certificate_that_is_revoked_meanwhile(office: Office) -> None:
    office, key = revoked_in_an_hour(office)
    late = given(office, Patchy(office.services.timestamps), key)
    late.work(timedelta(hours=2))
    assert late.failure() == ("FAILED", "certificate_revoked")
    assert revisions(office, late.document) == ["uploaded"]


def test_a_certificate_that_was_revoked_before_the_value_came(office: Office) -> None:
    """Nothing is promised that can't be kept: the value is refused, not accepted and lost."""
    office, key = revoked_in_an_hour(office)
    office.register("officer-a", key)
    task = office.ask(office.upload())
    choice = office.choice("officer-a", key)
    desk.prepare(office.services, office.call("officer-a"), task, choice)
    office.pass_time(timedelta(hours=2))
    value = key.sign(office.attributes(task))
    with pytest.raises(RefusedError) as caught:
        desk.complete(office.services, office.call("officer-a"), task, value)
    assert caught.value.code == "certificate_revoked"
    assert office.state(task) == "PREPARED"


@pytest.mark.parametrize("code", ["timestamp_wrong", "timestamp_refused"])
def test_a_service_that_lies_or_refuses_is_asked_again(office: Office, code: str) -> None:
    lying = Patchy(office.services.timestamps, failing=14, error=RefusedError(code, detail="x"))
    late = given(office, lying)
    while late.state == "SIGNED":
        late.work(timedelta(minutes=11))
    assert late.state == "COMPLETED"


def test_what_is_nobodys_fault_elsewhere_is_given_up_in_the_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result does not verify, and that it fails is not said: ten tries, then FAILED."""
    from antin.flows.desk import embedding

    def undecided(*_: object, **__: object) -> None:
        raise RefusedError("result_not_valid", detail="x", conclusion="INDETERMINATE")

    late = given(office, Patchy(office.services.timestamps, failing=1))
    monkeypatch.setattr(embedding, "store_verified", undecided)
    for _ in range(8):
        late.work(timedelta(minutes=11))
        assert late.state == "SIGNED"
    late.work(timedelta(minutes=11))
    assert late.failure() == ("FAILED", "result_not_valid")


def test_a_result_that_fails_is_not_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antin.flows.desk import embedding

    def fails(*_: object, **__: object) -> None:
        raise RefusedError("result_not_valid", detail="x", conclusion="TOTAL-FAILED")

    monkeypatch.setattr(embedding, "store_verified", fails)
    task = office.ask(office.upload())
    with pytest.raises(RefusedError) as caught:
        office.sign_task(task)
    assert caught.value.code == "result_not_valid"
    assert office.state(task) == "FAILED"


def test_a_defect_is_tried_again_by_the_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antin.flows.desk import embedding

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    task = office.ask(office.upload())
    with monkeypatch.context() as patched:
        patched.setattr(embedding, "store_verified", broken)
        with pytest.raises(ZeroDivisionError):
            office.sign_task(task)
        assert office.state(task) == "SIGNED"
        office.pass_time(2 * MINUTE)
        jobs.sweep(office.services)
        with pytest.raises(ZeroDivisionError):
            office.queue.run_all(office.services)
    office.pass_time(11 * MINUTE)
    jobs.sweep(office.services)
    office.queue.run_all(office.services)
    assert office.state(task) == "COMPLETED"


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours runs afterwards."""


class Killing:
    """Ends the process while it waits for a time-stamp."""

    def request(self, query: bytes) -> bytes:
        raise Killed


def test_a_request_that_dies_is_taken_over(office: Office) -> None:
    task = office.ask(office.upload())
    with pytest.raises(Killed):
        office.without(timestamps=Killing()).sign_task(task)
    assert office.state(task) == "SIGNED"
    office.pass_time(MINUTE / 2)
    jobs.sweep(office.services)
    assert office.queue.sent == [], "it might still be at it"
    office.pass_time(MINUTE)
    jobs.sweep(office.services)
    office.queue.run_all(office.services)
    assert office.state(task) == "COMPLETED"


def test_a_worker_that_dies_is_replaced(dead: Given) -> None:
    office = dead.office
    office.pass_time(MINUTE)
    with pytest.raises(Killed):
        jobs.run(office.without(timestamps=Killing()).services, str(dead.answer["job_id"]))
    dead.patchy.failing = 0
    dead.work(9 * MINUTE)
    assert dead.state == "SIGNED", "its lease has not ended"
    dead.work(2 * MINUTE)
    assert dead.state == "COMPLETED"


def test_two_tries_at_once_complete_it_once(dead: Given) -> None:
    """The client repeats its request while the worker is at it; both get to the end."""
    office = dead.office
    real = office.services.timestamps

    class Meanwhile:
        def request(self, query: bytes) -> bytes:
            jobs.run(office.services, str(dead.answer["job_id"]))
            assert real is not None
            return real.request(query)

    office.pass_time(MINUTE)
    kept = office.services.work.read(lambda stores: stores.tasks.get(dead.task))
    assert kept is not None
    assert kept.signature is not None
    ours = office.without(timestamps=Meanwhile())
    answer = desk.complete(ours.services, office.call("officer-a"), dead.task, kept.signature)
    assert answer["state"] == "COMPLETED"
    assert revisions(office, dead.document) == ["uploaded", "signed"]
    assert office.actions(f"document/{dead.document}").count("document.signed") == 1


def test_somebody_who_does_not_want_to_wait_gives_up(dead: Given) -> None:
    office, job = dead.office, str(dead.answer["job_id"])
    with pytest.raises(ForbiddenError) as forbidden:
        jobs.cancel(office.services, office.call("auditor"), job)
    assert forbidden.value.code == "role_missing"
    for who, wanted in (("outsider", job), ("clerk", "nothing")):
        with pytest.raises(NotFoundError) as missing:
            jobs.cancel(office.services, office.call(who), wanted)
        assert missing.value.code == "job_not_found"
    view = jobs.cancel(office.services, office.call("clerk"), job)
    assert view["state"] == "FAILED"
    assert dead.failure() == ("FAILED", "signing_given_up")
    dead.patchy.failing = 0
    jobs.run(dead.ours.services, job)
    dead.work(timedelta(hours=1))
    assert dead.failure() == ("FAILED", "signing_given_up"), "an end is the end"
    with pytest.raises(ConflictError) as caught:
        jobs.cancel(office.services, office.call("clerk"), job)
    assert caught.value.code == "job_finished"


def test_a_closing_is_not_given_up_like_this(office: Office) -> None:
    job = close.request_close(office.services, office.call("manager"), office.record())
    with pytest.raises(ConflictError) as caught:
        jobs.cancel(office.services, office.call("manager"), str(job["id"]))
    assert caught.value.code == "job_not_cancellable"


def test_a_failure_ends_those_behind_it_in_a_sequence(office: Office) -> None:
    document = office.upload()
    _, tasks = office.ask_group(document, SigningOrder.SEQUENCE, "officer-a", "officer-b")
    ours = office.without(timestamps=Patchy(office.services.timestamps))
    answer = ours.sign_task(tasks["officer-a"])
    jobs.cancel(office.services, office.call("clerk"), str(answer["job_id"]))
    assert office.state(tasks["officer-b"]) == "CANCELLED"


def test_a_token_larger_than_the_room_goes_on_the_document(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room was signed over and can't grow; what was given is not lost for that."""
    from antin.signer import two_phase

    real = two_phase.prepare

    def cramped(source: Any, output: Any, request: Any, _room: int) -> Any:
        return real(source, output, request, timestamp_bytes=64)

    task = office.ask(office.upload())
    with monkeypatch.context() as patched:
        patched.setattr(two_phase, "prepare", cramped)
        office.prepare(task)
    value = office.key("officer-a").sign(office.attributes(task))
    answer: Any = desk.complete(office.services, office.call("officer-a"), task, value)
    assert answer["state"] == "COMPLETED"
    with office.blob(answer["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert [s.kind for s in report.signatures] == ["signature", "document-timestamp"]
    assert report.signatures[0].level == "B-T"


def test_while_somebody_waits_the_impatient_service_is_asked(office: Office) -> None:
    quick = Patchy(office.services.timestamps)
    ours = office.without(quick_timestamps=quick)
    task = office.ask(office.upload())
    assert ours.sign_task(task)["timestamp"] == "pending"
    assert quick.asked == 1
    office.pass_time(MINUTE)
    jobs.sweep(ours.services)
    office.queue.run_all(ours.services)
    assert office.state(task) == "COMPLETED"
    assert quick.asked == 1, "a worker has patience"
