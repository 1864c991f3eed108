"""Signature algorithms as CMS writes them, and whether a certificate's key fits one."""

import hashlib
from typing import Final

from antin.core.errors import RefusedError
from antin.pki import der_write as der
from antin.pki.algorithms import SignatureAlgorithm, may_sign
from antin.pki.certificates import Certificate
from antin.pki.signature_values import is_value_of

DIGEST_OIDS: Final = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "sha3_384": "2.16.840.1.101.3.4.2.9",
    "sha3_512": "2.16.840.1.101.3.4.2.10",
}
_RSA_OIDS: Final = {
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
    "sha3_256": "2.16.840.1.101.3.4.3.14",
    "sha3_384": "2.16.840.1.101.3.4.3.15",
    "sha3_512": "2.16.840.1.101.3.4.3.16",
}
_ECDSA_OIDS: Final = {
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
    "sha3_256": "2.16.840.1.101.3.4.3.10",
    "sha3_384": "2.16.840.1.101.3.4.3.11",
    "sha3_512": "2.16.840.1.101.3.4.3.12",
}
_SCHEMES: Final = {"rsa": ("rsassa_pss", "rsassa_pkcs1v15"), "ec": ("ecdsa",)}
_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"


def digest_size(algorithm: SignatureAlgorithm) -> int:
    """Return the digest's length in bytes."""
    return hashlib.new(algorithm.digest).digest_size


def check_key_fits(certificate: Certificate, algorithm: SignatureAlgorithm) -> None:
    """Raise ``algorithm_forbidden`` unless the certificate's key can and may sign so.

    RSA of at least 2048 bits with PSS or PKCS#1 v1.5, ECDSA of at least 256 bits, SHA-2 or SHA-3.
    """
    key = certificate.key
    if algorithm.digest not in DIGEST_OIDS:
        raise RefusedError("algorithm_forbidden", detail=f"digest {algorithm.digest}")
    if algorithm.scheme not in _SCHEMES.get(key.family, ()):
        raise RefusedError("algorithm_forbidden", detail=f"{algorithm.scheme} with {key.name}")
    if not may_sign(key):
        raise RefusedError("algorithm_forbidden", detail=f"{key.name} is too short")


def digest_identifier(digest: str) -> bytes:
    """Return the DER AlgorithmIdentifier of a digest (parameters absent, RFC 5754 §2)."""
    return der.sequence(der.oid(DIGEST_OIDS[digest]))


def signature_identifier(algorithm: SignatureAlgorithm) -> bytes:
    """Return the DER AlgorithmIdentifier of the signature, PSS parameters included."""
    if algorithm.scheme == "ecdsa":
        return der.sequence(der.oid(_ECDSA_OIDS[algorithm.digest]))
    if algorithm.scheme == "rsassa_pss":
        return der.sequence(der.oid(_PSS), _pss_parameters(algorithm))
    return der.sequence(der.oid(_RSA_OIDS[algorithm.digest]), der.NULL)


def _pss_parameters(algorithm: SignatureAlgorithm) -> bytes:
    digest = der.sequence(der.oid(DIGEST_OIDS[algorithm.digest]), der.NULL)
    return der.sequence(
        der.tlv(0xA0, digest),
        der.tlv(0xA1, der.sequence(der.oid(_MGF1), digest)),
        der.tlv(0xA2, der.integer(digest_size(algorithm))),
    )


def value_size(certificate: Certificate) -> int:
    """Return the most bytes that a signature value of the certificate's key can have."""
    octets = (certificate.key.bits + 7) // 8
    if certificate.key.family == "rsa":
        return octets
    number = der.tlv(0x02, bytes(octets + 1))  # a leading zero where the top bit is set
    return len(der.sequence(number, number))


def check_value(
    certificate: Certificate, algorithm: SignatureAlgorithm, data: bytes, signature: bytes
) -> None:
    """Raise ``signature_value_wrong`` unless ``signature`` over ``data`` is the certificate's."""
    key = certificate.public_key
    if key is None or not is_value_of(key, algorithm, data, signature):
        raise RefusedError("signature_value_wrong")
