"""What a policy says, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from antin.pdf.document import Manner
from antin.pki.algorithms import KeyKind
from antin.verifier.anchors import Anchors
from antin.verifier.constraints import Constraints
from antin.verifier.report import ChangeLevel

BELOW: Final = "-below-"


@dataclass(frozen=True)
class AlgorithmFloor:
    """What algorithms and keys are believed at the time of checking."""

    digests: frozenset[str]
    rsa_bits: int
    ec_bits: int
    until: Mapping[str, datetime] = field(default_factory=dict)
    """From when on digests, or keys below so many bits (``rsa-below-3000``), are not believed."""

    def ended(self, moment: datetime, digests: Iterable[str], keys: Iterable[KeyKind]) -> list[str]:
        """Return the names of what was not believed any more at ``moment``, sorted."""
        over = {name for name, since in self.until.items() if moment >= since}
        found = over.intersection(digests)
        found |= {key.name for key in keys if any(_is_below(key, name) for name in over)}
        return sorted(found)


def _is_below(key: KeyKind, name: str) -> bool:
    family, _, bits = name.partition(BELOW)
    return bool(bits) and key.family == family and key.bits < int(bits)


@dataclass(frozen=True)
class RevocationDuty:
    """Whose certificates must be known not to be revoked for a verdict of passed."""

    signer: bool
    authorities: bool
    timestamps: bool
    max_age: timedelta | None = None
    """How much older than the time that counts what is known may be; None: as old as it says."""


@dataclass(frozen=True)
class Policy:
    """How signatures are judged; equal texts are equal policies."""

    id: str
    sha256: str
    """Of the TOML text, lower-case hex."""
    allowed_changes: ChangeLevel
    """The most that later revisions may do, unless the signature itself allows less."""
    algorithms: AlgorithmFloor
    revocation: RevocationDuty
    constraints: Constraints
    """Findings that are weighed otherwise than by their rule."""
    also_changes: frozenset[str] = frozenset()
    """Codes of changes that are allowed beyond that level, but never against the signature."""
    never_changes: frozenset[str] = frozenset()
    """Codes of changes that are not allowed, whatever their level."""
    anchors: Anchors = field(default_factory=dict)
    """Which anchors are believed for what; empty: as the trust folder says."""
    reading: Manner = Manner.STRICT
    """How files are read; what had to be repaired never passes."""
