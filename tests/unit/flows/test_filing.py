"""Filing: what a records system does with catalogues, records and documents."""

import unicodedata
from typing import Any

import pytest

from antin.core.canonical import loads_object
from antin.core.errors import AntinError, ConflictError, NotFoundError, RefusedError
from antin.flows import administration, filing
from antin.records.document import DocumentKind
from tests.office import Office

LINE = filing.NewItem("01.VP", "Văn phòng", "Công văn đi", "10 năm", "Nguyễn Văn A")


def catalogue(office: Office, agency_id: str = "", who: str = "manager") -> dict[str, Any]:
    agency_id = agency_id or office.agency_id
    call = office.call(who, "catalogue")
    return dict(
        filing.create_catalogue(office.services, call, agency_id, 2026, "Danh mục", (LINE, LINE))
    )


def open_record(office: Office, **fields: Any) -> dict[str, Any]:
    new = filing.NewRecord(office.agency_id, **fields)
    return dict(filing.open_record(office.services, office.call("manager", "open"), new))


def add(office: Office, record: str, document: str) -> dict[str, Any]:
    call = office.call("manager", "add")
    return dict(filing.add_to_record(office.services, call, record, document))


def newest_facts(office: Office, stream: str) -> Any:
    def query(stores: Any) -> Any:
        payload = stores.ledger.payload(stores.ledger.of_stream(stream)[-1].index)
        return loads_object(payload.data)

    return office.services.work.read(query)


@pytest.mark.requirement("REC-2")
def test_a_record_is_opened_from_its_line_of_the_catalogue(office: Office) -> None:
    line = catalogue(office)["items"][1]
    record = open_record(office, catalogue_item_id=line["id"], title="Hồ sơ mẫu")
    kept = {name: record[name] for name in ("code_notation", "retention", "creator", "title")}
    assert kept == {
        "code_notation": LINE.code_notation,
        "retention": LINE.retention,
        "creator": LINE.creator,
        "title": "Hồ sơ mẫu",
    }
    assert office.actions(f"record/{record['id']}") == ["record.opened"]


@pytest.mark.requirement("REC-2")
@pytest.mark.parametrize("missing", ["code_notation", "title", "retention", "creator"])
def test_a_missing_field_is_refused_by_name(office: Office, missing: str) -> None:
    fields = {"code_notation": "01", "title": "T", "retention": "10 năm", "creator": "A"}
    with pytest.raises(RefusedError) as caught:
        open_record(office, **{**fields, missing: "  "})
    assert caught.value.code == "field_missing"
    assert caught.value.values["field"] == missing


def test_another_agencys_line_does_not_exist(office: Office) -> None:
    (elsewhere,) = office.people["outsider"].agencies()
    line = catalogue(office, elsewhere, "outsider")["items"][0]
    with pytest.raises(NotFoundError) as caught:
        open_record(office, catalogue_item_id=line["id"])
    assert caught.value.code == "catalogue_item_not_found"


@pytest.mark.requirement("REC-7")
def test_a_document_in_two_records_is_stored_once(office: Office) -> None:
    first, second = office.record("One"), office.record("Other")
    letter, report = office.upload(title="Letter"), office.upload(title="Report")
    add(office, first, report)
    for record in (first, second):
        members = add(office, record, letter)["documents"]
    assert [(one["document_id"], one["ordinal"]) for one in members] == [(letter, 1)]
    found = filing.get_record(office.services, office.people["clerk"], first)["documents"]
    assert [one["ordinal"] for one in found] == [1, 2]  # type: ignore[index, union-attr, call-overload]  # JSON
    assert len(list(office.services.blobs.all())) == 2


def test_a_document_is_in_a_record_once(office: Office) -> None:
    record, document = office.record(), office.upload()
    add(office, record, document)
    with pytest.raises(ConflictError) as caught:
        add(office, record, document)
    assert caught.value.code == "document_already_in_record"
    assert office.actions(f"record/{record}") == ["record.opened", "record.document_added"]


def test_another_agencys_document_does_not_go_in(office: Office) -> None:
    record, document = office.record(), office.upload()
    with pytest.raises(NotFoundError) as caught:
        filing.add_to_record(office.services, office.call("outsider"), record, document)
    assert caught.value.code == "record_not_found"


def test_amending_keeps_what_was(office: Office) -> None:
    record = office.record("Before")
    call = office.call("manager", "amend")
    amended = filing.amend_record(office.services, call, record, {"title": " After "})
    assert amended["title"] == "After"
    assert newest_facts(office, f"record/{record}") == {
        "before": {"title": "Before"},
        "after": {"title": "After"},
    }


@pytest.mark.parametrize("field", ["id", "state", "agency_id", "closures"])
def test_what_is_no_description_is_not_amended(office: Office, field: str) -> None:
    record = office.record()
    with pytest.raises(RefusedError) as caught:
        filing.amend_record(office.services, office.call("manager"), record, {field: "x"})
    assert caught.value.code == "field_invalid"


@pytest.mark.requirement("REC-8")
def test_the_records_systems_own_changes_are_noted(office: Office) -> None:
    record = office.record()
    call = office.call("clerk", "note")
    facts = {"by": unicodedata.normalize("NFD", "Trần Thị B"), "comments": ["ý kiến"]}
    filing.note_change(office.services, call, record, "comment.added", facts)
    assert office.actions(f"record/{record}")[-1] == "external.comment.added"
    assert newest_facts(office, f"record/{record}") == {"by": "Trần Thị B", "comments": ["ý kiến"]}


@pytest.mark.parametrize("action", ["", "Record.closed", "a..b", "a b", "../x"])
def test_an_action_that_is_none(office: Office, action: str) -> None:
    with pytest.raises(RefusedError) as caught:
        filing.note_change(office.services, office.call("clerk"), office.record(), action, {})
    assert caught.value.code == "field_invalid"


@pytest.mark.parametrize(
    ("kind", "parent", "code"),
    [
        (DocumentKind.ATTACHMENT, None, "field_missing"),
        (DocumentKind.MAIN, "letter", "field_missing"),
        (DocumentKind.ATTACHMENT, "attachment", "field_invalid"),
        (DocumentKind.ATTACHMENT, "nothing", "document_not_found"),
    ],
)
def test_an_attachment_has_a_main_document(
    office: Office, kind: DocumentKind, parent: str | None, code: str
) -> None:
    letter = office.upload()
    attachment = office.upload(kind=DocumentKind.ATTACHMENT, parent_id=letter)
    known = {"letter": letter, "attachment": attachment, None: None}
    with pytest.raises(AntinError) as caught:
        office.upload(kind=kind, parent_id=known.get(parent, parent))
    assert caught.value.code == code


def test_the_same_key_with_another_request(office: Office) -> None:
    new = filing.NewRecord(office.agency_id, None, "01", "T", "10 năm", "A")
    first = filing.open_record(office.services, office.call("clerk", key="k", digest="1"), new)
    again = filing.open_record(office.services, office.call("clerk", key="k", digest="1"), new)
    assert again["id"] == first["id"]
    with pytest.raises(RefusedError) as caught:
        filing.open_record(office.services, office.call("clerk", key="k", digest="2"), new)
    assert caught.value.code == "request_reused"


def test_names_are_kept_in_one_normal_form(office: Office) -> None:
    name = unicodedata.normalize("NFD", " Sở Nội vụ ")
    call = office.call("admin", "agency")
    assert administration.create_agency(office.services, call, "SNV", name)["name"] == "Sở Nội vụ"
