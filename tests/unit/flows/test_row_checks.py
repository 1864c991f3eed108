"""Rows against the ledger: whoever edits one past our flows is found, and nobody else is.

An office with a bit of everything; a superuser who edits every column that entries tell of, row by
row, and undoes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Table, create_engine, delete, insert, select, update

from antin.flows import administration, close, desk, filing, seal, signer_certificates
from antin.flows.audit import check_ledger, row_checks, take_checkpoint
from antin.flows.audit.row_checks import TABLES, Judged
from antin.flows.audit.row_rules import RULES, settle_groups
from antin.flows.audit.story import Story
from antin.flows.unit_of_work import Stores, UnitOfWork
from antin.infra import tables
from antin.infra.column_types import Moment
from antin.infra.database import migrate, open_database
from antin.infra.ledger.tables import ledger_payloads
from antin.ledger.checking.levels import Level
from antin.ledger.checking.report import LedgerFinding
from antin.ledger.ports import Payload
from antin.records.call import Call
from antin.records.document import DocumentKind
from antin.records.grants import Role
from antin.records.record import RecordState
from antin.records.signing_group import SigningOrder
from tests.ledgers import row_findings
from tests.office import Office, make_office
from tests.postgres import PostgresServer
from tests.rows import NOW
from tests.trustworld import TrustWorld

TOLD = {
    "agencies": "code name",
    "users": "created_at name",
    "grants": "valid_from valid_to",
    "api_keys": "created_at label revoked_at secret_sha256 user_id",
    "signer_certificates": "created_at kind label removed_at user_id value",
    "catalogues": "agency_id title year",
    "catalogue_items": ("catalogue_id code_notation creator heading note ordinal retention title"),
    "records": (
        "agency_id catalogue_item_id closures code_notation created_at creator description "
        "retention start_date state title"
    ),
    "closures": (
        "certificate_sha256 closed_at manifest_sha256 number principal_id record_id "
        "signature_sha256"
    ),
    "memberships": "ordinal pinned_report_sha256 pinned_revision_id",
    "documents": ("agency_id code_notation code_number created_at file_name kind parent_id title"),
    "revisions": "cause created_at document_id ordinal report_sha256 sha256 size",
    "signing_groups": "agency_id created_at document_id principal_id signing_order state",
    "signing_tasks": (
        "agency_id certify created_at document_id expires_at failure field_lock group_id job_id "
        "location position preparation.blob_sha256 preparation.certificate_sha256 reason "
        "result_revision_id revision_id signer_id state"
    ),
    "seals": (
        "agency_id created_at document_id failure job_id principal_id result_revision_id state"
    ),
}
"""Every column that is held against entries: one that a rule forgets is missing here."""
MOVED = {"record_id", "document_id"}
"""Columns by which a row is found: with another value it is missing here and unasked there."""


@dataclass(frozen=True)
class Edited:
    """An office and somebody with all rights on its database."""

    work: UnitOfWork
    office: Office
    superuser: Engine


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))]
)
def edited(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    trust_world: TrustWorld,
) -> Iterator[Edited]:
    folder = tmp_path_factory.mktemp("edited")
    url, more = _url(request, folder), {}
    if request.param == "postgres":  # who bypasses foreign keys
        more = {"connect_args": {"options": "-c session_replication_role=replica"}}
    work, superuser = open_database(url), create_engine(url, **more)
    office = make_office(work, folder, trust_world)
    _live(office)
    yield Edited(work, office, superuser)
    superuser.dispose()
    work.close()


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.new_database()
    migrate(f"sqlite:///{folder}/antin.db")
    return f"sqlite:///{folder}/antin.db"


def _live(office: Office) -> None:
    """Take an office through what its flows can do."""
    services = office.services

    def manager() -> Call:
        return office.call("manager")

    item = filing.NewItem("01.VP", "", "Công văn", "06", "Văn phòng")
    filing.create_catalogue(services, manager(), office.agency_id, 2026, "Danh mục", (item,))
    letter, scan, other = (office.upload(title=one) for one in ("Letter", "Scan", "Other"))
    attachment = office.upload(title="Table", kind=DocumentKind.ATTACHMENT, parent_id=letter)
    _, tasks = office.ask_group(letter, SigningOrder.PARALLEL, "officer-a", "officer-b")
    office.prepare(tasks["officer-b"], "officer-b")
    office.sign_task(tasks["officer-a"], "officer-a")
    office.sign_task(tasks["officer-b"], "officer-b")
    seal.seal_document(services, office.call("clerk"), seal.NewSeal(letter))
    declined = office.ask(other)
    desk.decline(services, office.call("officer-a"), declined, "not mine to sign")
    office.prepare(office.ask(other))
    record = office.record()
    filing.amend_record(services, manager(), record, {"title": "Công văn của Nguyễn Văn A"})
    for document in (letter, scan, attachment):
        filing.add_to_record(services, manager(), record, document)
    close.request_close(services, manager(), record)
    office.queue.run_all(services)
    office.record("An open one")
    extra = office.register("officer-b", office.world.officer_a)
    signer_certificates.remove_certificate(services, office.call("admin"), extra)
    officer = office.people["officer-a"].id
    key, _ = administration.create_api_key(services, office.call("admin"), officer, "old")
    administration.revoke_api_key(services, office.call("admin"), str(key["id"]))


def story(edited: Edited) -> Story:
    """Return what all entries say, in one."""

    def query(stores: Stores) -> Story:
        told = Story()
        for prefix in ("agency/", "record/", "document/"):
            for entry, payload in stores.whole.told(stores.whole.streams(prefix, "", 1000)):
                row_checks._tell(told, entry, payload)
        settle_groups(told)
        return told

    return edited.work.read(query)


def table_of(judged: Judged) -> Table:
    found: Table = getattr(tables, judged.table)
    return found


def where(judged: Judged, key: str) -> list[Any]:
    table, parts = table_of(judged), key.split("/")
    names = {
        "grants": ("user_id", "role", "agency_id"),
        "memberships": ("record_id", "document_id"),
    }
    columns = names.get(judged.table, ("id",))
    values = [
        Role(part) if name == "role" else part for name, part in zip(columns, parts, strict=True)
    ]
    return [table.c[name] == value for name, value in zip(columns, values, strict=True)]


def another(value: Any, column: Column[Any]) -> Any:
    """Return another value of the same kind."""
    if value is None and isinstance(column.type, Moment):
        return NOW
    if isinstance(value, Enum):
        return next(one for one in type(value) if one is not value)
    if isinstance(value, datetime | date):
        return value + timedelta(days=400)
    return value + 1000 if isinstance(value, int) else f"{value}-altered"


@contextmanager
def put(edited: Edited, judged: Judged, key: str, column: str, value: Any) -> Iterator[None]:
    """Edit one column of one row for as long as somebody looks."""
    table, row = table_of(judged), where(judged, key)
    with edited.superuser.begin() as connection:
        before = connection.execute(select(table.c[column]).where(*row)).scalar_one()
        connection.execute(update(table).where(*row).values({column: value}))
    try:
        yield
    finally:
        with edited.superuser.begin() as connection:
            connection.execute(update(table).where(*row).values({column: before}))


def one_finding(edited: Edited) -> LedgerFinding:
    (found,) = row_findings(edited.work)
    return found


def test_what_our_own_flows_did_raises_no_finding(edited: Edited) -> None:
    assert row_findings(edited.work) == []


def test_every_table_and_column_that_entries_tell_of_is_compared(edited: Edited) -> None:
    told = {
        table: " ".join(sorted({column for said in rows.values() for column in said.columns}))
        for table, rows in story(edited).rows.items()
    }
    assert told == TOLD
    assert {judged.table for judged in TABLES} == set(TOLD)


def test_every_action_of_ours_that_changes_rows_has_a_rule(edited: Edited) -> None:
    seen = {row.action for row in edited.work.read(lambda s: tuple(s.ledger.entries(0, 10_000)))}
    assert seen <= set(RULES)


@pytest.mark.parametrize("judged", TABLES, ids=lambda one: one.table)
def test_an_edited_column_is_named(edited: Edited, judged: Judged) -> None:
    for key, said in story(edited).rows[judged.table].items():
        row = edited.work.read(partial(_row, judged, key))
        for column, (expected, index) in said.columns.items():
            if column in MOVED or column.startswith("preparation."):
                continue
            with put(
                edited,
                judged,
                key,
                column,
                another(getattr(row, column), table_of(judged).c[column]),
            ):
                found = one_finding(edited)
            values = dict(found.values)
            assert (found.code, found.row) == ("row_altered", (judged.table, key))
            assert (values["column"], values["index"]) == (column, index)
            assert values["expected"] == ("null" if expected is None else expected)
            assert values["found"] != values["expected"]
            assert found.level.value == "rows"
        return  # one row of each table is enough for a rule


def _row(judged: Judged, key: str, stores: Stores) -> Any:
    ids = [key.partition("/")[0]]
    column = {"grants": "user_id"}.get(judged.table, judged.of if "/" in key else "id")
    return next(r for r in stores.whole.among(judged.kind, column, ids) if judged.key(r) == key)


@pytest.mark.parametrize("judged", TABLES, ids=lambda one: one.table)
def test_a_removed_row_is_missed_and_a_forged_one_is_found(edited: Edited, judged: Judged) -> None:
    table = table_of(judged)
    key = next(iter(story(edited).rows[judged.table]))
    made_by = story(edited).rows[judged.table][key].made_by
    with edited.superuser.begin() as connection:
        row = dict(connection.execute(select(table).where(*where(judged, key))).mappings().one())
        connection.execute(delete(table).where(*where(judged, key)))
    found = one_finding(edited)
    assert (found.code, found.row) == ("row_missing", (judged.table, key))
    assert dict(found.values)["index"] == made_by
    forged = {**row, **_of_its_own(edited, judged, row)}
    with edited.superuser.begin() as connection:
        connection.execute(insert(table), [row])
        connection.execute(insert(table), [forged])
    found = one_finding(edited)
    named = judged.key(judged.kind(**forged))
    with edited.superuser.begin() as connection:
        connection.execute(delete(table).where(*where(judged, named)))
    assert (found.code, found.row) == ("row_without_entry", (judged.table, named))
    assert row_findings(edited.work) == []


def _of_its_own(edited: Edited, judged: Judged, row: dict[str, Any]) -> dict[str, Any]:
    """Return what makes a copy of a row pass the database's unique keys."""
    unique: dict[str, dict[str, Any]] = {
        "agencies": {"code": "GIA"},
        "grants": {"user_id": edited.office.people["officer-b"].id, "agency_id": "elsewhere"},
        "api_keys": {"secret_sha256": "f" * 64},
        "catalogues": {"year": 1999},
        "catalogue_items": {"ordinal": 99},
        "closures": {"number": 99},
        "memberships": {"document_id": "elsewhere", "ordinal": 99},
        "revisions": {"ordinal": 99},
        "signing_tasks": {"position": 99},
    }
    own = unique.get(judged.table, {})
    return {**({"id": f"{row['id']}x"} if "id" in row else {}), **own}


