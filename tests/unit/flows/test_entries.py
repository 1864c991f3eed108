"""Looking for entries: by stream, actor, action and time; what is hidden stays hidden."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from antin.core.clock import to_micros
from antin.core.errors import AntinError
from antin.flows import audit, filing
from antin.flows.audit import Question, entries
from antin.ledger.ports import EntryFilter
from tests.office import Office


def find(office: Office, who: str = "auditor", **asked: Any) -> audit.Found:
    return audit.find_entries(office.services, office.people[who], Question(**asked))


def indexes(office: Office, who: str = "auditor", **asked: Any) -> list[int]:
    """Return the indexes of all pages together."""
    return [int(str(one["index"])) for one in pages(office, who, **asked)]


def pages(office: Office, who: str, **asked: Any) -> Iterator[Any]:
    following: int | None = 0
    while following is not None:
        found = find(office, who, start=following, **asked)
        yield from found.entries
        assert found.next is None or found.next > following, "it gets somewhere"
        following = found.next


def truth(office: Office, holds: Any, who: str = "auditor") -> list[int]:
    rows = audit.list_entries(office.services, office.people[who], 0, 10_000)
    return [int(str(row["index"])) for row in rows if "action" in row and holds(row)]


@pytest.fixture
def busy(office: Office) -> Office:
    """Two records with changes in turns, a signed document, and another agency's record."""
    for n in range(2):
        office.record(f"Record {n}")
    document = office.upload()
    office.sign(document)
    first, second = (
        str(one["id"])
        for one in filing.list_records(office.services, office.people["manager"], "", 10)
    )
    for n in range(12):
        record = (first, second, second)[n % 3]
        office.pass_time(timedelta(minutes=1))
        note = {"text": f"n{n}"}
        filing.note_change(office.services, office.call("manager"), record, "comment.added", note)
    outsider = office.people["outsider"]
    (theirs,) = outsider.agencies()
    new = filing.NewRecord(theirs, code_notation="1", title="Theirs", retention="1", creator="X")
    made = str(filing.open_record(office.services, office.call("outsider"), new)["id"])
    for _ in range(3):
        call = office.call("outsider")
        filing.note_change(office.services, call, made, "comment.added", {})
    return office


def record_of(office: Office, who: str = "manager") -> str:
    return str(filing.list_records(office.services, office.people[who], "", 10)[-1]["id"])


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_of_one_record_page_by_page(busy: Office, limit: int) -> None:
    record = record_of(busy)
    wanted = truth(busy, lambda row: row["stream"] == f"record/{record}")
    assert len(wanted) == 9
    assert indexes(busy, record_id=record, limit=limit) == wanted
    assert indexes(busy, agency_id=busy.agency_id, limit=limit) == truth(
        busy, lambda row: row["stream"] == f"agency/{busy.agency_id}"
    )


def test_of_one_document_by_action(busy: Office) -> None:
    (document,) = {row["stream"] for row in _all(busy) if "document/" in str(row.get("stream"))}
    key = str(document).removeprefix("document/")
    found = indexes(busy, document_id=key, wanted=EntryFilter(action="task."), limit=1)
    actions = [row["action"] for row in _all(busy) if row["index"] in found]
    assert actions == ["task.created", "task.prepared", "task.signed"]


def _all(office: Office) -> tuple[Any, ...]:
    return audit.list_entries(office.services, office.people["auditor"], 0, 10_000)


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_by_actor_action_and_time(busy: Office, limit: int) -> None:
    manager = busy.people["manager"].id
    since = busy.clock.now() - timedelta(minutes=5)
    until = busy.clock.now() - timedelta(minutes=1)
    wanted = EntryFilter(manager, "external.", to_micros(since), to_micros(until))
    found = indexes(busy, wanted=wanted, limit=limit)
    notes = truth(busy, lambda row: row["action"] == "external.comment.added")
    assert found == notes[-6:-2], "from the first moment to before the last"
    assert indexes(busy, wanted=EntryFilter(action="external"), limit=limit) == notes
    assert indexes(busy, wanted=EntryFilter(actor="system"), limit=limit) == truth(
        busy, lambda row: row["actor"] == "system"
    )


