"""The rows of jobs: taken up, moved on, ended. No ledger entries: a job is how, not what."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.records.job import FINISHED, Job, JobState


def start(services: Services, job_id: str, leases: Mapping[str, timedelta]) -> Job | None:
    """Take a job up; None: there is none, it has ended, or its time has not come.

    ``leases`` say of kinds of jobs how long nobody else is to start one again.
    """
    now = services.clock.now()

    def change(stores: Stores) -> Done[Job | None]:
        job = stores.jobs.get(job_id)
        if job is None or job.state in FINISHED or not job.is_due(now):
            return Done(None)
        lease = leases.get(job.kind)
        due = now + lease if lease else None
        return Done(stores.jobs.update(replace(job.started(now), due_at=due)))

    return services.work.run(system_act(services), change)


def advance(services: Services, job_id: str, done: int, total: int) -> None:
    """Say how far a job is; also tells the sweeper that it lives."""
    now = services.clock.now()
    _update(services, job_id, lambda job: replace(job, done=done, total=total, updated_at=now))


def finish(services: Services, job_id: str, result: JsonObject) -> None:
    """End a job well."""
    now = services.clock.now()

    def change(stores: Stores) -> Done[None]:
        finish_within(stores, job_id, result, now)
        return Done(None)

    services.work.run(system_act(services), change)


def finish_within(stores: Stores, job_id: str, result: JsonObject, now: datetime) -> None:
    """Do the same inside the transaction that stores what the job was for."""
    _change(
        stores,
        job_id,
        lambda job: replace(
            job, state=JobState.DONE, done=job.total, result=result, error=None, updated_at=now
        ),
    )


def has_ended(stores: Stores, job_id: str) -> bool:
    """Tell whether somebody ended the job, within a transaction that nobody ends it beside."""
    job = stores.jobs.get(job_id)
    return job is None or job.state in FINISHED


def fail(services: Services, job_id: str, error: JsonObject) -> None:
    """End a job with what stood in its way."""
    now = services.clock.now()

    def change(stores: Stores) -> Done[None]:
        fail_within(stores, job_id, error, now)
        return Done(None)

    services.work.run(system_act(services), change)


def fail_within(stores: Stores, job_id: str, error: JsonObject, now: datetime) -> None:
    """Do the same inside a transaction that also undoes what the job held."""
    _change(
        stores,
        job_id,
        lambda job: replace(job, state=JobState.FAILED, error=error, updated_at=now),
    )


def retry_later(services: Services, job_id: str) -> None:
    """Leave a job to the sweeper."""
    now = services.clock.now()
    _update(services, job_id, lambda job: replace(job, state=JobState.QUEUED, updated_at=now))


def _update(services: Services, job_id: str, move: Callable[[Job], Job]) -> None:
    def change(stores: Stores) -> Done[None]:
        _change(stores, job_id, move)
        return Done(None)

    services.work.run(system_act(services), change)


def _change(stores: Stores, job_id: str, move: Callable[[Job], Job]) -> None:
    """Move a job on; one that has ended stays as it is. Error: ``job_not_found``."""
    job = stores.jobs.get(job_id)
    if job is None:
        raise NotFoundError("job_not_found")
    if job.state not in FINISHED:
        stores.jobs.update(move(job))
