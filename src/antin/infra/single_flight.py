"""What several threads want at once is fetched once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Calls by key: whoever comes while one runs waits for its outcome, good or bad."""

    def __init__(self) -> None:
        self._running: dict[bytes, Future[T]] = {}
        self._lock = threading.Lock()

    def run(self, key: bytes, call: Callable[[], T]) -> T:
        """Return what ``call``, or the one that runs for ``key`` already, returns or raises."""
        with self._lock:
            running = self._running.get(key)
            if running is None:
                mine = self._running[key] = Future()
        if running is not None:
            return running.result()
        try:
            mine.set_result(call())
        except BaseException as error:  # whoever waits for it must not wait for ever
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._running[key]
        return mine.result()
