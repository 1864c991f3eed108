"""What a token tells of its keys, as keys and certificates."""

from dataclasses import dataclass
from typing import Final

from asn1crypto.core import OctetString
from asn1crypto.keys import ECDomainParameters
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from antin.hsm import cryptoki_values as ck
from antin.hsm.objects import KeyFacts
from antin.hsm.public_keys import dump_public_key

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
}
_ED25519: Final = (
    b"\x13\x0cedwards25519",
    b"\x06\x03\x2b\x65\x70",
    b"\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01",
)
"""CKA_EC_PARAMS: curveName, the OID of RFC 8410, and the one that older modules use."""


@dataclass(frozen=True)
class KeyInfo:
    """A private key on a token, as far as anybody may know it."""

    label: str
    id: bytes
    public_key: bytes | None
    """DER SubjectPublicKeyInfo."""
    certificate: bytes | None
    """DER."""


def key_info(facts: KeyFacts) -> KeyInfo:
    """Return what lies beside a private key; a certificate only if it is the key's own.

    Another key's certificate may lie under the same id: what is signed would then be refused, or
    ascribed to somebody else.
    """
    public = public_key_of(facts.kind, facts.public)
    own = [der for der in facts.certificates if public in {None, public_key_in(der)}]
    certificate = _newest(tuple(own))
    if public is None and certificate is not None:
        public = public_key_in(certificate)
    return KeyInfo(facts.label, facts.id, public, certificate)


def _newest(certificates: tuple[bytes, ...]) -> bytes | None:
    """Return, of several certificates, the one that expires last."""
    found = []
    for der in certificates:
        try:
            found.append((x509.load_der_x509_certificate(der).not_valid_after_utc, der))
        except ValueError:
            continue
    return max(found)[1] if found else None


def public_key_in(certificate: bytes) -> bytes | None:
    """Return the DER SubjectPublicKeyInfo in a certificate; None for a key we can't use."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_key_of(kind: int, values: tuple[bytes, ...]) -> bytes | None:
    """Return the DER SubjectPublicKeyInfo that attributes mean; None for what is no such key.

    ``values``: CKA_MODULUS and CKA_PUBLIC_EXPONENT, or CKA_EC_PARAMS and CKA_EC_POINT.
    """
    try:
        one, other = values
        if kind == ck.CKK_RSA:
            numbers = rsa.RSAPublicNumbers(int.from_bytes(other), int.from_bytes(one))
            return dump_public_key(numbers.public_key())
        if kind == ck.CKK_EC:
            return _ec_key(one, other)
        if kind == ck.CKK_EC_EDWARDS and one in _ED25519:
            key = ed25519.Ed25519PublicKey.from_public_bytes(_unwrapped(other, 32))
            return dump_public_key(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return None


def _ec_key(params: bytes, point: bytes) -> bytes | None:
    curve = _CURVES.get(str(ECDomainParameters.load(params).native))
    if curve is None:
        return None
    encoded = _unwrapped(point, 1 + 2 * ((curve.key_size + 7) // 8))
    return dump_public_key(ec.EllipticCurvePublicKey.from_encoded_point(curve, encoded))


def _unwrapped(point: bytes, length: int) -> bytes:
    """Return a point of ``length`` bytes. PKCS#11 wraps it in an OCTET STRING; some don't."""
    # Both may begin with 04: only the length tells.
    return point if len(point) == length else bytes(OctetString.load(point).native)
