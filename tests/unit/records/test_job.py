from datetime import UTC, datetime, timedelta

import pytest

from antin.core.errors import ConflictError
from antin.records.job import Job, JobState

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


def job(state: JobState, attempts: int = 0) -> Job:
    return Job("j1", "close", "r1", "a1", "u1", NOW, NOW, state, attempts)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
def test_a_job_can_be_taken_up_again_after_a_crash(state: JobState) -> None:
    started = job(state, attempts=1).started(LATER)
    assert (started.state, started.attempts) == (JobState.RUNNING, 2)
    assert (started.created_at, started.updated_at) == (NOW, LATER)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED])
def test_a_job_that_ended_stays_ended(state: JobState) -> None:
    with pytest.raises(ConflictError) as caught:
        job(state).started(LATER)
    assert caught.value.code == "job_finished"
