"""How far readers of the ledger have come."""

from antin.infra.ledger.tables import ledger_cursors
from antin.infra.stores.rows import Rows, Session, change
from antin.ledger.ports import Cursor


class SqlCursors:
    """Implements :class:`antin.ledger.ports.CursorStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, ledger_cursors, Cursor)

    def get(self, name: str) -> Cursor | None:
        return self._rows.one(ledger_cursors.c.id == name, lock=True)

    def add(self, cursor: Cursor) -> None:
        self._rows.add(cursor, f"the cursor {cursor.id}")

    def update(self, cursor: Cursor) -> Cursor:
        return change(self._rows, cursor)
