"""Doing after the answer what nobody waits for: the newest of what is asked for, in one thread."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Final

_PATIENCE: Final = 30.0
"""Seconds that closing waits: a key device that does not answer must not keep a service up."""
_MOMENT: Final = 0.05
"""Seconds until it begins: whoever was answered still clears up behind them, on the same disk, and
others who are answered meanwhile are served along with them."""
_log = logging.getLogger(__name__)


class Aside:
    """Implements :data:`antin.flows.services.Aside`; safe to share between threads.

    What still waits when something newer is asked for is left out: the newer one does the same,
    and later. A forked child has a thread of its own.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._errands: _Errands | None = None
        self._owner = 0

    def __call__(self, work: Callable[[], None]) -> None:
        with self._guard:
            if self._errands is None or self._owner != os.getpid():
                self._errands, self._owner = _Errands(), os.getpid()
            self._errands.ask(work)

    def settle(self) -> None:
        """Wait until what was asked for is done, but not for ever."""
        if self._errands is not None and self._owner == os.getpid():
            self._errands.settle()

    def close(self) -> None:
        """Finish what was asked for and end."""
        self.settle()
        with self._guard:
            if self._errands is not None and self._owner == os.getpid():
                self._errands.end()
                self._errands = None


class _Errands:
    """One process's thread and what it is asked for."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._waiting: deque[Callable[[], None]] = deque()
        Thread(target=self._do, name="antin-aside", daemon=True).start()

    def ask(self, work: Callable[[], None]) -> None:
        self._waiting.append(work)
        self._queue.put(Event())

    def settle(self) -> None:
        done = Event()
        self._queue.put(done)
        done.wait(_PATIENCE)

    def end(self) -> None:
        self._queue.put(None)

    def _do(self) -> None:
        while (done := self._queue.get()) is not None:
            if self._waiting:
                time.sleep(_MOMENT)
                _try(self._newest())
            done.set()

    def _newest(self) -> Callable[[], None]:
        work = self._waiting.popleft()
        while self._waiting:
            work = self._waiting.popleft()
        return work


def _try(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 — whatever it was, the next one is done all the same
        _log.exception("what was left for after the answer failed")
