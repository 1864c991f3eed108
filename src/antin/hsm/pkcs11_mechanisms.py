"""Signature algorithms as PKCS#11 mechanisms: what goes to the token, what comes back."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import PyKCS11
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from antin.core.errors import KeyDeviceError
from antin.pki.algorithms import Digest, SignatureAlgorithm

_RSA_PKCS1: Final[dict[Digest, int]] = {
    "sha256": PyKCS11.CKM_SHA256_RSA_PKCS,
    "sha384": PyKCS11.CKM_SHA384_RSA_PKCS,
    "sha512": PyKCS11.CKM_SHA512_RSA_PKCS,
}
_RSA_PSS: Final[dict[Digest, tuple[int, int, int]]] = {
    "sha256": (PyKCS11.CKM_SHA256_RSA_PKCS_PSS, PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256),
    "sha384": (PyKCS11.CKM_SHA384_RSA_PKCS_PSS, PyKCS11.CKM_SHA384, PyKCS11.CKG_MGF1_SHA384),
    "sha512": (PyKCS11.CKM_SHA512_RSA_PKCS_PSS, PyKCS11.CKM_SHA512, PyKCS11.CKG_MGF1_SHA512),
}
PSS_SHA256: Final = PyKCS11.CKM_SHA256_RSA_PKCS_PSS


@dataclass(frozen=True)
class Mechanism:
    """One algorithm as the token is asked for it."""

    algorithm: SignatureAlgorithm
    number: int
    native: Any
    """PyKCS11's mechanism with its parameters."""

    def payload(self, data: bytes) -> bytes:
        """Return what the token is handed: ``data``, or its digest for raw ECDSA.

        SoftHSM knows no ECDSA that hashes, and signs over-long input without complaint.
        """
        if self.algorithm.scheme == "ecdsa":
            return hashlib.new(self.algorithm.digest, data).digest()
        return data

    def value(self, raw: bytes, token: str) -> bytes:
        """Return the signature value from what the token gave; ECDSA's r and s become DER.

        ``token_failed`` if that is empty: a token that is asked for an algorithm which does not
        fit the key may answer 0 bytes and no error.
        """
        if not raw or not any(raw):
            raise KeyDeviceError("token_failed", token=token, detail="empty signature")
        if self.algorithm.scheme != "ecdsa":
            return raw
        if len(raw) % 2:
            raise KeyDeviceError("token_failed", token=token, detail="odd ECDSA signature")
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))


def mechanism_for(algorithm: SignatureAlgorithm, token: str) -> Mechanism:
    """Return the mechanism that makes ``algorithm``; ``mechanism_missing`` if we have none."""
    digest = algorithm.digest
    if algorithm.scheme == "ecdsa":
        return _plain(algorithm, PyKCS11.CKM_ECDSA)
    if algorithm.scheme == "rsassa_pkcs1v15" and digest in _RSA_PKCS1:
        return _plain(algorithm, _RSA_PKCS1[digest])
    if algorithm.scheme == "rsassa_pss" and digest in _RSA_PSS:
        number, hashing, mask = _RSA_PSS[digest]
        # The salt is as long as the digest, as in the CMS (RFC 4056 §3): tokens refuse others.
        salt = hashlib.new(digest).digest_size
        return Mechanism(algorithm, number, PyKCS11.RSA_PSS_Mechanism(number, hashing, mask, salt))
    raise KeyDeviceError(
        "mechanism_missing", token=token, mechanism=f"{algorithm.scheme} with {digest}"
    )


def _plain(algorithm: SignatureAlgorithm, number: int) -> Mechanism:
    return Mechanism(algorithm, number, PyKCS11.Mechanism(number, None))
