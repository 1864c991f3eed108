"""Whole tables, for who checks them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Table, select

from antin.infra import tables
from antin.infra.ledger.guards import missing_guards
from antin.infra.ledger.tables import ledger_entries, ledger_payloads
from antin.infra.stores.rows import Rows, Session
from antin.ledger.ports import EntryRow, Payload
from antin.records.agency import Agency
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.closure import Closure
from antin.records.document import Document, Revision
from antin.records.grants import ApiKey, Grant, User
from antin.records.record import Membership, Record
from antin.records.seal import Seal
from antin.records.signer_certificate import SignerCertificate
from antin.records.signing_group import SigningGroup
from antin.records.signing_task import SigningTask

T = TypeVar("T")

_AT_ONCE: Final = 1000
"""Entries that are held while they are read."""
_TABLES: Final[dict[type[Any], Table]] = {
    Agency: tables.agencies,
    User: tables.users,
    Grant: tables.grants,
    ApiKey: tables.api_keys,
    SignerCertificate: tables.signer_certificates,
    Catalogue: tables.catalogues,
    CatalogueItem: tables.catalogue_items,
    Record: tables.records,
    Membership: tables.memberships,
    Closure: tables.closures,
    Document: tables.documents,
    Revision: tables.revisions,
    SigningGroup: tables.signing_groups,
    SigningTask: tables.signing_tasks,
    Seal: tables.seals,
}


class SqlWholeTables:
    """Implements :class:`antin.flows.unit_of_work.WholeTables`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ids(self, kind: type[object], after: str, limit: int) -> tuple[str, ...]:
        own = _TABLES[kind].c.id
        found = self._session.connection.execute(
            select(own).where(own > after).order_by(own).limit(limit)
        )
        return tuple(found.scalars())

    def among(self, kind: type[T], column: str, values: Sequence[str]) -> tuple[T, ...]:
        rows: Rows[Any] = Rows(self._session, _TABLES[kind], kind)
        return rows.many(_TABLES[kind].c[column].in_(values), by=column)

    def streams(self, prefix: str, after: str, limit: int) -> tuple[str, ...]:
        # "0" comes right after "/": the names between the two are those that begin like this.
        stream, end = ledger_entries.c.stream, prefix.removesuffix("/") + "0"
        statement = select(stream).distinct().where(stream > max(prefix, after), stream < end)
        found = self._session.connection.execute(statement.order_by(stream).limit(limit))
        return tuple(found.scalars())

    def told(self, streams: Sequence[str]) -> Iterator[tuple[EntryRow, Payload | None]]:
        columns, payloads = ledger_entries.c, ledger_payloads.c
        statement = (
            select(ledger_entries, payloads.salt, payloads.data.label("facts"))
            .outerjoin(ledger_payloads, payloads.leaf_index == columns.leaf_index)
            .where(columns.stream.in_(streams))
            .order_by(columns.stream, columns.n)
            .execution_options(yield_per=_AT_ONCE)
        )
        for row in self._session.connection.execute(statement).mappings():
            fields: dict[str, Any] = dict(row)
            index, salt, facts = (fields.pop(name) for name in ("leaf_index", "salt", "facts"))
            payload = Payload(salt, facts) if salt is not None and facts is not None else None
            yield EntryRow(index=index, **fields), payload

    def missing_guards(self) -> tuple[str, ...]:
        return missing_guards(self._session.connection)
