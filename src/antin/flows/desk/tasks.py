"""Signing tasks: listing, opening, declining, cancelling, letting them expire."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, ForbiddenError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.desk.asking import ASKERS
from antin.flows.desk.following import follow, hold_document, is_in_turn
from antin.flows.lookups import find_group, find_task
from antin.flows.requests import SYSTEM, act_of, make_call, once
from antin.flows.services import Services
from antin.flows.texts import optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.grants import Principal, Role
from antin.records.signing_task import WAITING_STATES, Actor, SigningTask, TaskState


@dataclass(frozen=True)
class Filter:
    """Which tasks a listing is to hold."""

    state: TaskState | None = None
    mine: bool = False
    """Only those that are asked of the caller."""


def list_tasks(
    services: Services,
    principal: Principal,
    wanted: Filter = Filter(),
    after: str = "",
    limit: int = 100,
) -> tuple[JsonObject, ...]:
    """Return tasks of the principal's agencies; what is asked of them counts as offered now."""
    signer = principal.id if wanted.mine else None
    found = services.work.read(
        lambda stores: stores.tasks.list(
            principal.agencies(), wanted.state, after, limit, signer_id=signer
        )
    )
    return tuple(views.task_view(task) for task in _offered(services, principal, found))


def get_task(services: Services, principal: Principal, task_id: str) -> JsonObject:
    """Return a task; one that is asked of the principal counts as offered now."""
    task = services.work.read(lambda stores: find_task(stores, principal, task_id))
    return views.task_view(*_offered(services, principal, (task,)))


def _offered(
    services: Services, principal: Principal, tasks: tuple[SigningTask, ...]
) -> tuple[SigningTask, ...]:
    """Take those of ``tasks`` to OFFERED that their officer now sees, if it is their turn."""
    fresh = sorted(
        (task for task in tasks if _is_news(principal, task)), key=lambda task: task.document_id
    )
    if not fresh:
        return tasks
    call = make_call(services, principal, "tasks/seen", new_id(), "")

    def change(stores: Stores) -> Done[dict[str, SigningTask]]:
        seen, entries = {}, []
        for task in fresh:
            hold_document(stores, task.document_id)
            current = own_task(stores, principal, task.id)
            if _is_news(principal, current) and is_in_turn(stores, current):
                current = stores.tasks.update(current.to(TaskState.OFFERED, Actor.SIGNER))
                facts = {"task_id": current.id, "revision_id": current.revision_id}
                entries.append(Draft(f"document/{current.document_id}", "task.offered", facts))
            seen[current.id] = current
        return Done(seen, tuple(entries))

    now = services.work.run(act_of(call), change)
    return tuple(now.get(task.id, task) for task in tasks)


def _is_news(principal: Principal, task: SigningTask) -> bool:
    asked = task.signer_id == principal.id and principal.has(Role.SIGNER, task.agency_id)
    return asked and task.state is TaskState.CREATED


def get_group(services: Services, principal: Principal, group_id: str) -> JsonObject:
    """Return what was asked together, with its tasks."""

    def query(stores: Stores) -> JsonObject:
        group = find_group(stores, principal, group_id)
        return views.group_view(group, stores.tasks.of_group(group.id))

    return services.work.read(query)


def decline(services: Services, call: Call, task_id: str, reason: str) -> JsonObject:
    """End a task because its officer will not sign; in a sequence those behind it end, too."""
    document_id = document_of(services, call.principal, task_id)

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, document_id)
        task = own_task(stores, call.principal, task_id)
        return _end(stores, task, TaskState.DECLINED, Actor.SIGNER, {"reason": optional(reason)})

    return once(services, call, change)


def cancel(services: Services, call: Call, task_id: str) -> JsonObject:
    """End a task because nobody needs the signature any more; in a sequence those behind, too."""
    document_id = document_of(services, call.principal, task_id)

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, document_id)
        task = find_task(stores, call.principal, task_id, *ASKERS)
        return _end(stores, task, TaskState.CANCELLED, Actor.ASKER, {"reason": ""})

    return once(services, call, change)


def cancel_group(services: Services, call: Call, group_id: str) -> JsonObject:
    """End all tasks of a group that nobody has signed yet.

    Error: ``task_state`` when there is none.
    """
    group = services.work.read(lambda stores: find_group(stores, call.principal, group_id, *ASKERS))

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, group.document_id)
        entries: list[Draft] = []
        for task in stores.tasks.of_group(group_id):
            # One that ends a sequence's others with it changes what this loop has still to see.
            fresh = stores.tasks.get(task.id)
            if fresh is not None and fresh.state in WAITING_STATES:
                done = _end(stores, fresh, TaskState.CANCELLED, Actor.ASKER, {"reason": ""})
                entries += done.entries
        current = find_group(stores, call.principal, group_id)
        tasks = stores.tasks.of_group(group_id)
        if not entries:
            raise ConflictError("task_state", state=", ".join(sorted({t.state for t in tasks})))
        return Done(views.group_view(current, tasks), tuple(entries))

    return once(services, call, change)


def _end(
    stores: Stores, task: SigningTask, state: TaskState, by: Actor, facts: JsonObject
) -> Done[JsonObject]:
    ended = stores.tasks.update(task.to(state, by))
    action = f"task.{state.value.lower()}"
    entry = Draft(f"document/{ended.document_id}", action, {"task_id": ended.id, **facts})
    return Done(views.task_view(ended), (entry, *follow(stores, ended)))


def expire_tasks(services: Services) -> int:
    """End the tasks that waited too long, so that they free their documents; return how many."""
    now = services.clock.now()
    late = services.work.read(lambda stores: stores.tasks.unsigned_after(now))
    for task in late:
        call = make_call(services, SYSTEM, "sweep/tasks", task.id, "")
        services.work.run(act_of(call), partial(_expire, found=task, now=now))
    return len(late)


def _expire(stores: Stores, *, found: SigningTask, now: datetime) -> Done[None]:
    hold_document(stores, found.document_id)
    task = stores.tasks.get(found.id)
    if task is None or task.state not in WAITING_STATES or task.expires_at > now:
        return Done(None)  # signed or ended meanwhile
    return Done(None, _end(stores, task, TaskState.EXPIRED, Actor.SYSTEM, {}).entries)


def document_of(services: Services, principal: Principal, task_id: str) -> str:
    """Return the document that a task is about, which never changes."""
    return services.work.read(lambda s: find_task(s, principal, task_id).document_id)


def own_task(stores: Stores, principal: Principal, task_id: str) -> SigningTask:
    """Return the task if it is asked of this very principal, who may still sign in the agency."""
    task = find_task(stores, principal, task_id, Role.SIGNER)
    if task.signer_id != principal.id:
        raise ForbiddenError("not_the_signer")
    return task
