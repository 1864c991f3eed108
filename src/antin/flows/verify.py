"""The flow *verify*: bytes in, report out; fetches what may be fetched, then judges purely."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

from antin.core.bytesource import ByteSource
from antin.flows.services import Services
from antin.pki.cms_file import is_cms
from antin.pki.fetching import RevocationService
from antin.pki.statement import CLOCK_SKEW
from antin.pki.trust import TrustMaterial
from antin.verifier.anchors import believed
from antin.verifier.certificates import certificates_in
from antin.verifier.looks import PageRenderer
from antin.verifier.policy import Policy
from antin.verifier.report import Finding, Indication, Report, SignatureReport
from antin.verifier.verify import verify

if TYPE_CHECKING:
    from antin.verifier.signed_content import Given


def verify_source(
    services: Services,
    source: ByteSource,
    name: str,
    at: datetime | None = None,
    policy: Policy | None = None,
) -> Report:
    """Return the report on ``source`` as of ``at`` (default: now), with the service's trust.

    ``policy`` None: the service's own.
    """
    return verify_with(
        source,
        name,
        services.trust,
        at or services.clock.now(),
        policy or services.policy,
        services.revocation,
    )


def verify_with(
    source: ByteSource,
    name: str,
    trust: TrustMaterial,
    at: datetime,
    policy: Policy,
    revocation: RevocationService | None,
    renderer: PageRenderer | None = None,
) -> Report:
    """Verify; where revocation data are missing and ``revocation`` is there, fetch and look again.

    The first, offline pass decides what is worth fetching: a file that fails anyway, or that
    carries revocation data from after it was signed, costs no network. Older data may be what a
    thief kept from before the revocation. With ``renderer``, pages that later revisions can have
    changed are compared by their look.
    """
    with renderer(source) if renderer else nullcontext() as looks:
        return _twice(
            lambda known: verify(source, name, known, at, policy, looks),
            lambda: certificates_in(source, policy.reading),
            trust,
            policy,
            revocation,
        )


def _twice(
    judge: Callable[[TrustMaterial], Report],
    certificates: Callable[[], tuple[bytes, ...]],
    trust: TrustMaterial,
    policy: Policy,
    revocation: RevocationService | None,
) -> Report:
    """Return what ``judge`` says, asked again with what was fetched where that may help."""
    report = judge(trust)
    if revocation is None or not any(_lacks(one, report.checked_at) for one in report.signatures):
        return report
    from antin.pki.needed import gather  # only needed here, and heavy

    believable = believed(trust, policy.anchors)
    found = gather(revocation, certificates(), believable, prefer=report.checked_at)
    return judge(trust.with_revocation(found))


def verify_file(
    services: Services,
    source: ByteSource,
    name: str,
    at: datetime | None = None,
    policy: Policy | None = None,
    content: "Given" = None,
) -> Report:
    """Return the report on a PDF, or on a CMS over ``content``, with the service's trust.

    For whoever asks: the look of changed pages is compared as well. ``policy`` None: the service's
    own.
    """
    return verify_either(
        source,
        name,
        services.trust,
        at or services.clock.now(),
        policy or services.policy,
        services.revocation,
        content,
        services.renderer,
    )


def verify_either(
    source: ByteSource,
    name: str,
    trust: TrustMaterial,
    at: datetime,
    policy: Policy,
    revocation: RevocationService | None,
    content: "Given" = None,
    renderer: PageRenderer | None = None,
) -> Report:
    """Verify a PDF, or a CMS over ``content``; who names a content has a CMS in mind.

    What is no CMS is judged as a PDF. Where only PDFs belong, :func:`verify_with` is the one.
    """
    if content is None and not is_cms(source):
        return verify_with(source, name, trust, at, policy, revocation, renderer)
    from antin.verifier.detached import certificates_beside, verify_cms  # PDFs need none of it

    return _twice(
        lambda known: verify_cms(source, content, name, known, at, policy),
        lambda: certificates_beside(source),
        trust,
        policy,
        revocation,
    )


def unproven_timestamps(signature: SignatureReport) -> tuple[Finding, ...]:
    """Return the warnings of time-stamps that hold and yet prove nothing, as far as can be told."""
    return tuple(one for one in signature.warnings if one.code == "timestamp_unproven")


_MISSING = frozenset(
    # The last one: many files bring the signer's certificate alone; it says where to go on.
    {"TRY_LATER", "REVOCATION_OUT_OF_BOUNDS_NO_POE", "NO_CERTIFICATE_CHAIN_FOUND"}
)


def _lacks(signature: SignatureReport, at: datetime) -> bool:
    """Tell whether a status is missing or older than what it speaks for.

    So is one for a time-stamp that could not be believed without.
    """
    if signature.indication is Indication.INDETERMINATE:
        return signature.sub_indication in _MISSING
    unproven = signature.best_signature_time is None
    return (unproven and signature.level in {"B-T", "B-LT", "B-LTA"}) or _outdated(signature, at)


def _outdated(signature: SignatureReport, at: datetime) -> bool:
    """Tell whether a signer passed by data from before the signature, while newer can be had.

    Once the certificate has expired nobody says more about it (RFC 5280 §3.3).
    """
    signer = signature.signer
    if signature.indication is not Indication.PASSED or signer is None or signer.not_after < at:
        return False
    moment = signature.best_signature_time or at
    heard = (one.this_update for one in signature.revocation if one.subject == signer.subject)
    return any(when is not None and when + CLOCK_SKEW < moment for when in heard)
