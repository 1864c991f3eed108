"""What one task's end does to the others of its group."""

from antin.core.errors import NotFoundError
from antin.flows.unit_of_work import Stores
from antin.ledger.draft import Draft
from antin.records.signing_group import (
    GroupState,
    SigningGroup,
    consequences,
    in_turn,
    is_over,
)
from antin.records.signing_task import SigningTask, TaskState


def hold_document(stores: Stores, document_id: str) -> None:
    """Keep every other change of the document waiting until this one commits.

    Taken before any of its tasks is read: several tasks of one document are changed together, so
    the document's row is what all wait for, in this one order.
    """
    if stores.documents.get(document_id) is None:
        raise NotFoundError("document_not_found")


def group_with(
    stores: Stores, task: SigningTask
) -> tuple[SigningGroup, SigningTask, tuple[SigningTask, ...]]:
    """Return the task's group, the task, and all tasks of the group by their positions."""
    group = stores.groups.get(task.group_id)
    if group is None:
        raise NotFoundError("task_not_found")
    return group, task, stores.tasks.of_group(group.id)


def is_in_turn(stores: Stores, task: SigningTask) -> bool:
    """Tell whether nobody else has to sign before this task's officer."""
    return in_turn(*group_with(stores, task))


def follow(stores: Stores, ended: SigningTask) -> tuple[Draft, ...]:
    """Change the others of the group as ``ended``, stored already, has it; return the entries."""
    group, _, tasks = group_with(stores, ended)
    now = {task.id: task for task in tasks}
    entries = []
    for changed in consequences(group, ended, tasks):
        entries.append(_entry(now[changed.id], changed, ended))
        now[changed.id] = stores.tasks.update(changed)
    if is_over(now.values()) and group.state is GroupState.OPEN:
        stores.groups.update(group.ended())
    return tuple(entries)


def _entry(before: SigningTask, after: SigningTask, because: SigningTask) -> Draft:
    stream = f"document/{after.document_id}"
    facts = {"task_id": after.id, "because": because.id}
    if after.state is TaskState.CANCELLED:
        return Draft(stream, "task.cancelled", facts)
    offered = before.state is TaskState.CREATED and after.state is TaskState.OFFERED
    action = "task.offered" if offered else "task.moved_on"
    return Draft(stream, action, {**facts, "revision_id": after.revision_id})
