"""Signature algorithms as PKCS#11 mechanisms: the numbers that go to the module."""

from dataclasses import dataclass
from typing import Final

from antin.hsm import cryptoki_values as ck


@dataclass(frozen=True)
class MechanismCall:
    """A mechanism and its parameters; plain numbers, so that they can go to another process."""

    number: int
    pss: tuple[int, int, int] | None = None
    """CK_RSA_PKCS_PSS_PARAMS: digest, mask generation, bytes of salt."""


_PSS: Final = {
    # The salt is as long as the digest, as in the CMS (RFC 4056 §3): tokens refuse others.
    "sha256": (ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 32),
    "sha384": (ck.CKM_SHA384, ck.CKG_MGF1_SHA384, 48),
    "sha512": (ck.CKM_SHA512, ck.CKG_MGF1_SHA512, 64),
}
HASHING: Final[dict[tuple[str, str], MechanismCall]] = {
    ("rsassa_pkcs1v15", "sha256"): MechanismCall(ck.CKM_SHA256_RSA_PKCS),
    ("rsassa_pkcs1v15", "sha384"): MechanismCall(ck.CKM_SHA384_RSA_PKCS),
    ("rsassa_pkcs1v15", "sha512"): MechanismCall(ck.CKM_SHA512_RSA_PKCS),
    ("rsassa_pss", "sha256"): MechanismCall(ck.CKM_SHA256_RSA_PKCS_PSS, _PSS["sha256"]),
    ("rsassa_pss", "sha384"): MechanismCall(ck.CKM_SHA384_RSA_PKCS_PSS, _PSS["sha384"]),
    ("rsassa_pss", "sha512"): MechanismCall(ck.CKM_SHA512_RSA_PKCS_PSS, _PSS["sha512"]),
    ("ecdsa", "sha256"): MechanismCall(ck.CKM_ECDSA_SHA256),
    ("ecdsa", "sha384"): MechanismCall(ck.CKM_ECDSA_SHA384),
    ("ecdsa", "sha512"): MechanismCall(ck.CKM_ECDSA_SHA512),
    ("ed25519", "sha512"): MechanismCall(ck.CKM_EDDSA),
}
"""By scheme and digest: mechanisms that hash what they are given, and sign that."""
RAW: Final[dict[tuple[str, str], MechanismCall]] = {
    **{("rsassa_pkcs1v15", digest): MechanismCall(ck.CKM_RSA_PKCS) for digest in _PSS},
    **{("rsassa_pss", digest): MechanismCall(ck.CKM_RSA_PKCS_PSS, _PSS[digest]) for digest in _PSS},
    **{("ecdsa", digest): MechanismCall(ck.CKM_ECDSA) for digest in _PSS},
}
"""By scheme and digest: mechanisms that sign a digest as it is given."""
ASKED: Final = frozenset(call.number for call in (*HASHING.values(), *RAW.values()))
"""The mechanisms that a token is asked for."""