def test_a_row_moved_to_another_document_is_missed_here_and_unasked_for_there(
    edited: Edited,
) -> None:
    judged = next(one for one in TABLES if one.table == "revisions")
    told = story(edited).rows["revisions"]
    ordinals = {key: one.columns["ordinal"][0] for key, one in told.items()}
    second = max(ordinals, key=lambda key: (ordinals[key] == 2, key))
    at_home = {one.columns["document_id"][0] for key, one in told.items() if ordinals[key] == 2}
    elsewhere = next(key for key in story(edited).rows["documents"] if key not in at_home)
    with put(edited, judged, second, "document_id", elsewhere):
        found = {(one.code, one.row) for one in row_findings(edited.work)}
    row = ("revisions", second)
    assert found == {("row_missing", row), ("row_without_entry", row)}


@pytest.mark.parametrize("column", ["blob_sha256", "certificate"])
def test_what_was_prepared_exchanged_for_something_else(edited: Edited, column: str) -> None:
    judged = next(one for one in TABLES if one.table == "signing_tasks")
    rows = edited.work.read(lambda s: _prepared(s, edited.office))
    task = rows[0]
    altered = replace(
        task.preparation, **{column: "0" * 64 if column == "blob_sha256" else b"another"}
    )
    with put(edited, judged, task.id, "preparation", altered):
        found = one_finding(edited)
    name = {"certificate": "certificate_sha256"}.get(column, column)
    assert dict(found.values)["column"] == f"preparation.{name}"


