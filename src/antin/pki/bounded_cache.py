"""Remembering what was read or checked within a process, within bounds, from any thread."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """The last used values whose sizes add up to at most ``limit``; a larger one is not kept.

    Two threads that ask for the same at once may both make it: that costs time, nothing else.
    """

    def __init__(self, limit: int, size: Callable[[V], int] = lambda _: 1) -> None:
        self._limit = limit
        self._size = size
        self._held = 0
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what is kept for ``key``, or what ``make`` gives; its errors are not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        self._keep(key, value)
        return value

    def held(self) -> int:
        """Return what the sizes of all that is kept add up to."""
        return self._held

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._held = 0

    def _keep(self, key: K, value: V) -> None:
        size = self._size(value)
        with self._lock:
            if key in self._kept or size > self._limit:
                return
            self._kept[key] = value
            self._held += size
            while self._held > self._limit:
                self._held -= self._size(self._kept.popitem(last=False)[1])
