"""Finding certification paths among certificates at hand, within bounds.

Each link's signature is checked before the search goes on: a heap of certificates with one name
can't make it explode. A search that was given up says so; it is not one that found nothing.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from antin.core.errors import RefusedError
from antin.pki.certificates import (
    Certificate,
    authority_key_identifier,
    key_identifier,
    signed_by,
)

MAX_PATH: Final = 12
"""Certificates in a path, anchor included."""
MAX_PATHS: Final = 20
MAX_STEPS: Final = 500
MAX_NAMESAKES: Final = 50
"""Certificates of one name that are tried as issuers of one certificate."""
MAX_POOL: Final = 2_000
"""Certificates of one file that are looked at."""
MAX_POOL_BYTES: Final = 16 << 20
MAX_CHECKS: Final = 3_000
"""Signatures of certificates that are checked for one file; remembered ones are free."""

Path = tuple[Certificate, ...]
"""Leaf first, trust anchor last."""


class SpentError(Exception):
    """No checks are left; never leaves this package."""


class Effort:
    """What is left of the checks that one pool is good for; the only thing of it that changes."""

    def __init__(self, checks: int = MAX_CHECKS) -> None:
        self._left = checks

    def spend(self) -> None:
        """Take one check; raise ``SpentError`` when none is left."""
        if self._left <= 0:
            raise SpentError
        self._left -= 1


@dataclass(frozen=True)
class Pool:
    """Certificates that may complete a path, by subject; they prove nothing by themselves."""

    by_subject: Mapping[x509.Name, tuple[Certificate, ...]] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort, compare=False, repr=False)

    def named(self, name: x509.Name) -> tuple[Certificate, ...]:
        """Return the certificates whose subject is ``name``."""
        return self.by_subject.get(name, ())

    def all(self) -> tuple[Certificate, ...]:
        """Return every certificate."""
        return tuple(one for same in self.by_subject.values() for one in same)


def pool_of(certificates: Iterable[Certificate]) -> Pool:
    """Return a pool of the first 2,000 different ``certificates``, and of 16 MiB at most."""
    grouped: dict[x509.Name, list[Certificate]] = {}
    size = 0
    for certificate in list(dict.fromkeys(certificates))[:MAX_POOL]:
        size += len(certificate.der)
        if size > MAX_POOL_BYTES:
            break
        grouped.setdefault(certificate.parsed.subject, []).append(certificate)
    return Pool({name: tuple(found) for name, found in grouped.items()})


def build_paths(leaf: Certificate, anchors: Pool, pool: Pool) -> tuple[Path, ...]:
    """Return paths from ``leaf`` to any of ``anchors``, shortest first, at most 20.

    Error: ``certificate_path_too_complex`` when the search had to be given up with none found.
    """
    found: list[Path] = []
    waiting: deque[Path] = deque([(leaf,)])
    try:
        for _ in range(MAX_STEPS):
            if not waiting or len(found) >= MAX_PATHS:
                return tuple(found)
            path = waiting.popleft()
            if path[-1] in anchors.named(path[-1].parsed.subject):
                found.append(path)
            elif len(path) < MAX_PATH:
                waiting.extend((*path, issuer) for issuer in issuers(path, anchors, pool))
    except SpentError as error:
        if not found:
            raise _too_complex(leaf, "too many certificates to try") from error
    if waiting and not found:
        raise _too_complex(leaf, "too many ways to go on")
    return tuple(found)


def issuers(path: Path, anchors: Pool, pool: Pool) -> list[Certificate]:
    """Return who made the last certificate of ``path``, anchors first.

    Those whose key is the one that it names come before their namesakes (RFC 5280 §4.2.1.1), so
    that a heap of the latter does not hide them. Error: ``SpentError``.
    """
    last = path[-1]
    name, wanted = last.parsed.issuer, authority_key_identifier(last)
    trusted = anchors.named(name)
    others = sorted(pool.named(name), key=lambda c: wanted is None or key_identifier(c) != wanted)
    candidates = dict.fromkeys((*trusted, *others[:MAX_NAMESAKES]))
    new = (c for c in candidates if not any(_same_holder(c, one) for one in path))
    return [c for c in new if signed_by(last, c, pool.effort.spend)]


def _same_holder(one: Certificate, other: Certificate) -> bool:
    """Tell whether a path that goes through both goes in a circle (RFC 4158 §2.4.2)."""
    return one.parsed.subject == other.parsed.subject and one.public_key == other.public_key


def _too_complex(leaf: Certificate, detail: str) -> RefusedError:
    return RefusedError("certificate_path_too_complex", subject=leaf.subject, detail=detail)
