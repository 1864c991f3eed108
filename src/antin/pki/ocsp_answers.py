"""OCSP: asking, reading answers, and who may give them (RFC 6960)."""

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_REVOCATION_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm
from antin.pki.certificates import (
    Certificate,
    extended_usages,
    key_usage,
    load_readable,
    signed_by,
)
from antin.pki.der import load, translated
from antin.pki.signature_values import value_fits
from antin.pki.statement import Statement

_MAX_ANSWERS: Final = 100
MAX_DELEGATES: Final = 8
"""Certificates in one answer that are tried as its signer's: each costs a signature check."""


@dataclass(frozen=True)
class OcspAnswer:
    """A successful OCSPResponse that was read without error; whose it is remains to be checked."""

    der: bytes = field(repr=False)
    parsed: ocsp.OCSPResponse = field(compare=False, repr=False)
    algorithm: ValueAlgorithm = field(compare=False)
    certificates: tuple[Certificate, ...] = field(compare=False, repr=False)


def load_ocsp(der: bytes) -> OcspAnswer:
    """Read a DER OCSPResponse. Error: ``revocation_malformed``, also when it is not successful."""
    if len(der) > MAX_REVOCATION_BYTES:
        raise InputError("revocation_malformed", detail=f"{len(der)} bytes")
    response = load(asn1_ocsp.OCSPResponse, der, "revocation_malformed")
    with translated("revocation_malformed"):
        parsed = ocsp.load_der_ocsp_response(der)
        if parsed.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise InputError("revocation_malformed", detail=f"{parsed.response_status.name}")
        # Read now what is read lazily.
        _ = parsed.produced_at_utc, parsed.extensions, parsed.tbs_response_bytes
        algorithm = _algorithm(response)
        carried = (one.public_bytes(Encoding.DER) for one in parsed.certificates)
        certificates = load_readable(tuple(islice(carried, MAX_DELEGATES)))
        return OcspAnswer(der, parsed, algorithm, certificates)


def statement(
    answer: OcspAnswer, certificate: Certificate, issuer: Certificate
) -> Statement | None:
    """Return what ``answer`` says of ``certificate``; None: nothing."""
    try:
        for position, single in enumerate(answer.parsed.responses):
            if position >= _MAX_ANSWERS:
                break
            if _is_about(single, certificate, issuer):
                return _read(single, answer.algorithm.digest)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return None


@lru_cache(maxsize=1024)
def responder(answer: OcspAnswer, issuer: Certificate) -> Certificate | None:
    """Return who signed ``answer`` with a right to: ``issuer`` or its delegate; None: nobody.

    RFC 6960 §4.2.2.2. Whether a delegate was revoked is not decided here.
    """
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


def _algorithm(response: object) -> ValueAlgorithm:
    basic = response["response_bytes"]["response"].parsed  # type: ignore[index]  # asn1crypto
    try:
        return read_algorithm(basic["signature_algorithm"].dump(), "sha256", "revocation_malformed")
    except RefusedError as error:
        raise InputError("revocation_malformed", detail=error.detail.rstrip(".")) from error


def _is_about(
    single: ocsp.OCSPSingleResponse, certificate: Certificate, issuer: Certificate
) -> bool:
    if single.serial_number != certificate.parsed.serial_number:
        return False
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.parsed, issuer.parsed, single.hash_algorithm
    )
    wanted = builder.build()
    return (single.issuer_name_hash, single.issuer_key_hash) == (
        wanted.issuer_name_hash,
        wanted.issuer_key_hash,
    )


def _read(single: ocsp.OCSPSingleResponse, digest: str) -> Statement:
    status = single.certificate_status
    names = {ocsp.OCSPCertStatus.GOOD: "good", ocsp.OCSPCertStatus.REVOKED: "revoked"}
    return Statement(
        source="ocsp",
        status=names.get(status, "unknown"),  # type: ignore[arg-type]  # the three literals
        this_update=single.this_update_utc,
        next_update=single.next_update_utc,
        revoked_at=single.revocation_time_utc,
        on_hold=single.revocation_reason is x509.ReasonFlags.certificate_hold,
        digest=digest,
    )


def _is_delegate(answer: OcspAnswer, candidate: Certificate, issuer: Certificate) -> bool:
    usage = key_usage(candidate)
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in extended_usages(candidate)
        and (usage is None or usage.digital_signature)
        and candidate.not_before <= answer.parsed.produced_at_utc <= candidate.not_after
        and signed_by(candidate, issuer)
    )


def _named(answer: OcspAnswer, candidate: Certificate) -> bool:
    if answer.parsed.responder_name is not None:
        return answer.parsed.responder_name == candidate.parsed.subject
    return answer.parsed.responder_key_hash == _key_hash(candidate)


def _key_hash(certificate: Certificate) -> bytes | None:
    if certificate.public_key is None:
        return None
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key).digest


def _signed(answer: OcspAnswer, candidate: Certificate) -> bool:
    try:
        return value_fits(
            answer.algorithm,
            candidate.public_key,
            answer.parsed.signature,
            answer.parsed.tbs_response_bytes,
        )
    except RefusedError:
        return False
