"""CMS as PAdES wants it (EN 319 142-1 §6.3): signed attributes, SignedData, nothing superfluous."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from asn1crypto import core, x509

from antin.pki import der_write as der
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.certificates import load_certificate
from antin.signer.algorithms import (
    DIGEST_OIDS,
    digest_identifier,
    digest_size,
    signature_identifier,
    value_size,
)

_DATA: Final = "1.2.840.113549.1.7.1"
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
_SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"


def signed_attributes(
    document_digest: bytes,
    certificate: bytes,
    algorithm: SignatureAlgorithm,
    *,
    signing_time: datetime | None = None,
) -> bytes:
    """Return the DER SET OF signed attributes: what the key signs.

    For PAdES exactly content-type, message-digest and signing-certificate-v2; the claimed time
    stands in the signature dictionary, never here (EN 319 142-1 §6.3, table 1). CAdES wants it as
    ``signing_time`` (EN 319 122-1 §6.3). The same arguments always give the same bytes.
    """
    claimed = () if signing_time is None else (_attribute(_SIGNING_TIME, _utc(signing_time)),)
    return der.set_of(
        *claimed,
        _attribute(_CONTENT_TYPE, der.oid(_DATA)),
        _attribute(_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, document_digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(certificate, algorithm)),
    )


def signed_data(
    attributes: bytes,
    signature: bytes,
    *,
    certificate: bytes,
    chain: tuple[bytes, ...],
    algorithm: SignatureAlgorithm,
    timestamp: bytes | None = None,
) -> bytes:
    """Return the DER ContentInfo with a detached SignedData (RFC 5652 §5).

    ``attributes`` go in verbatim; ``timestamp`` is a token over ``signature``.
    """
    content = der.sequence(
        der.integer(1),
        der.set_of(digest_identifier(algorithm)),
        der.sequence(der.oid(_DATA)),
        der.set_of(*dict.fromkeys((certificate, *chain)), tag=0xA0),
        der.set_of(_signer_info(attributes, signature, certificate, algorithm, timestamp)),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.tlv(0xA0, content))


def size_of(
    certificate: bytes,
    chain: tuple[bytes, ...],
    algorithm: SignatureAlgorithm,
    timestamp_bytes: int,
) -> int:
    """Return how many bytes the finished CMS can have at most, its time-stamp token included."""
    attributes = signed_attributes(bytes(digest_size(algorithm)), certificate, algorithm)
    value = bytes(value_size(load_certificate(certificate)))
    token = bytes(timestamp_bytes) if timestamp_bytes else None
    container = signed_data(
        attributes,
        value,
        certificate=certificate,
        chain=chain,
        algorithm=algorithm,
        timestamp=token,
    )
    return len(container)


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _utc(moment: datetime) -> bytes:
    """RFC 5652 §11.3: UTCTime until 2049, GeneralizedTime from then on; whole seconds."""
    kind = core.UTCTime if moment.year < 2050 else core.GeneralizedTime
    encoded: bytes = kind(moment.astimezone(UTC).replace(microsecond=0)).dump()
    return encoded


def _signing_certificate(certificate: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """RFC 5035 §3: the certificate's digest; SHA-256 is the default and stays unnamed."""
    digest = der.tlv(der.OCTET_STRING, hashlib.new(algorithm.digest, certificate).digest())
    named = algorithm.digest != "sha256"
    name = der.sequence(der.oid(DIGEST_OIDS[algorithm.digest])) if named else b""
    return der.sequence(der.sequence(der.sequence(name, digest)))


def _signer_info(
    attributes: bytes,
    signature: bytes,
    certificate: bytes,
    algorithm: SignatureAlgorithm,
    timestamp: bytes | None,
) -> bytes:
    unsigned = b""
    if timestamp is not None:
        unsigned = der.set_of(_attribute(_SIGNATURE_TIMESTAMP, timestamp), tag=0xA1)
    return der.sequence(
        der.integer(1),
        _issuer_and_serial(certificate),
        digest_identifier(algorithm),
        b"\xa0" + attributes[1:],  # [0] IMPLICIT in place of SET; the rest is what was signed
        signature_identifier(algorithm),
        der.tlv(der.OCTET_STRING, signature),
        unsigned,
    )


def _issuer_and_serial(certificate: bytes) -> bytes:
    body = x509.Certificate.load(certificate)["tbs_certificate"]
    return der.sequence(body["issuer"].dump(), body["serial_number"].dump())
