"""Alembic migrations, and running them where nobody else does at the same time."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from antin.core.errors import UnavailableError
from antin.infra.database_errors import translated
from antin.infra.file_lock import FileLock
from antin.infra.sqlite_connections import driver_of, writing_engine

HEAD: Final = "0007"
"""The newest migration; a test compares it with the folder ``versions``."""
_ADVISORY_LOCK: Final = 0x616E74696E  # "antin": any constant that nobody else takes


def migrate_sqlite(path: Path, busy_seconds: float) -> None:
    """Upgrade a SQLite file in one transaction, under the lock of its writers."""
    engine = writing_engine(path, busy_seconds)
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        # Begun for SQLAlchemy too, so that Alembic leaves the transaction to us.
        with translated(), lock, engine.begin() as connection:
            driver = driver_of(connection)
            driver.execute("BEGIN IMMEDIATE").close()
            _upgrade(connection)
            driver.execute("COMMIT").close()
    finally:
        lock.close()


def migrate_postgres(url: URL) -> None:
    """Upgrade a PostgreSQL database in one transaction; others who try wait."""
    engine = create_engine(url, poolclass=NullPool)
    with translated(), engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def require_current(connection: Connection) -> None:
    """Raise ``database_unavailable`` unless the tables are those that this program knows."""
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found != HEAD:
        detail = f"its tables are of version {found or 'none'}, this program needs {HEAD}"
        raise UnavailableError("database_unavailable", detail=detail)
