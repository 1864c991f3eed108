"""Running jobs and sweeping up after what died."""

from datetime import timedelta

from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError
from antin.flows import job_rows, views
from antin.flows.audit import checkpoint_soon
from antin.flows.close import run_close
from antin.flows.close.asking import KIND as CLOSE
from antin.flows.desk import embedding
from antin.flows.desk.tasks import expire_tasks
from antin.flows.seal_register import abandon_stale
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.flows.waiting import LEASE
from antin.records.grants import Principal, require_member

LOST_AFTER = timedelta(seconds=20)
"""A job that nobody touched for this long was lost by the broker or by a worker that died."""

_RUNNERS = {CLOSE: run_close, embedding.KIND: embedding.run_signing}
_LEASES = {embedding.KIND: LEASE}


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


def get_job(services: Services, principal: Principal, job_id: str) -> JsonObject:
    """Return a job of one of the principal's agencies."""

    def query(stores: Stores) -> JsonObject:
        job = stores.jobs.get(job_id)
        if job is None:
            raise NotFoundError("job_not_found")
        require_member(principal, job.agency_id, "job_not_found")
        return views.job_view(job)

    return services.work.read(query)
