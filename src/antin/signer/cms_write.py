"""CMS as PAdES wants it (EN 319 142-1 §6.3): signed attributes, SignedData, nothing superfluous."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

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
_MIME_TYPE: Final = "0.4.0.1733.2.1"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
_SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"


def signed_attributes(
    document_digest: bytes,
    certificate: bytes,
    algorithm: SignatureAlgorithm,
    *,
    signing_time: datetime | None = None,
    media_type: str | None = None,
) -> bytes:
    """Return the DER SET OF signed attributes: what the key signs.

    For PAdES exactly content-type, message-digest and signing-certificate-v2; the claimed time
    stands in the signature dictionary, never here (EN 319 142-1 §6.3, table 1). CAdES wants it as
    ``signing_time``, and what the content is as ``media_type`` (EN 319 122-1 §6.3). The same
    arguments always give the same bytes.
    """
    told = list[bytes]()
    if signing_time is not None:
        told.append(_attribute(_SIGNING_TIME, _utc(signing_time)))
    if media_type is not None:
        told.append(_attribute(_MIME_TYPE, der.tlv(der.UTF8_STRING, media_type.encode())))
    return der.set_of(
        *told,
        *_template(certificate, algorithm).fixed_attributes,
        _attribute(_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, document_digest)),
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
    template = _template(certificate, algorithm)
    content = der.sequence(
        template.outer_head,
        der.set_of(*dict.fromkeys((certificate, *chain)), tag=0xA0),
        der.set_of(_signer_info(template, attributes, signature, timestamp)),
    )
    return der.sequence(der.oid(_SIGNED_DATA), der.tlv(0xA0, content))


@lru_cache(maxsize=64)
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


@dataclass(frozen=True)
class _Template:
    """What is the same in every signature of one certificate by one algorithm, encoded once."""

    fixed_attributes: tuple[bytes, bytes]
    """Content-type and signing-certificate-v2."""
    outer_head: bytes
    """Version, digest algorithms and content of SignedData."""
    signer_head: bytes
    """Version, signer identifier and digest algorithm of SignerInfo."""
    signature_algorithm: bytes


@lru_cache(maxsize=64)
def _template(certificate: bytes, algorithm: SignatureAlgorithm) -> _Template:
    digest, version = digest_identifier(algorithm.digest), der.integer(1)
    return _Template(
        (
            _attribute(_CONTENT_TYPE, der.oid(_DATA)),
            _attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(certificate, algorithm)),
        ),
        version + der.set_of(digest) + der.sequence(der.oid(_DATA)),
        version + _issuer_and_serial(certificate) + digest,
        signature_identifier(algorithm),
    )


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def _utc(moment: datetime) -> bytes:
    """RFC 5652 §11.3: UTCTime until 2049, GeneralizedTime from then on; whole seconds."""
    zulu = moment.astimezone(UTC)
    tag, form = (0x17, "%y%m%d%H%M%SZ") if zulu.year < 2050 else (0x18, "%Y%m%d%H%M%SZ")
    return der.tlv(tag, zulu.strftime(form).encode())


def _signing_certificate(certificate: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """RFC 5035 §3: the certificate's digest; SHA-256 is the default and stays unnamed."""
    digest = der.tlv(der.OCTET_STRING, hashlib.new(algorithm.digest, certificate).digest())
    named = algorithm.digest != "sha256"
    name = der.sequence(der.oid(DIGEST_OIDS[algorithm.digest])) if named else b""
    return der.sequence(der.sequence(der.sequence(name, digest)))


def _signer_info(
    template: _Template, attributes: bytes, signature: bytes, timestamp: bytes | None
) -> bytes:
    unsigned = b""
    if timestamp is not None:
        unsigned = der.set_of(_attribute(_SIGNATURE_TIMESTAMP, timestamp), tag=0xA1)
    return der.sequence(
        template.signer_head,
        b"\xa0" + attributes[1:],  # [0] IMPLICIT in place of SET; the rest is what was signed
        template.signature_algorithm,
        der.tlv(der.OCTET_STRING, signature),
        unsigned,
    )


def _issuer_and_serial(certificate: bytes) -> bytes:
    loaded = load_certificate(certificate)
    return der.sequence(loaded.issuer_name, der.integer(loaded.parsed.serial_number))
