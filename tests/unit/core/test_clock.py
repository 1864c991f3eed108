from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from antin.core.clock import (
    HO_CHI_MINH,
    FixedClock,
    SystemClock,
    from_micros,
    iso_utc,
    to_micros,
)

MOMENTS = st.integers(-600_000_000_000_000, 7_000_000_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)


@given(MOMENTS)
def test_microseconds_lose_nothing(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


@given(MOMENTS, st.integers(-12, 14))
def test_the_zone_does_not_matter(moment: datetime, hours: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    assert to_micros(elsewhere) == to_micros(moment)
    assert iso_utc(elsewhere) == iso_utc(moment)


def test_the_epoch_and_a_known_moment() -> None:
    assert to_micros(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    moment = datetime(2026, 11, 22, 9, 5, 7, 999_999, tzinfo=HO_CHI_MINH)
    assert to_micros(moment) == 1_795_313_107_999_999
    assert iso_utc(moment) == "2026-11-22T02:05:07Z"


def test_a_fixed_clock_moves_by_hand_only() -> None:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.moment += timedelta(days=1)
    assert clock.now() == datetime(2026, 1, 2, tzinfo=UTC)


def test_the_systems_clock_tells_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
