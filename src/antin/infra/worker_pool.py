"""Worker processes with limits: a call that runs away ends its own process and nothing else."""

import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar

from antin.core.errors import InputError
from antin.core.limits import VERIFY_MEMORY_BYTES, VERIFY_SECONDS
from antin.infra import pool_wire
from antin.infra.pool_wire import Answer, Call, Hello

P = ParamSpec("P")
T = TypeVar("T")
_MODULE: Final = "antin.infra.pool_worker"
_TIMED_OUT: Final = frozenset({signal.SIGXCPU, signal.SIGALRM})
STOPPED: Final = frozenset({"verify_time_exceeded", "verify_memory_exceeded", "verify_worker_died"})
"""Codes of calls that a limit ended, or an end that nobody foresaw."""
_GRACE_SECONDS: Final = 5.0
"""After this the pool kills what the kernel should have ended."""
_STARTS_WITHIN: Final = 120.0
_ENDS_WITHIN: Final = 5.0
_WALL_FACTOR: Final = 4.0
_WALL_EXTRA: Final = 60.0
"""Seconds for slow disks, networks and busy machines, on top of processor time."""


def _usual_seconds(*_: object) -> float:
    return VERIFY_SECONDS


@dataclass(frozen=True)
class Limits:
    """What a call may use."""

    memory: int = VERIFY_MEMORY_BYTES
    """Bytes above what the worker had before its first call."""
    seconds: Callable[..., float] = _usual_seconds
    """Processor time, by the call's arguments."""

    def wall(self, seconds: float) -> float:
        """Return how long a call may take on the wall that may use ``seconds``."""
        return _WALL_FACTOR * seconds + _WALL_EXTRA


