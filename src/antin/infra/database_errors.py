"""What databases and their drivers raise, as errors of ours; no value of a row leaks through."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from antin.core.errors import AntinError, DefectError, RefusedError, UnavailableError
from antin.infra.column_types import unreadable

_SQLITE = {
    sqlite3.SQLITE_FULL: "storage_full",
    sqlite3.SQLITE_IOERR: "storage_full",
    sqlite3.SQLITE_BUSY: "database_busy",
    sqlite3.SQLITE_LOCKED: "database_busy",
}
_POSTGRES = {
    "53100": "storage_full",
    "58030": "storage_full",
    "40001": "database_busy",
    "40P01": "database_busy",
    "55P03": "database_busy",
    "53300": "database_busy",
    "57014": "database_busy",
}
"""SQLSTATE: disk_full, io_error; serialization_failure, deadlock_detected, lock_not_available,
too_many_connections, query_canceled."""
_NO_TEXT = "Could not decode to UTF-8"
"""Of Python's module, which has no number for it: SQLite itself keeps any bytes as text."""
_OF_THE_DATABASE = (exc.DBAPIError, sqlite3.Error)
_OF_THE_STATEMENT = (
    exc.IntegrityError,
    exc.ProgrammingError,
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a database raises inside into an :class:`AntinError`; let all else through."""
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise translate(error) from error


def translate(error: Exception) -> AntinError:
    """Return ``error`` of SQLAlchemy or sqlite3 as one of ours."""
    cause = _cause(error)
    if isinstance(cause, AntinError):
        return cause  # raised by a column type, wrapped on its way
    if isinstance(error, exc.TimeoutError):
        return UnavailableError("database_busy")
    if isinstance(cause, OverflowError) or isinstance(error, exc.DataError):
        return RefusedError("field_invalid", field="value", detail="it does not fit its column")
    if isinstance(cause, sqlite3.OperationalError) and _NO_TEXT in str(cause):
        return unreadable("text")
    name = _name(cause)
    if isinstance(error, _OF_THE_DATABASE) and not isinstance(error, _OF_THE_STATEMENT):
        return _unavailable(cause, name)
    return DefectError("defect", detail=f"a statement was refused ({name})")


def sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's SQLSTATE of ``error``, if it has one."""
    state = getattr(_cause(error), "sqlstate", None)
    return state if isinstance(state, str) else None


def _unavailable(cause: BaseException, name: str) -> UnavailableError:
    code = _POSTGRES.get(getattr(cause, "sqlstate", None) or "")
    if code is None and isinstance(cause, sqlite3.Error):
        code = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    if code == "database_busy":
        return UnavailableError("database_busy")
    return UnavailableError(code or "database_unavailable", detail=name)


def _cause(error: BaseException) -> BaseException:
    original = getattr(error, "orig", None)
    return original if isinstance(original, BaseException) else error


def _name(cause: BaseException) -> str:
    """Return a name for the failure that holds no data: messages of drivers quote values."""
    known = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return known or type(cause).__name__
