"""Trust material as a value: anchors with purposes, intermediates, and revocation data at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from antin.pki.revocation import RevocationData


@dataclass(frozen=True)
class TrustAnchor:
    """A certificate that is believed without proof, and what it is believed for."""

    certificate: bytes
    """DER."""
    purposes: frozenset[str] = frozenset({"sign", "time-stamp"})


@dataclass(frozen=True)
class TrustMaterial:
    """All that a verdict may lean on besides the file itself."""

    anchors: tuple[TrustAnchor, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    """DER certificates that may complete a path; they prove nothing by themselves."""
    revocation: RevocationData = field(default_factory=RevocationData)
    """CRLs and OCSP answers supplied from outside the file."""
    groups: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    """DER certificates by the name of their group: anchors only for whom a policy makes them."""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By purpose (``sign``, ``seal``, ``time-stamp``, ``ocsp``, ``crl``) the SHA-256 of the anchors
    that count for it, hex; of a purpose that is not here: what the anchors say themselves."""

    def with_revocation(self, more: RevocationData) -> "TrustMaterial":
        """Return the same trust with ``more`` revocation data at hand."""
        return replace(self, revocation=self.revocation + more)
