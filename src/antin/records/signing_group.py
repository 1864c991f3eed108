"""Signatures that are asked for together: one after the other, or in any order.

A document has at most one group that is open, and every task is in a group, if alone. A document's
revisions stand in one line: each signature is put on the newest, and while one is being completed
no other is begun on what it leaves behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from antin.core.errors import ConflictError
from antin.records.signing_task import OPEN_STATES, WAITING_STATES, Actor, SigningTask, TaskState


class SigningOrder(StrEnum):
    """In which order the officers of a group sign."""

    SEQUENCE = "sequence"
    PARALLEL = "parallel"


class GroupState(StrEnum):
    """OPEN while a task of it is open."""

    OPEN = "OPEN"
    ENDED = "ENDED"


@dataclass(frozen=True)
class SigningGroup:
    """What was asked of one or more officers on one document, at once."""

    id: str
    document_id: str
    agency_id: str
    signing_order: SigningOrder
    principal_id: str
    """Who asked."""
    created_at: datetime
    state: GroupState = GroupState.OPEN
    version: int = 1

    def ended(self) -> "SigningGroup":
        """Return the group with no task open any more."""
        return replace(self, state=GroupState.ENDED)


def in_turn(group: SigningGroup, task: SigningTask, tasks: Iterable[SigningTask]) -> bool:
    """Tell whether nobody else has to sign before this task's officer."""
    return group.signing_order is SigningOrder.PARALLEL or all(
        one.state is TaskState.COMPLETED for one in tasks if one.position < task.position
    )


def require_may_sign(group: SigningGroup, task: SigningTask, tasks: Iterable[SigningTask]) -> None:
    """Raise unless the task's officer may put the next signature on the document.

    Errors: ``task_not_in_turn`` while somebody else of the sequence has to sign first,
    ``signature_in_progress`` while another signature of the group is being completed.
    """
    others = tuple(one for one in tasks if one.id != task.id)
    if not in_turn(group, task, others):
        raise ConflictError("task_not_in_turn")
    if any(one.state is TaskState.SIGNED for one in others):
        raise ConflictError("signature_in_progress")


def consequences(
    group: SigningGroup, ended: SigningTask, tasks: Iterable[SigningTask]
) -> tuple[SigningTask, ...]:
    """Return the group's other tasks that ``ended`` changes, as they are to be.

    A completed task moves the others on to its revision, where what was prepared on an older one
    is worth nothing; in a sequence it is the next one's turn. Any other end of a sequence's task
    ends those behind it: their turn can't come.
    """
    waiting = [t for t in tasks if t.state in WAITING_STATES and t.id != ended.id]
    sequence = group.signing_order is SigningOrder.SEQUENCE
    if ended.state is not TaskState.COMPLETED:
        behind = [t for t in waiting if sequence and t.position > ended.position]
        return tuple(t.to(TaskState.CANCELLED, Actor.SYSTEM) for t in behind)
    moved = []
    for task in waiting:
        followed = replace(task, revision_id=ended.result_revision_id or task.revision_id)
        next_one = sequence and task.position == ended.position + 1
        if task.state is TaskState.PREPARED or (next_one and task.state is TaskState.CREATED):
            followed = followed.to(TaskState.OFFERED, Actor.SYSTEM)
        moved.append(followed)
    return tuple(moved)


def is_over(tasks: Iterable[SigningTask]) -> bool:
    """Tell whether no task of a group is open any more."""
    return not any(task.state in OPEN_STATES for task in tasks)
