"""A worker process of :mod:`antin.infra.worker_pool`: one call after the other, within limits.

The kernel keeps the limits: no bytes that Python or a library chokes on can hold them up.
"""

import gc
import math
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from antin.core.errors import AntinError, DefectError, InputError
from antin.infra import pool_wire
from antin.infra.pool_wire import Answer, Call, Hello

_PAGE: Final = resource.getpagesize()
_NO_LIMIT: Final = resource.RLIM_INFINITY


def main(number: int) -> None:
    """Serve on the socket with the file descriptor ``number`` until its other end closes."""
    # Ctrl-C reaches every process of the terminal; who started us decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=number) as channel:
        try:
            _serve(channel)
        except pool_wire.WorkerGoneError:
            return


def _serve(channel: socket.socket) -> None:
    # Modules are found where the other side finds them; the next message names some.
    sys.path[:] = pool_wire.receive_call(channel)
    hello: Hello = pool_wire.receive_call(channel)
    ready = Answer() if hello.prepare is None else _answer(hello.prepare, ())
    pool_wire.send_answer(channel, ready)
    if ready.error is not None:
        return
    # What is there now stays: no collection has to go through it again.
    gc.freeze()
    most = _memory() + hello.memory
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    while True:
        answer = _bounded(pool_wire.receive_call(channel))
        # Whoever holds much would have little left for the next one.
        retiring = answer.retiring or _memory() > most - hello.memory // 2
        pool_wire.send_answer(channel, Answer(answer.value, answer.error, retiring))
        if retiring:
            return


def _bounded(call: Call) -> Answer:
    """Make a call; past its limits the kernel ends this process by SIGXCPU or SIGALRM."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + call.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, _NO_LIMIT))
    signal.setitimer(signal.ITIMER_REAL, call.wall)
    try:
        return _answer(call.function, call.arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (_NO_LIMIT, _NO_LIMIT))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Answer:
    try:
        return Answer(function(*arguments))
    except AntinError as error:
        return Answer(error=error)
    except MemoryError:
        return Answer(error=InputError("verify_memory_exceeded"), retiring=True)
    except Exception as error:  # noqa: BLE001 — one file's defect must not end the others
        told = f"judging broke off with {type(error).__name__}"
        return Answer(error=DefectError("defect", detail=told))


def _memory() -> int:
    """Return the bytes of this process that ``RLIMIT_DATA`` counts."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * _PAGE


if __name__ == "__main__":
    main(int(sys.argv[1]))
