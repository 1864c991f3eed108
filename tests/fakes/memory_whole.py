"""Whole tables in memory."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

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
from tests.fakes.memory_tables import MemoryState

V = TypeVar("V")

_NAMES: Final[dict[type[Any], str]] = {
    Agency: "agencies",
    User: "users",
    Grant: "grants",
    ApiKey: "api_keys",
    SignerCertificate: "certificates",
    Catalogue: "catalogues",
    CatalogueItem: "catalogue_items",
    Record: "records",
    Membership: "memberships",
    Closure: "closures",
    Document: "documents",
    Revision: "revisions",
    SigningGroup: "groups",
    SigningTask: "tasks",
    Seal: "seals",
}


class MemoryWholeTables:
    """Implements :class:`antin.flows.unit_of_work.WholeTables`."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def ids(self, kind: type[object], after: str, limit: int) -> tuple[str, ...]:
        return tuple(sorted(row.id for row in self._rows(kind) if row.id > after))[:limit]

    def among(self, kind: type[V], column: str, values: Sequence[str]) -> tuple[V, ...]:
        found = [row for row in self._rows(kind) if getattr(row, column) in set(values)]
        return tuple(sorted(found, key=lambda row: str(getattr(row, column))))

    def streams(self, prefix: str, after: str, limit: int) -> tuple[str, ...]:
        names = {row.stream for row in self._state.entries if row.stream.startswith(prefix)}
        return tuple(sorted(name for name in names if name > after))[:limit]

    def told(self, streams: Sequence[str]) -> Iterator[tuple[EntryRow, Payload | None]]:
        own = [row for row in self._state.entries if row.stream in set(streams)]
        for row in sorted(own, key=lambda row: (row.stream, row.n)):
            yield row, self._state.payloads.get(row.index)

    def missing_guards(self) -> tuple[str, ...]:
        return ()

    def _rows(self, kind: type[Any]) -> list[Any]:
        return list(self._state.tables.get(_NAMES[kind], {}).values())
