"""Long work as a row: committed with the change that asked for it, carried out later."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError


class JobState(StrEnum):
    """QUEUED → RUNNING → DONE | FAILED; RUNNING may be taken up again after a crash."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


FINISHED = frozenset({JobState.DONE, JobState.FAILED})


@dataclass(frozen=True)
class Job:
    """One piece of long work, safe to start any number of times."""

    id: str
    kind: str
    """E.g. ``close``."""
    subject_id: str
    agency_id: str
    principal_id: str
    created_at: datetime
    updated_at: datetime
    state: JobState = JobState.QUEUED
    attempts: int = 0
    done: int = 0
    """Steps done, of ``total``; for progress displays."""
    total: int = 0
    result: JsonObject | None = None
    error: JsonObject | None = None
    """``{"code": …, "detail": …, "values": …}`` when FAILED; while QUEUED, of the last try."""
    due_at: datetime | None = None
    """Not to be started before; None: at once."""
    version: int = 1

    def is_due(self, now: datetime) -> bool:
        """Tell whether the job may be started by now."""
        return self.due_at is None or self.due_at <= now

    def started(self, now: datetime) -> "Job":
        """Return the job running; ``job_finished`` if it has ended."""
        if self.state in FINISHED:
            raise ConflictError("job_finished")
        return replace(self, state=JobState.RUNNING, attempts=self.attempts + 1, updated_at=now)
