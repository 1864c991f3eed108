"""The floor of signing: C_SignInit and C_Sign, and nothing of ours between them and the token."""

import ctypes
import shutil
from ctypes import byref, c_ulong
from pathlib import Path

from antin.hsm import softhsm
from antin.hsm.cryptoki import MechanismStruct, ulong
from antin.hsm.cryptoki_values import (
    CKA_CLASS,
    CKA_LABEL,
    CKM_ECDSA,
    CKM_SHA256_RSA_PKCS,
    CKO_PRIVATE_KEY,
    CKU_USER,
)
from antin.hsm.module import module_at
from antin.hsm.session import Session
from antin.hsm.slots import find_token
from benchmarks.floors import hash_ranges
from benchmarks.material import TOKENS, Material

_ROOM = 1024
"""Bytes for a signature."""
_MECHANISMS = {"p256": CKM_ECDSA, "rsa2048": CKM_SHA256_RSA_PKCS}


class RawSigner:
    """One C_SignInit and one C_Sign a call, on a session that stands."""

    def __init__(self, token: str, key: str, pin: str, mechanism: int) -> None:
        module = module_at(softhsm.find_module())
        with module.used() as loaded:
            slot, _ = find_token(loaded, module.path, token, None)
            session = Session(loaded.cryptoki, slot)
            # The login of the key that is measured counts for the whole process.
            if not session.logged_in:
                session.login(pin, CKU_USER)
            wanted = (CKA_CLASS, ulong(CKO_PRIVATE_KEY)), (CKA_LABEL, key.encode())
            (self._key,) = session.find(*wanted)
        functions = loaded.cryptoki._functions  # noqa: SLF001 — nothing of ours in between
        self._init, self._sign = functions["C_SignInit"], functions["C_Sign"]
        self._session, self._handle = session, session._handle  # noqa: SLF001 — as above
        self._mechanism = MechanismStruct(number=mechanism)
        self._buffer = ctypes.create_string_buffer(_ROOM)

    def sign(self, payload: bytes) -> bytes:
        """Return what C_Sign gives."""
        length = c_ulong(_ROOM)
        assert self._init(self._handle, byref(self._mechanism), self._key) == 0
        done = self._sign(self._handle, payload, len(payload), self._buffer, byref(length))
        assert done == 0
        return self._buffer.raw[: length.value]


def officers_raw_signer(material: Material, kind: str = "p256") -> RawSigner:
    """Return the officer's key of this kind."""
    softhsm.configure(material.tokens)
    token = TOKENS[kind]
    return RawSigner(token, token, material.pin(token), _MECHANISMS[kind])


def copy_hash_sign(source: Path, copy: Path, signer: RawSigner, hashings: int = 1) -> None:
    """Copy a file, hash it, sign the digest: no signed file can be had for less.

    ``hashings`` 2: nor one that was verified as well.
    """
    shutil.copyfile(source, copy)
    with source.open("rb") as file:
        for _ in range(hashings):
            digest = hash_ranges(file.fileno(), [(0, source.stat().st_size)])
    assert any(signer.sign(digest))
