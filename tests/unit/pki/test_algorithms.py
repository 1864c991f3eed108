"""Strength by date, at the boundary days."""

from datetime import UTC, datetime, timedelta

import pytest

from antin.pki.algorithms import KeyKind, digest_weak_since, key_weak_since, may_sign, weak_at

P256 = KeyKind("ec", 256, "ec-p256")


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


@pytest.mark.parametrize(
    ("digest", "key", "day"),
    [
        ("md5", P256, (2004, 8, 1)),
        ("sha1", P256, (2012, 8, 1)),
        ("sha224", P256, (2029, 1, 1)),
        ("sha256", KeyKind("rsa", 1023, "rsa-1023"), (2010, 8, 1)),
        ("sha256", KeyKind("rsa", 1024, "rsa-1024"), (2014, 1, 1)),
        ("sha256", KeyKind("rsa", 2047, "rsa-2047"), (2014, 1, 1)),
        ("sha256", KeyKind("rsa", 2048, "rsa-2048"), (2029, 1, 1)),
        ("sha256", KeyKind("rsa", 2999, "rsa-2999"), (2029, 1, 1)),
        ("sha256", KeyKind("ec", 192, "ec-secp192r1"), (2012, 8, 1)),
        ("sha256", KeyKind("ec", 224, "ec-p224"), (2021, 10, 1)),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_boundary_days(digest: str, key: KeyKind, day: tuple[int, int, int]) -> None:
    since = datetime(*day, tzinfo=UTC)
    assert weak_at(since - timedelta(microseconds=1), digest, key) == ()
    assert len(weak_at(since, digest, key)) == 1


@pytest.mark.parametrize(
    "key",
    [
        KeyKind("rsa", 3000, "rsa-3000"),
        P256,
        KeyKind("ec", 521, "ec-p521"),
        KeyKind("ec", 384, "ec-brainpoolP384r1"),
        KeyKind("ed448", 456, "ed448"),
    ],
    ids=lambda key: key.name,
)
def test_no_end_is_known(key: KeyKind) -> None:
    assert weak_at(datetime(2100, 1, 1, tzinfo=UTC), "sha3_512", key) == ()
    assert may_sign(key)


@pytest.mark.parametrize("name", ["ec-secp256k1", "ec-sect283r1", "ec-brainpoolP256t1"])
def test_curves_that_nobody_agreed_on(name: str) -> None:
    key = KeyKind("ec", 256, name)
    assert weak_at(datetime(1999, 1, 1, tzinfo=UTC), "sha256", key) == (name,)
    assert not may_sign(key)


def test_a_known_end_forbids_nothing_before_it() -> None:
    key = KeyKind("rsa", 2048, "rsa-2048")
    assert may_sign(key)
    assert key_weak_since(key) is None
    assert not may_sign(KeyKind("rsa", 2047, "rsa-2047"))
    assert digest_weak_since("sha256") is None
