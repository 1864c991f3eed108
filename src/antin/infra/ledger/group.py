"""Appending on SQLite: what the changes of one group append is written together.

The group holds the database's write lock until it commits, so nobody else moves the ledger's size
or a stream's tip meanwhile: both are read once and then kept here.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from antin.core.errors import ConflictError, IntegrityError
from antin.infra.driver_statements import DriverStatement
from antin.infra.ledger.store import SqlLedger
from antin.infra.ledger.tables import ledger_entries, ledger_head, ledger_payloads
from antin.infra.sqlite_connections import driver_of
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Placed, Tip, place
from antin.ledger.ports import EntryRow, Payload

_MOST: Final = 1000
"""Entries that are kept before they are written: bounds the memory that a large change takes."""

_entries = ledger_entries.c
_SIZE: Final = DriverStatement(select(ledger_head.c.size), ledger_head)
_GROW: Final = DriverStatement(
    update(ledger_head)
    .where(ledger_head.c.size == bindparam("before"))
    .values(size=bindparam("after")),
    ledger_head,
)
_OF_REQUEST: Final = DriverStatement(
    select(_entries.leaf_index).where(_entries.request == bindparam("request")).limit(1),
    ledger_entries,
)
_TIP: Final = DriverStatement(
    select(_entries.n, _entries.leaf)
    .where(_entries.stream == bindparam("stream"))
    .order_by(_entries.n.desc())
    .limit(1),
    ledger_entries,
)
_ADD_ENTRY: Final = DriverStatement(insert(ledger_entries), ledger_entries).sql
_ADD_PAYLOAD: Final = DriverStatement(insert(ledger_payloads), ledger_payloads).sql


class GroupLedger(SqlLedger):
    """The ledger within one transaction of the writer.

    Its writer begins the transaction before the first use, and asks for :meth:`write` before it
    commits. Reading writes first what was appended, so that every change sees those before it.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._driver: sqlite3.Connection = driver_of(connection)
        self.forget()

    def forget(self) -> None:
        """Begin anew: the transaction, or the part of it since the last writing, is undone."""
        self._tips: dict[str, Tip | None] = {}
        self._pending: list[Placed] = []
        self.spoilt = False

    def append(self, act: Act, drafts: Sequence[Draft]) -> None:
        """Place ``drafts`` as entries of ``act``; errors of their values, and of the head row.

        Whether their place is free, and the request a new one, is known when they are written.
        """
        if not drafts:
            return
        # 1. Chained to the tips as they are, which nobody else can move.
        streams = dict.fromkeys(draft.stream for draft in drafts)
        tips = {stream: tip for stream in streams if (tip := self._tip(stream))}
        placed = place(act, drafts, self._next(), tips)
        # 2. All of them or none: nothing fails from here on.
        self._pending += placed
        for one in placed:
            _, stream, n, *_, leaf = one.values
            self._tips[stream] = Tip(n, leaf)
        if len(self._pending) > _MOST:
            self.write()

    def append_once(self, act: Act, drafts: Sequence[Draft]) -> None:
        """Append and write; errors too: ``already_exists`` when the act has entries already.

        A request appends once: a retry is the same entries, never more of them.
        """
        if drafts and _OF_REQUEST.first(self._driver, {"request": act.request}):
            raise ConflictError("already_exists", what=f"a ledger entry of request {act.request}")
        self.append(act, drafts)
        self.write()

    def write(self) -> None:
        """Write what was appended. Error: ``ledger_inconsistent`` when a place is taken."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        first, after = pending[0].values[0], pending[-1].values[0] + 1
        # Until all of it is done, what is in the transaction must not be committed; and never what
        # failed once, whatever its reader made of that.
        before, self.spoilt = self.spoilt, True
        try:
            self._driver.executemany(_ADD_ENTRY, _entry_rows(pending)).close()
            self._driver.executemany(_ADD_PAYLOAD, _payload_rows(pending)).close()
        except sqlite3.IntegrityError as error:
            detail = f"the place of entry {first} or of one after it is taken"
            raise IntegrityError("ledger_inconsistent", detail=detail) from error
        if _GROW.run(self._driver, {"before": first, "after": after}).rowcount != 1:
            raise IntegrityError("ledger_inconsistent", detail="its head row is not as it was")
        self.spoilt = before

    def bring_back(self, entries: Sequence[tuple[EntryRow, Payload | None]]) -> None:
        """Put entries back; the tips of their streams are other ones now."""
        super().bring_back(entries)
        self._tips.clear()

    @property
    def _connection(self) -> Connection:
        self.write()
        return super()._connection

    def _next(self) -> int:
        """Return the index of the next entry."""
        if self._pending:
            last: int = self._pending[-1].values[0]
            return last + 1
        row = _SIZE.first(self._driver, {})
        if row is None:
            raise IntegrityError("ledger_inconsistent", detail="its head row is missing")
        size: int = row[0]
        return size

    def _tip(self, stream: str) -> Tip | None:
        if stream not in self._tips:
            row = _TIP.first(self._driver, {"stream": stream})
            self._tips[stream] = Tip(*row) if row else None
        return self._tips[stream]


def _entry_rows(pending: Iterable[Placed]) -> list[tuple[Any, ...]]:
    """Return them as they are: held to an entry's form already, and no column is narrower."""
    return [one.values for one in pending]


def _payload_rows(pending: Iterable[Placed]) -> list[tuple[Any, ...]]:
    return [(one.values[0], one.payload.salt, one.payload.data) for one in pending]
