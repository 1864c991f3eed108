"""Several signers of one document: in order or in parallel, always on its newest revision."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from antin.core.canonical import dumps
from antin.core.errors import AntinError, ConflictError, ForbiddenError, NotFoundError, UsageError
from antin.flows import desk, filing, seal
from antin.flows.verify import verify_source
from antin.records.signing_group import SigningOrder
from tests.office import Office

SEQUENCE, PARALLEL = SigningOrder.SEQUENCE, SigningOrder.PARALLEL
BOTH = ("officer-a", "officer-b")


def code_of(caught: pytest.ExceptionInfo[AntinError]) -> str:
    return caught.value.code


def shown(office: Office, group: str) -> tuple[str, list[str]]:
    view: Any = desk.get_group(office.services, office.people["clerk"], group)
    tasks = view["tasks"]
    return str(view["state"]), [task["state"] for task in tasks]


def revisions(office: Office, document: str) -> list[object]:
    found = filing.list_revisions(office.services, office.people["clerk"], document)
    return [revision["cause"] for revision in found]


def passes(office: Office, document: str, signatures: int) -> None:
    sha256, _ = filing.content_digest(office.services, office.people["clerk"], document)
    with office.blob(sha256) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert len(report.signatures) == signatures


def test_in_a_sequence_each_waits_for_the_one_before(office: Office) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, SEQUENCE, *BOTH)
    with pytest.raises(ConflictError) as caught:
        office.prepare(tasks["officer-b"], "officer-b")
    assert code_of(caught) == "task_not_in_turn"
    desk.list_tasks(office.services, office.people["officer-b"])
    assert office.state(tasks["officer-b"]) == "CREATED", "seen, but not their turn"
    office.sign_task(tasks["officer-a"])
    assert shown(office, group) == ("OPEN", ["COMPLETED", "OFFERED"])
    office.sign_task(tasks["officer-b"], "officer-b")
    assert shown(office, group) == ("COMPLETED", ["COMPLETED", "COMPLETED"])
    assert revisions(office, document) == ["uploaded", "signed", "signed"]
    passes(office, document, 2)
    assert office.actions(f"document/{document}") == [
        "document.uploaded",
        "task.created",
        "task.created",
        "task.prepared",
        "task.signed",
        "document.signed",
        "task.offered",
        "task.prepared",
        "task.signed",
        "document.signed",
    ]


def test_in_parallel_whoever_comes_second_prepares_anew(office: Office) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, PARALLEL, *BOTH)
    office.prepare(tasks["officer-b"], "officer-b")
    stale = office.key("officer-b").sign(office.attributes(tasks["officer-b"]))
    office.sign_task(tasks["officer-a"])
    assert shown(office, group) == ("OPEN", ["COMPLETED", "OFFERED"])
    with pytest.raises(ConflictError) as caught:
        desk.complete(office.services, office.call("officer-b"), tasks["officer-b"], stale)
    assert code_of(caught) == "document_changed"
    assert revisions(office, document) == ["uploaded", "signed"]
    office.sign_task(tasks["officer-b"], "officer-b")
    assert shown(office, group)[0] == "COMPLETED"
    assert revisions(office, document) == ["uploaded", "signed", "signed"]
    passes(office, document, 2)


def test_in_parallel_anybody_may_be_first(office: Office) -> None:
    document = office.upload()
    _, tasks = office.ask_group(document, PARALLEL, *BOTH)
    office.sign_task(tasks["officer-b"], "officer-b")
    office.sign_task(tasks["officer-a"])
    passes(office, document, 2)


def test_a_task_shows_the_revision_that_is_to_be_signed(office: Office) -> None:
    document = office.upload()
    _, tasks = office.ask_group(document, PARALLEL, *BOTH)
    office.sign_task(tasks["officer-a"])
    view = desk.get_task(office.services, office.people["officer-b"], tasks["officer-b"])
    newest = filing.list_revisions(office.services, office.people["clerk"], document)[-1]
    assert view["revision_id"] == newest["id"]


class Dead:
    """A time-stamping service that does not answer."""

    def request(self, query: bytes) -> bytes:
        from antin.core.errors import UnavailableError

        raise UnavailableError("timestamp_unavailable", url="http://tsa", detail="refused")


def test_nobody_signs_while_another_signature_is_being_completed(office: Office) -> None:
    document = office.upload()
    _, tasks = office.ask_group(document, PARALLEL, *BOTH)
    office.prepare(tasks["officer-b"], "officer-b")
    value = office.key("officer-b").sign(office.attributes(tasks["officer-b"]))
    dead = replace(office, services=office.without(timestamps=Dead()).services)
    assert dead.sign_task(tasks["officer-a"])["timestamp"] == "pending"
    for step in (
        lambda: desk.complete(office.services, office.call("officer-b"), tasks["officer-b"], value),
        lambda: office.prepare(tasks["officer-b"], "officer-b"),
    ):
        with pytest.raises(ConflictError) as caught:
            step()
        assert code_of(caught) == "signature_in_progress"
    assert office.state(tasks["officer-b"]) == "PREPARED"
    assert revisions(office, document) == ["uploaded"]


@pytest.mark.parametrize("end", ["decline", "cancel", "expire"])
def test_what_ends_early_ends_those_behind_it_in_a_sequence(office: Office, end: str) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, SEQUENCE, *BOTH)
    _end(office, end, tasks["officer-a"])
    assert shown(office, group)[0] == "ENDED"
    assert office.state(tasks["officer-b"]) == "CANCELLED"
    assert office.ask(document), "the document is free"


def _end(office: Office, how: str, task: str) -> None:
    from datetime import timedelta

    from antin.flows import jobs

    match how:
        case "decline":
            desk.decline(office.services, office.call("officer-a"), task, "no")
        case "cancel":
            desk.cancel(office.services, office.call("clerk"), task)
        case _:
            office.pass_time(timedelta(days=8))
            assert jobs.sweep(office.services) == 2


def test_what_ends_early_leaves_the_others_of_a_parallel_group(office: Office) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, PARALLEL, *BOTH)
    desk.decline(office.services, office.call("officer-a"), tasks["officer-a"], "no")
    assert shown(office, group) == ("OPEN", ["DECLINED", "CREATED"])
    office.sign_task(tasks["officer-b"], "officer-b")
    assert shown(office, group) == ("ENDED", ["DECLINED", "COMPLETED"])


def test_what_was_signed_before_an_early_end_stays(office: Office) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, SEQUENCE, *BOTH)
    office.sign_task(tasks["officer-a"])
    desk.decline(office.services, office.call("officer-b"), tasks["officer-b"], "no")
    assert shown(office, group) == ("ENDED", ["COMPLETED", "DECLINED"])
    assert revisions(office, document) == ["uploaded", "signed"]


@pytest.mark.parametrize("order", [SEQUENCE, PARALLEL])
def test_a_group_is_cancelled_whole(office: Office, order: SigningOrder) -> None:
    document = office.upload()
    group, tasks = office.ask_group(document, order, *BOTH)
    office.prepare(tasks["officer-a"])
    view = desk.cancel_group(office.services, office.call("clerk"), group)
    assert view["state"] == "ENDED"
    assert shown(office, group)[1] == ["CANCELLED", "CANCELLED"]
    actions = office.actions(f"document/{document}")
    assert actions.count("task.cancelled") == 2
    with pytest.raises(ConflictError) as caught:
        desk.cancel_group(office.services, office.call("clerk"), group)
    assert code_of(caught) == "task_state"
    assert office.ask(document)


def test_a_group_holds_its_document(office: Office) -> None:
    document = office.upload()
    _, tasks = office.ask_group(document, SEQUENCE, *BOTH)
    office.sign_task(tasks["officer-a"])
    with pytest.raises(ConflictError) as caught:
        office.ask(document)
    assert code_of(caught) == "task_open"
    with pytest.raises(ConflictError) as caught:
        seal.seal_document(office.services, office.call("clerk"), seal.NewSeal(document))
    assert code_of(caught) == "task_open"


def test_a_group_is_its_agencys(office: Office) -> None:
    document = office.upload()
    group, _ = office.ask_group(document, SEQUENCE, *BOTH)
    with pytest.raises(NotFoundError) as missing:
        desk.get_group(office.services, office.people["outsider"], group)
    assert missing.value.code == "task_not_found"
    with pytest.raises(NotFoundError):
        desk.get_group(office.services, office.people["clerk"], "nothing")
    with pytest.raises(ForbiddenError) as forbidden:
        desk.cancel_group(office.services, office.call("auditor"), group)
    assert forbidden.value.code == "role_missing"


@pytest.mark.parametrize("officers", [(), ("officer-a", "officer-a")])
def test_each_is_asked_once(office: Office, officers: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        office.ask_group(office.upload(), SEQUENCE, *officers)
    assert caught.value.code == "request_invalid"


def test_the_same_request_makes_one_group(office: Office) -> None:
    document = office.upload()
    wanted = tuple(desk.Wanted(office.people[who].id) for who in BOTH)
    new = desk.NewGroup(document, wanted, PARALLEL)
    one = desk.ask_group(office.services, office.call("clerk", "ask", "k", "d"), new)
    two = desk.ask_group(office.services, office.call("clerk", "ask", "k", "d"), new)
    assert one["id"] == two["id"]
    assert dumps(one) == dumps(two)
    assert office.actions(f"document/{document}").count("task.created") == 2


def test_one_who_may_not_sign_is_not_asked_with_the_others(office: Office) -> None:
    document = office.upload()
    with pytest.raises(AntinError) as caught:
        office.ask_group(document, PARALLEL, "officer-a", "clerk")
    assert caught.value.code == "role_missing"
    assert office.actions(f"document/{document}") == ["document.uploaded"]


def test_two_who_complete_at_once_never_share_a_parent(office: Office) -> None:
    """Both values were prepared on one revision and come at the same moment: one is taken."""
    for _ in range(3):
        document = office.upload()
        _, tasks = office.ask_group(document, PARALLEL, *BOTH)
        values = {}
        for who in BOTH:
            office.prepare(tasks[who], who)
            values[who] = office.key(who).sign(office.attributes(tasks[who]))
        together = Barrier(len(BOTH))
        with ThreadPoolExecutor(len(BOTH)) as threads:
            running = [
                threads.submit(_completed, office, together, who, tasks[who], values[who])
                for who in BOTH
            ]
            outcomes = {one.result() for one in running}
        assert "COMPLETED" in outcomes
        assert outcomes - {"COMPLETED"} <= {"document_changed", "signature_in_progress"}
        assert len(outcomes) == 2
        assert revisions(office, document) == ["uploaded", "signed"]
        passes(office, document, 1)


def _completed(office: Office, together: Barrier, who: str, task: str, value: bytes) -> str:
    together.wait()
    try:
        return str(desk.complete(office.services, office.call(who), task, value)["state"])
    except ConflictError as error:
        return error.code
