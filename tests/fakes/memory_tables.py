"""Rows in dictionaries, with the same unique keys as the real tables."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from antin.core.errors import ConflictError
from antin.ledger.ports import Cosignature, EntryRow, Payload, StoredCheckpoint, TileRoot, Timestamp
from antin.records.seal import HOLDING
from antin.records.signing_group import GroupState
from antin.records.signing_task import TaskState

V = TypeVar("V")


@dataclass
class MemoryState:
    """All rows; copied before every change, so that a change can be thrown away."""

    tables: dict[str, dict[Hashable, Any]] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    payloads: dict[int, Payload] = field(default_factory=dict)
    checkpoints: dict[int, StoredCheckpoint] = field(default_factory=dict)
    tile_roots: dict[tuple[int, int], TileRoot] = field(default_factory=dict)
    cosignatures: dict[tuple[int, str], Cosignature] = field(default_factory=dict)
    timestamps: dict[tuple[int, int], Timestamp] = field(default_factory=dict)

    def copy(self) -> "MemoryState":
        return MemoryState(
            {name: dict(rows) for name, rows in self.tables.items()},
            list(self.entries),
            dict(self.payloads),
            dict(self.checkpoints),
            dict(self.tile_roots),
            dict(self.cosignatures),
            dict(self.timestamps),
        )


def _open_group(group: Any) -> Hashable:
    return group.document_id if group.state is GroupState.OPEN else None


def _signed_task(task: Any) -> Hashable:
    return task.document_id if task.state is TaskState.SIGNED else None


def _open_seal(seal: Any) -> Hashable:
    return seal.document_id if seal.state in HOLDING else None


UNIQUE: dict[str, tuple[Callable[[Any], Hashable], ...]] = {
    "agencies": (lambda v: v.code,),
    "api_keys": (lambda v: v.secret_sha256,),
    "requests": (lambda v: (v.principal_id, v.route, v.key),),
    "catalogues": (lambda v: (v.agency_id, v.year),),
    "catalogue_items": (lambda v: (v.catalogue_id, v.ordinal),),
    "revisions": (lambda v: (v.document_id, v.ordinal),),
    "memberships": (lambda v: (v.record_id, v.ordinal),),
    "groups": (_open_group,),
    "tasks": (_signed_task, lambda v: (v.group_id, v.position)),
    "seals": (_open_seal,),
    "closures": (lambda v: (v.record_id, v.number),),
}


class MemoryTable(Generic[V]):
    """One table of a state."""

    def __init__(
        self, state: MemoryState, name: str, key: Callable[[Any], Hashable] | None = None
    ) -> None:
        self._rows: dict[Hashable, V] = state.tables.setdefault(name, {})
        self._unique = UNIQUE.get(name, ())
        self._key = key or (lambda value: value.id)

    def add(self, value: V, what: str) -> None:
        key = self._key(value)
        if key in self._rows or self._taken(value, key):
            raise ConflictError("already_exists", what=what)
        self._rows[key] = value

    def get(self, key: Hashable) -> V | None:
        return self._rows.get(key)

    def put(self, value: V) -> None:
        self._rows[self._key(value)] = value

    def change(self, value: Any) -> Any:
        stored: Any = self._rows.get(self._key(value))
        if stored is None or stored.version != value.version:
            raise ConflictError("version_conflict")
        if self._taken(value, self._key(value)):
            raise ConflictError("already_exists", what="another")
        changed = replace(value, version=value.version + 1)
        self._rows[self._key(value)] = changed
        return changed

    def one(self, holds: Callable[[V], bool]) -> V | None:
        return next((value for value in self._rows.values() if holds(value)), None)

    def many(
        self, holds: Callable[[V], bool], by: Callable[[V], Any] | None = None
    ) -> tuple[V, ...]:
        order: Callable[[Any], Any] = by or self._key
        return tuple(sorted(filter(holds, self._rows.values()), key=order))

    def page(self, agency_ids: Iterable[str], after: str, limit: int) -> tuple[V, ...]:
        ids = set(agency_ids)
        found: tuple[Any, ...] = self.many(lambda value: True)
        return tuple(v for v in found if v.agency_id in ids and v.id > after)[: max(limit, 0)]

    def _taken(self, value: V, own: Hashable) -> bool:
        for unique in self._unique:
            wanted = unique(value)
            others = (row for key, row in self._rows.items() if key != own)
            if wanted is not None and any(unique(other) == wanted for other in others):
                return True
        return False
