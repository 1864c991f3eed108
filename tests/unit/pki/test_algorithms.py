"""Strength by date."""

from datetime import UTC, datetime

import pytest

from antin.pki.algorithms import KeyKind, weak_at


@pytest.mark.parametrize(
    ("digest", "bits", "year", "weak"),
    [
        ("sha256", 2048, 2026, ()),
        ("sha1", 2048, 2026, ("sha1",)),
        ("sha1", 2048, 2010, ()),
        ("md5", 2048, 2010, ("md5",)),
        ("sha256", 1024, 2026, ("rsa-1024",)),
        ("sha256", 1024, 2012, ()),
        ("sha256", 768, 2012, ("rsa-768",)),
    ],
)
def test_weak_at(digest: str, bits: int, year: int, weak: tuple[str, ...]) -> None:
    key = KeyKind("rsa", bits, f"rsa-{bits}")
    assert weak_at(datetime(year, 1, 1, tzinfo=UTC), digest, key) == weak
