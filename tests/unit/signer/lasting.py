"""An officer, and authorities that speak as of a chosen moment: what lasts, and for how long."""

from datetime import datetime

from antin.pki.trust import TrustMaterial
from tests.signedpdf import FixedTimeStamper, trust_in
from tests.smallpki import NOW, YEAR, Holder, answer_query, make_key, make_root, make_tsa

LATER = NOW + 3 * YEAR
"""Signer and first time-stamping authority have expired by then."""


class Office:
    """A root, a CA, two officers, and the CRLs of a moment."""

    def __init__(self) -> None:
        self.root = make_root()
        until = self.root.certificate.not_valid_after_utc
        self.ca = self.root.issue("Specimen CA", ca=True, not_after=until)
        self.officer = self.ca.issue("Nguyễn Văn A")
        self.rsa = self.ca.issue("Trần Thị B", key=make_key("rsa2048", 1))
        self.tsa = make_tsa(self.root)

    def trust(self, at: datetime) -> TrustMaterial:
        """Return the root, and the CRLs of ``at``."""
        return trust_in(self.root, crls=[self.root.crl(at), self.ca.crl(at)])

    def anchored(self, at: datetime) -> TrustMaterial:
        """Return the root, and what it says itself."""
        return trust_in(self.root, crls=[self.root.crl(at)])

    def stamper(self, at: datetime = NOW) -> FixedTimeStamper:
        """Return the time-stamping authority as pyHanko asks it."""
        return FixedTimeStamper(self.tsa, at)

    def renewing_tsa(self) -> Holder:
        """Return another time-stamping authority, which outlives the first."""
        return make_tsa(self.root, "Second", not_before=NOW, not_after=NOW + 9 * YEAR)


class Stamping:
    """A time-stamping authority that tells the time it is given."""

    def __init__(self, tsa: Holder, moment: datetime) -> None:
        self._tsa, self._moment = tsa, moment

    def request(self, query: bytes) -> bytes:
        return answer_query(self._tsa, query, self._moment)
