"""Signature algorithms by name, and how strong they were when.

The dates follow the recommendations current at the time (ETSI TS 119 312, NIST SP 800-131A): from
the date on, a signature is not believed on the strength of the algorithm alone; one that is proven
to have existed before is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, Self, cast, get_args

from antin.core.errors import RefusedError

Scheme = Literal["rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "ed25519"]
Digest = Literal["sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"]


@dataclass(frozen=True)
class SignatureAlgorithm:
    """A signature scheme with its digest; PSS uses MGF1 and a salt of the digest's length."""

    scheme: Scheme
    digest: Digest = "sha256"

    @classmethod
    def named(cls, scheme: str, digest: str) -> Self:
        """Return the algorithm of these names; ``algorithm_forbidden`` for names not known here."""
        if scheme not in get_args(Scheme) or digest not in get_args(Digest):
            raise RefusedError("algorithm_forbidden", detail=f"{scheme} with {digest}")
        return cls(cast("Scheme", scheme), cast("Digest", digest))


@dataclass(frozen=True)
class KeyKind:
    """What a public key is: family ``rsa``, ``ec``, ``ed25519``, ``other``; bits of strength."""

    family: str
    bits: int
    name: str
    """As reports show it: ``rsa-3072``, ``ec-p256``, ``ed25519``."""


def _from(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


_NEVER_GOOD: Final = _from(1970)
_DIGEST_WEAK_SINCE: Final = {
    "md5": _from(2004, 8),  # ETSI TS 119 312 V1.5.1, machine-readable form: end of validity
    "sha1": _from(2012, 8),  # the same
    "sha224": _from(2029),  # the same: legacy until then
}
_KEY_WEAK_SINCE: Final = (
    # (family, below this many bits, since)
    ("rsa", 1024, _from(2010, 8)),  # TS 119 312: 786 bits ended then
    ("rsa", 2048, _from(2014)),  # NIST SP 800-131A: 1024 bits end with 2013; ETSI says 2019-10
    ("ec", 224, _from(2012, 8)),  # TS 119 312: 160 and 163 bits ended then
    ("ec", 256, _from(2021, 10)),  # TS 119 312: 224 bits ended then
)
_KEY_LEGACY_UNTIL: Final = (
    # Still believed, with an end that is known; a policy that wants more today need not wait.
    ("rsa", 3000, _from(2029)),  # TS 119 312 V1.5.1: 1900 bits and more
)
_CURVES: Final = frozenset({"p224", "p256", "p384", "p521"}) | frozenset(
    # Agreed on by TS 119 312 and the SOG-IS list of mechanisms. The others are judged unfit at any
    # time: curves over binary fields were withdrawn by FIPS 186-5, secp256k1 was never agreed on.
    {"brainpoolp256r1", "brainpoolp320r1", "brainpoolp384r1", "brainpoolp512r1"}
)
_SIGNS: Final = {"rsa": 2048, "ec": 256}
"""Bits that a key needs today to make new signatures, whatever still is to come."""


def digest_weak_since(digest: str) -> datetime | None:
    """Return since when ``digest`` is too weak to sign with; None: it is not."""
    return _DIGEST_WEAK_SINCE.get(digest)


def key_weak_since(key: KeyKind) -> datetime | None:
    """Return since when ``key`` is too short to sign with; None: it is not."""
    dates = [since for family, bits, since in _KEY_WEAK_SINCE if _below(key, family, bits)]
    if key.family == "ec" and key.name.removeprefix("ec-").lower() not in _CURVES:
        # A short curve was not unfit before its time for being an odd one.
        dates = dates or [_NEVER_GOOD]
    return min(dates, default=None)


def _key_ends(key: KeyKind) -> datetime | None:
    legacy = [until for family, bits, until in _KEY_LEGACY_UNTIL if _below(key, family, bits)]
    return key_weak_since(key) or min(legacy, default=None)


def may_sign(key: KeyKind) -> bool:
    """Tell whether ``key`` is long enough for new signatures (CRY-1)."""
    since = key_weak_since(key)
    return since != _NEVER_GOOD and key.bits >= _SIGNS.get(key.family, 0)


def weak_at(moment: datetime, digest: str | None, key: KeyKind | None) -> tuple[str, ...]:
    """Return what of ``digest`` and ``key`` was too weak at ``moment`` (EN 319 102-1 §5.2.8)."""
    return tuple(weak_since(moment, digest, key))


def weak_since(moment: datetime, digest: str | None, key: KeyKind | None) -> Mapping[str, datetime]:
    """Return what of ``digest`` and ``key`` was too weak at ``moment``, with since when."""
    ends: dict[str, datetime | None] = {}
    if digest is not None:
        ends[digest] = digest_weak_since(digest)
    if key is not None:
        ends[key.name] = _key_ends(key)
    return {name: end for name, end in ends.items() if end is not None and moment >= end}


def _below(key: KeyKind, family: str, bits: int) -> bool:
    return key.family == family and key.bits < bits
