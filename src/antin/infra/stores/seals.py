"""Uses of seals."""

from datetime import datetime

from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import seals
from antin.records.seal import HOLDING, Seal, SealState


class SqlSeals:
    """Implements :class:`antin.records.ports.SealStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, seals, Seal)

    def add(self, seal: Seal) -> None:
        self._rows.add(seal, "a seal under way on the document")

    def get(self, seal_id: str) -> Seal | None:
        return self._rows.one(seals.c.id == seal_id, lock=True)

    def update(self, seal: Seal) -> Seal:
        return change(self._rows, seal)

    def open_for(self, document_id: str) -> Seal | None:
        columns = seals.c
        return self._rows.one(
            columns.document_id == document_id, columns.state.in_(sorted(HOLDING)), lock=True
        )

    def intended_before(self, moment: datetime) -> tuple[Seal, ...]:
        columns = seals.c
        return self._rows.many(columns.state == SealState.INTENDED, columns.created_at < moment)
