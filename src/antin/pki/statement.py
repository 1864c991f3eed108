"""What one CRL or OCSP answer says of one certificate, and when that may be used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

CLOCK_SKEW: Final = timedelta(minutes=5)
"""Clocks of authorities and ours may differ by this much."""

Source = Literal["crl", "ocsp"]
REASONS: Final = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}
"""Names of reasons, as RFC 5280 §5.3.1 spells them."""


@dataclass(frozen=True)
class Statement:
    """The content of a CRL or OCSP answer about one certificate, its signature checked."""

    source: Source
    status: Literal["good", "revoked", "unknown"]
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None = None
    on_hold: bool = False
    """Suspended: a later statement may lift it."""
    reason: str | None = None
    """Why it was revoked (RFC 5280 §5.3.1), where that is said; "superseded", for one."""
    digest: str | None = None
    """Digest that the statement was signed with."""
    keeps_expired_since: datetime | None = None
    """Certificates that expired from then on stay listed (expiredCertsOnCRL, archive cutoff)."""


def revokes(statement: Statement, moment: datetime) -> bool:
    """Tell whether ``statement`` says that the certificate was revoked by ``moment``."""
    if statement.status != "revoked":
        return False
    return statement.revoked_at is None or statement.revoked_at <= moment


def covers(
    statement: Statement, moment: datetime, checked_at: datetime, not_after: datetime
) -> bool:
    """Tell whether ``statement`` says something about ``moment``.

    It was issued by ``checked_at``; it was still current at ``moment``, or was issued later; and
    it was issued while the certificate was still listed: before ``not_after``, or by who says to
    keep expired ones (EN 319 102-1 §5.2.5; RFC 5280 §3.3: expired certificates leave CRLs;
    RFC 6960 §4.4.4). A revocation for good that had come by then does not grow old.
    """
    if statement.this_update > checked_at + CLOCK_SKEW:
        return False
    if revokes(statement, moment) and not statement.on_hold:
        return True
    kept_since = statement.keeps_expired_since
    if not (statement.this_update <= not_after or (kept_since and kept_since <= not_after)):
        return False
    if statement.this_update + CLOCK_SKEW >= moment:
        return True
    return statement.next_update is not None and statement.next_update >= moment
