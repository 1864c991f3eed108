"""Appending history from before: what both databases do alike."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, Protocol

from antin.core.clock import Clock, to_micros
from antin.core.errors import IntegrityError
from antin.ledger.history import Batch, Each, Held, Known, Newest, Placing, fresh

_SMALL: Final = 100_000


class Rows(Protocol):
    """Entries in the form that a database takes them in."""

    @property
    def after(self) -> int:
        """The leaf index after them."""
        ...


class BatchLog(ABC):
    """Implements :class:`antin.ledger.ports.HistoryLog` over what a database's driver does."""

    _SIZE: ClassVar[str]
    """Reads the ledger's size; nobody else appends until the transaction ends."""
    _GROW: ClassVar[str]
    """Sets the size to one, where it is another."""
    _ALL_TIPS: ClassVar[str]
    """Stream, number and leaf hash, the newest of a stream last."""
    _SINCE: ClassVar[str]
    """The same of so many entries from an index on.

    Without their number PostgreSQL takes them for a third of the ledger, and reads all of it.
    """

    def __init__(self) -> None:
        self._known = Known()

    def is_small(self, lines: int) -> bool:
        with self._transaction() as driver:
            return self._size(driver) <= min(lines // 4, _SMALL)

    def fill(self, each: Each, actor: str, clock: Clock) -> bool:
        with self._transaction() as driver:
            first = size = self._size(driver)  # first, as everybody does who appends
            aside = self._put_aside(driver)
            tips = {stream: (n, leaf) for stream, n, leaf in driver.execute(self._ALL_TIPS)}
            placing = Placing(size, tips, actor, to_micros(clock.now()))
            for rows in each(self._rows(placing)):
                self._write(driver, rows)
                size = rows.after
            self._grow(driver, first, size)
            return self._put_back(driver, aside)

    def append(self, batch: Batch, actor: str, clock: Clock) -> int:
        try:
            return self._append(batch, actor, clock)
        except IntegrityError:
            # Perhaps some of it is there: looked up only now, since it hardly ever is.
            return self._append(batch, actor, clock, look=True)

    def _append(self, batch: Batch, actor: str, clock: Clock, *, look: bool = False) -> int:
        known, self._known = self._known, Known()
        with self._transaction() as driver:
            size = self._size(driver)
            rest = fresh(batch, self._there(driver, batch)) if look else batch
            tips = self._still(driver, known, size)
            if rest.count:
                tips |= self._newest(driver, set(rest.streams) - tips.keys())
                placing = Placing(size, tips, actor, to_micros(clock.now()))
                rows = self._rows(placing)(rest)
                self._write(driver, rows)
                self._grow(driver, size, rows.after)
        self._known = Known(size + rest.count, tips)
        return rest.count

    def _still(self, driver: Any, known: Known, size: int) -> dict[str, Newest]:
        """Return known tips of a ledger that has ``size`` entries now, as they are now."""
        if not known.is_close_to(size):
            return {}
        tips = known.newest
        for stream, n, leaf in driver.execute(self._SINCE, (known.size, size - known.size)):
            tips[stream] = (n, leaf)
        return tips

    def _size(self, driver: Any) -> int:
        row = driver.execute(self._SIZE).fetchone()
        if row is None:
            raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
        size: int = row[0]
        return size

    def _grow(self, driver: Any, before: int, after: int) -> None:
        if driver.execute(self._GROW, (after, before)).rowcount != 1:
            raise IntegrityError("ledger_inconsistent", detail="its head row is not as it was")

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[Any]:
        """Give the driver within a transaction of its own, which commits in the end."""

    @abstractmethod
    def _newest(self, driver: Any, streams: Iterable[str]) -> dict[str, Newest]:
        """Return the newest entry of those of ``streams`` that have one."""

    @abstractmethod
    def _there(self, driver: Any, batch: Batch) -> dict[str, Held]:
        """Return streams and facts of those requests of ``batch`` that are there."""

    @abstractmethod
    def _rows(self, placing: Placing) -> Callable[[Batch], Rows]:
        """Return what places and makes rows, a plain value that can be sent."""

    @abstractmethod
    def _write(self, driver: Any, rows: Any) -> None:
        """Write what :meth:`_rows` made."""

    @abstractmethod
    def _put_aside(self, driver: Any) -> list[str]:
        """Take away what is better made when all rows are there; return what makes it again."""

    @abstractmethod
    def _put_back(self, driver: Any, aside: list[str]) -> bool:
        """Make it again; False, and nothing of it all happened, if a place is taken twice."""
