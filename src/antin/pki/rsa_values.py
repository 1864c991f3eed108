"""A bare RSA signature beside its certificates: PDF's adbe.x509.rsa_sha1 (ISO 32000-1 §12.8.3.2).

An OCTET STRING holds a PKCS#1 v1.5 signature; what its key opens names the digest algorithm and the
digest. "sha1" in the name is history: other algorithms may be named there.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_CMS_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_digest
from antin.pki.certificates import load_readable
from antin.pki.cms_attributes import CODE
from antin.pki.cms_read import ParsedSignature
from antin.pki.cms_structure import DATA, MAX_CERTIFICATES
from antin.pki.der import padded_value
from antin.pki.der_read import OCTET_STRING, SEQUENCE, content_of, whole
from antin.pki.revocation import RevocationData

UNOPENED: Final = b""
"""In place of the digest, when the certificate's key does not open the value."""
_MAX_VALUE: Final = 4 << 10
"""Bytes; keys of more than 32,768 bits are nobody's."""


def is_rsa_value(contents: bytes) -> bool:
    """Tell whether ``contents`` is an OCTET STRING, as no CMS is."""
    return contents[:1] == bytes((OCTET_STRING,))


def read_rsa_value(contents: bytes, certificates: tuple[bytes, ...]) -> ParsedSignature:
    """Read ``contents`` as the first certificate's; ``message_digest`` is what its key opens.

    Errors: ``cms_malformed``, ``algorithm_forbidden`` when the key is no RSA key.
    """
    der = padded_value(contents, MAX_CMS_BYTES, CODE)
    value = content_of(der)
    if len(value) > _MAX_VALUE:
        raise InputError(CODE, detail=f"a signature value of {len(value)} bytes")
    found = load_readable(certificates[:MAX_CERTIFICATES])
    signer = found[0] if found and found[0].der == certificates[0] else None
    if signer is None:
        raise InputError(CODE, detail="the signer's certificate in /Cert is missing or unreadable")
    if not isinstance(signer.public_key, rsa.RSAPublicKey):
        raise RefusedError("algorithm_forbidden", detail="a bare RSA value without an RSA key")
    digest, stated = _opened(signer.public_key, value)
    return ParsedSignature(
        der=der,
        content_type=DATA,
        content=None,
        digest=digest,
        algorithm=ValueAlgorithm("rsassa_pkcs1v15", digest),
        signature=value,
        signed_attributes=None,
        message_digest=stated,
        claimed_time=None,
        ess=None,
        certificates=certificates[:MAX_CERTIFICATES],
        issuer=signer.issuer_name,
        serial=signer.parsed.serial_number,
        key_identifier=None,
        timestamps=(),
        revocation=RevocationData(),
    )


def _opened(key: rsa.RSAPublicKey, value: bytes) -> tuple[str, bytes]:
    """Return the digest algorithm and the digest of the DigestInfo in ``value`` (RFC 8017 §9.2).

    Only to know what it says: whether the value holds is checked by making it anew.
    """
    try:
        opened = key.recover_data_from_signature(value, padding.PKCS1v15(), None)
        info = whole(opened, CODE)
        digest = read_digest(info.raw(SEQUENCE), CODE)
        stated = info.body(OCTET_STRING)
        info.finish()
    except (InvalidSignature, ValueError, OverflowError, InputError):
        return "sha1", UNOPENED
    return digest, stated
