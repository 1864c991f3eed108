"""What comes out when a certificate is judged: found right, found wrong, or could not be told."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from antin.core.errors import RefusedError
from antin.pki.certificates import Certificate
from antin.pki.chain_building import Path
from antin.pki.revocation_status import RevocationStatus


class PathOutcome(IntEnum):
    """What came out; the smaller, the more was found right. Only ``VALID`` is a yes."""

    VALID = 0
    REVOCATION_UNKNOWN = 1
    REVOCATION_UNPROVEN = 2
    """Data are there, but without a proof that they existed before their signer's word ended."""
    UNPROVEN = 3
    """What an authority made is not proven to be from before that authority was revoked."""
    SUSPENDED = 4
    WEAK = 5
    REVOKED = 6
    CA_REVOKED = 7
    EXPIRED = 8
    NOT_YET_VALID = 9
    PURPOSE = 10
    CONSTRAINTS = 11
    TOO_COMPLEX = 12
    """Given up within bounds: neither found right nor found wrong."""
    NO_PATH = 13


@dataclass(frozen=True)
class PathVerdict:
    """The judgement on one certificate for one purpose at one moment."""

    outcome: PathOutcome
    certificate: Certificate
    moment: datetime
    path: Path = ()
    """Leaf first, anchor last; empty when none was found."""
    statuses: tuple[RevocationStatus, ...] = ()
    detail: str = ""
    culprit: Certificate | None = None
    """The certificate in the path that the outcome is about."""
    revoked_at: datetime | None = None

    def raise_if_not_valid(self) -> None:
        """Raise the ``certificate_…``, ``revocation_unknown`` or ``algorithm_forbidden`` error."""
        if self.outcome is PathOutcome.VALID:
            return
        about = self.culprit or self.certificate
        values = {"subject": about.subject, "detail": self.detail, "date": self.date}
        raise RefusedError(_CODES[self.outcome], **values)

    @property
    def date(self) -> str:
        """The date that the outcome is about, as text; ``?`` where there is none."""
        about = self.culprit or self.certificate
        dates = {
            PathOutcome.EXPIRED: about.not_after,
            PathOutcome.NOT_YET_VALID: about.not_before,
            PathOutcome.REVOKED: self.revoked_at,
            PathOutcome.SUSPENDED: self.revoked_at,
            PathOutcome.CA_REVOKED: self.revoked_at,
        }
        date = dates.get(self.outcome)
        return "?" if date is None else date.strftime("%Y-%m-%d %H:%M UTC")


_CODES: Final = {
    PathOutcome.REVOCATION_UNKNOWN: "revocation_unknown",
    PathOutcome.REVOCATION_UNPROVEN: "revocation_unknown",
    PathOutcome.UNPROVEN: "revocation_unknown",
    PathOutcome.SUSPENDED: "certificate_revoked",
    PathOutcome.WEAK: "algorithm_forbidden",
    PathOutcome.REVOKED: "certificate_revoked",
    PathOutcome.CA_REVOKED: "certificate_revoked",
    PathOutcome.EXPIRED: "certificate_expired",
    PathOutcome.NOT_YET_VALID: "certificate_not_yet_valid",
    PathOutcome.TOO_COMPLEX: "certificate_path_too_complex",
    PathOutcome.PURPOSE: "certificate_purpose",
    PathOutcome.CONSTRAINTS: "certificate_untrusted",
    PathOutcome.NO_PATH: "certificate_untrusted",
}
