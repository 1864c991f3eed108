"""Raw signature values: which algorithm an identifier names, and whether a value fits."""

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from antin.core.errors import RefusedError
from antin.pki.algorithms import Scheme
from antin.pki.der import translated

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
}
_SIGNATURES: Final[dict[str, tuple[Scheme, str | None]]] = {
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
    "1.3.101.112": ("ed25519", "sha512"),
}
_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"


@dataclass(frozen=True)
class ValueAlgorithm:
    """How a signature value was made; ``mgf_digest`` and ``salt_length`` (bytes) for PSS only."""

    scheme: Scheme
    digest: str
    mgf_digest: str | None = None
    salt_length: int | None = None


def digest_name(identifier: Any) -> str:
    """Return the name of an asn1crypto DigestAlgorithm. Error: ``algorithm_forbidden``."""
    oid = str(identifier["algorithm"].dotted)
    if oid not in _DIGESTS:
        raise RefusedError("algorithm_forbidden", detail=f"unknown digest {oid}")
    return _DIGESTS[oid]


def read_algorithm(identifier: Any, digest: str) -> ValueAlgorithm:
    """Read an asn1crypto SignedDigestAlgorithm; ``digest`` is used where it names none.

    Errors: ``algorithm_forbidden``, ``cms_malformed``.
    """
    oid = str(identifier["algorithm"].dotted)
    if oid == _PSS:
        with translated("cms_malformed"):
            return _read_pss(identifier["parameters"])
    if oid not in _SIGNATURES:
        raise RefusedError("algorithm_forbidden", detail=f"unknown signature algorithm {oid}")
    scheme, named = _SIGNATURES[oid]
    return ValueAlgorithm(scheme, named or digest)


def _read_pss(parameters: Any) -> ValueAlgorithm:
    if not isinstance(parameters, algos.RSASSAPSSParams):
        raise RefusedError("algorithm_forbidden", detail="PSS without parameters")
    mask = parameters["mask_gen_algorithm"]
    if (
        mask["algorithm"].dotted != _MGF1
        or parameters["trailer_field"].native != "trailer_field_bc"
    ):
        raise RefusedError("algorithm_forbidden", detail="PSS with unknown parameters")
    return ValueAlgorithm(
        "rsassa_pss",
        digest_name(parameters["hash_algorithm"]),
        digest_name(mask["parameters"]),
        int(parameters["salt_length"].native),
    )


def value_fits(
    algorithm: ValueAlgorithm,
    key: CertificatePublicKeyTypes | None,
    signature: bytes,
    data: bytes,
    *,
    hashed: bool = False,
) -> bool:
    """Tell whether ``signature`` is ``key``'s over ``data`` (its digest if ``hashed``).

    Error: ``algorithm_forbidden`` when the kind of key is not supported.
    """
    if key is None:
        raise RefusedError("algorithm_forbidden", detail="unsupported kind of public key")
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
    data: bytes,
    *,
    hashed: bool,
) -> None:
    plain = _HASHES[algorithm.digest]()
    digest = Prehashed(plain) if hashed else plain
    match algorithm.scheme, key:
        case "rsassa_pkcs1v15", rsa.RSAPublicKey():
            key.verify(signature, data, padding.PKCS1v15(), digest)
        case "rsassa_pss", rsa.RSAPublicKey():
            mask = padding.MGF1(_HASHES[algorithm.mgf_digest or algorithm.digest]())
            pss = padding.PSS(mask, algorithm.salt_length or 0)
            key.verify(signature, data, pss, digest)
        case "ecdsa", ec.EllipticCurvePublicKey():
            key.verify(signature, data, ec.ECDSA(digest))
        case "ed25519", ed25519.Ed25519PublicKey() if not hashed:
            key.verify(signature, data)
        case _:
            raise InvalidSignature  # the algorithm is not one of this kind of key