def _prepared(stores: Stores, office: Office) -> list[Any]:
    tasks = stores.tasks.list([office.agency_id])
    return [task for task in tasks if task.preparation is not None]


def test_a_row_that_nothing_of_ours_would_write_is_named(edited: Edited) -> None:
    judged = next(one for one in TABLES if one.table == "records")
    key = next(iter(story(edited).rows["records"]))
    statement = "UPDATE records SET state = '{}' WHERE id = '{}'"
    with edited.superuser.begin() as connection:
        connection.exec_driver_sql(statement.format("VANISHED", key))
    found = one_finding(edited)
    with edited.superuser.begin() as connection:
        connection.exec_driver_sql(statement.format("CLOSED", key))
    assert (found.code, found.row) == ("row_undecodable", (judged.table, key))
    assert row_findings(edited.work) == []


def lose(edited: Edited, action: str) -> list[dict[str, Any]]:
    """Delete the facts of all entries of an action; return them."""
    rows = edited.work.read(lambda s: tuple(s.ledger.entries(0, 10_000)))
    own = ledger_payloads.c.leaf_index.in_([row.index for row in rows if row.action == action])
    with edited.superuser.begin() as connection:
        gone = [
            dict(row) for row in connection.execute(select(ledger_payloads).where(own)).mappings()
        ]
        connection.execute(delete(ledger_payloads).where(own))
    return gone


