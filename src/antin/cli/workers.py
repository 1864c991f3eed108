"""Who works for a command: processes, or threads."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from antin.cli.ending import ENDS, end_with_parent

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _nothing() -> None:
    """Prepare nothing."""


class _Processes(ProcessPoolExecutor):
    """Worker processes that signals at a terminal do not end, and that end with this one."""

    def __init__(self, jobs: int, start: str, prepare: Callable[[], None]) -> None:
        super().__init__(jobs, get_context(start), _begin, (prepare,))

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        with _uninterrupted():  # some may be started now
            return super().submit(fn, *args, **kwargs)


def processes(jobs: int, prepare: Callable[[], None] = _nothing) -> Executor:
    """Return worker processes, for keys used here: a PKCS#11 call holds the interpreter's lock.

    Spawned, not forked: a module that was loaded must not be inherited. ``prepare`` is called in
    each of them first.
    """
    return _Processes(jobs, "spawn", prepare)


def forked(jobs: int) -> Executor:
    """Return worker processes for work without keys: they are there at once."""
    return _Processes(jobs, "fork", _nothing)


def _begin(prepare: Callable[[], None]) -> None:
    end_with_parent()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)  # as _uninterrupted() left it
    prepare()


def threads(jobs: int) -> Executor:
    """Return worker threads, for work on one database: its writer commits for all at once."""
    return ThreadPoolExecutor(jobs)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold signals back, in processes that start now, too: until they can ignore them."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
