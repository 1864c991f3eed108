"""``/v1/jobs``: how long work is getting on."""

from fastapi import APIRouter

from antin.api.answers import JobShown
from antin.api.auth import Actor, Known
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject
from antin.flows import jobs

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)


@router.get("/{job_id}", response_model=JobShown, summary="Get a job")
def get(known: Known, job_id: str) -> JsonObject:
    """Return a job with its progress and how it ended."""
    return jobs.get_job(known.services, known.principal, job_id)


@router.post("/{job_id}/cancel", response_model=JobShown, summary="Cancel a job")
def cancel(actor: Actor, job_id: str) -> JsonObject:
    """Wait no longer for what completes a task or a seal: it ends as FAILED, its value is kept."""
    return jobs.cancel(actor.services, actor.call(), job_id)
