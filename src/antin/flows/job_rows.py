"""The rows of jobs: taken up, moved on, ended. No ledger entries: a job is how, not what."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from antin.core.canonical import JsonObject
from antin.core.clock import to_micros
from antin.core.errors import NotFoundError
from antin.core.ids import new_id
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Act
from antin.records.job import FINISHED, Job, JobState


def start(services: Services, job_id: str) -> Job:
    """Take a job up. Errors: ``job_not_found``, ``job_finished``."""
    now = services.clock.now()
    return _update(services, job_id, lambda job: job.started(now))


def advance(services: Services, job_id: str, done: int, total: int) -> None:
    """Say how far a job is; also tells the sweeper that it lives."""
    now = services.clock.now()
    _update(services, job_id, lambda job: replace(job, done=done, total=total, updated_at=now))


def finish(services: Services, job_id: str, result: JsonObject) -> None:
    """End a job well."""
    now = services.clock.now()
    _update(
        services,
        job_id,
        lambda job: replace(
            job, state=JobState.DONE, done=job.total, result=result, updated_at=now
        ),
    )


def fail(services: Services, job_id: str, error: JsonObject) -> None:
    """End a job with what stood in its way."""
    now = services.clock.now()
    _update(
        services,
        job_id,
        lambda job: replace(job, state=JobState.FAILED, error=error, updated_at=now),
    )


def retry_later(services: Services, job_id: str) -> None:
    """Leave a job to the sweeper."""
    now = services.clock.now()
    _update(services, job_id, lambda job: replace(job, state=JobState.QUEUED, updated_at=now))


def _update(services: Services, job_id: str, move: Callable[[Job], Job]) -> Job:
    def change(stores: Stores) -> Done[Job]:
        job = stores.jobs.get(job_id)
        if job is None:
            raise NotFoundError("job_not_found")
        moved = move(job)
        return Done(job if job.state in FINISHED else stores.jobs.update(moved))

    act = Act("system", new_id(), to_micros(services.clock.now()), secrets.token_bytes(32))
    return services.work.run(act, change)
