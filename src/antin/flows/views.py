"""Domain values as the JSON objects that callers get, over HTTP and on the command line alike."""

from collections.abc import Iterable
from datetime import datetime

from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.flows.warnings import from_text
from antin.records.agency import Agency
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.closure import Closure
from antin.records.document import Document, Revision
from antin.records.grants import ApiKey, Grant, User
from antin.records.job import Job
from antin.records.record import Membership, Record
from antin.records.seal import Seal, SealState
from antin.records.signer_certificate import SignerCertificate
from antin.records.signing_group import GroupState, SigningGroup
from antin.records.signing_task import SigningTask, TaskState


def _time(moment: datetime | None) -> str | None:
    return iso_utc(moment) if moment else None


def agency_view(agency: Agency) -> JsonObject:
    """Return an agency."""
    return {"id": agency.id, "code": agency.code, "name": agency.name}


def user_view(user: User, grants: Iterable[Grant] = ()) -> JsonObject:
    """Return a user with their grants."""
    return {
        "id": user.id,
        "name": user.name,
        "created_at": iso_utc(user.created_at),
        "grants": tuple(grant_view(grant) for grant in grants),
    }


def grant_view(grant: Grant) -> JsonObject:
    """Return a grant."""
    return {
        "role": grant.role.value,
        "agency_id": grant.agency_id,
        "valid_from": iso_utc(grant.valid_from),
        "valid_to": _time(grant.valid_to),
    }


def api_key_view(key: ApiKey) -> JsonObject:
    """Return an API key without anything that could stand in for it."""
    return {
        "id": key.id,
        "user_id": key.user_id,
        "label": key.label,
        "created_at": iso_utc(key.created_at),
        "revoked_at": _time(key.revoked_at),
    }


def catalogue_view(catalogue: Catalogue, items: Iterable[CatalogueItem] = ()) -> JsonObject:
    """Return a records catalogue with its items."""
    return {
        "id": catalogue.id,
        "agency_id": catalogue.agency_id,
        "year": catalogue.year,
        "title": catalogue.title,
        "items": tuple(
            {
                "id": item.id,
                "ordinal": item.ordinal,
                "code_notation": item.code_notation,
                "heading": item.heading,
                "title": item.title,
                "retention": item.retention,
                "creator": item.creator,
                "note": item.note,
            }
            for item in items
        ),
    }


def record_view(record: Record, members: Iterable[Membership] = ()) -> JsonObject:
    """Return a record with its documents in order."""
    return {
        "id": record.id,
        "agency_id": record.agency_id,
        "catalogue_item_id": record.catalogue_item_id,
        "code_notation": record.code_notation,
        "title": record.title,
        "retention": record.retention,
        "creator": record.creator,
        "start_date": record.start_date.isoformat(),
        "description": record.description,
        "state": record.state.value,
        "closures": record.closures,
        "version": record.version,
        "created_at": iso_utc(record.created_at),
        "documents": tuple(
            {
                "document_id": member.document_id,
                "ordinal": member.ordinal,
                "pinned_revision_id": member.pinned_revision_id,
            }
            for member in members
        ),
    }


def revision_view(revision: Revision) -> JsonObject:
    """Return a revision of a document."""
    return {
        "id": revision.id,
        "ordinal": revision.ordinal,
        "sha256": revision.sha256,
        "size": revision.size,
        "cause": revision.cause.value,
        "report_sha256": revision.report_sha256,
        "created_at": iso_utc(revision.created_at),
    }


def document_view(document: Document, newest: Revision) -> JsonObject:
    """Return a document with its newest revision."""
    return {
        "id": document.id,
        "agency_id": document.agency_id,
        "title": document.title,
        "kind": document.kind.value,
        "parent_id": document.parent_id,
        "file_name": document.file_name,
        "code_number": document.code_number,
        "code_notation": document.code_notation,
        "created_at": iso_utc(document.created_at),
        "revision": revision_view(newest),
    }


def task_view(task: SigningTask) -> JsonObject:
    """Return a signing task; what was prepared is a resource of its own."""
    return {
        "id": task.id,
        "document_id": task.document_id,
        "agency_id": task.agency_id,
        "revision_id": task.revision_id,
        "signer_id": task.signer_id,
        "state": task.state.value,
        "reason": task.reason,
        "location": task.location,
        "certify": task.certify,
        "lock": task.field_lock,
        "created_at": iso_utc(task.created_at),
        "expires_at": iso_utc(task.expires_at),
        "result_revision_id": task.result_revision_id,
        "failure": task.failure,
        "group_id": task.group_id,
        "position": task.position,
        "job_id": task.job_id,
        "timestamp": "pending" if task.state is TaskState.SIGNED else None,
        "warnings": from_text(task.warnings),
        "version": task.version,
    }


def group_view(group: SigningGroup, tasks: Iterable[SigningTask]) -> JsonObject:
    """Return what was asked together, with its tasks in order."""
    shown = tuple(tasks)
    whole = all(task.state is TaskState.COMPLETED for task in shown)
    ended = "COMPLETED" if whole else "ENDED"
    return {
        "id": group.id,
        "document_id": group.document_id,
        "agency_id": group.agency_id,
        "order": group.signing_order.value,
        "state": "OPEN" if group.state is GroupState.OPEN else ended,
        "created_at": iso_utc(group.created_at),
        "tasks": tuple(task_view(task) for task in shown),
    }


def certificate_view(certificate: SignerCertificate) -> JsonObject:
    """Return what a user may sign with."""
    return {
        "id": certificate.id,
        "user_id": certificate.user_id,
        "kind": certificate.kind.value,
        "value": certificate.value,
        "label": certificate.label,
        "created_at": iso_utc(certificate.created_at),
        "removed_at": _time(certificate.removed_at),
    }


def seal_view(seal: Seal, document: JsonObject | None = None) -> JsonObject:
    """Return a use of a seal, with the sealed document and what to know of it once it is there."""
    return {
        "id": seal.id,
        "document_id": seal.document_id,
        "agency_id": seal.agency_id,
        "state": seal.state.value,
        "created_at": iso_utc(seal.created_at),
        "result_revision_id": seal.result_revision_id,
        "failure": seal.failure,
        "job_id": seal.job_id,
        "timestamp": "pending" if seal.state is SealState.SIGNED else None,
        "document": document,
        "warnings": from_text(seal.warnings),
    }


def closure_view(closure: Closure) -> JsonObject:
    """Return a closure; its files are named by digest."""
    return {
        "id": closure.id,
        "record_id": closure.record_id,
        "number": closure.number,
        "closed_at": iso_utc(closure.closed_at),
        "closed_by": closure.principal_id,
        "manifest_sha256": closure.manifest_sha256,
        "signature_sha256": closure.signature_sha256,
        "certificate_sha256": closure.certificate_sha256,
    }


def job_view(job: Job) -> JsonObject:
    """Return a job with its progress and how it ended."""
    return {
        "id": job.id,
        "kind": job.kind,
        "subject_id": job.subject_id,
        "state": job.state.value,
        "attempts": job.attempts,
        "done": job.done,
        "total": job.total,
        "result": job.result,
        "error": job.error,
        "due_at": _time(job.due_at),
        "created_at": iso_utc(job.created_at),
        "updated_at": iso_utc(job.updated_at),
    }
