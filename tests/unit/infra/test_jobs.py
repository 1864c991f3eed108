"""The queue on its embedded broker: sent ids are run, failures and lost brokers hold up nothing."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from queue import Empty
from types import SimpleNamespace

import pytest

from antin.core.errors import UnavailableError
from antin.infra.embedded_broker import QuickTransport, purge
from antin.infra.jobs import CeleryQueue, prepare_broker

WORKER = """
import os, signal, sys
from antin.infra.jobs import run_worker

def run(job_id):
    print("ran", job_id, flush=True)
    if job_id == "bad":
        raise ValueError("text that must not be logged")
    if job_id == "last":
        os.kill(os.getpid(), signal.SIGTERM)

def sweep():
    print("swept", flush=True)
    return 0

run_worker(sys.argv[1], run, sweep, every=60)
print("ended", flush=True)
"""


def _broker(folder: Path) -> str:
    return f"sqla+sqlite:///{folder}/broker.db"


def test_a_worker_runs_what_was_sent_and_stops_when_told(tmp_path: Path) -> None:
    broker = _broker(tmp_path)
    prepare_broker(broker)
    queue = CeleryQueue(broker)
    for job_id in ("one", "bad", "last"):
        queue.send(job_id)
    done = subprocess.run(
        [sys.executable, "-c", WORKER, broker],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line]
    assert [line for line in lines if line.startswith("ran")] == ["ran one", "ran bad", "ran last"]
    assert "swept" in lines
    assert lines[-1] == "ended"
    assert "must not be logged" not in done.stdout + done.stderr


def test_taken_messages_are_purged(tmp_path: Path) -> None:
    broker = _broker(tmp_path)
    prepare_broker(broker)
    CeleryQueue(broker).send("one")
    CeleryQueue(broker).send("two")
    with sqlite3.connect(tmp_path / "broker.db") as connection:
        connection.execute("UPDATE kombu_message SET visible = 0 WHERE id = 1")
    purge(broker)
    with sqlite3.connect(tmp_path / "broker.db") as connection:
        assert connection.execute("SELECT id FROM kombu_message").fetchall() == [(2,)]


def test_purging_what_is_not_there_is_harmless(tmp_path: Path) -> None:
    purge(_broker(tmp_path))
    purge("amqp://somewhere")
    assert list(tmp_path.iterdir()) == []


def test_a_dead_broker_does_not_hold_up_who_asks(tmp_path: Path) -> None:
    CeleryQueue(f"sqla+sqlite:///{tmp_path}/no/such/folder/broker.db").send("one")


def test_a_dead_broker_stops_a_start(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        prepare_broker(f"sqla+sqlite:///{tmp_path}/no/such/folder/broker.db")
    assert caught.value.code == "broker_unavailable"


def test_a_worker_without_messages_soon_hears_that_it_is_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    def nothing(*_: object, **__: object) -> None:
        raise Empty

    monkeypatch.setattr("kombu.transport.virtual.base.monotonic", lambda: sum(waited))
    monkeypatch.setattr("kombu.transport.virtual.base.sleep", waited.append)
    transport = object.__new__(QuickTransport)
    monkeypatch.setattr(transport, "cycle", SimpleNamespace(get=nothing), raising=False)

    with pytest.raises(TimeoutError):
        transport.drain_events(None, timeout=2.0)

    assert sum(waited) < 0.5
