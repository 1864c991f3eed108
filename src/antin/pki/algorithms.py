"""Signature algorithms by name, and how strong they were when.

The dates follow the recommendations current at the time (ETSI TS 119 312, NIST SP 800-131A): from
the date on, a signature is not believed on the strength of the algorithm alone; one that is proven
to have existed before is.
"""

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


_DIGEST_WEAK_SINCE: Final = {
    "md5": datetime(2004, 8, 1, tzinfo=UTC),
    "sha1": datetime(2012, 8, 1, tzinfo=UTC),
    "sha224": datetime(2023, 1, 1, tzinfo=UTC),
}
_KEY_WEAK_SINCE: Final = (
    # (family, below this many bits, since)
    ("rsa", 1024, datetime(2010, 8, 1, tzinfo=UTC)),
    ("rsa", 2048, datetime(2014, 1, 1, tzinfo=UTC)),
    ("ec", 224, datetime(2014, 1, 1, tzinfo=UTC)),
    ("ec", 256, datetime(2023, 1, 1, tzinfo=UTC)),
)


def digest_weak_since(digest: str) -> datetime | None:
    """Return since when ``digest`` is too weak to sign with; None: it is not."""
    return _DIGEST_WEAK_SINCE.get(digest)


def key_weak_since(key: KeyKind) -> datetime | None:
    """Return since when ``key`` is too short to sign with; None: it is not."""
    dates = [since for family, bits, since in _KEY_WEAK_SINCE if _below(key, family, bits)]
    return min(dates, default=None)


def weak_at(moment: datetime, digest: str | None, key: KeyKind | None) -> tuple[str, ...]:
    """Return what of ``digest`` and ``key`` was too weak at ``moment`` (EN 319 102-1 §5.2.8)."""
    found = []
    if digest is not None and _passed(digest_weak_since(digest), moment):
        found.append(digest)
    if key is not None and _passed(key_weak_since(key), moment):
        found.append(key.name)
    return tuple(found)


def _below(key: KeyKind, family: str, bits: int) -> bool:
    return key.family == family and key.bits < bits


def _passed(since: datetime | None, moment: datetime) -> bool:
    return since is not None and moment >= since
