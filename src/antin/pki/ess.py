"""Which certificate the signer meant: signing-certificate and its v2 (RFC 5035, RFC 2634 §5.4)."""

from dataclasses import dataclass
from typing import Final

from antin.pki.algorithm_identifiers import read_digest
from antin.pki.cms_attributes import CODE, SignedAttributes
from antin.pki.der_read import OCTET_STRING, SEQUENCE, Cursor, whole

SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True)
class EssCertificate:
    """What signing-certificate(-v2) says of the signer's certificate (RFC 5035 §3)."""

    digest: str
    value: bytes
    serial: int | None
    """Of issuerSerial, when it is there."""


def read_ess(attributes: SignedAttributes | None) -> EssCertificate | None:
    """Return the signer's, the first one that is named; v2 where both are there; None: neither.

    Error: ``cms_malformed``.
    """
    if attributes is None:
        return None
    second = attributes.optional(SIGNING_CERTIFICATE_V2)
    if second is not None:
        first = _first(second)
        named = first.tag() == SEQUENCE
        return _value(first, read_digest(first.raw(), CODE) if named else "sha256")
    old = attributes.optional(SIGNING_CERTIFICATE)
    return None if old is None else _value(_first(old), "sha1")


def _first(value: bytes) -> Cursor:
    return whole(value, CODE).enter(SEQUENCE).enter(SEQUENCE)


def _value(identifier: Cursor, digest: str) -> EssCertificate:
    value = identifier.body(OCTET_STRING)
    serial = None
    if identifier:
        issuer_serial = identifier.enter(SEQUENCE)
        issuer_serial.raw(SEQUENCE)
        serial = issuer_serial.integer()
    identifier.finish()
    return EssCertificate(digest, value, serial)
