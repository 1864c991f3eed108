"""Running jobs and sweeping up after what died."""

from datetime import timedelta
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, NotFoundError
from antin.flows import job_rows, seal_completing, views
from antin.flows.audit import anchor_newest, ask_witnesses, checkpoint_soon
from antin.flows.close import run_close
from antin.flows.close.asking import KIND as CLOSE
from antin.flows.desk import embedding
from antin.flows.desk.embedding import KIND as SIGN
from antin.flows.desk.tasks import expire_tasks
from antin.flows.seal_completing import KIND as SEAL
from antin.flows.seal_register import abandon_stale
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.flows.waiting import LEASE
from antin.records.call import Call
from antin.records.grants import Principal, require_member
from antin.records.job import Job

LOST_AFTER = timedelta(seconds=20)
"""A job that nobody touched for this long was lost by the broker or by a worker that died."""

_RUNNERS: Final = {
    CLOSE: run_close,
    SIGN: embedding.run_signing,
    SEAL: seal_completing.run_sealing,
}
_LEASES: Final = {SIGN: LEASE, SEAL: LEASE}
_GIVING_UP: Final = {SIGN: embedding.give_up, SEAL: seal_completing.give_up}


def run(services: Services, job_id: str) -> None:
    """Run a job; a job that ended already is left alone. A job's own failure is in its row."""
    job = job_rows.start(services, job_id, _LEASES)
    if job is not None:
        _RUNNERS[job.kind](services, job)


def sweep(services: Services) -> int:
    """Send again what was lost, end abandoned seals and expired tasks; return how many.

    Entries that came since the newest checkpoint get one.
    """
    now = services.clock.now()
    expired = expire_tasks(services)
    lost = services.work.read(lambda stores: stores.jobs.unfinished(now - LOST_AFTER, now))
    for job in lost:
        services.jobs.send(job.id)
    abandoned = abandon_stale(services)
    checkpoint_soon(services)
    return len(lost) + expired + abandoned


def go_outside(services: Services) -> int:
    """Do what waits for strangers, so that no other work waits with it; return how much was done.

    The newest checkpoint gets cosignatures, and a time-stamp now and then.
    """
    return ask_witnesses(services) + anchor_newest(services)


def get_job(services: Services, principal: Principal, job_id: str) -> JsonObject:
    """Return a job of one of the principal's agencies."""
    return views.job_view(services.work.read(lambda stores: _find(stores, principal, job_id)))


def cancel(services: Services, call: Call, job_id: str) -> JsonObject:
    """Wait no longer for what completes a signature or a seal; return the job.

    Errors: ``job_not_found``, ``role_missing``, ``job_not_cancellable`` for other work,
    ``job_finished``.
    """
    job = services.work.read(lambda stores: _find(stores, call.principal, job_id))
    give_up = _GIVING_UP.get(job.kind)
    if give_up is None:
        raise ConflictError("job_not_cancellable", kind=job.kind)
    return give_up(services, call, job)


def _find(stores: Stores, principal: Principal, job_id: str) -> Job:
    job = stores.jobs.get(job_id)
    if job is None:
        raise NotFoundError("job_not_found")
    require_member(principal, job.agency_id, "job_not_found")
    return job
