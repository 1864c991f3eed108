"""Finding certification paths among certificates at hand, within bounds.

Each link's signature is checked before the search goes on: a heap of certificates with one name
can't make it explode.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from antin.pki.certificates import Certificate, signed_by

MAX_PATH: Final = 8
"""Certificates in a path, anchor included."""
MAX_PATHS: Final = 20
MAX_STEPS: Final = 500
MAX_CHECKS: Final = 200
"""Signatures that are checked in one search; keys can be made so that each takes milliseconds."""
MAX_NAMESAKES: Final = 50
"""Certificates of one name that are tried as issuers of one certificate."""
MAX_POOL: Final = 2_000
"""Certificates of one file that are looked at."""

Path = tuple[Certificate, ...]
"""Leaf first, trust anchor last."""


@dataclass(frozen=True)
class Pool:
    """Certificates that may complete a path, by subject; they prove nothing by themselves."""

    by_subject: Mapping[x509.Name, tuple[Certificate, ...]] = field(default_factory=dict)

    def named(self, name: x509.Name) -> tuple[Certificate, ...]:
        """Return the certificates whose subject is ``name``."""
        return self.by_subject.get(name, ())

    def all(self) -> tuple[Certificate, ...]:
        """Return every certificate."""
        return tuple(one for same in self.by_subject.values() for one in same)


def pool_of(certificates: Iterable[Certificate]) -> Pool:
    """Return a pool of the first 2,000 different ``certificates``."""
    grouped: dict[x509.Name, list[Certificate]] = {}
    for certificate in list(dict.fromkeys(certificates))[:MAX_POOL]:
        grouped.setdefault(certificate.parsed.subject, []).append(certificate)
    return Pool({name: tuple(found) for name, found in grouped.items()})


def build_paths(leaf: Certificate, anchors: Pool, pool: Pool) -> tuple[Path, ...]:
    """Return paths from ``leaf`` to any of ``anchors``, shortest first, at most 20."""
    found: list[Path] = []
    waiting: list[Path] = [(leaf,)]
    checks = iter(range(MAX_CHECKS))
    for _ in range(MAX_STEPS):
        if not waiting or len(found) >= MAX_PATHS:
            break
        path = waiting.pop(0)
        if path[-1] in anchors.named(path[-1].parsed.subject):
            found.append(path)
            continue
        if len(path) < MAX_PATH:
            waiting += [(*path, issuer) for issuer in _issuers(path, anchors, pool, checks)]
    return tuple(found)


def _issuers(path: Path, anchors: Pool, pool: Pool, checks: Iterator[int]) -> list[Certificate]:
    """Return those who signed the last of ``path``, for as long as there are ``checks`` left."""
    last = path[-1]
    name = last.parsed.issuer
    candidates = dict.fromkeys((*anchors.named(name), *pool.named(name)[:MAX_NAMESAKES]))
    new = (c for c in candidates if not any(_same_holder(c, one) for one in path))
    return [c for c in new if next(checks, None) is not None and signed_by(last, c)]


def _same_holder(one: Certificate, other: Certificate) -> bool:
    """Tell whether a path that goes through both goes in a circle (RFC 4158 §2.4.2)."""
    return one.parsed.subject == other.parsed.subject and one.public_key == other.public_key
