"""Jobs that complete a signature that was given: tried again and again, but not for ever.

Shared by officers' signatures (*desk*) and seals.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, NotFoundError
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.records.call import Call
from antin.records.job import Job, JobState
from antin.verifier.report import Conclusion

LEASE: Final = timedelta(minutes=10)
"""How long a worker may be about one try, before another takes it for dead."""
_AT_ONCE: Final = timedelta(seconds=60)
"""How long the request itself may be about it, before a worker takes the job for abandoned."""
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_TRIES: Final = 10
"""How often something is tried that is no matter of a service that may answer again."""
_FINAL: Final = frozenset(
    {
        "blob_corrupt",
        "blob_not_found",
        "certificate_expired",
        "certificate_revoked",
        "document_changed",
        "prepared_document_wrong",
        "signature_value_wrong",
    }
)
"""What no second try can mend."""
_PERHAPS_LATER: Final = frozenset(
    {"address_forbidden", "revocation_unknown", "timestamp_refused", "timestamp_wrong"}
)
"""What is a service's fault or a setting's, as much as no answer is."""


def new_job(call: Call, job_id: str, kind: str, subject_id: str, agency_id: str) -> Job:
    """Return the job that completes a signature, at work already: in the request that gave it."""
    return Job(
        id=job_id,
        kind=kind,
        subject_id=subject_id,
        agency_id=agency_id,
        principal_id=call.principal.id,
        created_at=call.now,
        updated_at=call.now,
        state=JobState.RUNNING,
        attempts=1,
        total=1,
        due_at=call.now + _AT_ONCE,
    )


def put_off(
    services: Services, stores: Stores, job_id: str, error: AntinError, now: datetime
) -> bool:
    """Say when a job is to be tried again, and why; False: no other try can mend it.

    Inside a transaction that is open: what becomes of the signature commits with it. Error:
    ``job_not_found``.
    """
    job = stores.jobs.get(job_id)
    if job is None:
        raise NotFoundError("job_not_found")
    if _is_final(error, job.attempts):
        return False
    due = now + _pause(services, job.attempts)
    stores.jobs.update(
        replace(job, state=JobState.QUEUED, error=told(error), updated_at=now, due_at=due)
    )
    return True


def told(error: AntinError) -> JsonObject:
    """Return an error as a job's row holds it."""
    return {"code": error.code, "detail": error.detail, "values": dict(error.values)}


def _is_final(error: AntinError, attempts: int) -> bool:
    """Tell whether trying again is of no use.

    A service that does not answer is asked for as long as the certificate is good.
    """
    if error.code in _FINAL or error.values.get("conclusion") == Conclusion.FAILED.value:
        return True
    waits = error.family == "unavailable" or error.code in _PERHAPS_LATER
    return attempts >= _TRIES and not waits


def _pause(services: Services, attempts: int) -> timedelta:
    """Return twice as long a pause after each try."""
    doubled = services.first_pause * 2.0 ** min(attempts - 1, 20)
    return min(doubled, _LONGEST_PAUSE)
