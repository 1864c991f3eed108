"""Keys that everybody has: cases are signed with them again after they were changed.

They guard nothing, and the same data get the same signature, so that a case stays the same case.
"""

from functools import cache
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT, CA, OFFICER, TSA, RESPONDER, OTHER = range(6)
_FIRST: Final = 0x5A5A0000


@cache
def fixed_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return one of the fixed keys, on P-256."""
    return ec.derive_private_key(_FIRST + number, ec.SECP256R1())


def fixed_signature(number: int, data: bytes) -> bytes:
    """Return the one signature that RFC 6979 gives for ``data``."""
    return fixed_key(number).sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def fixed_public_key(number: int) -> bytes:
    """Return the DER SubjectPublicKeyInfo of a fixed key."""
    return (
        fixed_key(number)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
