"""The flow desk: two phases, each step repeatable, a signature value accepted once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from antin.core.errors import AntinError, ConflictError, RefusedError, UnavailableError
from antin.flows import desk, filing, jobs
from antin.flows.verify import verify_source
from tests.office import Office, content
from tests.trustworld import BAD_CERTIFICATES


def test_an_officer_signs(office: Office) -> None:
    document = office.upload()
    before = content(office, document)
    answer = office.sign(document)
    assert answer["state"] == "COMPLETED"
    after = content(office, document)
    assert after.startswith(before)
    assert office.actions(f"document/{document}") == [
        "document.uploaded",
        "task.created",
        "task.prepared",
        "task.signed",
        "document.signed",
    ]
    with office.blob(answer["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert [s.level for s in report.signatures] == ["B-T"]


def test_two_officers_sign_one_after_the_other(office: Office) -> None:
    document = office.upload()
    office.sign(document, "officer-a")
    answer = office.sign(document, "officer-b")
    with office.blob(answer["document"]["revision"]["sha256"]) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert len(report.signatures) == 2


def test_one_open_task_per_document(office: Office) -> None:
    document = office.upload()
    office.ask(document)
    with pytest.raises(ConflictError) as caught:
        office.ask(document, "officer-b")
    assert caught.value.code == "task_open"


def test_a_wrong_value_is_refused_and_the_task_goes_on(office: Office) -> None:
    document = office.upload()
    task = office.ask(document)
    office.prepare(task)
    with pytest.raises(RefusedError) as caught:
        desk.complete(office.services, office.call("officer-a"), task, b"\x30\x06nonsense")
    assert caught.value.code == "signature_value_wrong"
    value = office.key("officer-a").sign(office.attributes(task))
    answer = desk.complete(office.services, office.call("officer-a"), task, value)
    assert answer["state"] == "COMPLETED"


def test_a_value_of_another_key_is_refused(office: Office) -> None:
    task = office.ask(office.upload())
    office.prepare(task)
    value = office.world.agency_seal.sign(office.attributes(task))
    with pytest.raises(RefusedError) as caught:
        desk.complete(office.services, office.call("officer-a"), task, value)
    assert caught.value.code == "signature_value_wrong"


def test_a_dead_time_stamping_service_loses_nothing(office: Office) -> None:
    class Dead:
        def request(self, query: bytes) -> bytes:
            raise UnavailableError("timestamp_unavailable", url="http://tsa", detail="refused")

    document = office.upload()
    task = office.ask(document)
    office.prepare(task)
    value = office.key("officer-a").sign(office.attributes(task))
    held = desk.complete(
        office.without(timestamps=Dead()).services,
        office.call("officer-a", "complete", "k", "d"),
        task,
        value,
    )
    assert (held["state"], held["timestamp"]) == ("SIGNED", "pending")
    assert held == desk.get_task(office.services, office.people["officer-a"], task)
    # The very same request, repeated when the service is back, goes on from there.
    again = office.call("officer-a", "complete", "k", "d")
    answer = desk.complete(office.services, again, task, value)
    assert answer["state"] == "COMPLETED"


def test_a_second_value_is_not_taken(office: Office) -> None:
    task = office.ask(office.upload())
    office.prepare(task)
    attributes = office.attributes(task)
    key = office.key("officer-a")
    first, second = key.sign(attributes), key.sign(attributes)
    assert first != second, "ECDSA values differ each time"
    desk.complete(office.services, office.call("officer-a"), task, first)
    with pytest.raises(ConflictError) as caught:
        desk.complete(office.services, office.call("officer-a"), task, second)
    assert caught.value.code == "signature_already_given"


def test_the_same_request_gets_the_same_answer(office: Office) -> None:
    document = office.upload()
    new = desk.NewTask(document, office.people["officer-a"].id)
    one = desk.ask(office.services, office.call("clerk", "ask", "key", "digest"), new)
    two = desk.ask(office.services, office.call("clerk", "ask", "key", "digest"), new)
    assert one == two
    assert office.actions(f"document/{document}").count("task.created") == 1
    with pytest.raises(RefusedError) as caught:
        desk.ask(office.services, office.call("clerk", "ask", "key", "other digest"), new)
    assert caught.value.code == "request_reused"


def test_an_expired_task_is_over(office: Office) -> None:
    task = office.ask(office.upload())
    office.pass_time(timedelta(days=8))
    with pytest.raises(ConflictError) as caught:
        office.prepare(task)
    assert caught.value.code == "task_expired"


def test_the_sweeper_ends_what_expired_and_frees_the_document(office: Office) -> None:
    document = office.upload()
    task = office.ask(document)
    assert jobs.sweep(office.services) == 0
    office.pass_time(timedelta(days=8))
    assert jobs.sweep(office.services) == 1
    held = desk.get_task(office.services, office.people["officer-a"], task)
    assert held["state"] == "EXPIRED"
    assert office.actions(f"document/{document}")[-1] == "task.expired"
    office.ask(document, "officer-b")


def test_decline_and_cancel_free_the_document(office: Office) -> None:
    document = office.upload()
    task = office.ask(document)
    answer = desk.decline(office.services, office.call("officer-a"), task, "wrong addressee")
    assert answer["state"] == "DECLINED"
    task = office.ask(document)
    assert desk.cancel(office.services, office.call("clerk"), task)["state"] == "CANCELLED"
    with pytest.raises(ConflictError) as caught:
        office.prepare(task)
    assert caught.value.code == "task_state"


@pytest.mark.requirement("CRY-2")
@pytest.mark.parametrize(("label", "code"), BAD_CERTIFICATES)
def test_a_bad_certificate_signs_nothing(office: Office, label: str, code: str) -> None:
    task = office.ask(office.upload())
    office.register("officer-a", office.world.keys[label])
    choice = office.choice("officer-a", office.world.keys[label])
    with pytest.raises(RefusedError) as caught:
        desk.prepare(office.services, office.call("officer-a"), task, choice)
    assert caught.value.code == code
    assert office.state(task) == "CREATED"


def test_revocation_that_cannot_be_told_blocks(office: Office) -> None:
    task = office.ask(office.upload())
    offline = office.without(revocation=None)
    with pytest.raises(RefusedError) as caught:
        desk.prepare(offline.services, office.call("officer-a"), task, office.choice("officer-a"))
    assert caught.value.code == "revocation_unknown"


def test_preparing_again_replaces_the_first(office: Office) -> None:
    task = office.ask(office.upload())
    office.prepare(task)
    stale = office.key("officer-a").sign(office.attributes(task))
    office.pass_time(timedelta(seconds=5))
    office.prepare(task)
    with pytest.raises(AntinError):
        desk.complete(office.services, office.call("officer-a"), task, stale)
    value = office.key("officer-a").sign(office.attributes(task))
    answer = desk.complete(office.services, office.call("officer-a"), task, value)
    assert answer["state"] == "COMPLETED"


class Meanwhile:
    """Fetches revocation data as the real one does; before the first, somebody else acts."""

    def __init__(self, office: Office, act: Callable[[], object]) -> None:
        self._real, self._acts = office.services.revocation, [act]

    def __getattr__(self, name: str) -> object:
        while self._acts:
            self._acts.pop()()
        return getattr(self._real, name)


def test_a_revision_that_came_while_the_desk_prepared_is_not_signed_unseen(office: Office) -> None:
    """The clerk takes the task back and another officer signs, while revocation is looked up."""
    document = office.upload()
    task = office.ask(document)

    def act() -> None:
        desk.cancel(office.services, office.call("clerk"), task)
        office.sign(document, "officer-b")

    slow = office.without(revocation=Meanwhile(office, act))
    with pytest.raises(ConflictError) as caught:
        slow.prepare(task)
    assert caught.value.code == "document_changed"
    actions = office.actions(f"document/{document}")
    assert actions[-1] == "document.signed"
    assert actions.count("task.prepared") == 1, "the other officer's alone"
    held = desk.get_task(office.services, office.people["officer-a"], task)
    assert held["state"] == "CANCELLED"
    # Asked anew, the officer signs what is there now.
    assert office.sign(document)["state"] == "COMPLETED"


def test_a_task_that_ended_while_the_desk_prepared_stays_ended(office: Office) -> None:
    document = office.upload()
    task = office.ask(document)
    slow = office.without(
        revocation=Meanwhile(
            office, lambda: desk.cancel(office.services, office.call("clerk"), task)
        )
    )
    with pytest.raises(ConflictError) as caught:
        slow.prepare(task)
    assert caught.value.code == "task_state"
    assert office.actions(f"document/{document}")[-1] == "task.cancelled"


def test_a_document_in_a_closing_record_is_not_signed_any_more(office: Office) -> None:
    document, record = office.upload(), office.record()
    filing.add_to_record(office.services, office.call("manager"), record, document)
    _close_without_running(office, record)
    with pytest.raises(ConflictError) as caught:
        office.ask(document)
    assert caught.value.code == "record_closed"
    assert caught.value.values["state"] == "CLOSING"


def _close_without_running(office: Office, record: str) -> None:
    from antin.flows import close

    close.request_close(office.services, office.call("manager"), record)


def test_a_service_that_is_replaced_stays_out_of_the_original(office: Office) -> None:
    """``without`` must not change the office itself, or the tests above prove nothing."""
    assert replace(office.services, revocation=None).revocation is None
    assert office.services.revocation is not None
