"""The worker beside the server: started again when it died, also after that failed once."""

import errno
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from antin.cli import embedded_worker
from antin.cli.embedded_worker import EmbeddedWorker

Start = Callable[[], "subprocess.Popen[bytes]"]


def ends() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["true"])


def lasts() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "60"])


def fails() -> "subprocess.Popen[bytes]":
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def starting(monkeypatch: pytest.MonkeyPatch, *each: Start) -> threading.Event:
    """Have it started in these ways, one after the other; return what is set after the last."""
    ways, done = list(each), threading.Event()

    def start(_: EmbeddedWorker) -> "subprocess.Popen[bytes]":
        way = ways.pop(0)
        if not ways:
            done.set()
        return way()

    monkeypatch.setattr(EmbeddedWorker, "_start", start)
    monkeypatch.setattr(embedded_worker, "_PAUSE_SECONDS", 0.01)
    return done


def test_a_worker_that_could_not_be_started_again_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = starting(monkeypatch, ends, fails, fails, lasts)
    with EmbeddedWorker(tmp_path) as worker:
        assert done.wait(20)
    assert worker._process.returncode == -15


def test_none_is_started_behind_the_back_of_who_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    starting(monkeypatch, ends, lasts)
    worker = EmbeddedWorker(tmp_path)
    first = worker._process
    with worker._changing:  # as who ends has it
        worker._watcher.start()
        first.wait(20)
        worker._stopping.set()
    worker._watcher.join(20)
    assert not worker._watcher.is_alive()
    assert worker._process is first
