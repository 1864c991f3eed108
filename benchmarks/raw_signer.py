"""The floor of signing: PyKCS11 and nothing of ours between it and the token."""

import shutil
from pathlib import Path
from typing import Any

import PyKCS11

from antin.hsm import softhsm
from antin.hsm.pkcs11_module import find_token, load_module
from benchmarks.floors import hash_ranges
from benchmarks.material import TOKEN, Material

_MECHANISM = PyKCS11.Mechanism(PyKCS11.CKM_ECDSA, None)


class RawSigner:
    """One C_SignInit and one C_Sign a call, on a session that stands."""

    def __init__(self, material: Material) -> None:
        softhsm.configure(material.tokens)
        module = load_module(softhsm.find_module())
        slot, _ = find_token(module, TOKEN, None)
        self._session: Any = module.library.openSession(slot)
        try:
            self._session.login(material.pin)
        except PyKCS11.PyKCS11Error as error:
            # The login of the key that is measured counts for the whole process.
            if error.value != PyKCS11.CKR_USER_ALREADY_LOGGED_IN:
                raise
        wanted = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, TOKEN)]
        (self._key,) = self._session.findObjects(wanted)

    def sign(self, digest: bytes) -> bytes:
        """Return r and s over ``digest``."""
        lib, session = self._session.lib, self._session.session
        signature = PyKCS11.ckbytelist(bytes(64))
        assert lib.C_SignInit(session, _MECHANISM.to_native(), self._key) == PyKCS11.CKR_OK
        assert lib.C_Sign(session, PyKCS11.ckbytelist(digest), signature) == PyKCS11.CKR_OK
        return bytes(signature)


def copy_hash_sign(source: Path, copy: Path, signer: RawSigner) -> None:
    """Copy a file, hash it, sign the digest: no signed file can be had for less."""
    shutil.copyfile(source, copy)
    with source.open("rb") as file:
        digest = hash_ranges(file.fileno(), [(0, source.stat().st_size)])
    assert any(signer.sign(digest))
