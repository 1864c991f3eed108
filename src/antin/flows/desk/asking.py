"""Asking for signatures: of one officer, or of several in order or in parallel."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, NotFoundError, RefusedError, UsageError
from antin.core.ids import new_id
from antin.core.limits import MAX_SIGNERS, SIGNING_TASK_SECONDS
from antin.flows import views
from antin.flows.locks import read_lock
from antin.flows.lookups import find_document, newest_revision
from antin.flows.requests import earlier_answer, once
from antin.flows.services import Services
from antin.flows.stamps import StampPlan
from antin.flows.texts import optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.document import Document
from antin.records.grants import Role, principal_of, require_role
from antin.records.signing_group import SigningGroup, SigningOrder
from antin.records.signing_task import SigningTask, TaskState
from antin.signer.request import Certification

ASKERS: Final = (Role.CLERK, Role.RECORDS_MANAGER, Role.SIGNER)
_A_WEEK: Final = timedelta(seconds=SIGNING_TASK_SECONDS)


@dataclass(frozen=True)
class Wanted:
    """One signature of a group."""

    signer_id: str
    reason: str | None = None
    location: str | None = None
    stamp: StampPlan | None = None
    certify: Certification | None = None
    """The first signature of the document, which allows only this later."""
    lock: str | None = None
    """Form fields that it makes final, as :func:`antin.flows.locks.read_lock` reads it."""


@dataclass(frozen=True)
class NewTask:
    """What is asked of one officer."""

    document_id: str
    signer_id: str
    reason: str | None = None
    location: str | None = None
    stamp: StampPlan | None = None
    certify: Certification | None = None
    lock: str | None = None
    expires_in: timedelta = _A_WEEK


@dataclass(frozen=True)
class NewGroup:
    """What is asked of several officers on one document."""

    document_id: str
    signers: tuple[Wanted, ...]
    signing_order: SigningOrder = SigningOrder.SEQUENCE
    expires_in: timedelta = _A_WEEK


def ask(services: Services, call: Call, new: NewTask) -> JsonObject:
    """Ask an officer to sign the newest revision of a document; return the task.

    Errors: ``document_not_found``, ``user_not_found``, ``role_missing``, ``task_open``,
    ``seal_in_progress``, ``record_closed``, ``request_invalid`` for a lock that names nothing.
    """
    wanted = Wanted(
        new.signer_id, new.reason, new.location, new.stamp, certify=new.certify, lock=new.lock
    )
    group = NewGroup(new.document_id, (wanted,), expires_in=new.expires_in)
    return _ask(services, call, group, alone=True)


def ask_group(services: Services, call: Call, new: NewGroup) -> JsonObject:
    """Ask several officers; return the group with its tasks.

    Errors: as :func:`ask`, and ``certification_not_first``.
    """
    signers = [wanted.signer_id for wanted in new.signers]
    if not 0 < len(signers) <= MAX_SIGNERS or len(set(signers)) < len(signers):
        detail = f"signers: from 1 to {MAX_SIGNERS}, each once"
        raise UsageError("request_invalid", detail=detail)
    _require_possible(new)
    return _ask(services, call, new, alone=False)


def _require_possible(new: NewGroup) -> None:
    """Refuse what could not be signed by all: what has to be first, and what has to be last."""
    several = len(new.signers) > 1
    ordered = new.signing_order is SigningOrder.SEQUENCE
    after_others = new.signers[1:] if ordered else (new.signers if several else ())
    before_others = new.signers[:-1] if ordered else after_others
    if any(wanted.certify is not None for wanted in after_others):
        detail = "of several it is the first in sequence"
        raise RefusedError("certification_not_first", detail=detail)
    if any(_lets_nobody_sign(wanted) for wanted in before_others):
        detail = "with no-changes, all or except: nobody can sign after it"
        raise UsageError("request_invalid", detail=detail)


def _lets_nobody_sign(wanted: Wanted) -> bool:
    """Tell whether no new signature may follow; a lock of all fields is one of those to come."""
    lock = read_lock(wanted.lock)
    named_only = lock is None or lock.action == "Include"
    return wanted.certify is Certification.NO_CHANGES or not named_only


def _ask(services: Services, call: Call, new: NewGroup, *, alone: bool) -> JsonObject:
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    for wanted in new.signers:
        read_lock(wanted.lock)
    images = tuple(_kept_image(services, wanted.stamp) for wanted in new.signers)
    group_id, task_ids = new_id(), tuple(new_id() for _ in new.signers)

    def change(stores: Stores) -> Done[JsonObject]:
        document = find_document(stores, call.principal, new.document_id, *ASKERS)
        for wanted in new.signers:
            _require_signer(stores, wanted.signer_id, document.agency_id, call.now)
        require_untouched(stores, document.id)
        group = _group(group_id, document, call, new.signing_order)
        stores.groups.add(group)
        revision_id = newest_revision(stores, document.id).id
        expires_at = call.now + new.expires_in
        made = zip(task_ids, new.signers, images, strict=True)
        tasks = tuple(
            replace(
                _task(group, revision_id, wanted, expires_at),
                id=task_id,
                position=position,
                appearance_image_sha256=image,
            )
            for position, (task_id, wanted, image) in enumerate(made, start=1)
        )
        for task in tasks:
            stores.tasks.add(task)
        entries = tuple(_told(group, task) for task in tasks)
        view = views.task_view(tasks[0]) if alone else views.group_view(group, tasks)
        return Done(view, entries)

    return once(services, call, change)


def _kept_image(services: Services, stamp: StampPlan | None) -> str | None:
    return services.blobs.put_bytes(stamp.image) if stamp and stamp.image else None


def _group(group_id: str, document: Document, call: Call, order: SigningOrder) -> SigningGroup:
    return SigningGroup(
        id=group_id,
        document_id=document.id,
        agency_id=document.agency_id,
        signing_order=order,
        principal_id=call.principal.id,
        created_at=call.now,
    )


def _task(
    group: SigningGroup, revision_id: str, wanted: Wanted, expires_at: datetime
) -> SigningTask:
    return SigningTask(
        id="",
        document_id=group.document_id,
        agency_id=group.agency_id,
        revision_id=revision_id,
        signer_id=wanted.signer_id,
        state=TaskState.CREATED,
        created_at=group.created_at,
        expires_at=expires_at,
        group_id=group.id,
        appearance=wanted.stamp.as_text() if wanted.stamp else None,
        reason=optional(wanted.reason) if wanted.reason else None,
        location=optional(wanted.location) if wanted.location else None,
        certify=wanted.certify.value if wanted.certify else None,
        field_lock=wanted.lock,
    )


def _require_signer(stores: Stores, user_id: str, agency_id: str, at: datetime) -> None:
    user = stores.users.get(user_id)
    if user is None:
        raise NotFoundError("user_not_found")
    principal = principal_of(user, stores.users.grants(user_id), at)
    require_role(principal, (Role.SIGNER,), agency_id, "user_not_found")


def require_untouched(stores: Stores, document_id: str) -> None:
    """Refuse while somebody else has a hand on the document.

    A signature must land on the revision that was shown. What a closure pinned stays newest.
    """
    if stores.groups.open_for(document_id) is not None:
        raise ConflictError("task_open")
    if stores.seals.open_for(document_id) is not None:
        raise ConflictError("seal_in_progress")
    for record in stores.records.records_of(document_id):
        record.require_open()


def _told(group: SigningGroup, task: SigningTask) -> Draft:
    facts = {**views.task_view(task), "order": group.signing_order.value}
    return Draft(f"document/{task.document_id}", "task.created", facts)
