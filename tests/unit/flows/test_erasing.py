"""Erasing personal data: who may, what goes with it, and what stays."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from antin.core.errors import AntinError, ConflictError, NotFoundError
from antin.flows import audit, filing
from antin.flows.requests import system_act
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checking.report import LedgerReport
from antin.ledger.checkpoints.note import ecdsa_verifier
from antin.ledger.checkpoints.receipt import parse_receipt, write_receipt
from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt
from antin.ledger.redaction import ACTION, parse_redaction
from antin.records.grants import Principal
from tests.office import Office

WHO = "Trần Thị B"


def entry(office: Office, stream: str, action: str) -> int:
    rows = office.services.work.read(lambda s: s.ledger.of_stream(stream))
    return next(row.index for row in rows if row.action == action)


def facts(office: Office, index: int) -> bytes | None:
    payload = office.services.work.read(lambda s: s.ledger.payload(index))
    return payload.data if payload else None


def erase(office: Office, *indexes: int, reason: str = "asked for", who: str = "admin") -> Any:
    return audit.erase(office.services, office.call(who), indexes, reason)


def refused(office: Office, *indexes: int, reason: str = "asked for", who: str = "admin") -> str:
    with pytest.raises(AntinError) as caught:
        erase(office, *indexes, reason=reason, who=who)
    return caught.value.code


def infos(report: LedgerReport) -> list[str]:
    return [one.code for one in report.findings]


def test_facts_go_and_an_entry_says_so(office: Office) -> None:
    record = office.record(f"Pension of {WHO}")
    stream = f"record/{record}"
    opened = entry(office, stream, "record.opened")
    before = office.services.work.read(lambda s: s.ledger.of_stream(stream))
    done = erase(office, opened, opened, reason="  Request 12 of 2026 ")
    assert done["erased"] == (opened,)
    assert facts(office, opened) is None
    rows = office.services.work.read(lambda s: s.ledger.of_stream(stream))
    assert rows[: len(before)] == before
    assert rows[-1].action == ACTION
    assert rows[-1].actor == office.people["admin"].id
    said = facts(office, rows[-1].index)
    assert said is not None
    redaction = parse_redaction(said)
    assert [(one.index, one.leaf) for one in redaction.erased] == [(opened, before[0].leaf)]
    assert (redaction.reason, redaction.authorised_by) == ("Request 12 of 2026", rows[-1].actor)
    assert audit.redactions_of(office.services, done["request_id"]) == (rows[-1].index,)
    report = audit.check_ledger(office.services)
    report.raise_if_not_passed()
    assert infos(report) == ["payload_erased", "rows_unjudged"], "a checkpoint covers it at once"


def test_each_stream_says_what_was_erased_in_it(office: Office) -> None:
    record, document = office.record(WHO), office.upload(title=WHO)
    opened = entry(office, f"record/{record}", "record.opened")
    uploaded = entry(office, f"document/{document}", "document.uploaded")
    done = erase(office, uploaded, opened)
    assert done["erased"] == (opened, uploaded)
    assert office.actions(f"record/{record}")[-1] == ACTION
    assert office.actions(f"document/{document}")[-1] == ACTION
    assert len(audit.redactions_of(office.services, done["request_id"])) == 2
    audit.check_ledger(office.services).raise_if_not_passed()


def test_all_of_a_record_is_planned_and_erased(office: Office) -> None:
    record = office.record(WHO)
    for n in range(3):
        call = office.call("manager")
        filing.note_change(office.services, call, record, "comment.added", {"text": f"{WHO} {n}"})
    first = entry(office, f"record/{record}", "record.opened")
    erase(office, first)
    wanted = audit.Wanted(record_id=record)
    planned = audit.plan_erasure(office.services, office.people["admin"], wanted)
    assert [one["action"] for one in planned] == ["external.comment.added"] * 3
    assert all(WHO in str(one["facts"]) for one in planned)
    erase(office, *(int(str(one["index"])) for one in planned))
    with pytest.raises(AntinError) as caught:
        audit.plan_erasure(office.services, office.people["admin"], wanted)
    assert caught.value.code == "nothing_to_erase"
    audit.check_ledger(office.services).raise_if_not_passed()


def test_all_of_a_document_is_planned(office: Office) -> None:
    document = office.upload(title=WHO)
    admin = office.people["admin"]
    planned = audit.plan_erasure(
        office.services, admin, audit.Wanted(document_id=document, indexes=(0,))
    )
    assert [one["action"] for one in planned] == ["agency.created", "document.uploaded"]


def test_a_repeated_request_erases_once(office: Office) -> None:
    opened = entry(office, f"record/{office.record(WHO)}", "record.opened")
    call = office.call("admin", "erase", "key")
    first = audit.erase(office.services, call, (opened,), "asked for")
    size = office.services.work.read(lambda s: s.ledger.size())
    again = office.call("admin", "erase", "key")
    assert audit.erase(office.services, again, (opened,), "asked for")["erased"] == list(
        first["erased"]  # type: ignore[arg-type]  # a view of ours
    )
    assert office.services.work.read(lambda s: s.ledger.size()) == size
    assert refused(office, opened) == "nothing_to_erase"


def test_answers_that_repeat_what_was_erased_go_with_it(office: Office) -> None:
    new = filing.NewRecord(
        office.agency_id, code_notation="01.VP", title=WHO, retention="06", creator="VP"
    )
    call = office.call("manager", "open", "once", "digest")
    record = str(filing.open_record(office.services, call, new)["id"])
    document = office.upload(title="Letter")
    added = office.call("manager", "add", "later")
    filing.add_to_record(office.services, added, record, document)
    amended = office.call("manager", "amend", "last")
    filing.amend_record(office.services, amended, record, {"title": "Pension"})
    erase(office, entry(office, f"record/{record}", "record.opened"))
    for one, route, key in ((call, "open", "once"), (added, "add", "later")):
        stored = office.services.work.read(
            lambda s: s.requests.find(one.principal.id, route, key)  # noqa: B023 — it runs at once
        )
        assert stored is not None
        assert WHO not in repr(stored)
        assert stored.digest == ""
    again = office.call("manager", "open", "once", "digest")
    with pytest.raises(ConflictError) as caught:
        filing.open_record(office.services, again, new)
    assert caught.value.code == "answer_erased"


def test_an_agencys_other_answers_stay(office: Office) -> None:
    rows = office.services.work.read(lambda s: s.ledger.of_stream(f"agency/{office.agency_id}"))
    created = [row for row in rows if row.action == "user.created"][-1]
    keys = [row for row in rows if row.action == "api_key.created"]
    erase(office, created.index)
    assert facts(office, created.index) is None
    assert all(facts(office, row.index) for row in keys)


@pytest.mark.parametrize("who", ["auditor", "clerk", "manager"])
def test_only_an_administrator_erases(office: Office, who: str) -> None:
    opened = entry(office, f"record/{office.record(WHO)}", "record.opened")
    assert refused(office, opened, who=who) == "role_missing"
    assert facts(office, opened)


def test_another_agencys_entries_do_not_exist(office: Office) -> None:
    record = office.record(WHO)
    opened = entry(office, f"record/{record}", "record.opened")
    size = office.services.work.read(lambda s: s.ledger.size())
    outsider = office.people["outsider"]
    assert refused(office, opened, who="outsider") == "entry_not_found"
    assert refused(office, size, who="outsider") == "entry_not_found"
    assert refused(office, size) == "entry_not_found"
    assert _plan(office, outsider, audit.Wanted(indexes=(opened,))) == "entry_not_found"
    assert _plan(office, outsider, audit.Wanted(record_id=record)) == "record_not_found"
    assert facts(office, opened)


def _plan(office: Office, principal: Principal, wanted: audit.Wanted) -> str:
    with pytest.raises(NotFoundError) as caught:
        audit.plan_erasure(office.services, principal, wanted)
    return caught.value.code


def test_one_entry_that_may_not_go_stops_all(office: Office) -> None:
    record = office.record(WHO)
    opened = entry(office, f"record/{record}", "record.opened")
    uploaded = entry(office, f"document/{office.upload(title=WHO)}", "document.uploaded")
    erase(office, opened)
    redaction = entry(office, f"record/{record}", ACTION)
    assert refused(office, uploaded, redaction) == "redaction_not_erasable"
    assert facts(office, uploaded)
    assert facts(office, redaction)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("  ", "field_missing"), ("x" * 501, "field_invalid"), ("a\nb", "field_invalid")],
)
def test_a_reason_is_one_line(office: Office, reason: str, code: str) -> None:
    opened = entry(office, f"record/{office.record(WHO)}", "record.opened")
    assert refused(office, opened, reason=reason) == code


def test_so_many_at_once_are_refused(office: Office) -> None:
    assert refused(office, *range(10_001)) == "field_invalid"


def test_receipts_from_before_hold_and_those_from_after_are_of_the_same_leaves(
    office: Office,
) -> None:
    record = office.record(WHO)
    filing.note_change(office.services, office.call("manager"), record, "comment.added", {"t": WHO})
    audit.take_checkpoint(office.services)
    auditor = office.people["auditor"]
    before = audit.record_receipts(office.services, auditor, record, every=True)
    kept = [write_receipt(one) for one in before]
    assert not any(WHO.encode() in one for one in kept)
    erase(office, *(one.index for one in before))
    policy = ReceiptPolicy(
        ecdsa_verifier(office.services.origin, office.services.checkpoint_key.public_key)
    )
    facts = [check_receipt(parse_receipt(one), policy) for one in kept]
    after = audit.record_receipts(office.services, auditor, record, every=True)
    assert len(after) == len(before) + 1, "and one of who erased"
    again = [check_receipt(one, policy) for one in after]
    assert [one.leaf for one in again[: len(facts)]] == [one.leaf for one in facts]


def test_who_erased_is_shown_beside_the_entry(office: Office) -> None:
    record = office.record(WHO)
    stream = f"record/{record}"
    for n in range(2):
        call = office.call("manager")
        filing.note_change(office.services, call, record, "comment.added", {"n": n})
    opened = entry(office, stream, "record.opened")
    erase(office, opened + 1)
    erase(office, opened)
    office.services.work.run(system_act(office.services), lambda s: _lose(s, opened + 2))
    asked = audit.Question(record_id=record)
    shown = audit.find_entries(office.services, office.people["auditor"], asked).entries
    said = [(one["facts"] is None, one["erased_by"]) for one in shown]
    assert said == [
        (True, opened + 4),
        (True, opened + 3),
        (True, None),
        (False, None),
        (False, None),
    ]


def _lose(stores: Stores, index: int) -> Done[None]:
    stores.ledger.erase_payloads([index])
    return Done(None)


def test_two_at_once_erase_once(office: Office) -> None:
    opened = entry(office, f"record/{office.record(WHO)}", "record.opened")
    together = threading.Barrier(4)

    def go(_: int) -> str:
        together.wait(30)
        try:
            erase(office, opened)
        except AntinError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(go, range(4)))
    assert ended == ["done", *["nothing_to_erase"] * 3]
    audit.check_ledger(office.services).raise_if_not_passed()


def test_actors_are_pseudonyms(office: Office) -> None:
    office.sign(office.upload())
    office.record(WHO)
    rows = office.services.work.read(lambda s: tuple(s.ledger.entries(0, 10_000)))
    known = {person.id for person in office.people.values()} | {"system"}
    assert {row.actor for row in rows} <= known
    assert not any(person.name in row.actor for person in office.people.values() for row in rows)
