"""Time as a port: rules never ask what time it is, they are told."""

from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")
"""The zone of legal dates and yearly numbering, unless an agency says otherwise."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still, or is moved by hand; for tests."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970-01-01T00:00:00Z of an aware ``moment``, exactly."""
    delta = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """Return the aware UTC time ``micros`` microseconds after 1970-01-01T00:00:00Z."""
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def iso_utc(moment: datetime) -> str:
    """Return RFC 3339 in UTC, seconds precision: ``2026-11-22T02:05:07Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
