"""What lies on a token, read through PKCS#11: private key handles, and the raw attributes beside.

Plain values only, so that they can come from another process; what they mean is said in
:mod:`antin.hsm.public_keys`.
"""

import sys
from dataclasses import dataclass

from antin.core.errors import KeyDeviceError
from antin.hsm import cryptoki_values as ck
from antin.hsm.cryptoki import ulong
from antin.hsm.session import Session


@dataclass(frozen=True)
class KeyName:
    """Which key of a token is meant; label and id may both be None where it has a single one."""

    label: str | None = None
    id: bytes | None = None

    def __str__(self) -> str:
        return self.label or (self.id.hex() if self.id else "*")


@dataclass(frozen=True)
class Handle:
    """A private key as one login knows it."""

    number: int
    asks_again: bool
    """Whether the PIN is wanted for every signature (CKA_ALWAYS_AUTHENTICATE)."""


@dataclass(frozen=True)
class KeyFacts:
    """A private key and what lies beside it, as the token tells it."""

    label: str
    id: bytes
    kind: int
    """CKA_KEY_TYPE of the public key object; -1 if there is none."""
    public: tuple[bytes, ...]
    """CKA_MODULUS and CKA_PUBLIC_EXPONENT, or CKA_EC_PARAMS and CKA_EC_POINT."""
    certificates: tuple[bytes, ...]
    """Every CKA_VALUE of a certificate with this id."""
    asks_again: bool


_PUBLIC = {
    ck.CKK_RSA: (ck.CKA_MODULUS, ck.CKA_PUBLIC_EXPONENT),
    ck.CKK_EC: (ck.CKA_EC_PARAMS, ck.CKA_EC_POINT),
    ck.CKK_EC_EDWARDS: (ck.CKA_EC_PARAMS, ck.CKA_EC_POINT),
}


def find_keys(session: Session, name: KeyName) -> tuple[int, ...]:
    """Return the handles of the private keys with this label and id."""
    wanted = [(ck.CKA_CLASS, ulong(ck.CKO_PRIVATE_KEY))]
    if name.label is not None:
        wanted.append((ck.CKA_LABEL, name.label.encode()))
    if name.id is not None:
        wanted.append((ck.CKA_ID, name.id))
    return session.find(*wanted)


def find_key(session: Session, name: KeyName, token: str) -> Handle:
    """Return the handle of the one key that is meant; ``key_not_found`` for none or several."""
    found = find_keys(session, name)
    if len(found) != 1:
        shown = f"{name} (several; give label and id)" if found else str(name)
        raise KeyDeviceError("key_not_found", token=token, key=shown)
    (asks_again,) = session.attributes(found[0], [ck.CKA_ALWAYS_AUTHENTICATE])
    return Handle(found[0], any(asks_again))


def key_facts(session: Session, handle: int) -> KeyFacts:
    """Return what the token tells of the private key ``handle``."""
    label, key_id, asks_again = session.attributes(
        handle, [ck.CKA_LABEL, ck.CKA_ID, ck.CKA_ALWAYS_AUTHENTICATE]
    )
    beside = [(ck.CKA_ID, key_id)]
    certificates = session.find((ck.CKA_CLASS, ulong(ck.CKO_CERTIFICATE)), *beside)
    kind, public = _public_key(session, handle, key_id)
    return KeyFacts(
        label.decode(errors="replace").strip(" \0"),
        key_id,
        kind,
        public,
        tuple(session.attributes(found, [ck.CKA_VALUE])[0] for found in certificates),
        any(asks_again),
    )


def _public_key(session: Session, private: int, key_id: bytes) -> tuple[int, tuple[bytes, ...]]:
    found = session.find((ck.CKA_CLASS, ulong(ck.CKO_PUBLIC_KEY)), (ck.CKA_ID, key_id))
    # An RSA private key shows its modulus itself, where no public key object lies beside it.
    for handle in (*found, private):
        (kind,) = session.attributes(handle, [ck.CKA_KEY_TYPE])
        number = int.from_bytes(kind, sys.byteorder)
        values = session.attributes(handle, _PUBLIC.get(number, ()))
        if values and all(values):
            return number, values
    return -1, ()
