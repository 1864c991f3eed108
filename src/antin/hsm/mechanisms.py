"""The ways to one signature algorithm: what goes to the token, and what comes back."""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from antin.core.errors import KeyDeviceError
from antin.hsm.mechanism_calls import HASHING, RAW, MechanismCall
from antin.pki.algorithms import SignatureAlgorithm

_DIGEST_INFO: Final = {
    # RFC 8017 §9.2 note 1: the DER before the digest.
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


@dataclass(frozen=True)
class Way:
    """One algorithm by one mechanism."""

    algorithm: SignatureAlgorithm
    call: MechanismCall
    raw: bool
    """Whether the digest is made here and signed as it is."""

    def payload(self, data: bytes) -> bytes:
        """Return what the token is handed: ``data``, or exactly its digest for a raw mechanism.

        Raw mechanisms sign over-long input without complaint, so they never get any.
        """
        if not self.raw:
            return data
        digest = hashlib.new(self.algorithm.digest, data).digest()
        if self.algorithm.scheme == "rsassa_pkcs1v15":
            return _DIGEST_INFO[self.algorithm.digest] + digest
        return digest

    def value(self, answer: bytes, token: str) -> bytes:
        """Return the signature value from what the token gave; ECDSA's r and s become DER.

        ``token_failed`` if that is empty: a token that is asked for an algorithm which does not
        fit the key may answer 0 bytes and no error.
        """
        if not any(answer):
            raise KeyDeviceError("token_failed", token=token, detail="empty signature")
        if self.algorithm.scheme != "ecdsa":
            return answer
        if len(answer) % 2:
            raise KeyDeviceError("token_failed", token=token, detail="odd ECDSA signature")
        half = len(answer) // 2
        return encode_dss_signature(int.from_bytes(answer[:half]), int.from_bytes(answer[half:]))


def ways_to(algorithm: SignatureAlgorithm, mechanisms: frozenset[int]) -> tuple[Way, ...]:
    """Return the ways that a token with these ``mechanisms`` has, the one that hashes first."""
    name = (algorithm.scheme, algorithm.digest)
    calls = ((HASHING.get(name), False), (RAW.get(name), True))
    return tuple(
        Way(algorithm, call, raw)
        for call, raw in calls
        if call is not None and call.number in mechanisms
    )
