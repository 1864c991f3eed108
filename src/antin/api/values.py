"""Values that come as text in forms."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from antin.core.errors import RefusedError

E = TypeVar("E", bound=StrEnum)


def moment(text: str | None) -> datetime | None:
    """Return the aware time that ``text`` names, UTC where it gives no zone; None for nothing."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RefusedError("field_invalid", field="at", detail="no ISO 8601 time") from error


def choice(kind: type[E], field: str, text: str | None, default: E) -> E:
    """Return the member of ``kind`` called ``text``; ``field_invalid`` names the field."""
    if not text:
        return default
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(member.value for member in kind)
        raise RefusedError("field_invalid", field=field, detail=f"one of {known}") from error
