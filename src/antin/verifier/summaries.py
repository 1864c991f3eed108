"""What a report shows of certificates, algorithms, time-stamps and revocation."""

import hashlib
from contextlib import suppress

from antin.core.errors import InputError, RefusedError
from antin.pki.certificates import Certificate
from antin.pki.revocation_status import RevocationStatus
from antin.pki.signature_policy import read_signature_policy
from antin.pki.timestamps import TimestampFacts
from antin.verifier.examination import Examined
from antin.verifier.report import (
    AlgorithmSummary,
    CertificateSummary,
    RevocationSummary,
    SignatureIdentity,
    SignaturePolicySummary,
    TimestampSummary,
)


def certificate(one: Certificate) -> CertificateSummary:
    """Return a certificate as a reader wants it."""
    return CertificateSummary(
        subject=one.subject,
        issuer=one.issuer,
        serial=one.serial,
        not_before=one.not_before,
        not_after=one.not_after,
        sha256=one.sha256,
    )


def algorithm(examined: Examined) -> AlgorithmSummary | None:
    """Return how the signature was made; None when its container could not be read."""
    cms, stated = examined.read.cms, examined.read.stated
    if cms is None or stated is None:
        return None
    key = examined.signer.key.name if examined.signer else "unknown"
    return AlgorithmSummary(digest=stated.digest, signature=cms.algorithm.scheme, key=key)


def timestamp(facts: TimestampFacts, *, proven: bool, kind: str = "signature") -> TimestampSummary:
    """Return a time-stamp of a signature that holds by itself."""
    return TimestampSummary(
        time=facts.gen_time,
        authority=certificate(facts.authority),
        digest=facts.digest,
        sha256=hashlib.sha256(facts.token).hexdigest(),
        proven=proven,
        kind=kind,
    )


def identity(examined: Examined) -> SignatureIdentity | None:
    """Return what tells the signature from every other; None when its container is unreadable."""
    cms = examined.read.cms
    if cms is None:
        return None
    signed = cms.signed_attributes
    return SignatureIdentity(
        container_sha256=hashlib.sha256(cms.der).hexdigest(),
        attributes_sha256=None if signed is None else hashlib.sha256(signed).hexdigest(),
        value=cms.signature.hex(),
    )


def signature_policy(examined: Examined) -> SignaturePolicySummary | None:
    """Return the policy that the signer names; None where there is none to be read."""
    cms = examined.read.cms
    with suppress(InputError, RefusedError):
        found = read_signature_policy(None if cms is None else cms.signed_attributes)
        if found is not None:
            value = None if found.value is None else found.value.hex()
            return SignaturePolicySummary(found.oid, found.digest, value, found.uri)
    return None


def revocation(status: RevocationStatus) -> RevocationSummary:
    """Return a revocation status that the verdict leaned on."""
    return RevocationSummary(
        subject=status.certificate.subject,
        source=status.source or "none",
        status=status.status,
        this_update=status.this_update,
        revoked_at=status.revoked_at,
    )
