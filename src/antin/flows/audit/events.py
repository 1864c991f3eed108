"""Entries as events: every reader goes through the ledger once, in order, at its own pace.

A reader has a name, and a cursor that says how far it has come. It reads what comes after, and
moves its cursor in the transaction of its own change: what it does there happens once for each
entry, whoever dies in between. What it does outside (printing, sending) is done before the cursor
moves, so it happens at least once.

Only committed entries are read, without gaps: the ledger's head is locked from the moment when an
entry gets its index until its transaction ends, so indexes follow the order of commits.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from antin.core.errors import ConflictError, IntegrityError
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.ports import Cursor, EntryRow


@dataclass(frozen=True)
class Batch:
    """What a reader has before it."""

    name: str
    position: int
    """Index of the first entry, or of the next one to come."""
    rows: tuple[EntryRow, ...]
    version: int
    """Of the cursor that was read; 0: there was none."""

    @property
    def following(self) -> int:
        """Where the cursor stands once these are dealt with."""
        return self.position + len(self.rows)


def read(work: UnitOfWork, name: str, limit: int = 100, start: int = 0) -> Batch:
    """Return the entries after the cursor of ``name``, in order, at most ``limit``.

    A reader without a cursor begins at ``start``. Error: ``ledger_inconsistent`` for a cursor
    beyond the ledger, and where an entry is missing: nothing is passed over.
    """

    def query(stores: Stores) -> Batch:
        cursor = stores.cursors.get(name)
        position = cursor.position if cursor else start
        size = stores.ledger.size()
        if position > size:
            detail = f"the reader {name} is at {position} of {size} entries"
            raise IntegrityError("ledger_inconsistent", detail=detail)
        stop = min(position + limit, size)
        rows = tuple(stores.ledger.entries(position, stop))
        if [row.index for row in rows] != list(range(position, stop)):
            detail = f"entries from {position} to before {stop} are missing"
            raise IntegrityError("ledger_inconsistent", detail=detail)
        return Batch(name, position, rows, cursor.version if cursor else 0)

    return work.read(query)


def advance(stores: Stores, batch: Batch, now: datetime) -> None:
    """Move the cursor past ``batch``, inside the change that deals with it, as its first step.

    Error: ``version_conflict`` where somebody of the same name moved it meanwhile: the change is
    rolled back, and the next batch begins where the other one stopped.
    """
    cursor = stores.cursors.get(batch.name)
    if (cursor.version if cursor else 0) != batch.version:
        raise ConflictError("version_conflict")
    if cursor is None:
        stores.cursors.add(Cursor(batch.name, batch.following, now))
    else:
        stores.cursors.update(replace(cursor, position=batch.following, updated_at=now))


def acknowledge(services: Services, batch: Batch) -> None:
    """Move the cursor past ``batch`` after something was done outside the database."""
    now = services.clock.now()

    def change(stores: Stores) -> Done[None]:
        advance(stores, batch, now)
        return Done(None)

    services.work.run(system_act(services), change)
