"""Long work through Celery: the queue carries ids, the job table is the truth.

Embedded, the broker is a SQLite file of its own, never the business database; in a province it is
Redis or RabbitMQ. A broker may lose or repeat an id: running a job twice is harmless, and the
sweeper sends again what got lost.
"""

import threading
import warnings
from collections.abc import Callable
from typing import Any, Final

import structlog
from celery import Celery

from antin.core.errors import UnavailableError
from antin.infra.embedded_broker import TRANSPORT, path_of, purge

TASK: Final = "antin.job"
QUEUE: Final = "antin"
_log: Final = structlog.get_logger("antin.jobs")


def make_app(broker: str) -> Celery:
    """Return the Celery application on ``broker``; results are in the job table, not here."""
    app = Celery("antin", set_as_current=False)
    app.conf.update(
        broker_url=broker,
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        # A dead broker must not hold up the request that asks for work: the sweeper sends again.
        broker_connection_timeout=3,
    )
    path = path_of(broker)
    if path is not None:
        app.conf.update(broker_url=f"sqlite:///{path}", broker_transport=TRANSPORT)
    return app


def prepare_broker(broker: str) -> None:
    """Make the embedded broker's file, before several processes would make it at once.

    Error: ``broker_unavailable``.
    """
    try:
        with make_app(broker).connection() as connection:
            channel: Any = connection.default_channel
            channel.queue_declare(QUEUE)
    except Exception as error:  # noqa: BLE001 — as the next line says
        # Brokers raise what they like, and their texts may hold the address with its password.
        raise UnavailableError("broker_unavailable", detail=type(error).__name__) from None


class CeleryQueue:
    """Implements the flows' ``JobQueue``."""

    def __init__(self, broker: str) -> None:
        self._app = make_app(broker)

    def send(self, job_id: str) -> None:
        try:
            self._app.send_task(TASK, (job_id,), retry=False)
        except Exception as error:  # noqa: BLE001 — brokers raise what they like; the sweeper mends it
            _log.warning("job_not_sent", job=job_id, kind=type(error).__name__)


def run_worker(
    broker: str,
    run: Callable[[str], None],
    sweep: Callable[[], int],
    *,
    every: float,
    beside: Callable[[], int] = lambda: 0,
) -> None:
    """Run jobs until the process is told to stop (SIGTERM: after the job at hand).

    ``run`` carries out one job; ``sweep`` is called at the start and every ``every`` seconds, and
    so is ``beside``, which may take long, as it waits for strangers. Error: ``broker_unavailable``.
    """
    app = make_app(broker)

    @app.task(name=TASK)
    def job(job_id: str) -> None:
        try:
            run(job_id)
        except Exception as error:  # noqa: BLE001 — how it ended is in its row; the worker goes on
            _log.error("job_failed", job=job_id, kind=type(error).__name__)

    def swept() -> int:
        touched = sweep()
        purge(broker)
        return touched

    stopping = threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(stopping, what, every), name=name, daemon=True)
        for name, what in (("sweeper", swept), ("outside", beside))
    ]
    for thread in threads:
        thread.start()
    try:
        _run(app)
    finally:
        stopping.set()
        for thread in threads:
            thread.join(timeout=30)


def _run(app: Celery) -> None:
    # Celery warns of root because of pickled messages; ours are JSON and hold nothing but an id.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser")
    # One job at a time in this very process: no fork after a PKCS#11 module was loaded.
    worker: Any = app.Worker(
        pool="solo",
        concurrency=1,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    if worker.exitcode:
        raise UnavailableError("broker_unavailable", detail=f"worker ended with {worker.exitcode}")


def _repeat(stopping: threading.Event, sweep: Callable[[], int], every: float) -> None:
    while True:
        try:
            touched = sweep()
        except Exception as error:  # noqa: BLE001 — a sweep that failed is tried again
            _log.warning("sweep_failed", kind=type(error).__name__)
        else:
            if touched:
                _log.info("swept", touched=touched)
        if stopping.wait(every):
            return
