"""AlgorithmIdentifiers: which digest or signature algorithm they name, parameters read strictly.

RFC 3370, 4055, 5754, 5758, 8410, 8419, 8692; BSI TR-03111 §5.2.1 for plain ECDSA. What is known to
be broken by its name (MD5, SHA-1) is named here and judged by date elsewhere; DSA is not verified.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from antin.core.errors import RefusedError
from antin.pki.der_read import CONTEXT, Cursor, whole

ValueScheme = Literal["rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "ecdsa_plain", "ed25519", "ed448"]
MAX_IDENTIFIER_BYTES: Final = 512
MAX_SALT_BYTES: Final = 1024
_NULL: Final = b"\x05\x00"
_DIGESTS: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
    "2.16.840.1.101.3.4.2.12": "shake256",
    "2.16.840.1.101.3.4.2.18": "shake256",
}
_SHAKE256_LEN: Final = "2.16.840.1.101.3.4.2.18"
_PLAIN: Final = "0.4.0.127.0.7.1.1.4.1."
_SIGNATURES: Final[dict[str, tuple[ValueScheme, str | None]]] = {
    # None: the digest is named elsewhere in the SignerInfo.
    "1.2.840.113549.1.1.1": ("rsassa_pkcs1v15", None),
    "1.2.840.113549.1.1.4": ("rsassa_pkcs1v15", "md5"),
    "1.2.840.113549.1.1.5": ("rsassa_pkcs1v15", "sha1"),
    "1.2.840.113549.1.1.14": ("rsassa_pkcs1v15", "sha224"),
    "1.2.840.113549.1.1.11": ("rsassa_pkcs1v15", "sha256"),
    "1.2.840.113549.1.1.12": ("rsassa_pkcs1v15", "sha384"),
    "1.2.840.113549.1.1.13": ("rsassa_pkcs1v15", "sha512"),
    "2.16.840.1.101.3.4.3.14": ("rsassa_pkcs1v15", "sha3_256"),
    "2.16.840.1.101.3.4.3.15": ("rsassa_pkcs1v15", "sha3_384"),
    "2.16.840.1.101.3.4.3.16": ("rsassa_pkcs1v15", "sha3_512"),
    "1.2.840.10045.2.1": ("ecdsa", None),
    "1.2.840.10045.4.1": ("ecdsa", "sha1"),
    "1.2.840.10045.4.3.1": ("ecdsa", "sha224"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    "2.16.840.1.101.3.4.3.10": ("ecdsa", "sha3_256"),
    "2.16.840.1.101.3.4.3.11": ("ecdsa", "sha3_384"),
    "2.16.840.1.101.3.4.3.12": ("ecdsa", "sha3_512"),
    _PLAIN + "1": ("ecdsa_plain", "sha1"),
    _PLAIN + "2": ("ecdsa_plain", "sha224"),
    _PLAIN + "3": ("ecdsa_plain", "sha256"),
    _PLAIN + "4": ("ecdsa_plain", "sha384"),
    _PLAIN + "5": ("ecdsa_plain", "sha512"),
    _PLAIN + "9": ("ecdsa_plain", "sha3_256"),
    _PLAIN + "10": ("ecdsa_plain", "sha3_384"),
    _PLAIN + "11": ("ecdsa_plain", "sha3_512"),
    "1.3.101.112": ("ed25519", "sha512"),
    "1.3.101.113": ("ed448", "shake256"),
}
_BARE: Final = frozenset({"1.3.101.112", "1.3.101.113"})
"""Parameters must be absent (RFC 8410 §3)."""
_DSA: Final = ("1.2.840.10040.4.", *(f"2.16.840.1.101.3.4.3.{n}" for n in range(1, 9)))
_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"


@dataclass(frozen=True)
class ValueAlgorithm:
    """How a signature value was made; ``mgf_digest`` and ``salt_length`` (bytes) for PSS only."""

    scheme: ValueScheme
    digest: str
    mgf_digest: str | None = None
    salt_length: int | None = None


@lru_cache(maxsize=256)
def read_digest(identifier: bytes, code: str) -> str:
    """Return the name of a DER digest AlgorithmIdentifier.

    Errors: ``algorithm_forbidden``, ``code``.
    """
    oid, parameters = _split(identifier, code)
    if oid not in _DIGESTS:
        raise RefusedError("algorithm_forbidden", detail=f"unknown digest {oid}")
    if oid == _SHAKE256_LEN:
        if parameters is None or whole_integer(parameters, code) != 512:
            raise RefusedError("algorithm_forbidden", detail="SHAKE256 of another length")
    elif parameters not in {None, _NULL}:
        raise RefusedError("algorithm_forbidden", detail=f"digest {oid} with parameters")
    return _DIGESTS[oid]


@lru_cache(maxsize=256)
def read_algorithm(identifier: bytes, digest: str, code: str) -> ValueAlgorithm:
    """Read a DER signature AlgorithmIdentifier; ``digest`` is used where it names none.

    Errors: ``algorithm_forbidden``, and ``code`` where it is no DER.
    """
    oid, parameters = _split(identifier, code)
    if oid == _PSS:
        return _read_pss(parameters, code)
    if oid in _DSA or oid.startswith(_DSA[0]):
        raise RefusedError("algorithm_forbidden", detail=f"DSA ({oid})")
    if oid not in _SIGNATURES:
        raise RefusedError("algorithm_forbidden", detail=f"unknown signature algorithm {oid}")
    if parameters is not None and (parameters != _NULL or oid in _BARE):
        raise RefusedError("algorithm_forbidden", detail=f"{oid} with parameters")
    scheme, named = _SIGNATURES[oid]
    return ValueAlgorithm(scheme, named or digest)


def whole_integer(der: bytes, code: str) -> int:
    """Return the INTEGER that ``der`` is."""
    cursor = Cursor(der, code)
    value = cursor.integer()
    cursor.finish()
    return value


def _split(identifier: bytes, code: str) -> tuple[str, bytes | None]:
    if len(identifier) > MAX_IDENTIFIER_BYTES:
        raise RefusedError("algorithm_forbidden", detail="an algorithm with too many parameters")
    cursor = whole(identifier, code)
    oid = cursor.oid()
    parameters = cursor.raw() if cursor else None
    cursor.finish()
    return oid, parameters


def _read_pss(parameters: bytes | None, code: str) -> ValueAlgorithm:
    """RFC 4055 §3.1: parameters must be there; absent fields mean SHA-1, MGF1 with SHA-1, 20, 1."""
    if parameters is None:
        raise RefusedError("algorithm_forbidden", detail="PSS without parameters")
    cursor = whole(parameters, code)
    digest = _field(cursor, 0)
    mask = _field(cursor, 1)
    salt, trailer = _field(cursor, 2), _field(cursor, 3)
    cursor.finish()
    salt_length = 20 if salt is None else whole_integer(salt, code)
    if trailer is not None and whole_integer(trailer, code) != 1:
        raise RefusedError("algorithm_forbidden", detail="PSS with another trailer")
    if not 0 <= salt_length <= MAX_SALT_BYTES:
        raise RefusedError("algorithm_forbidden", detail=f"PSS with a salt of {salt_length} bytes")
    return ValueAlgorithm(
        "rsassa_pss",
        "sha1" if digest is None else _fixed_digest(digest, code),
        "sha1" if mask is None else _mask_digest(mask, code),
        salt_length,
    )


def _field(cursor: Cursor, number: int) -> bytes | None:
    inner = cursor.enter_optional(CONTEXT + number)
    if inner is None:
        return None
    value = inner.raw()
    inner.finish()
    return value


def _mask_digest(identifier: bytes, code: str) -> str:
    oid, parameters = _split(identifier, code)
    if oid != _MGF1 or parameters is None:
        raise RefusedError("algorithm_forbidden", detail=f"PSS with the mask function {oid}")
    return _fixed_digest(parameters, code)


def _fixed_digest(identifier: bytes, code: str) -> str:
    digest = read_digest(identifier, code)
    if digest == "shake256":
        raise RefusedError("algorithm_forbidden", detail="PSS with SHAKE256")
    return digest
