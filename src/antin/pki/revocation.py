"""CRLs and OCSP answers as bytes at hand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RevocationData:
    """DER CRLs, DER OCSPResponses, and certificates that came with them; no promises about them."""

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()

    def __add__(self, other: "RevocationData") -> "RevocationData":
        return RevocationData(
            _merge(self.crls, other.crls),
            _merge(self.ocsps, other.ocsps),
            _merge(self.certificates, other.certificates),
        )


def _merge(one: tuple[bytes, ...], other: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(one + other))