class WorkerPool(Executor):
    """Up to ``count`` processes, started when needed, replaced when they end.

    A call's future raises what the call raised, or ``verify_time_exceeded``,
    ``verify_memory_exceeded``, ``verify_worker_died``. ``prepare`` runs once in each process,
    outside the limits of memory; what it raises, every call raises. Answers consist of None,
    truth values, numbers, texts, bytes, tuples, errors of ours, and the dataclasses ``kinds``,
    whose fields are of these. A worker may have been taken over by what it read: whether an answer
    is of the kind that was asked for, the caller looks.
    """

    def __init__(
        self,
        count: int,
        limits: Limits | None = None,
        prepare: Callable[[], None] | None = None,
        kinds: frozenset[type] = frozenset(),
    ) -> None:
        self._limits = limits or Limits()
        self._hello = Hello(prepare, self._limits.memory)
        self._kinds = kinds
        self._calls: queue.SimpleQueue[tuple[Future[Any], Call] | None] = queue.SimpleQueue()
        self._most, self._lock = count, threading.Lock()
        self._threads: list[threading.Thread] = []
        self._workers: set[_Worker] = set()
        self._closed = self._killed = False
        self._waiting = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn`` called in a worker; a function of a module, with positional arguments."""
        if kwargs:
            raise TypeError("positional arguments only")
        seconds = self._limits.seconds(*args)
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            if self._is_served():
                self._calls.put((future, Call(fn, args, seconds, self._limits.wall(seconds))))
            else:
                future.set_exception(_not_started("no thread is to be had"))
        return future

    def _is_served(self) -> bool:
        """Have one more thread serve if one more call needs it; tell whether any does."""
        if len(self._threads) < min(self._most, self._waiting + 1):
            thread = threading.Thread(target=self._serve, name="worker-pool")
            self._threads.append(thread)
            try:
                thread.start()
            except RuntimeError:  # the system has none left, which may pass
                self._threads.remove(thread)
        self._waiting += bool(self._threads)
        return bool(self._threads)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 — as Executor has it
        """End after what was submitted, or with ``cancel_futures`` at once."""
        with self._lock:
            self._closed = True
            threads = tuple(self._threads)
            if cancel_futures:
                self._killed = True
                self._drop_calls()
                for worker in self._workers:
                    worker.kill()
            for _ in threads:
                self._calls.put(None)
        for thread in threads if wait else ():
            if thread.is_alive():  # or a signal came while it was starting: there is none to join
                thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Whoever leaves by an exception, Ctrl-C say, does not wait for what was submitted.
        self.shutdown(cancel_futures=kind is not None)

    def _drop_calls(self) -> None:
        with suppress(queue.Empty):
            while True:
                found = self._calls.get_nowait()
                if found is not None:
                    found[0].cancel()

    def _serve(self) -> None:
        """Pass calls on to one process after another, until told to end."""
        worker: _Worker | None = None
        while (found := self._calls.get()) is not None:
            future, call = found
            if future.set_running_or_notify_cancel():
                worker = self._serve_one(worker, future, call)
            with self._lock:
                self._waiting -= 1
        self._release(worker)

    def _serve_one(
        self, worker: "_Worker | None", future: "Future[Any]", call: Call
    ) -> "_Worker | None":
        """Make one call and return the worker for the next one, if it still serves."""
        try:
            worker = worker or self._hire()
            answer = worker.ask(call)
        except BaseException as error:  # noqa: BLE001 — else whoever waits for it waits for ever
            self._release(worker)
            future.set_exception(error)
            return None
        if answer.retiring:
            self._release(worker)
        if answer.error is None:
            future.set_result(answer.value)
        else:
            future.set_exception(answer.error)
        return None if answer.retiring else worker

    def _hire(self) -> "_Worker":
        worker = _Worker(self._hello, self._kinds)
        with self._lock:
            self._workers.add(worker)
            if self._killed:
                worker.kill()
        try:
            worker.wait_ready()
        except BaseException:  # nobody else knows of it
            self._release(worker)
            raise
        return worker

    def _release(self, worker: "_Worker | None") -> None:
        if worker is not None:
            with self._lock:
                self._workers.discard(worker)
            worker.close()


class _Worker:
    """A running ``antin.infra.pool_worker``, spoken to by one thread."""

    def __init__(self, hello: Hello, kinds: frozenset[type]) -> None:
        self._kinds = kinds
        self._hello = hello
        try:
            self._channel, theirs = socket.socketpair()
            with theirs:
                self._process = self._begun(theirs)
        except OSError as error:
            raise _not_started(error.strerror) from error

    def _begun(self, theirs: socket.socket) -> "subprocess.Popen[bytes]":
        try:
            return _started(theirs.fileno())
        except OSError:
            self._channel.close()
            raise

    def wait_ready(self) -> None:
        """Wait until it is prepared. Errors: those of its preparation, ``verify_worker_died``."""
        until = time.monotonic() + _STARTS_WITHIN
        try:
            pool_wire.send(self._channel, list(sys.path), until)
            pool_wire.send(self._channel, self._hello, until)
            answer = pool_wire.receive_answer(self._channel, until, self._kinds)
        except (pool_wire.WorkerGoneError, TimeoutError) as error:
            raise self._end_of(error, _STARTS_WITHIN) from error
        if answer.error is not None:
            raise answer.error

    def ask(self, call: Call) -> Answer:
        """Return the answer. Errors: ``verify_time_exceeded``, ``verify_worker_died``."""
        until = time.monotonic() + call.wall + _GRACE_SECONDS
        try:
            pool_wire.send(self._channel, call, until)
            return pool_wire.receive_answer(self._channel, until, self._kinds)
        except (pool_wire.WorkerGoneError, TimeoutError) as error:
            raise self._end_of(error, call.seconds) from error

    def _end_of(self, error: Exception, seconds: float) -> InputError:
        """Wait for its end and say how it came about."""
        if isinstance(error, TimeoutError):
            self.kill()
            return _too_long(seconds)
        if isinstance(error, pool_wire.NonsenseError):
            self.kill()
            return InputError("verify_worker_died", detail="what it answered makes no sense")
        try:
            code = self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            return InputError("verify_worker_died", detail="it fell silent")
        if code < 0 and -code in _TIMED_OUT:
            return _too_long(seconds)
        return InputError("verify_worker_died", detail=_told(code))

    def kill(self) -> None:
        """End it at once; whoever waits for its answer is told."""
        self._process.kill()

    def close(self) -> None:
        """End it: it is waiting for a call, or already dead."""
        self._channel.close()
        try:
            self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # it waits for a disk in the kernel
                self._process.wait(_ENDS_WITHIN)


def _started(number: int) -> "subprocess.Popen[bytes]":
    # -P: nothing is imported from the folder that somebody happens to stand in.
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _MODULE, str(number)],
        pass_fds=[number],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Whoever reads strangers' files is told no secret and where none lies.
        env={k: v for k, v in os.environ.items() if not k.startswith("ANTIN_")},
    )


def _not_started(reason: str | None) -> InputError:
    return InputError("verify_worker_died", detail=f"it could not be started ({reason})")


def _too_long(seconds: float) -> InputError:
    return InputError("verify_time_exceeded", seconds=math.ceil(seconds))


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
