"""Closures of records."""

from antin.infra.stores.rows import Rows, Session
from antin.infra.tables import closures
from antin.records.closure import Closure


class SqlClosures:
    """Implements :class:`antin.records.ports.ClosureStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, closures, Closure)

    def add(self, closure: Closure) -> None:
        self._rows.add(closure, f"closure {closure.number} of the record")

    def get(self, record_id: str, number: int) -> Closure | None:
        columns = closures.c
        return self._rows.one(columns.record_id == record_id, columns.number == number)
