"""OCSP: asking, what an answer says of a certificate, and who may give it (RFC 6960)."""

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from antin.core.digests import digest_of
from antin.core.errors import InputError, RefusedError
from antin.pki.algorithm_identifiers import read_digest
from antin.pki.bounded_cache import BoundedCache
from antin.pki.certificates import Certificate, signed_by
from antin.pki.names import same_name
from antin.pki.ocsp_read import CODE, MAX_DELEGATES, OcspAnswer, SingleResponse, load_ocsp
from antin.pki.signature_values import value_fits
from antin.pki.statement import REASONS, Statement
from antin.pki.usages import extended_usages, key_usage

__all__ = [
    "MAX_DELEGATES",
    "OcspAnswer",
    "issuer_urls",
    "load_ocsp",
    "needs_no_check",
    "request",
    "responder",
    "responder_urls",
    "statement",
]
_ON_HOLD: Final = 6
_MAX_KEPT_BYTES: Final = 16 << 20
_KEPT_BESIDE: Final = 256
"""Bytes that an entry takes besides the certificate, about."""


def _size(found: Certificate | None) -> int:
    return _KEPT_BESIDE + (0 if found is None else len(found.der))


RESPONDERS: BoundedCache[tuple[bytes, bytes], Certificate | None] = BoundedCache(
    _MAX_KEPT_BYTES, _size
)


def statement(
    answer: OcspAnswer, certificate: Certificate, issuer: Certificate
) -> Statement | None:
    """Return what ``answer`` says of ``certificate``; None: nothing, or nothing understandable.

    Of several responses about it one that revokes counts, else the newest.
    """
    about = [one for one in answer.responses if _is_about(one, certificate, issuer)]
    if not answer.usable or not all(one.usable for one in about):
        return None
    found = max(about, key=lambda o: (o.status == "revoked", o.this_update), default=None)
    if found is None:
        return None
    return Statement(
        source="ocsp",
        status=found.status,
        this_update=found.this_update,
        next_update=found.next_update,
        revoked_at=found.revoked_at,
        on_hold=found.reason == _ON_HOLD,
        reason=None if found.reason is None else REASONS.get(found.reason),
        digest=answer.algorithm.digest,
        keeps_expired_since=found.archive_cutoff,
    )


def responder(answer: OcspAnswer, issuer: Certificate) -> Certificate | None:
    """Return who signed ``answer`` with a right to: ``issuer`` or its delegate; None: nobody.

    RFC 6960 §4.2.2.2. Whether a delegate was revoked is not decided here.
    """
    key = digest_of(answer.der, "sha256"), digest_of(issuer.der, "sha256")
    return RESPONDERS.get(key, lambda: _responder(answer, issuer))


def _responder(answer: OcspAnswer, issuer: Certificate) -> Certificate | None:
    for candidate in (issuer, *answer.certificates):
        delegated = candidate != issuer
        if delegated and not _is_delegate(answer, candidate, issuer):
            continue
        if _named(answer, candidate) and _signed(answer, candidate):
            return candidate
    return None


def needs_no_check(certificate: Certificate) -> bool:
    """Tell whether id-pkix-ocsp-nocheck spares a responder's certificate (RFC 6960 §4.2.2.2.1)."""
    try:
        certificate.parsed.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True


def request(certificate: Certificate, issuer: Certificate) -> bytes:
    """Return a DER OCSPRequest about ``certificate``; SHA-1 only names the issuer in it."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.parsed,
        issuer.parsed,
        hashes.SHA1(),  # noqa: S303 — RFC 5019 §2.1.1: the one hash every responder looks up by
    )
    return builder.build().public_bytes(Encoding.DER)


def responder_urls(certificate: Certificate) -> tuple[str, ...]:
    """Return the HTTP addresses of OCSP responders for ``certificate``."""
    return _access(certificate, AuthorityInformationAccessOID.OCSP)


def issuer_urls(certificate: Certificate) -> tuple[str, ...]:
    """Return the HTTP addresses of the issuer's certificate."""
    return _access(certificate, AuthorityInformationAccessOID.CA_ISSUERS)


def _access(certificate: Certificate, method: x509.ObjectIdentifier) -> tuple[str, ...]:
    extensions = certificate.parsed.extensions
    try:
        access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    named = [one.access_location for one in access if one.access_method == method]
    found = [n.value for n in named if isinstance(n, x509.UniformResourceIdentifier)]
    return tuple(dict.fromkeys(u for u in found if u.startswith(("http://", "https://"))))


def _is_about(one: SingleResponse, certificate: Certificate, issuer: Certificate) -> bool:
    """RFC 6960 §4.1.1: serial, and digests of the issuer's name and key."""
    if one.serial != certificate.parsed.serial_number:
        return False
    try:
        digest = read_digest(one.hash_algorithm, CODE)
    except (InputError, RefusedError):
        return False
    names = {digest_of(n, digest) for n in (certificate.issuer_name, issuer.subject_name)}
    return one.name_hash in names and one.key_hash == digest_of(issuer.key_bits, digest)


def _is_delegate(answer: OcspAnswer, candidate: Certificate, issuer: Certificate) -> bool:
    usage = key_usage(candidate)
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in extended_usages(candidate)
        and (usage is None or usage.digital_signature)
        and candidate.not_before <= answer.produced_at <= candidate.not_after
        and signed_by(candidate, issuer)
    )


def _named(answer: OcspAnswer, candidate: Certificate) -> bool:
    if answer.responder_name is not None:
        return same_name(answer.responder_name, candidate.subject_name)
    return answer.responder_key == digest_of(candidate.key_bits, "sha1")


def _signed(answer: OcspAnswer, candidate: Certificate) -> bool:
    try:
        return value_fits(answer.algorithm, candidate.public_key, answer.signature, answer.signed)
    except RefusedError:
        return False
