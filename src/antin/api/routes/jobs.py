"""``/v1/jobs``: how long work is getting on."""

from fastapi import APIRouter

from antin.api.answers import JobShown
from antin.api.auth import Known
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject
from antin.flows.jobs import get_job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=PROBLEMS)


@router.get("/{job_id}", response_model=JobShown, summary="Get a job")
def get(known: Known, job_id: str) -> JsonObject:
    """Return a job with its progress and how it ended."""
    return get_job(known.services, known.principal, job_id)
