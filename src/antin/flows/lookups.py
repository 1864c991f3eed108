"""Finding what a caller may see: another agency's things do not exist for them."""

from antin.core.errors import NotFoundError
from antin.flows.unit_of_work import Stores
from antin.records.document import Document, Revision
from antin.records.grants import Principal, Role, require_member, require_role
from antin.records.record import Record
from antin.records.signing_group import SigningGroup
from antin.records.signing_task import SigningTask


def find_record(stores: Stores, principal: Principal, record_id: str, *roles: Role) -> Record:
    """Return the record, if the principal holds one of ``roles`` (none: any) in its agency."""
    record = stores.records.get(record_id)
    if record is None:
        raise NotFoundError("record_not_found")
    _allow(principal, record.agency_id, roles, "record_not_found")
    return record


def find_document(stores: Stores, principal: Principal, document_id: str, *roles: Role) -> Document:
    """Return the document, by the same rule."""
    document = stores.documents.get(document_id)
    if document is None:
        raise NotFoundError("document_not_found")
    _allow(principal, document.agency_id, roles, "document_not_found")
    return document


def find_task(stores: Stores, principal: Principal, task_id: str, *roles: Role) -> SigningTask:
    """Return the signing task, by the same rule."""
    task = stores.tasks.get(task_id)
    if task is None:
        raise NotFoundError("task_not_found")
    _allow(principal, task.agency_id, roles, "task_not_found")
    return task


def find_group(stores: Stores, principal: Principal, group_id: str, *roles: Role) -> SigningGroup:
    """Return the group of signing tasks, by the same rule."""
    group = stores.groups.get(group_id)
    if group is None:
        raise NotFoundError("task_not_found")
    _allow(principal, group.agency_id, roles, "task_not_found")
    return group


def newest_revision(stores: Stores, document_id: str) -> Revision:
    """Return the newest revision of a document that exists."""
    revision = stores.documents.newest(document_id)
    if revision is None:
        raise NotFoundError("document_not_found")
    return revision


def _allow(principal: Principal, agency_id: str, roles: tuple[Role, ...], not_found: str) -> None:
    if roles:
        require_role(principal, roles, agency_id, not_found)
    else:
        require_member(principal, agency_id, not_found)
