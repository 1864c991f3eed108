"""A CMS SignedData with one signer, read once and strictly (RFC 5652, RFC 5035)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core, tsp, x509

from antin.core.digests import same
from antin.core.errors import InputError
from antin.core.limits import MAX_CMS_BYTES
from antin.pki.certificates import Certificate, load_readable
from antin.pki.cms_attributes import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    SignedAttributes,
    archived_revocation,
    read_attributes,
    signature_timestamps,
)
from antin.pki.der import first_value, load, translated
from antin.pki.revocation import RevocationData
from antin.pki.signature_values import ValueAlgorithm, digest_name, read_algorithm, value_fits

MAX_CERTIFICATES: Final = 200
"""In one CMS; a path needs a handful."""


@dataclass(frozen=True)
class EssCertificate:
    """What signing-certificate(-v2) says of the signer's certificate (RFC 5035 §3)."""

    digest: str
    value: bytes
    serial: int | None
    """Of issuerSerial, when it is there."""


@dataclass(frozen=True)
class ParsedSignature:
    """A signature as its bytes say; nothing in it is believed yet."""

    der: bytes = field(repr=False)
    """Without the padding that followed it."""
    content_type: str
    """OID of the encapsulated content."""
    content: bytes | None = field(repr=False)
    """Encapsulated content; None for a detached signature."""
    digest: str
    """Digest algorithm over the content."""
    algorithm: ValueAlgorithm
    signature: bytes = field(repr=False)
    signed_attributes: bytes | None = field(repr=False)
    """DER SET OF, as it is hashed; None: the content itself is signed."""
    message_digest: bytes | None
    claimed_time: datetime | None
    ess: EssCertificate | None
    certificates: tuple[bytes, ...] = field(repr=False)
    issuer: bytes | None
    """DER name of the signer's issuer, with ``serial``; else ``key_identifier``."""
    serial: int | None
    key_identifier: bytes | None
    timestamps: tuple[bytes, ...] = field(repr=False)
    """Signature time-stamp tokens (EN 319 122-1 §5.3)."""
    revocation: RevocationData = field(repr=False)
    """What came along: CMS crls and adbe-revocationInfoArchival."""


def parse_signature(data: bytes) -> ParsedSignature:
    """Read one CMS SignedData; zero padding may follow.

    Errors: ``cms_malformed`` (also for several signers, repeated attributes),
    ``algorithm_forbidden`` for algorithms nobody here knows.
    """
    der = first_value(data, MAX_CMS_BYTES, "cms_malformed")
    content = load(cms.ContentInfo, der, "cms_malformed")
    with translated("cms_malformed"):
        return _read(der, content)


def find_signer(parsed: ParsedSignature, more: tuple[Certificate, ...] = ()) -> Certificate | None:
    """Return the certificate that the SignerInfo names, from the CMS or from ``more``."""
    for certificate in (*load_readable(parsed.certificates), *more):
        if _names(parsed, certificate):
            return certificate
    return None


def ess_matches(parsed: ParsedSignature, certificate: Certificate) -> bool | None:
    """Tell whether signing-certificate names ``certificate``; None: the attribute is missing."""
    ess = parsed.ess
    if ess is None:
        return None
    if ess.serial is not None and ess.serial != certificate.parsed.serial_number:
        return False
    return same(hashlib.new(ess.digest, certificate.der).digest(), ess.value)


def check_value(parsed: ParsedSignature, certificate: Certificate, content_digest: bytes) -> bool:
    """Tell whether the signature value is the certificate's (RFC 5652 §5.6).

    ``content_digest`` (by ``parsed.digest``) counts only without signed attributes; with them the
    caller compares it with ``message_digest``. Error: ``algorithm_forbidden``.
    """
    key = certificate.public_key
    if parsed.signed_attributes is not None:
        return value_fits(parsed.algorithm, key, parsed.signature, parsed.signed_attributes)
    if parsed.algorithm.digest != parsed.digest:
        return False
    return value_fits(parsed.algorithm, key, parsed.signature, content_digest, hashed=True)


