"""Signing tasks."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import true

from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import signing_tasks
from antin.records.signing_task import WAITING_STATES, SigningTask, TaskState


class SqlTasks:
    """Implements :class:`antin.records.ports.TaskStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, signing_tasks, SigningTask)

    def add(self, task: SigningTask) -> None:
        self._rows.add(task, "the signing task")

    def get(self, task_id: str) -> SigningTask | None:
        return self._rows.one(signing_tasks.c.id == task_id, lock=True)

    def update(self, task: SigningTask) -> SigningTask:
        return change(self._rows, task)

    def of_group(self, group_id: str) -> tuple[SigningTask, ...]:
        return self._rows.many(signing_tasks.c.group_id == group_id, by="position")

    def unsigned_after(self, moment: datetime) -> tuple[SigningTask, ...]:
        columns = signing_tasks.c
        return self._rows.many(
            columns.state.in_(sorted(WAITING_STATES)), columns.expires_at <= moment
        )

    def list(
        self,
        agency_ids: Iterable[str],
        state: TaskState | None = None,
        after: str = "",
        limit: int = 100,
        signer_id: str | None = None,
    ) -> tuple[SigningTask, ...]:
        columns = signing_tasks.c
        return self._rows.many(
            columns.agency_id.in_(tuple(agency_ids)),
            columns.state == state if state is not None else true(),
            columns.signer_id == signer_id if signer_id is not None else true(),
            columns.id > after,
            limit=max(limit, 0),
        )
