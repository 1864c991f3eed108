"""What every job queue promises (antin.flows.services.JobQueue)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from antin.flows.services import JobQueue
from antin.infra.jobs import QUEUE, TASK, CeleryQueue, make_app, prepare_broker
from tests.office import ListQueue


@dataclass(frozen=True)
class Carrier:
    """A queue and the worker's end of it."""

    queue: JobQueue
    arrived: Callable[[], list[str]]


@pytest.fixture(params=["list", "celery"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Carrier:
    if request.param == "list":
        kept = ListQueue()
        return Carrier(kept, lambda: list(kept.sent))
    broker = f"sqla+sqlite:///{tmp_path}/broker.db"
    prepare_broker(broker)
    return Carrier(CeleryQueue(broker), lambda: take_all(broker))


def take_all(broker: str) -> list[str]:
    """Take what waits at the broker, as a worker's channel gets it."""
    taken = []
    with make_app(broker).connection() as connection:
        channel: Any = connection.default_channel
        while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
            assert message.headers["task"] == TASK
            (job_id,), _, _ = message.decode()
            taken.append(job_id)
    return taken


def test_at_first_nothing_waits(carrier: Carrier) -> None:
    assert carrier.arrived() == []


def test_what_was_sent_arrives(carrier: Carrier) -> None:
    for job_id in ("one", "two", "three"):
        carrier.queue.send(job_id)
    assert carrier.arrived() == ["one", "two", "three"]


def test_the_sweeper_may_send_the_same_job_again(carrier: Carrier) -> None:
    carrier.queue.send("one")
    carrier.queue.send("one")
    assert set(carrier.arrived()) == {"one"}


def test_many_requests_send_at_once(carrier: Carrier) -> None:
    jobs = [f"job-{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(carrier.queue.send, jobs))
    assert sorted(carrier.arrived()) == sorted(jobs)
