"""Signing tasks: asking an officer, looking at tasks, ending them early."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, ForbiddenError, NotFoundError
from antin.core.ids import new_id
from antin.core.limits import SIGNING_TASK_SECONDS
from antin.flows import views
from antin.flows.lookups import find_document, find_task, newest_revision
from antin.flows.requests import SYSTEM, act_of, earlier_answer, make_call, once
from antin.flows.services import Services
from antin.flows.stamps import StampPlan
from antin.flows.texts import optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.grants import Principal, Role, principal_of, require_role
from antin.records.signing_task import WAITING_STATES, SigningTask, TaskState

_ASKERS = (Role.CLERK, Role.RECORDS_MANAGER, Role.SIGNER)


@dataclass(frozen=True)
class NewTask:
    """What is asked of the officer."""

    document_id: str
    signer_id: str
    reason: str | None = None
    location: str | None = None
    stamp: StampPlan | None = None
    expires_in: timedelta = timedelta(seconds=SIGNING_TASK_SECONDS)


def ask(services: Services, call: Call, new: NewTask) -> JsonObject:
    """Ask an officer to sign the newest revision of a document."""
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    image = None
    if new.stamp and new.stamp.image:
        image = services.blobs.put_bytes(new.stamp.image)
    task_id = new_id()

    def change(stores: Stores) -> Done[JsonObject]:
        document = find_document(stores, call.principal, new.document_id, *_ASKERS)
        _require_signer(stores, new.signer_id, document.agency_id, call.now)
        require_untouched(stores, document.id)
        task = SigningTask(
            id=task_id,
            document_id=document.id,
            agency_id=document.agency_id,
            revision_id=newest_revision(stores, document.id).id,
            signer_id=new.signer_id,
            state=TaskState.CREATED,
            created_at=call.now,
            expires_at=call.now + new.expires_in,
            appearance=new.stamp.as_text() if new.stamp else None,
            appearance_image_sha256=image,
            reason=optional(new.reason) if new.reason else None,
            location=optional(new.location) if new.location else None,
        )
        stores.tasks.add(task)
        return _told(task, "task.created")

    return once(services, call, change)


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
    if stores.tasks.open_for(document_id) is not None:
        raise ConflictError("task_open")
    if stores.seals.open_for(document_id) is not None:
        raise ConflictError("seal_in_progress")
    for record in stores.records.records_of(document_id):
        record.require_open()


def list_tasks(
    services: Services,
    principal: Principal,
    state: TaskState | None = None,
    after: str = "",
    limit: int = 100,
) -> tuple[JsonObject, ...]:
    """Return the tasks of the principal's agencies."""
    return services.work.read(
        lambda stores: tuple(
            views.task_view(task)
            for task in stores.tasks.list(principal.agencies(), state, after, limit)
        )
    )


def get_task(services: Services, principal: Principal, task_id: str) -> JsonObject:
    """Return a task."""
    return services.work.read(lambda stores: views.task_view(find_task(stores, principal, task_id)))


def decline(services: Services, call: Call, task_id: str, reason: str) -> JsonObject:
    """End a task because its officer will not sign."""
    return _end(services, call, task_id, TaskState.DECLINED, optional(reason))


def cancel(services: Services, call: Call, task_id: str) -> JsonObject:
    """End a task because nobody needs the signature any more."""
    return _end(services, call, task_id, TaskState.CANCELLED, "")


def _end(services: Services, call: Call, task_id: str, state: TaskState, reason: str) -> JsonObject:
    def change(stores: Stores) -> Done[JsonObject]:
        if state is TaskState.DECLINED:
            task = own_task(stores, call.principal, task_id)
        else:
            task = find_task(stores, call.principal, task_id, *_ASKERS)
        ended = stores.tasks.update(task.to(state))
        entry = Draft(
            f"document/{ended.document_id}",
            f"task.{state.value.lower()}",
            {"task_id": ended.id, "reason": reason},
        )
        return Done(views.task_view(ended), (entry,))

    return once(services, call, change)


def expire_tasks(services: Services) -> int:
    """End the tasks that waited too long, so that they free their documents; return how many."""
    now = services.clock.now()
    late = services.work.read(lambda stores: stores.tasks.unsigned_after(now))
    for task in late:
        call = make_call(services, SYSTEM, "sweep/tasks", task.id, "")
        services.work.run(act_of(call), partial(_expire, task_id=task.id, now=now))
    return len(late)


def _expire(stores: Stores, *, task_id: str, now: datetime) -> Done[None]:
    task = stores.tasks.get(task_id)
    if task is None or task.state not in WAITING_STATES or task.expires_at > now:
        return Done(None)  # signed or ended meanwhile
    ended = stores.tasks.update(task.to(TaskState.EXPIRED))
    entry = Draft(f"document/{ended.document_id}", "task.expired", {"task_id": ended.id})
    return Done(None, (entry,))


def own_task(stores: Stores, principal: Principal, task_id: str) -> SigningTask:
    """Return the task if it is asked of this very principal, who may still sign in the agency."""
    task = find_task(stores, principal, task_id, Role.SIGNER)
    if task.signer_id != principal.id:
        raise ForbiddenError("not_the_signer")
    return task


def _told(task: SigningTask, action: str) -> Done[JsonObject]:
    view = views.task_view(task)
    return Done(view, (Draft(f"document/{task.document_id}", action, view),))