def _read(der: bytes, content: Any) -> ParsedSignature:
    if content["content_type"].dotted != "1.2.840.113549.1.7.2":
        raise InputError("cms_malformed", detail="it is no SignedData")
    signed = content["content"]
    if len(signed["signer_infos"]) != 1:
        raise InputError("cms_malformed", detail=f"{len(signed['signer_infos'])} signers")
    signer = signed["signer_infos"][0]
    encapsulated = signed["encap_content_info"]
    content_type = encapsulated["content_type"].dotted
    attributes = read_attributes(signer["signed_attrs"])
    if attributes is not None and attributes.single_oid(CONTENT_TYPE) != content_type:
        raise InputError("cms_malformed", detail="content-type does not fit the content")
    digest = digest_name(signer["digest_algorithm"])
    issuer, serial, key_identifier = _identifier(signer["sid"])
    return ParsedSignature(
        der=der,
        content_type=content_type,
        content=_content(encapsulated["content"]),
        digest=digest,
        algorithm=read_algorithm(signer["signature_algorithm"], digest),
        signature=bytes(signer["signature"].native),
        signed_attributes=attributes.der if attributes else None,
        message_digest=attributes.single_octets(MESSAGE_DIGEST) if attributes else None,
        claimed_time=attributes.time(SIGNING_TIME) if attributes else None,
        ess=_ess(attributes),
        certificates=_certificates(signed["certificates"]),
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        timestamps=signature_timestamps(signer["unsigned_attrs"]),
        revocation=_crls(signed["crls"]) + archived_revocation(attributes),
    )


def _identifier(sid: Any) -> tuple[bytes | None, int | None, bytes | None]:
    if sid.name == "issuer_and_serial_number":
        chosen = sid.chosen
        return chosen["issuer"].dump(), int(chosen["serial_number"].native), None
    return None, None, bytes(sid.chosen.native)


def _names(parsed: ParsedSignature, certificate: Certificate) -> bool:
    try:
        with translated("cms_malformed"):
            return _identified(parsed, certificate)
    except InputError:
        return False  # a name that can't be read names nobody


def _identified(parsed: ParsedSignature, certificate: Certificate) -> bool:
    if parsed.key_identifier is not None:
        found = x509.Certificate.load(certificate.der).key_identifier
        return found is not None and bytes(found) == parsed.key_identifier
    if certificate.parsed.serial_number != parsed.serial or parsed.issuer is None:
        return False
    issuer = certificate.parsed.issuer.public_bytes()
    # Some signers re-encode their issuer's name: compare as RFC 5280 §7.1 wants.
    return issuer == parsed.issuer or bool(x509.Name.load(issuer) == x509.Name.load(parsed.issuer))


def _content(content: Any) -> bytes | None:
    if isinstance(content, core.Void) or content.native is None:
        return None
    if isinstance(content, core.ParsableOctetString):
        return bytes(content)
    return bytes(content.contents)


def _certificates(chosen: Any) -> tuple[bytes, ...]:
    if isinstance(chosen, core.Void):
        return ()
    if len(chosen) > MAX_CERTIFICATES:
        raise InputError("cms_malformed", detail=f"more than {MAX_CERTIFICATES} certificates")
    return tuple(one.chosen.dump() for one in chosen if one.name == "certificate")


def _crls(chosen: Any) -> RevocationData:
    if isinstance(chosen, core.Void):
        return RevocationData()
    crls = [one.chosen.dump() for one in chosen if one.name == "certificate_list"]
    return RevocationData(crls=tuple(crls))


def _ess(attributes: SignedAttributes | None) -> EssCertificate | None:
    if attributes is None:
        return None
    value = attributes.optional(SIGNING_CERTIFICATE_V2)
    if value is not None:
        first = tsp.SigningCertificateV2.load(value, strict=True)["certs"][0]
        return _ess_value(first, digest_name(first["hash_algorithm"]))
    value = attributes.optional(SIGNING_CERTIFICATE)
    if value is not None:
        return _ess_value(tsp.SigningCertificate.load(value, strict=True)["certs"][0], "sha1")
    return None


def _ess_value(first: Any, digest: str) -> EssCertificate:
    named = first["issuer_serial"]
    serial = None if isinstance(named, core.Void) else int(named["serial_number"].native)
    return EssCertificate(digest, bytes(first["cert_hash"].native), serial)
