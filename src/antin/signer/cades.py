"""CAdES: detached signatures over files of any kind and size, B-B to B-LTA (EN 319 122-1 §6)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from antin.core.bytesource import ByteSource, MemorySource
from antin.core.digests import digests_by
from antin.core.errors import InputError, UnavailableError
from antin.hsm.key import SigningKey
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.certificates import load_certificate
from antin.pki.cms_file import open_cms
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.signer import algorithms
from antin.signer.cades_augment import LongTermServices, raised
from antin.signer.cms_parts import parts_of
from antin.signer.cms_write import signed_attributes, signed_data
from antin.signer.pades import NO_TRUST
from antin.signer.request import Level
from antin.signer.timestamping import stamp


@dataclass(frozen=True)
class DetachedRequest:
    """How one detached signature is to be made."""

    certificate: bytes
    """The signer's DER certificate."""
    algorithm: SignatureAlgorithm
    signing_time: datetime
    """Claimed; aware; goes into signing-time."""
    chain: tuple[bytes, ...] = ()
    """Further DER certificates to embed, issuer first, anchor left out."""
    level: Level = Level.B_B
    media_type: str | None = None
    """What the content is, as ``text/plain``; None: nobody says."""


def sign_detached(
    content: ByteSource,
    key: SigningKey,
    request: DetachedRequest,
    timestamps: TimestampService | None,
    revocation: RevocationService | None = None,
    trust: TrustMaterial = NO_TRUST,
) -> bytes:
    """Return a DER CMS over ``content``, which it does not contain; it is read once, in pieces.

    For B-LT and B-LTA ``trust`` is needed. Errors: ``empty_file``, ``file_unreadable``,
    ``algorithm_forbidden``, ``signature_value_wrong``, ``KeyDeviceError``,
    ``timestamp_not_configured``, ``timestamp_unavailable``, ``timestamp_wrong``; from B-LT up those
    of :func:`antin.signer.augment.augment`.
    """
    if request.level is not Level.B_B and timestamps is None:
        raise UnavailableError("timestamp_not_configured")
    if not content.size:
        raise InputError("empty_file")
    # 1. Key and algorithm fit each other and are strong enough (CRY-1).
    holder = load_certificate(request.certificate)
    algorithms.check_key_fits(holder, request.algorithm)
    # 2. What the key signs (EN 319 122-1 §6.3), and its value, checked.
    digests = digests_by(content, ((0, content.size),), {request.algorithm.digest})
    attributes = signed_attributes(
        digests[request.algorithm.digest],
        request.certificate,
        request.algorithm,
        signing_time=request.signing_time,
        media_type=request.media_type,
    )
    signature = key.sign(attributes)
    algorithms.check_value(holder, request.algorithm, attributes, signature)
    # 3. From B-T up: a time-stamp over the value.
    used = timestamps if request.level is not Level.B_B else None
    made = signed_data(
        attributes,
        signature,
        certificate=request.certificate,
        chain=request.chain,
        algorithm=request.algorithm,
        timestamp=_timestamp(signature, request.algorithm.digest, used),
    )
    if request.level in {Level.B_B, Level.B_T}:
        return made
    # 4. From B-LT up: what a later check needs; at B-LTA a time-stamp over all of it.
    services = LongTermServices(trust, timestamps, revocation, request.signing_time)
    parts = parts_of(open_cms(MemorySource(made)))
    return raised(parts, digests, request.level, services).encoded()


def _timestamp(signature: bytes, digest: str, service: TimestampService | None) -> bytes | None:
    if service is None:
        return None
    return stamp(service, hashlib.new(digest, signature).digest(), digest).token
