"""Opening a database by its URL, and bringing its tables up to date."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from antin.core.errors import UnavailableError, UsageError
from antin.flows.unit_of_work import UnitOfWork
from antin.infra import migrations
from antin.infra.sqlite_connections import make_private
from antin.infra.unit_of_work_sqlite import SqliteUnitOfWork


class Database(UnitOfWork, Protocol):
    """A unit of work that can be closed."""

    def require_current(self) -> None:
        """Raise ``database_unavailable`` unless the tables are up to date."""
        ...

    def close(self) -> None:
        """End waiting work and close every connection."""
        ...


def open_database(url: str, lock_timeout: float = 30.0) -> Database:
    """Return the unit of work on the database at ``url``.

    ``sqlite:///relative``, ``sqlite:////absolute`` or ``postgresql+psycopg://…``; its tables must
    be up to date (:func:`migrate`). ``lock_timeout`` in seconds: how long a change waits for its
    turn before ``database_busy``. Errors: ``settings_invalid``, ``database_unavailable``.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        path = _path(parsed)
        if not path.exists():
            raise UnavailableError("database_unavailable", detail=f"there is no file {path}")
        database: Database = SqliteUnitOfWork(path, lock_timeout)
    else:
        from antin.infra.unit_of_work_postgres import PostgresUnitOfWork

        database = PostgresUnitOfWork(parsed, lock_timeout)
    try:
        database.require_current()
    except BaseException:  # nobody else could close it
        database.close()
        raise
    return database


def migrate(url: str, lock_timeout: float = 30.0) -> None:
    """Make the tables, or bring them up to date; harmless when they are.

    Errors: ``settings_invalid``, ``database_unavailable``, ``storage_full``.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        path = _path(parsed)
        try:
            make_private(path)
        except OSError as error:
            raise UnavailableError("database_unavailable", detail=str(error.strerror)) from error
        migrations.migrate_sqlite(path, lock_timeout)
    else:
        migrations.migrate_postgres(parsed)


def _parse(url: str) -> URL:
    """Parse ``url``; an error does not repeat it, since it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError("settings_invalid", detail="the database URL is malformed") from error
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        detail = "the database URL begins with sqlite:/// or postgresql+psycopg://"
        raise UsageError("settings_invalid", detail=detail)
    return parsed


def _path(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise UsageError("settings_invalid", detail="the database URL names no file")
    return Path(url.database)
