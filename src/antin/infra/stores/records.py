"""Records and which documents are in them."""

from collections.abc import Iterable

from sqlalchemy import select, update

from antin.core.errors import NotFoundError
from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import memberships, records
from antin.records.record import Membership, Record


class SqlRecords:
    """Implements :class:`antin.records.ports.RecordStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows = Rows(session, records, Record)
        self._memberships = Rows(session, memberships, Membership)

    def add(self, record: Record) -> None:
        self._rows.add(record, "the record")

    def get(self, record_id: str) -> Record | None:
        return self._rows.one(records.c.id == record_id, lock=True)

    def update(self, record: Record) -> Record:
        return change(self._rows, record)

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Record, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_membership(self, membership: Membership) -> None:
        self._memberships.add(membership, "the document's place in the record")

    def memberships(self, record_id: str) -> tuple[Membership, ...]:
        return self._memberships.many(memberships.c.record_id == record_id, by="ordinal")

    def pin(self, record_id: str, document_id: str, revision_id: str, report_sha256: str) -> None:
        columns = memberships.c
        statement = update(memberships).where(
            columns.record_id == record_id, columns.document_id == document_id
        )
        done = self._session.connection.execute(
            statement.values(pinned_revision_id=revision_id, pinned_report_sha256=report_sha256)
        )
        if done.rowcount != 1:
            raise NotFoundError("document_not_found")

    def records_of(self, document_id: str) -> tuple[Record, ...]:
        holding = select(memberships.c.record_id).where(memberships.c.document_id == document_id)
        return self._rows.many(records.c.id.in_(holding))