@pytest.mark.parametrize("action", sorted(RULES))
def test_erased_facts_raise_no_finding_about_rows(edited: Edited, action: str) -> None:
    """Whatever the erased entry said is not held against any row, and nothing else is excused."""
    gone = lose(edited, action)
    try:
        assert row_findings(edited.work) == []
    finally:
        if gone:
            with edited.superuser.begin() as connection:
                connection.execute(insert(ledger_payloads), gone)


def forged(edited: Edited, table: Table, **changes: object) -> None:
    """Put rows there beside those that entries made."""
    with edited.superuser.begin() as connection:
        row = dict(connection.execute(select(table)).mappings().first() or {})
        connection.execute(insert(table), row | changes)


def test_what_was_erased_excuses_as_many_rows_as_it_made(edited: Edited) -> None:
    """Or else the first key that is erased lets everybody have one that no entry tells of."""
    gone = lose(edited, "api_key.created")
    forged(edited, tables.api_keys, id="forged", secret_sha256="0" * 64)
    try:
        found = row_findings(edited.work)
        assert {one.code for one in found} == {"row_without_entry"}
        assert ("api_keys", "forged") in {one.row for one in found}
    finally:
        with edited.superuser.begin() as connection:
            connection.execute(delete(tables.api_keys).where(tables.api_keys.c.id == "forged"))
            connection.execute(insert(ledger_payloads), gone)


def test_rows_that_cannot_be_judged_are_told(edited: Edited) -> None:
    gone = lose(edited, "user.created")
    report = check_ledger(edited.office.services)
    with edited.superuser.begin() as connection:
        connection.execute(insert(ledger_payloads), gone)
    told = [dict(one.values) for one in report.findings if one.code == "rows_unjudged"]
    assert {one["table"] for one in told} == {"users", "grants"}
    assert sum(int(one["count"]) for one in told if one["table"] == "users") == len(gone)


def test_what_an_erased_entry_did_not_say_still_counts(edited: Edited) -> None:
    """The facts of one user are erased: another's name is compared as before."""
    judged = next(one for one in TABLES if one.table == "records")
    gone = lose(edited, "record.amended")
    key = next(iter(story(edited).rows["records"]))
    with put(edited, judged, key, "state", RecordState.OPEN):
        assert dict(one_finding(edited).values)["column"] == "state"
    with put(edited, judged, key, "title", "Another"):
        assert row_findings(edited.work) == [], "the erased entry may have said so"
    with edited.superuser.begin() as connection:
        connection.execute(insert(ledger_payloads), gone)


@pytest.mark.parametrize(
    "facts", [b"{}", b"[]", b"\xff", b'{"id":[]}', b'{"grants":1,"id":"a"}', b'{"task_id":{}}']
)
@pytest.mark.parametrize("action", sorted(RULES))
def test_facts_that_somebody_altered_end_in_findings_and_nothing_else(
    edited: Edited, action: str, facts: bytes
) -> None:
    def query(stores: Stores) -> None:
        rows = [row for row in stores.ledger.entries(0, 10_000) if row.action == action]
        for row in rows[:1]:
            told = Story()
            row_checks._tell(told, row, Payload(b"", facts))
            settle_groups(told)

    edited.work.read(query)


def test_it_is_part_of_checking_everything(edited: Edited) -> None:
    take_checkpoint(edited.office.services)
    judged = next(one for one in TABLES if one.table == "users")
    key = next(iter(story(edited).rows["users"]))
    with put(edited, judged, key, "name", "Trần Thị B"):
        report = check_ledger(edited.office.services)
        below = check_ledger(edited.office.services, Level.CHECKPOINTS)
    assert [one.code for one in report.findings] == ["row_altered"]
    assert report.conclusion == "TOTAL-FAILED"
    assert (below.findings, below.level) == ((), Level.CHECKPOINTS)
