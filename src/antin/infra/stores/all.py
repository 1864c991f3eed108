"""All stores of one transaction."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Column, Connection, select

from antin.flows.unit_of_work import WholeTables
from antin.infra.ledger.store import SqlLedger
from antin.infra.stores.agencies import SqlAgencies
from antin.infra.stores.catalogues import SqlCatalogues
from antin.infra.stores.closures import SqlClosures
from antin.infra.stores.cursors import SqlCursors
from antin.infra.stores.documents import SqlDocuments
from antin.infra.stores.groups import SqlGroups
from antin.infra.stores.jobs import SqlJobs
from antin.infra.stores.records import SqlRecords
from antin.infra.stores.requests import SqlRequests
from antin.infra.stores.rows import Session
from antin.infra.stores.seals import SqlSeals
from antin.infra.stores.tasks import SqlTasks
from antin.infra.stores.users import SqlUsers
from antin.infra.stores.whole import SqlWholeTables
from antin.infra.tables import closures, memberships, revisions, seals, signing_tasks

_NAMING: Final[tuple[Column[Any], ...]] = (
    revisions.c.sha256,
    revisions.c.report_sha256,
    memberships.c.pinned_report_sha256,
    signing_tasks.c.appearance_image_sha256,
    closures.c.manifest_sha256,
    closures.c.signature_sha256,
    closures.c.certificate_sha256,
)
"""Columns that name a blob; preparations of tasks and seals name one more."""


class SqlStores:
    """Implements :class:`antin.flows.unit_of_work.Stores` on one connection."""

    def __init__(
        self, connection: Connection, *, writes: bool, ledger: SqlLedger | None = None
    ) -> None:
        self._session = Session(connection, writes)
        self.ledger = ledger or SqlLedger(connection)

    @cached_property
    def agencies(self) -> SqlAgencies:
        return SqlAgencies(self._session)

    @cached_property
    def users(self) -> SqlUsers:
        return SqlUsers(self._session)

    @cached_property
    def requests(self) -> SqlRequests:
        return SqlRequests(self._session)

    @cached_property
    def catalogues(self) -> SqlCatalogues:
        return SqlCatalogues(self._session)

    @cached_property
    def records(self) -> SqlRecords:
        return SqlRecords(self._session)

    @cached_property
    def documents(self) -> SqlDocuments:
        return SqlDocuments(self._session)

    @cached_property
    def groups(self) -> SqlGroups:
        return SqlGroups(self._session)

    @cached_property
    def tasks(self) -> SqlTasks:
        return SqlTasks(self._session)

    @cached_property
    def seals(self) -> SqlSeals:
        return SqlSeals(self._session)

    @cached_property
    def closures(self) -> SqlClosures:
        return SqlClosures(self._session)

    @cached_property
    def jobs(self) -> SqlJobs:
        return SqlJobs(self._session)

    @cached_property
    def whole(self) -> WholeTables:
        return SqlWholeTables(self._session)

    @cached_property
    def cursors(self) -> SqlCursors:
        return SqlCursors(self._session)

    def named_blobs(self) -> Iterator[str]:
        for column in _NAMING:
            yield from self._values(column)
        for column in (signing_tasks.c.preparation, seals.c.preparation):
            for preparation in self._values(column):
                yield preparation.blob_sha256

    def _values(self, column: Column[Any]) -> Iterator[Any]:
        yield from self._session.connection.execute(
            select(column).where(column.is_not(None))
        ).scalars()