def test_what_is_hidden_is_neither_found_nor_counted(busy: Office) -> None:
    """The answer is the same, to its end, whatever others did."""
    theirs = record_of(busy, "outsider")
    outsider = busy.people["outsider"].id
    for wanted in (EntryFilter(action="external."), EntryFilter(outsider), EntryFilter(since=0)):
        found = indexes(busy, wanted=wanted, limit=5)
        assert found == truth(busy, lambda row, w=wanted: _holds(w, row))
    assert indexes(busy, wanted=EntryFilter(outsider)) == []
    assert indexes(busy, "outsider", wanted=EntryFilter(outsider)) != []
    before = find(busy, wanted=EntryFilter(action="external."), limit=5).next
    for _ in range(20):
        call = busy.call("outsider")
        filing.note_change(busy.services, call, theirs, "comment.added", {})
    assert find(busy, wanted=EntryFilter(action="external."), limit=5).next == before
    assert find(busy, "clerk", wanted=EntryFilter(action="")).entries[0].keys() == {"index", "leaf"}
    assert indexes(busy, "clerk", wanted=EntryFilter(since=0)) == []


def _holds(wanted: EntryFilter, row: Any) -> bool:
    return row["action"].startswith(wanted.action) and wanted.actor in {None, row["actor"]}


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("auditor", {"record_id": "nothing"}, "record_not_found"),
        ("auditor", {"document_id": "nothing"}, "document_not_found"),
        ("auditor", {"agency_id": "nothing"}, "agency_not_found"),
        ("auditor", {"record_id": "a", "agency_id": "b"}, "field_invalid"),
        ("auditor", {"wanted": EntryFilter(actor="'; --")}, "field_invalid"),
        ("auditor", {"wanted": EntryFilter(actor="\0")}, "field_invalid"),
        ("auditor", {"wanted": EntryFilter(action="%")}, "field_invalid"),
    ],
)
def test_what_cannot_be_asked(office: Office, who: str, asked: Any, code: str) -> None:
    with pytest.raises(AntinError) as caught:
        find(office, who, **asked)
    assert caught.value.code == code


def test_streams_are_for_their_agencys_auditors(busy: Office) -> None:
    record = record_of(busy)
    for who, code in (("clerk", "role_missing"), ("outsider", "record_not_found")):
        with pytest.raises(AntinError) as caught:
            find(busy, who, record_id=record)
        assert caught.value.code == code
    with pytest.raises(AntinError) as caught:
        find(busy, "outsider", agency_id=busy.agency_id)
    assert caught.value.code == "agency_not_found"


def test_one_call_looks_at_a_part_only(busy: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LOOKED_AT", 4)
    nothing = EntryFilter(action="no.such")
    found = find(busy, wanted=nothing)
    assert (found.entries, found.next) == ((), 4)
    size = busy.services.work.read(lambda s: s.ledger.size())
    assert find(busy, wanted=nothing, start=size - 4).next is None
    assert find(busy, wanted=nothing, start=size + 10).next is None
    assert indexes(busy, wanted=EntryFilter(action="external.")) == truth(
        busy, lambda row: row["action"].startswith("external.")
    )
    record = record_of(busy)
    found = find(busy, record_id=record, wanted=nothing)
    fifth = indexes(busy, record_id=record)[4]
    assert (found.entries, found.next) == ((), fifth)
    assert len(indexes(busy, record_id=record)) == 9


def test_without_a_filter_nothing_is_left_out(busy: Office) -> None:
    size = busy.services.work.read(lambda s: s.ledger.size())
    assert [one["index"] for one in pages(busy, "clerk", limit=7)] == list(range(size))
    assert find(busy, "clerk", limit=size).next is None
    assert find(busy, "clerk", limit=size - 1).next == size - 1
