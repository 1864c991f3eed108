"""Worker processes: a call that runs away ends its own process, and nothing else."""

import errno
import os
import pickle
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.worker_pool import Limits, WorkerPool
from tests import poolcalls


@dataclass(frozen=True)
class Short(Limits):
    """Little of everything, so that tests are over soon."""

    memory: int = 64 << 20
    seconds: Callable[..., float] = lambda *_: 1.0
    most: float = 60.0

    def wall(self, seconds: float) -> float:
        return self.most


def outcome(pool: WorkerPool, function: Callable[..., object], *arguments: object) -> object:
    """Return what comes of a call: its value, or the code of its error."""
    try:
        return pool.submit(function, *arguments).result(timeout=100)
    except AntinError as error:
        return error.code


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_calls_are_answered_by_other_processes() -> None:
    with WorkerPool(2) as pool:
        answers = [pool.submit(poolcalls.add, number, 1) for number in range(50)]
        assert [answer.result() for answer in answers] == list(range(1, 51))
        assert outcome(pool, poolcalls.process_id) != os.getpid()


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (poolcalls.hang, "verify_time_exceeded"),
        (poolcalls.hang_in_native_code, "verify_time_exceeded"),
        (poolcalls.hog, "verify_memory_exceeded"),
        (poolcalls.die, "verify_worker_died"),
        (poolcalls.leave, "verify_worker_died"),
        (poolcalls.refuse, "pdf_malformed"),
        (poolcalls.break_down, "defect"),
    ],
)
def test_what_goes_wrong_has_a_code_and_the_next_call_is_answered(
    function: Callable[[], None], code: str
) -> None:
    with WorkerPool(1, Short()) as pool:
        assert outcome(pool, function) == code
        assert outcome(pool, poolcalls.add, 1, 2) == 3


def test_who_waits_for_something_is_stopped_too() -> None:
    with WorkerPool(1, Short(most=0.5)) as pool:
        assert outcome(pool, poolcalls.wait) == "verify_time_exceeded"


def test_one_runaway_call_ends_no_other_process() -> None:
    with WorkerPool(2, Short()) as pool:
        bad = pool.submit(poolcalls.hang)
        first = pool.submit(poolcalls.process_id).result(timeout=100)
        with pytest.raises(AntinError, match="verify_time_exceeded"):
            bad.result()
        assert not gone(first)
        assert isinstance(outcome(pool, poolcalls.process_id), int)


def test_who_holds_much_memory_is_replaced() -> None:
    with WorkerPool(1, Short()) as pool:
        first = outcome(pool, poolcalls.hog_and_hold_on, 8 << 20)
        assert outcome(pool, poolcalls.hog_and_hold_on, 40 << 20) == first
        assert outcome(pool, poolcalls.process_id) != first


class Planted:
    """Unpickled without care, it would run ``command``."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (self.command,))


def test_an_answer_runs_nothing_here(tmp_path: Path) -> None:
    raw = pickle.dumps(Planted(f"touch {tmp_path / 'planted'}"))
    with WorkerPool(1, Short()) as pool:
        assert outcome(pool, poolcalls.say_raw, raw) == "verify_worker_died"
        assert list(tmp_path.iterdir()) == []
        assert outcome(pool, poolcalls.add, 1, 2) == 3


@pytest.mark.parametrize(
    "raw",
    [
        # As pickles: the key of a dictionary that takes years to hash; one that takes all stack.
        b"\x80\x04}()" + 60 * b"2\x86" + b"Nu.",
        b"\x80\x04}()" + 3_000_000 * b"\x85" + b"Nu.",
        b"(" + (1).to_bytes(8) + 100_000 * (b"(" + (1).to_bytes(8)),
        b"(" + (1 << 62).to_bytes(8) + 3_000_000 * b"N",
        b"(" + (2).to_bytes(8) + b"NN",
        b"",
    ],
)
def test_an_answer_neither_stops_nor_ends_this_process(raw: bytes) -> None:
    with WorkerPool(1, Short()) as pool:
        assert outcome(pool, poolcalls.say_raw, raw) == "verify_worker_died"
        assert outcome(pool, poolcalls.add, 1, 2) == 3


def test_where_no_process_can_be_started_calls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with WorkerPool(1, Short()) as pool:
        assert outcome(pool, poolcalls.add, 1, 2) == "verify_worker_died"


def test_where_no_channel_can_be_had_calls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", none)
    with WorkerPool(1, Short()) as pool:
        assert outcome(pool, poolcalls.add, 1, 2) == "verify_worker_died"


def test_where_no_thread_can_be_had_calls_are_told_and_later_ones_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with WorkerPool(1, Short()) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none)
            told = pool.submit(poolcalls.add, 1, 2)
        assert told.done()
        with pytest.raises(AntinError, match="verify_worker_died"):
            told.result()
        assert outcome(pool, poolcalls.add, 1, 2) == 3


def test_what_can_not_be_sent_is_told() -> None:
    with WorkerPool(1, Short()) as pool, pytest.raises((TypeError, AttributeError)):
        pool.submit(poolcalls.add, 1, threading.Lock()).result(timeout=100)  # type: ignore[arg-type]  # wrong


def test_a_process_that_can_not_be_prepared_is_ended() -> None:
    with WorkerPool(1, prepare=lambda: None) as pool:
        with pytest.raises((AttributeError, pickle.PicklingError)):
            pool.submit(poolcalls.add, 1, 2).result(timeout=100)
        assert pool._workers == set()


def test_a_process_is_prepared_once() -> None:
    with WorkerPool(1, prepare=poolcalls.prepare) as pool:
        assert [outcome(pool, poolcalls.prepared) for _ in range(3)] == [1, 1, 1]


def test_what_preparing_raises_every_call_raises() -> None:
    with WorkerPool(2, prepare=poolcalls.refuse_to_start) as pool:
        assert [outcome(pool, poolcalls.prepared) for _ in range(3)] == ["nothing_to_extract"] * 3


def test_a_worker_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIN_DATABASE_URL", "postgresql://antin:secret@localhost/antin")
    with WorkerPool(1) as pool:
        assert outcome(pool, poolcalls.secrets) == ()


def test_whoever_leaves_by_an_exception_waits_for_nothing() -> None:
    pool = WorkerPool(1)
    pid = pool.submit(poolcalls.process_id).result()
    running, waiting = pool.submit(poolcalls.wait), pool.submit(poolcalls.wait)
    while not running.running():
        os.sched_yield()
    with pytest.raises(KeyboardInterrupt), pool:
        raise KeyboardInterrupt
    assert gone(pid)
    with pytest.raises(AntinError, match="verify_worker_died"):
        running.result(timeout=0)
    with pytest.raises(CancelledError):
        waiting.result(timeout=0)


def test_stopped_while_a_worker_starts_it_can_be_shut_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(_: threading.Thread) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), WorkerPool(1) as pool:
        pool.submit(poolcalls.process_id)


def test_no_process_stays() -> None:
    with WorkerPool(2) as pool:
        pids = {pool.submit(poolcalls.process_id).result() for _ in range(4)}
    assert all(gone(pid) for pid in pids)
    with pytest.raises(RuntimeError):
        pool.submit(poolcalls.process_id)


def test_positional_arguments_only() -> None:
    with WorkerPool(1) as pool, pytest.raises(TypeError):
        pool.submit(poolcalls.add, 1, other=2)
