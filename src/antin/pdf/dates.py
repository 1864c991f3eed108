"""PDF dates (ISO 32000-2 §7.9.4)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_DATE: Final = re.compile(
    r"D:(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:(Z)|([+-])(\d{2})'?(?:(\d{2})'?)?)?.*",
    re.DOTALL,
)


def parse_date(text: str) -> datetime | None:
    """Return the aware time that ``text`` says, UTC if it names no zone; None if it says none."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(part) if part else None for part in found.groups()[:6]
    )
    try:
        zone = _zone(found[8], found[9], found[10])
        return datetime(
            year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_date(moment: datetime) -> bytes:
    """Return an aware time as a date string, to the second, in its own zone."""
    offset = moment.utcoffset()
    if offset is None:
        raise AssertionError("a time without a zone")
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}'{rest:02}" if minutes else "Z"
    return f"D:{moment.year:04}{moment:%m%d%H%M%S}{zone}".encode("ascii")


def _zone(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return timezone(offset if sign == "+" else -offset)
