"""Is a certificate good for a purpose at a moment? The one answer that signer and verifier use.

The outcome tells apart what is wrong from what could not be told; nothing here fetches.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from antin.core.errors import RefusedError
from antin.pki.algorithms import weak_at
from antin.pki.certificates import Certificate, load_certificate, load_readable
from antin.pki.chain_building import Path, Pool, build_paths, pool_of
from antin.pki.path_constraints import is_too_complex
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.pki.revocation_status import (
    Doubt,
    Evidence,
    RevocationStatus,
    read_evidence,
    status_at,
)
from antin.pki.rfc5280 import path_problem
from antin.pki.trust import TrustMaterial
from antin.pki.usages import signs_documents, stamps_time

Purpose = Literal["sign", "seal", "time-stamp"]
_USAGE: Final = {"sign": signs_documents, "seal": signs_documents, "time-stamp": stamps_time}
_KIND: Final = {"sign": "sign", "seal": "sign", "time-stamp": "time-stamp"}
"""What the trust folder calls it: it makes no difference between a signature and a seal."""


@dataclass(frozen=True)
class Material:
    """All that paths are judged with."""

    anchors: tuple[tuple[Certificate, frozenset[str]], ...]
    pool: Pool = field(repr=False)
    evidence: Evidence = field(repr=False)
    checked_at: datetime
    only: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """As in ``TrustMaterial.only``."""
    there_since: Callable[[Certificate], datetime | None] = field(
        default=lambda _: None, repr=False, compare=False
    )
    """Since when a certificate is proven to be there; None: since the time of checking only."""

    def anchors_for(self, purpose: Purpose) -> Pool:
        """Return the anchors that are believed for ``purpose``."""
        kind = _KIND[purpose]
        found = (one for one, purposes in self.anchors if kind in purposes)
        return pool_of(one for one in found if self._counts(one, purpose))

    def evidence_under(self, anchor: Certificate) -> Evidence:
        """Return the revocation data that are heard in paths that end at ``anchor``."""
        return Evidence(
            self.evidence.crls if self._counts(anchor, "crl") else (),
            self.evidence.ocsps if self._counts(anchor, "ocsp") else (),
        )

    def _counts(self, anchor: Certificate, purpose: str) -> bool:
        return purpose not in self.only or anchor.sha256 in self.only[purpose]

    def with_evidence(self, evidence: Evidence) -> "Material":
        """Return the same material with other revocation data."""
        return replace(self, evidence=evidence)

    def there_by(self, certificate: Certificate, moment: datetime) -> bool:
        """Tell whether ``certificate`` is proven to have been there before ``moment``."""
        return (self.there_since(certificate) or self.checked_at) < moment


def material(
    trust: TrustMaterial,
    checked_at: datetime,
    certificates: Iterable[bytes] = (),
    evidence: Evidence | None = None,
) -> Material:
    """Return material from ``trust``, further DER ``certificates`` and evidence of the file.

    The trust's own revocation data count as proven at ``checked_at``. Error:
    ``certificate_malformed`` for an anchor; other damaged certificates are left out.
    """
    anchors = tuple((load_certificate(one.certificate), one.purposes) for one in trust.anchors)
    supplied = (*trust.intermediates, *trust.revocation.certificates, *certificates)
    own = read_evidence(trust.revocation, checked_at)
    return Material(
        anchors=anchors,
        pool=pool_of(load_readable(supplied)),
        evidence=own if evidence is None else own + evidence,
        checked_at=checked_at,
        only=trust.only,
    )


def judge(
    certificate: Certificate, purpose: Purpose, moment: datetime, material: Material
) -> PathVerdict:
    """Judge ``certificate`` for ``purpose`` at ``moment`` (EN 319 102-1 §5.2.6).

    Of several paths the one that fares best counts. Never raises: see ``raise_if_not_valid``.
    """
    # 1. The key may do this at all.
    reason = _USAGE[purpose](certificate)
    # 2. A path leads to somebody who is believed for this purpose. (3 to 9: ``_judge_path``.)
    try:
        paths = build_paths(certificate, material.anchors_for(purpose), material.pool)
    except RefusedError as error:
        detail = str(error.values["detail"])
        return PathVerdict(PathOutcome.TOO_COMPLEX, certificate, moment, detail=detail)
    if not paths:
        issuer = certificate.issuer
        return PathVerdict(PathOutcome.NO_PATH, certificate, moment, detail=issuer)
    if reason is not None:
        return PathVerdict(
            PathOutcome.PURPOSE, certificate, moment, paths[0], detail=reason, culprit=certificate
        )
    return min((_judge_path(path, moment, material) for path in paths), key=lambda v: v.outcome)


def _judge_path(path: Path, moment: datetime, material: Material) -> PathVerdict:
    statuses = path_statuses(path, moment, material)
    verdict = PathVerdict(PathOutcome.VALID, path[0], moment, path, statuses)
    problems = (rule(verdict) for rule in _RULES)
    found = next((problem for problem in problems if problem is not None), None)
    return found or _proven_in_time(verdict, material) or verdict


def _none_revoked(verdict: PathVerdict) -> PathVerdict | None:
    """3. No certificate was revoked for good."""
    revoked = (s for s in verdict.statuses if s.status == "revoked" and not s.on_hold)
    found = next(revoked, None)
    return None if found is None else _revoked(verdict, found)


def _within_validity(verdict: PathVerdict) -> PathVerdict | None:
    """4. Every certificate below the anchor is within its validity."""
    for certificate in verdict.path[:-1] or verdict.path:
        if verdict.moment > certificate.not_after:
            return _because(verdict, PathOutcome.EXPIRED, certificate, "it has expired")
        if verdict.moment < certificate.not_before:
            return _because(verdict, PathOutcome.NOT_YET_VALID, certificate, "not valid yet")
    return None


def _rfc5280(verdict: PathVerdict) -> PathVerdict | None:
    """5. The rules of RFC 5280 §6 hold."""
    if is_too_complex(verdict.path):
        detail = "names or policies beyond what is judged"
        return _because(verdict, PathOutcome.TOO_COMPLEX, verdict.certificate, detail)
    problem = path_problem(verdict.path)
    if problem is None:
        return None
    return _because(verdict, PathOutcome.CONSTRAINTS, verdict.certificate, problem)


def _strong_enough(verdict: PathVerdict) -> PathVerdict | None:
    """6. Keys and digests in the path were strong enough."""
    for certificate in verdict.path[:-1]:
        weak = weak_at(verdict.moment, certificate.signature_digest, certificate.key)
        if weak:
            return _because(verdict, PathOutcome.WEAK, certificate, ", ".join(weak))
    return None


def _none_suspended(verdict: PathVerdict) -> PathVerdict | None:
    """7. No certificate was suspended: whether it comes back, only time will tell."""
    found = next((s for s in verdict.statuses if s.on_hold), None)
    if found is None:
        return None
    held = _because(verdict, PathOutcome.SUSPENDED, found.certificate, "it was suspended")
    return replace(held, revoked_at=found.revoked_at)


def _all_told(verdict: PathVerdict) -> PathVerdict | None:
    """8. Nothing is left that could not be told; last, as callers may put up with this one."""
    found = next((s for s in verdict.statuses if s.status != "good"), None)
    return None if found is None else _untold(verdict, found)


_RULES: Final = (
    _none_revoked,
    _within_validity,
    _rfc5280,
    _strong_enough,
    _none_suspended,
    _all_told,
)


def _revoked(verdict: PathVerdict, status: RevocationStatus) -> PathVerdict:
    leaf = status.certificate == verdict.path[0]
    outcome = PathOutcome.REVOKED if leaf else PathOutcome.CA_REVOKED
    found = _because(verdict, outcome, status.certificate, "it was revoked")
    return replace(found, revoked_at=status.revoked_at)


def _proven_in_time(verdict: PathVerdict, material: Material) -> PathVerdict | None:
    """9. Authorities in the path are older than the revocation of whoever made them, if any.

    The signer's own certificate is as old as what was signed: that is what the moment stands for.
    """
    until: datetime | None = None
    for status in reversed(verdict.statuses[1:]):
        known = until is None or material.there_by(status.certificate, until)
        if not known:
            detail = "it is not proven to be from before its authority was revoked"
            return _because(verdict, PathOutcome.UNPROVEN, status.certificate, detail)
        until = _earlier(until, status.revoked_at)
    return None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _untold(verdict: PathVerdict, status: RevocationStatus) -> PathVerdict:
    if status.unproven is Doubt.ENDED:
        detail = "its revocation data are not proven to be from when their signer was valid"
        return _because(verdict, PathOutcome.REVOCATION_UNPROVEN, status.certificate, detail)
    if status.unproven is Doubt.COMPROMISED:
        detail = "its revocation data are not proven to be from before their signer was revoked"
        return _because(verdict, PathOutcome.UNPROVEN, status.certificate, detail)
    detail = f"its revocation status is {status.status}"
    return _because(verdict, PathOutcome.REVOCATION_UNKNOWN, status.certificate, detail)


def path_statuses(path: Path, moment: datetime, material: Material) -> tuple[RevocationStatus, ...]:
    """Return the revocation status at ``moment`` of each certificate below the anchor, leaf first.

    Asked from the anchor down: what an authority said counts only if it is proven to be from before
    it or one above it was revoked (EN 319 102-1 §5.6.2.1).
    """
    evidence = material.evidence_under(path[-1]) if path else Evidence()
    found: list[RevocationStatus] = []
    until: datetime | None = None
    for certificate, issuer in reversed(tuple(pairwise(path))):
        status = status_at(
            certificate,
            issuer,
            moment,
            material.checked_at,
            evidence,
            issuer_is_anchor=not found,
            believed_until=until,
        )
        found.append(status)
        until = _earlier(until, status.revoked_at)
    return tuple(reversed(found))


def _because(
    verdict: PathVerdict, outcome: PathOutcome, culprit: Certificate, detail: str
) -> PathVerdict:
    return replace(verdict, outcome=outcome, culprit=culprit, detail=detail)
