"""The building block of the certification path: was it good at the time that counts.

What ``pki/paths.py`` found becomes an indication of EN 319 102-1 by what is proven of the time at
which the signature was made.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antin.pki.algorithms import weak_since
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.pki.statement import CLOCK_SKEW
from antin.verifier.building_blocks import PASSED, Block, failed, indeterminate, weakness
from antin.verifier.findings import finding
from antin.verifier.report import Indication, Severity


@dataclass(frozen=True)
class TimeFrame:
    """What is proven of when something was made; None: nothing, on that side."""

    after: datetime | None = None
    before: datetime | None = None

    def is_after(self, moment: datetime | None) -> bool:
        """Tell whether it was certainly made after ``moment``."""
        return moment is not None and self.after is not None and self.after > moment

    def is_before(self, moment: datetime) -> bool:
        """Tell whether it certainly was there before ``moment``, whatever clocks differ by."""
        return self.before is not None and self.before + CLOCK_SKEW < moment


UNPROVEN: Final = TimeFrame()


def certification_path(verdict: PathVerdict, made: TimeFrame, *, revocation_needed: bool) -> Block:
    """§5.2.6 and §5.6.2.2: the certificate was good at the time that counts.

    ``made`` says between which proven times the signature came to be: what is certain only with
    such a proof fails, what may be otherwise can't be told without.
    """
    outcome, about = verdict.outcome, verdict.culprit or verdict.certificate
    if outcome is PathOutcome.VALID:
        return PASSED
    if outcome in _UNKNOWN and not revocation_needed:
        return _tolerated(about.subject, verdict.detail.rstrip("."))
    sub_indication = _certain(verdict, made)
    tell = failed if sub_indication else indeterminate
    return tell(
        sub_indication or _uncertain(verdict, made),
        _CODES[outcome],
        subject=about.subject,
        reason=verdict.detail.rstrip("."),
        date=verdict.date,
    )


def _certain(verdict: PathVerdict, made: TimeFrame) -> str | None:
    """Return what a proof of time makes certain to be wrong with the signer's own certificate."""
    certificate = verdict.certificate
    if verdict.outcome is PathOutcome.REVOKED and made.is_after(verdict.revoked_at):
        return "REVOKED"
    if verdict.culprit != certificate:
        return None
    if verdict.outcome is PathOutcome.EXPIRED and made.is_after(certificate.not_after):
        return "EXPIRED"
    early = verdict.outcome is PathOutcome.NOT_YET_VALID
    return "NOT_YET_VALID" if early and made.is_before(certificate.not_before) else None


def _uncertain(verdict: PathVerdict, made: TimeFrame) -> str:
    outcome, about = verdict.outcome, verdict.culprit or verdict.certificate
    if outcome is PathOutcome.WEAK:
        ends = weak_since(verdict.moment, about.signature_digest, about.key)
        return weakness(ends.values(), max(made.after or about.not_before, about.not_before))
    known = {status.status for status in verdict.statuses} == {"good"}
    if outcome in _OUT_OF_BOUNDS and about == verdict.certificate and known:
        return "OUT_OF_BOUNDS_NOT_REVOKED"
    return _SUB_INDICATIONS[outcome]


_UNKNOWN: Final = frozenset({PathOutcome.REVOCATION_UNKNOWN, PathOutcome.REVOCATION_UNPROVEN})
_OUT_OF_BOUNDS: Final = frozenset({PathOutcome.EXPIRED, PathOutcome.NOT_YET_VALID})
_SUB_INDICATIONS: Final = {
    PathOutcome.REVOCATION_UNKNOWN: "TRY_LATER",
    PathOutcome.REVOCATION_UNPROVEN: "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    PathOutcome.UNPROVEN: "NO_POE",
    PathOutcome.SUSPENDED: "TRY_LATER",
    PathOutcome.REVOKED: "REVOKED_NO_POE",
    PathOutcome.CA_REVOKED: "REVOKED_CA_NO_POE",
    PathOutcome.EXPIRED: "OUT_OF_BOUNDS_NO_POE",
    PathOutcome.NOT_YET_VALID: "OUT_OF_BOUNDS_NO_POE",
    PathOutcome.PURPOSE: "CHAIN_CONSTRAINTS_FAILURE",
    PathOutcome.CONSTRAINTS: "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    PathOutcome.TOO_COMPLEX: "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    PathOutcome.NO_PATH: "NO_CERTIFICATE_CHAIN_FOUND",
}
_CODES: Final = {
    PathOutcome.REVOCATION_UNKNOWN: "revocation_undetermined",
    PathOutcome.REVOCATION_UNPROVEN: "revocation_undetermined",
    PathOutcome.UNPROVEN: "path_unproven",
    PathOutcome.SUSPENDED: "path_suspended",
    PathOutcome.WEAK: "path_weak",
    PathOutcome.REVOKED: "path_revoked",
    PathOutcome.CA_REVOKED: "path_revoked",
    PathOutcome.EXPIRED: "path_expired",
    PathOutcome.NOT_YET_VALID: "path_not_yet_valid",
    PathOutcome.PURPOSE: "path_purpose",
    PathOutcome.CONSTRAINTS: "path_invalid",
    PathOutcome.TOO_COMPLEX: "path_too_complex",
    PathOutcome.NO_PATH: "path_not_found",
}


def _tolerated(subject: str, reason: str) -> Block:
    warning = finding("revocation_undetermined", Severity.WARNING, subject=subject, reason=reason)
    return Block(Indication.PASSED, None, (warning,))
