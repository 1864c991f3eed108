"""Signatures and seals that wait for a time-stamping service: what their tests have in common."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from antin.core.errors import AntinError, UnavailableError
from antin.flows import jobs
from antin.pki.fetching import TimestampService
from antin.records.job import Job
from tests.office import Office

DEAD = UnavailableError("timestamp_unavailable", url="http://tsa", detail="dead")


@dataclass(eq=False)
class Patchy:
    """A time-stamping service that fails ``failing`` times, in the way of ``error``."""

    real: TimestampService | None
    failing: int = 10**9
    error: AntinError = DEAD
    asked: int = 0

    def request(self, query: bytes) -> bytes:
        self.asked += 1
        assert self.real is not None
        if self.asked <= self.failing:
            raise self.error
        return self.real.request(query)


@dataclass
class Late:
    """A signature value that was kept, and the job that is to complete it."""

    office: Office
    patchy: Patchy
    document: str
    answer: dict[str, Any]

    @property
    def ours(self) -> Office:
        return self.office.without(timestamps=self.patchy)

    def work(self, after: timedelta = timedelta(0)) -> None:
        """Let time pass, sweep, and run what was sent, as a worker does."""
        self.office.pass_time(after)
        jobs.sweep(self.ours.services)
        self.office.queue.run_all(self.ours.services)

    def job(self) -> Job:
        found = self.office.services.work.read(lambda s: s.jobs.get(str(self.answer["job_id"])))
        assert found is not None
        return found
