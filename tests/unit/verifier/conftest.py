"""The small public key infrastructure of these tests, and how its files are signed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from antin.pki.trust import TrustMaterial
from tests.signedpdf import FixedTimeStamper, trust_in
from tests.smallpki import DAY, NOW, Holder, make_root, make_tsa


@dataclass(frozen=True)
class Office:
    """A root, a CA below it, an officer, and a time-stamping authority."""

    root: Holder
    ca: Holder
    officer: Holder
    tsa: Holder
    _made: dict[str, Holder] = field(default_factory=dict)

    def stamper(self, moment: datetime = NOW, **changes: Any) -> FixedTimeStamper:
        return FixedTimeStamper(self.tsa, moment, **changes)

    def crls(self, at: datetime, **revoked: Any) -> tuple[bytes, bytes]:
        """Return the root's CRL and the CA's, issued ``at``; ``officer=(when, why)`` revokes."""
        entries = {getattr(self, who).certificate.serial_number: r for who, r in revoked.items()}
        return self.root.crl(at, revoked=entries), self.ca.crl(at, revoked=entries)

    def trust(self, at: datetime = NOW - DAY, **revoked: Any) -> TrustMaterial:
        """Return trust in the root with the CRLs of ``at``."""
        return trust_in(self.root, crls=self.crls(at, **revoked))


@pytest.fixture(scope="session")
def office() -> Office:
    root = make_root()
    ca = root.issue("Specimen CA", ca=True, not_after=root.certificate.not_valid_after_utc)
    return Office(root, ca, ca.issue("Nguyễn Văn A"), make_tsa(root))
