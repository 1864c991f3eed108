"""Specimen values of the domain for tests of stores, and acts to store them by."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from antin.core.clock import to_micros
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.draft import Act, Draft
from antin.records.agency import Agency
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.grants import User
from antin.records.record import Record
from antin.records.seal import Seal
from antin.records.signing_group import SigningGroup, SigningOrder
from antin.records.signing_task import SigningTask, TaskState

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 2, 5, 7, 123456, tzinfo=UTC)


def an_act(request: str = "") -> Act:
    """Return an act of a request that was never made before."""
    return Act("system", request or new_id(), to_micros(NOW), secrets.token_bytes(32))


def a_draft(stream: str = "agency/one", **facts: str | int) -> Draft:
    """Return an entry to be."""
    return Draft(stream, "thing.happened", facts or {"title": "Công văn của Nguyễn Văn A"})


def store(work: UnitOfWork, *values: object) -> None:
    """Add values of the domain, whatever they are, in one change."""

    def change(stores: Stores) -> Done[None]:
        for value in values:
            _add(stores, value)
        return Done(None)

    work.run(an_act(), change)


def _add(stores: Stores, value: object) -> None:
    match value:
        case Agency():
            stores.agencies.add(value)
        case User():
            stores.users.add(value)
        case Record():
            stores.records.add(value)
        case Document():
            stores.documents.add(value)
        case Revision():
            stores.documents.add_revision(value)
        case SigningGroup():
            stores.groups.add(value)
        case SigningTask():
            stores.tasks.add(value)
        case Seal():
            stores.seals.add(value)
        case _:
            raise AssertionError(f"no store is known for {value!r}")


def an_agency(code: str = "MAU") -> Agency:
    return Agency(new_id(), code, "Ủy ban nhân dân xã Mẫu")


def a_user(name: str = "Nguyễn Văn A") -> User:
    return User(new_id(), name, NOW)


def a_record(agency: Agency) -> Record:
    return Record(
        id=new_id(),
        agency_id=agency.id,
        code_notation="01.VP",
        title="Hồ sơ mẫu",
        retention="06",
        creator="Trần Thị B",
        start_date=date(2026, 11, 1),
        created_at=NOW,
    )


def a_document(agency: Agency) -> Document:
    return Document(new_id(), agency.id, "Công văn", DocumentKind.MAIN, "cong-van.pdf", NOW)


def a_revision(document: Document, ordinal: int = 1) -> Revision:
    sha256 = secrets.token_hex(32)
    return Revision(new_id(), document.id, ordinal, sha256, 1234, Cause.UPLOADED, NOW)


def a_group(document: Document, order: SigningOrder = SigningOrder.SEQUENCE) -> SigningGroup:
    return SigningGroup(new_id(), document.id, document.agency_id, order, "someone", NOW)


def a_task(group: SigningGroup, revision: Revision, signer: User, position: int = 1) -> SigningTask:
    return SigningTask(
        id=new_id(),
        document_id=group.document_id,
        agency_id=group.agency_id,
        revision_id=revision.id,
        signer_id=signer.id,
        state=TaskState.CREATED,
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
        group_id=group.id,
        position=position,
    )


def a_seal(document: Document, revision: Revision, by: User) -> Seal:
    return Seal(new_id(), document.id, document.agency_id, revision.id, by.id, NOW)
