"""Is a certificate good for a purpose at a moment? The one answer that signer and verifier use.

The outcome tells apart what is wrong from what could not be told; nothing here fetches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from itertools import pairwise
from typing import Final, Literal

from antin.core.errors import RefusedError
from antin.pki.algorithms import weak_at
from antin.pki.certificates import (
    Certificate,
    load_certificate,
    load_readable,
    signs_documents,
    stamps_time,
)
from antin.pki.chain_building import Path, Pool, build_paths, pool_of
from antin.pki.revocation_status import Evidence, RevocationStatus, read_evidence, status_at
from antin.pki.rfc5280 import is_too_complex, path_problem
from antin.pki.trust import TrustMaterial

Purpose = Literal["sign", "seal", "time-stamp"]
_USAGE: Final = {"sign": signs_documents, "seal": signs_documents, "time-stamp": stamps_time}
_KIND: Final = {"sign": "sign", "seal": "sign", "time-stamp": "time-stamp"}
"""What the trust folder calls it: it makes no difference between a signature and a seal."""


class PathOutcome(IntEnum):
    """What came out; the smaller, the more was found right. Only ``VALID`` is a yes."""

    VALID = 0
    REVOCATION_UNKNOWN = 1
    REVOCATION_UNPROVEN = 2
    """Data are there, but without a proof that they existed while their signer's word counted."""
    WEAK = 3
    REVOKED = 4
    CA_REVOKED = 5
    EXPIRED = 6
    NOT_YET_VALID = 7
    PURPOSE = 8
    CONSTRAINTS = 9
    TOO_COMPLEX = 10
    """Given up within bounds: neither found right nor found wrong."""
    NO_PATH = 11


@dataclass(frozen=True)
class Material:
    """All that paths are judged with."""

    anchors: tuple[tuple[Certificate, frozenset[str]], ...]
    pool: Pool = field(repr=False)
    evidence: Evidence = field(repr=False)
    checked_at: datetime
    only: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """As in ``TrustMaterial.only``."""

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
            PathOutcome.CA_REVOKED: self.revoked_at,
        }
        date = dates.get(self.outcome)
        return "?" if date is None else date.strftime("%Y-%m-%d %H:%M UTC")


_CODES: Final = {
    PathOutcome.REVOCATION_UNKNOWN: "revocation_unknown",
    PathOutcome.REVOCATION_UNPROVEN: "revocation_unknown",
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
    # 2. A path leads to somebody who is believed for this purpose. (3 to 7: ``_RULES``.)
    try:
        paths = build_paths(certificate, material.anchors_for(purpose), material.pool)
    except RefusedError as error:
        detail = str(error.values["detail"])
        return PathVerdict(PathOutcome.TOO_COMPLEX, certificate, moment, detail=detail)
    if not paths:
        detail = f"no path to a trust anchor; its issuer is {certificate.issuer}"
        return PathVerdict(PathOutcome.NO_PATH, certificate, moment, detail=detail)
    if reason is not None:
        return PathVerdict(
            PathOutcome.PURPOSE, certificate, moment, paths[0], detail=reason, culprit=certificate
        )
    return min((_judge_path(path, moment, material) for path in paths), key=lambda v: v.outcome)


def _judge_path(path: Path, moment: datetime, material: Material) -> PathVerdict:
    statuses = path_statuses(path, moment, material)
    verdict = PathVerdict(PathOutcome.VALID, path[0], moment, path, statuses)
    problems = (rule(verdict) for rule in _RULES)
    return next((problem for problem in problems if problem is not None), verdict)


def _within_validity(verdict: PathVerdict) -> PathVerdict | None:
    """3. Every certificate below the anchor is within its validity."""
    for certificate in verdict.path[:-1] or verdict.path:
        if verdict.moment > certificate.not_after:
            return _because(verdict, PathOutcome.EXPIRED, certificate, "it has expired")
        if verdict.moment < certificate.not_before:
            return _because(verdict, PathOutcome.NOT_YET_VALID, certificate, "not valid yet")
    return None


def _rfc5280(verdict: PathVerdict) -> PathVerdict | None:
    """4. The rules of RFC 5280 §6 hold."""
    if is_too_complex(verdict.path):
        detail = "names or policies beyond what is judged"
        return _because(verdict, PathOutcome.TOO_COMPLEX, verdict.certificate, detail)
    problem = path_problem(verdict.path)
    if problem is None:
        return None
    return _because(verdict, PathOutcome.CONSTRAINTS, verdict.certificate, problem)


def _none_revoked(verdict: PathVerdict) -> PathVerdict | None:
    """5. No certificate was revoked."""
    found = next((s for s in verdict.statuses if s.status == "revoked"), None)
    return None if found is None else _revoked(verdict, found)


def _strong_enough(verdict: PathVerdict) -> PathVerdict | None:
    """6. Keys and digests in the path were strong enough."""
    for certificate in verdict.path[:-1]:
        weak = weak_at(verdict.moment, certificate.signature_digest, certificate.key)
        if weak:
            return _because(verdict, PathOutcome.WEAK, certificate, ", ".join(weak))
    return None


def _all_told(verdict: PathVerdict) -> PathVerdict | None:
    """7. Nothing is left that could not be told; last, as callers may put up with this one."""
    found = next((s for s in verdict.statuses if s.status != "good"), None)
    return None if found is None else _untold(verdict, found)


_RULES: Final = (_within_validity, _rfc5280, _none_revoked, _strong_enough, _all_told)


def _revoked(verdict: PathVerdict, status: RevocationStatus) -> PathVerdict:
    leaf = status.certificate == verdict.path[0]
    outcome = PathOutcome.REVOKED if leaf else PathOutcome.CA_REVOKED
    found = _because(verdict, outcome, status.certificate, "it was revoked")
    return replace(found, revoked_at=status.revoked_at)


def _untold(verdict: PathVerdict, status: RevocationStatus) -> PathVerdict:
    if status.out_of_bounds:
        detail = "its revocation data are not proven to be from when their signer was valid"
        return _because(verdict, PathOutcome.REVOCATION_UNPROVEN, status.certificate, detail)
    detail = f"its revocation status is {status.status}"
    return _because(verdict, PathOutcome.REVOCATION_UNKNOWN, status.certificate, detail)


def path_statuses(path: Path, moment: datetime, material: Material) -> tuple[RevocationStatus, ...]:
    """Return the revocation status at ``moment`` of each certificate below the anchor."""
    pairs = enumerate(pairwise(path), start=2)
    evidence = material.evidence_under(path[-1]) if path else Evidence()
    return tuple(
        status_at(
            certificate,
            issuer,
            moment,
            material.checked_at,
            evidence,
            issuer_is_anchor=position == len(path),
        )
        for position, (certificate, issuer) in pairs
    )


def _because(
    verdict: PathVerdict, outcome: PathOutcome, culprit: Certificate, detail: str
) -> PathVerdict:
    return replace(verdict, outcome=outcome, culprit=culprit, detail=detail)
