"""Many files: handed to any executor, a bounded number at a time, given back as they are done."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from antin.core.errors import AntinError

T = TypeVar("T")
R = TypeVar("R")
_LOOKS_UP: Final = 0.5
"""Seconds for which nothing but a result wakes whoever waits for one."""


def judged(
    items: Iterable[T], judge: Callable[[T], R], executor: Executor, ahead: int
) -> Iterator[tuple[T, R | AntinError]]:
    """Yield each item with what ``judge`` makes of it, or the error of ours that it raises.

    They come in the order in which they are done, also while the next item is being waited for:
    ``items`` is read by a thread of its own, no more than ``ahead`` items before what was taken,
    so that memory stays flat however many there are. One item's error stops nothing; what
    ``items`` raises, and what is no ``AntinError``, is raised here.
    """
    feeder = _Feeder(items, judge, executor, ahead)
    try:
        yield from feeder.outcomes()
    finally:
        feeder.stop()


class _Feeder(Generic[T, R]):
    def __init__(
        self, items: Iterable[T], judge: Callable[[T], R], executor: Executor, ahead: int
    ) -> None:
        self._items, self._judge, self._executor = items, judge, executor
        self._room = threading.Semaphore(ahead)
        self._done: SimpleQueue[tuple[T, Future[R]] | BaseException | None] = SimpleQueue()
        self._given = 0
        self._stopped = False

    def outcomes(self) -> Iterator[tuple[T, R | AntinError]]:
        # A daemon: it may wait for a name that somebody never types.
        threading.Thread(target=self._feed, name="batch", daemon=True).start()
        taken, ended = 0, False
        while not ended or taken < self._given:
            found = self._next()
            if found is None:
                ended = True
            elif isinstance(found, BaseException):
                raise found
            else:
                taken += 1
                item, future = found
                outcome: R | AntinError = _outcome(future)
                yield item, outcome
                self._room.release()

    def _next(self) -> "tuple[T, Future[R]] | BaseException | None":
        # Where the system hands Ctrl-C to another thread, this one learns of it when it wakes up.
        while True:
            with suppress(Empty):
                return self._done.get(timeout=_LOOKS_UP)

    def stop(self) -> None:
        """Have no further item read."""
        self._stopped = True
        self._room.release()

    def _feed(self) -> None:
        try:
            for item in self._read():
                future = self._executor.submit(self._judge, item)
                self._given += 1
                future.add_done_callback(partial(self._take, item))
        except BaseException as error:  # noqa: BLE001 — raised where the outcomes are waited for
            self._done.put(error)
        else:
            self._done.put(None)

    def _take(self, item: T, future: Future[R]) -> None:
        self._done.put((item, future))

    def _read(self) -> Iterator[T]:
        items = iter(self._items)
        while self._room.acquire() and not self._stopped:
            try:
                item = next(items)
            except StopIteration:
                return
            yield item


def _outcome(future: Future[R]) -> R | AntinError:
    error = future.exception()
    if isinstance(error, AntinError):
        return error
    return future.result()
