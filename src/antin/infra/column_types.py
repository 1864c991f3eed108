"""How values of the domain stand in columns; the same on SQLite and PostgreSQL.

SQLite columns are INTEGER, TEXT and BLOB only, so that STRICT tables hold them to their type.
Text compares by bytes on both (``COLLATE "C"``): ids sort alike everywhere.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import TIMESTAMP, BigInteger, Date, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, to_micros
from antin.core.errors import InputError, IntegrityError, RefusedError

E = TypeVar("E", bound=StrEnum)

Octets = LargeBinary
_INT64 = range(-(2**63), 2**63)
_BYTEWISE = Text(collation="C")


def unreadable(what: str) -> IntegrityError:
    """Return the error for a stored value that nothing of ours would have written."""
    return IntegrityError("row_unreadable", detail=f"what should be {what} is none")


def _on_postgres(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


def text_type(dialect: Dialect) -> TypeEngine[Any]:
    """Return the column type of text on this database."""
    return dialect.type_descriptor(_BYTEWISE if _on_postgres(dialect) else Text())


class Words(TypeDecorator[str]):
    """Text that both databases can hold: no NUL, no lone surrogate."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return text_type(dialect)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        if value is not None:
            require_storable(value)
        return value


def require_storable(text: str) -> None:
    """Raise ``field_invalid`` for text that not every database can hold."""
    if "\x00" in text:
        raise RefusedError("field_invalid", field="text", detail="it holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError("field_invalid", field="text", detail="it is no Unicode text") from error


class Whole(TypeDecorator[int]):
    """A 64-bit integer."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if _on_postgres(dialect) else Integer())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        del dialect
        if value is not None and value not in _INT64:
            raise RefusedError("field_invalid", field="number", detail="it is too large")
        return value


class Moment(TypeDecorator[datetime]):
    """A time: UTC microseconds on SQLite, timestamptz on PostgreSQL; aware UTC in Python."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if _on_postgres(dialect):
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or _on_postgres(dialect):
            return value
        return to_micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if _on_postgres(dialect):
            moment: datetime = value.astimezone(UTC)
            return moment
        try:
            return from_micros(value)
        except (ValueError, OverflowError, OSError) as error:
            raise unreadable("a time") from error


class Day(TypeDecorator[date]):
    """A calendar date: ISO text on SQLite, date on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Date() if _on_postgres(dialect) else Text())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value if value is None or _on_postgres(dialect) else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        if value is None or _on_postgres(dialect):
            day: date | None = value
            return day
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise unreadable("a date") from error


class Choice(TypeDecorator[E], Generic[E]):
    """A member of an enumeration, by its value."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[E]) -> None:
        super().__init__()
        self.choices = choices

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return text_type(dialect)

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        del dialect
        try:
            return None if value is None else self.choices(value)
        except ValueError as error:
            raise unreadable(f"a {self.choices.__name__}") from error


class JsonText(TypeDecorator[JsonObject]):
    """A JSON object as canonical text; what is read back is in NFC."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return text_type(dialect)

    def process_bind_param(self, value: JsonObject | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else canonical.dumps_normalised(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> JsonObject | None:
        del dialect
        return None if value is None else stored_object(value)


def stored_object(text: str) -> JsonObject:
    """Return a JSON object from a column; ``row_unreadable`` for what is none."""
    try:
        return canonical.loads_object(text.encode())
    except InputError as error:
        raise unreadable("a JSON object") from error
