"""Documents and their revisions."""

from collections.abc import Iterable

from sqlalchemy import select

from antin.infra.stores.rows import Rows, Session
from antin.infra.tables import documents, revisions
from antin.records.document import Document, Revision


class SqlDocuments:
    """Implements :class:`antin.records.ports.DocumentStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, documents, Document)
        self._revisions = Rows(session, revisions, Revision)

    def add(self, document: Document) -> None:
        self._rows.add(document, "the document")

    def get(self, document_id: str) -> Document | None:
        return self._rows.one(documents.c.id == document_id, lock=True)

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Document, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_revision(self, revision: Revision) -> None:
        self._revisions.add(revision, f"revision {revision.ordinal} of the document")

    def get_revision(self, revision_id: str) -> Revision | None:
        return self._revisions.one(revisions.c.id == revision_id)

    def revisions(self, document_id: str) -> tuple[Revision, ...]:
        return self._revisions.many(revisions.c.document_id == document_id, by="ordinal")

    def newest(self, document_id: str) -> Revision | None:
        columns = revisions.c
        statement = (
            select(revisions)
            .where(columns.document_id == document_id)
            .order_by(columns.ordinal.desc())
            .limit(1)
        )
        return next(iter(self._revisions.values(statement)), None)
