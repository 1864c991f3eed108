"""Jobs."""

from datetime import datetime

from sqlalchemy import and_, or_

from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import jobs
from antin.records.job import FINISHED, Job


class SqlJobs:
    """Implements :class:`antin.records.ports.JobStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, jobs, Job)

    def add(self, job: Job) -> None:
        self._rows.add(job, "the job")

    def get(self, job_id: str) -> Job | None:
        return self._rows.one(jobs.c.id == job_id, lock=True)

    def update(self, job: Job) -> Job:
        return change(self._rows, job)

    def unfinished(self, untouched_since: datetime, due: datetime) -> tuple[Job, ...]:
        columns = jobs.c
        return self._rows.many(
            columns.state.not_in(sorted(FINISHED)),
            or_(
                columns.due_at <= due,
                and_(columns.due_at.is_(None), columns.updated_at < untouched_since),
            ),
        )
