"""Finding certification paths among certificates at hand, within bounds.

Each link's signature is checked before the search goes on: a heap of certificates with one name
can't make it explode.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from antin.pki.certificates import Certificate, signed_by

MAX_PATH: Final = 8
"""Certificates in a path, anchor included."""
MAX_PATHS: Final = 20
MAX_STEPS: Final = 500
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
    for _ in range(MAX_STEPS):
        if not waiting or len(found) >= MAX_PATHS:
            break
        path = waiting.pop(0)
        if path[-1] in anchors.named(path[-1].parsed.subject):
            found.append(path)
            continue
        if len(path) < MAX_PATH:
            waiting += [(*path, issuer) for issuer in _issuers(path, anchors, pool)]
    return tuple(found)


def _issuers(path: Path, anchors: Pool, pool: Pool) -> list[Certificate]:
    last = path[-1]
    name = last.parsed.issuer
    candidates = dict.fromkeys((*anchors.named(name), *pool.named(name)[:MAX_NAMESAKES]))
    return [c for c in candidates if c not in path and signed_by(last, c)]
