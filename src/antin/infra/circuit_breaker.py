"""Leaving a server alone for a while that failed again and again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES: Final = 3
"""One after the other; then the server is left alone."""
REST_SECONDS: Final = 30.0
"""After that one request may try it; the next failure leaves it alone again."""
_MOST_HOSTS: Final = 1_000


@dataclass
class _State:
    failures: int = 0
    until: float = 0.0


class CircuitBreakers:
    """One for each server, by name; safe to share between threads. Time comes in as a function."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._lock = threading.Lock()

    def rests_for(self, server: str) -> float:
        """Return for how many seconds ``server`` is to be left alone; 0: it may be asked.

        Whoever is told 0 after a rest is the one to try; others are told to wait meanwhile.
        """
        with self._lock:
            state = self._states.get(server)
            if state is None or state.failures < FAILURES:
                return 0
            left = state.until - self._now()
            if left > 0:
                return left
            state.until = self._now() + REST_SECONDS
            return 0

    def failed(self, server: str) -> None:
        """Note that ``server`` did not answer."""
        with self._lock:
            state = self._states.setdefault(server, _State())
            state.failures += 1
            state.until = self._now() + REST_SECONDS
            self._states.move_to_end(server)
            while len(self._states) > _MOST_HOSTS:
                self._states.popitem(last=False)

    def answered(self, server: str) -> None:
        """Note that ``server`` answered, whatever it said."""
        with self._lock:
            self._states.pop(server, None)
