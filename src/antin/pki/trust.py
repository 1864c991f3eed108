"""Trust material as a value: anchors with purposes, intermediates, and revocation data at hand."""

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

    def with_revocation(self, more: RevocationData) -> "TrustMaterial":
        """Return the same trust with ``more`` revocation data at hand."""
        return replace(self, revocation=self.revocation + more)
