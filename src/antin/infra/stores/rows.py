"""One table of frozen values: a row's columns are named like the value's fields."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Insert, Select, Table, select, update
from sqlalchemy.dialects import postgresql

from antin.core.errors import ConflictError
from antin.infra.driver_statements import adding
from antin.infra.sqlite_connections import driver_of


class DataclassValue(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class VersionedValue(DataclassValue, Protocol):
    """A value whose row changes, guarded by its version."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=DataclassValue)
W = TypeVar("W", bound=VersionedValue)


@dataclass(frozen=True)
class Session:
    """One transaction's connection; ``writes`` tells a change from a query."""

    connection: Connection
    writes: bool

    @cached_property
    def driver(self) -> Any:
        """SQLite's own connection; None on another database."""
        on_sqlite = self.connection.dialect.name == "sqlite"
        return driver_of(self.connection) if on_sqlite else None


class Rows(Generic[V]):
    """Adding and finding the values of one table."""

    def __init__(self, session: Session, table: Table, kind: type[V]) -> None:
        self.session = session
        self.table = table
        self.kind = kind

    def add(self, value: V, what: str) -> None:
        """Insert ``value``; ``already_exists`` (of ``what``) on a unique key that is taken.

        ON CONFLICT DO NOTHING: on PostgreSQL an error would cost the whole transaction.
        """
        session = self.session
        if session.driver is not None:
            done = adding(self.table).run(session.driver, as_row(value)).rowcount
        else:
            done = session.connection.execute(_insert(self.table), as_row(value)).rowcount
        if done != 1:
            raise ConflictError("already_exists", what=what)

    def one(self, *conditions: ColumnElement[bool], lock: bool = False) -> V | None:
        """Return the value that meets ``conditions``, or None.

        ``lock`` holds the row until the change ends (PostgreSQL; a writer on SQLite is alone
        anyway), so that what a closure decided on stays true until it commits.
        """
        statement = select(self.table).where(*conditions)
        if lock and self.session.writes:
            statement = statement.with_for_update(key_share=True)
        row = self.session.connection.execute(statement).one_or_none()
        return None if row is None else self.kind(**row._mapping)  # noqa: SLF001 — SQLAlchemy's public name

    def many(
        self, *conditions: ColumnElement[bool], by: str = "id", limit: int | None = None
    ) -> tuple[V, ...]:
        """Return the values that meet ``conditions`` in the order of column ``by``."""
        statement = select(self.table).where(*conditions).order_by(self.table.c[by]).limit(limit)
        return self.values(statement)

    def values(self, statement: Select[Any]) -> tuple[V, ...]:
        """Return the values that ``statement``, a selection of whole rows, finds."""
        rows = self.session.connection.execute(statement).mappings()
        return tuple(self.kind(**row) for row in rows)

    def page(self, agency_ids: Iterable[str], after: str, limit: int) -> tuple[V, ...]:
        """Return up to ``limit`` values of these agencies whose id comes after ``after``."""
        columns = self.table.c
        return self.many(
            columns.agency_id.in_(tuple(agency_ids)), columns.id > after, limit=max(limit, 0)
        )


def change(rows: Rows[W], value: W) -> W:
    """Store ``value`` over its row and return it with the next version.

    Error: ``version_conflict`` when the row's version is not the value's.
    """
    table = rows.table
    stored = replace(value, version=value.version + 1)
    statement = update(table).where(table.c.id == value.id, table.c.version == value.version)
    done = rows.session.connection.execute(statement.values(as_row(stored)))
    if done.rowcount != 1:
        raise ConflictError("version_conflict")
    return stored


def as_row(value: DataclassValue) -> dict[str, Any]:
    """Return the value's fields by name, as they are; column types encode them."""
    return {name: getattr(value, name) for name in _names(type(value))}


@cache
def _names(kind: type[DataclassValue]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _insert(table: Table) -> Insert:
    statement = postgresql.insert(table).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)
