"""The unit of work in memory: one change at a time, on a copy that replaces the state."""

import threading
from collections.abc import Callable
from typing import TypeVar

from antin.core.errors import DefectError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.ledger.draft import Act
from tests.fakes.memory_stores import MemoryStores
from tests.fakes.memory_tables import MemoryState

T = TypeVar("T")


class MemoryUnitOfWork:
    """Implements the port :class:`antin.flows.unit_of_work.UnitOfWork`."""

    def __init__(self) -> None:
        self._state = MemoryState()
        self._guard = threading.RLock()
        self._running = False

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        with self._guard:
            if self._running:
                raise DefectError("defect", detail="a change was started inside a change")
            self._running = True
            try:
                return self._run(act, change)
            finally:
                self._running = False

    def read(self, query: Callable[[Stores], T]) -> T:
        with self._guard:
            state = self._state.copy()
        return query(MemoryStores(state))

    def vacuum(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        """Nothing is open."""

    def _run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        changed = self._state.copy()
        outcome = change(MemoryStores(changed))
        if isinstance(outcome, Refused):
            changed = self._state.copy()
        MemoryStores(changed).ledger.append(act, outcome.entries)
        self._state = changed
        if isinstance(outcome, Refused):
            raise outcome.error
        return outcome.value
