"""Raw signature values: whether one is a key's over some bytes."""

import hashlib
import threading
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    encode_dss_signature,
)

from antin.core.errors import RefusedError
from antin.pki.algorithm_identifiers import ValueAlgorithm
from antin.pki.algorithms import SignatureAlgorithm

_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}
_CHUNK: Final = 1 << 20
_MAX_REMEMBERED: Final = 4 << 10


@dataclass(frozen=True)
class _Question:
    """What a check depends on, all of it."""

    signature: bytes
    data: bytes
    hashed: bool
    algorithm: ValueAlgorithm
    key: CertificatePublicKeyTypes


class _Memory(threading.local):
    """The last question that a thread answered with yes.

    Who signs asks the same twice at least: when the token answers, and before the value is
    embedded. Only what is equal in all its bytes is not worked out again.
    """

    fitted: _Question | None = None


_memory: Final = _Memory()


def value_fits(
    algorithm: ValueAlgorithm,
    key: CertificatePublicKeyTypes | None,
    signature: bytes,
    data: bytes | memoryview,
    *,
    hashed: bool = False,
) -> bool:
    """Tell whether ``signature`` is ``key``'s over ``data`` (its digest if ``hashed``).

    ``data`` is read where it lies, however long it is. Error: ``algorithm_forbidden`` when the kind
    of key is not supported.
    """
    if key is None:
        raise RefusedError("algorithm_forbidden", detail="unsupported kind of public key")
    if len(data) > _MAX_REMEMBERED:
        return _fits(algorithm, key, signature, data, hashed=hashed)
    question = _Question(signature, bytes(data), hashed, algorithm, key)
    if question == _memory.fitted:
        return True
    fits = _fits(algorithm, key, signature, data, hashed=hashed)
    if fits:
        _memory.fitted = question
    return fits


def is_value_of(
    key: CertificatePublicKeyTypes, algorithm: SignatureAlgorithm, data: bytes, signature: bytes
) -> bool:
    """Tell whether ``signature`` is ``key``'s over ``data`` by exactly ``algorithm``.

    Error: ``algorithm_forbidden``, as :func:`value_fits`.
    """
    salt = hashlib.new(algorithm.digest).digest_size
    exact = ValueAlgorithm(algorithm.scheme, algorithm.digest, salt_length=salt)
    return bool(signature) and value_fits(exact, key, signature, data)


def _fits(
    algorithm: ValueAlgorithm,
    key: CertificatePublicKeyTypes,
    signature: bytes,
    data: bytes | memoryview,
    *,
    hashed: bool,
) -> bool:
    try:
        _verify(algorithm, key, signature, data, hashed=hashed)
    except (InvalidSignature, ValueError, TypeError, OverflowError):
        return False
    except UnsupportedAlgorithm as error:
        raise RefusedError("algorithm_forbidden", detail=str(error)) from error
    return True


def _verify(
    algorithm: ValueAlgorithm,
    key: CertificatePublicKeyTypes,
    signature: bytes,
    data: bytes | memoryview,
    *,
    hashed: bool,
) -> None:
    match algorithm.scheme, key:
        case "ed25519", ed25519.Ed25519PublicKey() if not hashed:
            key.verify(signature, data)
        case "ed448", ed448.Ed448PublicKey() if not hashed:
            key.verify(signature, data)
        case (("rsassa_pkcs1v15" | "rsassa_pss"), rsa.RSAPublicKey()):
            digest, value = _digested(algorithm, data, hashed=hashed)
            key.verify(signature, value, _rsa_padding(algorithm), digest)
        case "ecdsa", ec.EllipticCurvePublicKey():
            digest, value = _digested(algorithm, data, hashed=hashed)
            key.verify(signature, value, ec.ECDSA(digest))
        case "ecdsa_plain", ec.EllipticCurvePublicKey():
            digest, value = _digested(algorithm, data, hashed=hashed)
            key.verify(_from_plain(signature, key), value, ec.ECDSA(digest))
        case _:
            raise InvalidSignature  # the algorithm is not one of this kind of key


def _digested(
    algorithm: ValueAlgorithm, data: bytes | memoryview, *, hashed: bool
) -> tuple[Prehashed, bytes]:
    """Digest ``data`` in pieces here: a copy of 50 MB for one check is not wanted."""
    if algorithm.digest not in _HASHES:
        # A bare key's OID leaves the digest to the SignerInfo, which may name that of Ed448.
        detail = f"{algorithm.scheme} with {algorithm.digest}"
        raise RefusedError("algorithm_forbidden", detail=detail)
    digest = Prehashed(_HASHES[algorithm.digest]())
    if hashed:
        return digest, bytes(data)
    state = hashlib.new(algorithm.digest)
    view = memoryview(data)
    for start in range(0, len(view), _CHUNK):
        state.update(view[start : start + _CHUNK])
    return digest, state.digest()


def _rsa_padding(algorithm: ValueAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.scheme == "rsassa_pkcs1v15":
        return padding.PKCS1v15()
    mask = padding.MGF1(_HASHES[algorithm.mgf_digest or algorithm.digest]())
    return padding.PSS(mask, algorithm.salt_length or 0)


def _from_plain(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """BSI TR-03111 §5.2.1: r and s, each as long as the order of the curve's group."""
    half = (key.curve.group_order.bit_length() + 7) // 8
    if len(signature) != 2 * half:
        raise InvalidSignature
    r, s = signature[:half], signature[half:]
    return encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
