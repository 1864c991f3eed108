"""Public keys: their default algorithms, and whether a signature value is theirs."""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from antin.core.errors import KeyDeviceError
from antin.pki.algorithms import Digest, Scheme, SignatureAlgorithm
from antin.pki.signature_values import is_value_of

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

HASHES: Final[dict[Digest, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_CURVE_DIGESTS: Final[dict[str, Digest]] = {
    "secp256r1": "sha256",
    "secp384r1": "sha384",
    "secp521r1": "sha512",
}


def load_public_key(der: bytes, token: str) -> PublicKey:
    """Return the RSA, EC or Ed25519 key in a DER SubjectPublicKeyInfo.

    ``mechanism_missing`` for others; ``token`` is whose key it is, for the error.
    """
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _missing(token, "a key of this kind") from error
    if not isinstance(key, PublicKey):
        raise _missing(token, type(key).__name__)
    return key


def dump_public_key(key: PublicKey) -> bytes:
    """Return the DER SubjectPublicKeyInfo of ``key``."""
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def default_algorithm(
    key: PublicKey, scheme: Scheme | None, *, pss: bool, token: str
) -> SignatureAlgorithm:
    """Return what to sign with: ``scheme`` if given, else the best that the token can.

    RSA takes PSS where the token has it (``pss``) and PKCS#1 v1.5 elsewhere; an EC key takes the
    digest that matches its curve (FIPS 186-5 §6.1.1). ``mechanism_missing`` for what does not fit.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        digest = _CURVE_DIGESTS.get(key.curve.name)
        if digest is None or scheme not in {None, "ecdsa"}:
            raise _missing(token, f"{scheme or 'ecdsa'} on {key.curve.name}")
        return SignatureAlgorithm("ecdsa", digest)
    if isinstance(key, ed25519.Ed25519PublicKey):
        if scheme not in {None, "ed25519"}:
            raise _missing(token, f"{scheme} with an Ed25519 key")
        return SignatureAlgorithm("ed25519", "sha512")
    if scheme is None:
        scheme = "rsassa_pss" if pss else "rsassa_pkcs1v15"
    if scheme not in {"rsassa_pss", "rsassa_pkcs1v15"} or (scheme == "rsassa_pss" and not pss):
        raise _missing(token, f"{scheme} with an RSA key")
    return SignatureAlgorithm(scheme, "sha256")


def _missing(token: str, mechanism: str) -> KeyDeviceError:
    return KeyDeviceError("mechanism_missing", token=token, mechanism=mechanism)


def rsa_padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    """Return the padding of an RSA ``algorithm``; PSS with MGF1, salt as long as the digest."""
    if algorithm.scheme == "rsassa_pkcs1v15":
        return padding.PKCS1v15()
    digest = HASHES[algorithm.digest]
    return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)


def require_signature(
    key: PublicKey, algorithm: SignatureAlgorithm, data: bytes, signature: bytes, *, token: str
) -> None:
    """Raise ``token_failed`` unless ``signature`` over ``data`` fits the public ``key``."""
    if not is_value_of(key, algorithm, data, signature):
        raise KeyDeviceError(
            "token_failed", token=token, detail="its signature does not fit its public key"
        )
