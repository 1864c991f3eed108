"""What lies on a token, read through PKCS#11: private key handles, public keys, certificates."""

from typing import Any, Final

import PyKCS11
from asn1crypto.core import OctetString
from asn1crypto.keys import ECDomainParameters
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from antin.hsm.public_keys import dump_public_key

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
}


def find_private_keys(session: Any, label: str | None, key_id: bytes | None) -> tuple[Any, ...]:
    """Return handles of the private keys with this label and id; None matches any.

    A handle must never be printed: PyKCS11 shows the key's attributes.
    """
    template: list[tuple[int, Any]] = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)]
    if label is not None:
        template.append((PyKCS11.CKA_LABEL, label))
    if key_id is not None:
        template.append((PyKCS11.CKA_ID, key_id))
    return tuple(session.findObjects(template))


def key_names(session: Any, handle: Any) -> tuple[str, bytes]:
    """Return label and id of the object behind ``handle``."""
    label, key_id = session.getAttributeValue(
        handle, [PyKCS11.CKA_LABEL, PyKCS11.CKA_ID], allAsBinary=True
    )
    return bytes(label or b"").decode(errors="replace").strip(" \0"), bytes(key_id or b"")


def find_certificate(session: Any, key_id: bytes) -> bytes | None:
    """Return the DER certificate with this id; of several, the one that expires last."""
    template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE), (PyKCS11.CKA_ID, key_id)]
    found = []
    for handle in session.findObjects(template):
        (value,) = session.getAttributeValue(handle, [PyKCS11.CKA_VALUE], allAsBinary=True)
        try:
            certificate = x509.load_der_x509_certificate(bytes(value or b""))
        except ValueError:
            continue
        found.append((certificate.not_valid_after_utc, bytes(value)))
    return max(found)[1] if found else None


def find_public_key(session: Any, key_id: bytes) -> bytes | None:
    """Return the DER SubjectPublicKeyInfo of the public key object with this id."""
    template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PUBLIC_KEY), (PyKCS11.CKA_ID, key_id)]
    for handle in session.findObjects(template):
        return public_key_from(session, handle)
    return None


def needs_login_for_each_use(session: Any, handle: Any) -> bool:
    """Tell whether the PIN is wanted again for every signature (CKA_ALWAYS_AUTHENTICATE)."""
    (value,) = session.getAttributeValue(handle, [PyKCS11.CKA_ALWAYS_AUTHENTICATE])
    return bool(value)


def public_key_in(certificate: bytes) -> bytes | None:
    """Return the DER SubjectPublicKeyInfo in a certificate; None for a key we can't use."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_key_from(session: Any, handle: Any) -> bytes | None:
    """Return the DER SubjectPublicKeyInfo of a public key object; None for an unknown kind."""
    (kind,) = session.getAttributeValue(handle, [PyKCS11.CKA_KEY_TYPE])
    try:
        if kind == PyKCS11.CKK_RSA:
            wanted = [PyKCS11.CKA_MODULUS, PyKCS11.CKA_PUBLIC_EXPONENT]
            modulus, exponent = session.getAttributeValue(handle, wanted, allAsBinary=True)
            return _rsa_key(bytes(modulus), bytes(exponent))
        if kind == PyKCS11.CKK_EC:
            wanted = [PyKCS11.CKA_EC_PARAMS, PyKCS11.CKA_EC_POINT]
            params, point = session.getAttributeValue(handle, wanted, allAsBinary=True)
            return _ec_key(bytes(params), bytes(point))
    except (ValueError, TypeError):  # attributes that are no key
        return None
    return None


def _rsa_key(modulus: bytes, exponent: bytes) -> bytes:
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
    return dump_public_key(numbers.public_key())


def _ec_key(params: bytes, point: bytes) -> bytes | None:
    curve = _CURVES.get(str(ECDomainParameters.load(params).native))
    if curve is None:
        return None
    # PKCS#11 wraps the point in an OCTET STRING; some tokens don't. Both begin with 04.
    if len(point) != 1 + 2 * ((curve.key_size + 7) // 8):
        point = OctetString.load(point).native
    return dump_public_key(ec.EllipticCurvePublicKey.from_encoded_point(curve, point))
