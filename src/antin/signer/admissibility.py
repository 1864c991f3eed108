"""May this certificate sign now? Asked before any key is used (T15 art. 5, CRY-2)."""

from datetime import datetime

from antin.pki.certificates import load_certificate
from antin.pki.fetching import RevocationService
from antin.pki.needed import gather
from antin.pki.path_verdicts import PathOutcome
from antin.pki.paths import judge, material
from antin.pki.trust import TrustMaterial
from antin.signer.request import Level
from antin.verifier.findings import finding_with
from antin.verifier.report import Finding, Severity

_NOT_TOLD = (PathOutcome.REVOCATION_UNKNOWN, PathOutcome.REVOCATION_UNPROVEN)


def check_certificate(
    certificate: bytes,
    chain: tuple[bytes, ...],
    trust: TrustMaterial,
    revocation: RevocationService | None,
    at: datetime,
    level: Level,
) -> tuple[Finding, ...]:
    """Fetch revocation data, then judge the signer's certificate at ``at``; return warnings.

    ``chain`` holds DER certificates that may complete the path. Without ``revocation`` only the
    data in ``trust`` count. Errors: see :func:`judge_certificate`.
    """
    known = asked_about(certificate, chain, trust, revocation, at)
    return judge_certificate(certificate, chain, known, at, level)


def asked_about(
    certificate: bytes,
    chain: tuple[bytes, ...],
    trust: TrustMaterial,
    revocation: RevocationService | None,
    at: datetime,
) -> TrustMaterial:
    """Return ``trust`` with what ``revocation`` says of the certificate and its path at ``at``."""
    if revocation is None:
        return trust
    # What says nothing about now is no reason not to ask the next source.
    return trust.with_revocation(gather(revocation, (certificate, *chain), trust, at))


def judge_certificate(
    certificate: bytes,
    chain: tuple[bytes, ...],
    trust: TrustMaterial,
    at: datetime,
    level: Level,
) -> tuple[Finding, ...]:
    """Judge the signer's certificate at ``at`` with the data in ``trust``; nothing is fetched.

    Revocation that can't be determined blocks from B-T up; at B-B it is a warning in what is
    returned (``revocation_undetermined``). Errors: ``certificate_malformed``,
    ``certificate_expired``, ``certificate_not_yet_valid``, ``certificate_revoked``,
    ``certificate_purpose``, ``certificate_untrusted``, ``revocation_unknown``,
    ``algorithm_forbidden``.
    """
    holder = load_certificate(certificate)
    verdict = judge(holder, "sign", at, material(trust, at, chain))
    if verdict.outcome in _NOT_TOLD and level is Level.B_B:
        values = {"subject": holder.subject, "reason": verdict.detail}
        return (finding_with("revocation_undetermined", Severity.WARNING, values),)
    verdict.raise_if_not_valid()
    return ()
