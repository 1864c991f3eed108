"""One key on a PKCS#11 token: how it is named, found and used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import PyKCS11

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11_mechanisms import Mechanism
from antin.hsm.pkcs11_objects import (
    find_certificate,
    find_private_keys,
    find_public_key,
    key_names,
    needs_login_for_each_use,
    public_key_in,
)
from antin.hsm.pkcs11_token import Pkcs11Token
from antin.hsm.public_keys import PublicKey, dump_public_key, require_signature
from antin.pki.algorithms import Scheme, SignatureAlgorithm

_LONGEST_SIGNATURE: Final = 2048
"""Bytes; RSA-16384. A buffer that is large enough spares the call that asks for the length."""


@dataclass(frozen=True)
class KeyReference:
    """Where a key is found; slot numbers are never among it, because they change."""

    module: Path
    token_label: str
    token_serial: str | None = None
    key_label: str | None = None
    key_id: bytes | None = None
    """CKA_ID; label and id may both be None where the token has a single key."""
    scheme: Scheme | None = None
    """None: PSS for RSA where the token can, else PKCS#1 v1.5; ECDSA for EC."""

    @property
    def key_name(self) -> str:
        """The key as a person would look for it."""
        return self.key_label or (self.key_id.hex() if self.key_id else "*")


@dataclass(frozen=True)
class KeyInfo:
    """A private key on a token, as far as anybody may know it."""

    label: str
    id: bytes
    public_key: bytes | None
    """DER SubjectPublicKeyInfo."""
    certificate: bytes | None
    """DER."""


def key_info(session: Any, handle: Any) -> KeyInfo:
    """Return what lies beside the private key ``handle``; the certificate's public key first."""
    label, key_id = key_names(session, handle)
    certificate = find_certificate(session, key_id)
    public_key = public_key_in(certificate) if certificate else find_public_key(session, key_id)
    return KeyInfo(label, key_id, public_key, certificate)


def one_key(session: Any, reference: KeyReference) -> Any:
    """Return the handle of the key that is meant; ``key_not_found`` for none or several."""
    found = find_private_keys(session, reference.key_label, reference.key_id)
    if len(found) == 1:
        return found[0]
    name = reference.key_name + (" (several; give label and id)" if found else "")
    raise KeyDeviceError("key_not_found", token=reference.token_label, key=name)


class Pkcs11Key:
    """A :class:`~antin.hsm.key.SigningKey` on a token; any number of threads may use it."""

    def __init__(
        self,
        token: Pkcs11Token,
        reference: KeyReference,
        public_key: PublicKey,
        certificate: bytes | None,
        mechanism: Mechanism,
        pin: PinProvider,
    ) -> None:
        self.certificate = certificate
        self._public_key = public_key
        self._token = token
        self._reference = reference
        self._mechanism = mechanism
        self._pin = pin
        self._handle: _Handle | None = None

    def __repr__(self) -> str:
        # Written out, because a handle's own text shows the key's attributes.
        return f"Pkcs11Key({self._token.label!r}, {self._reference.key_name!r})"

    @property
    def public_key(self) -> bytes:
        return dump_public_key(self._public_key)

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._mechanism.algorithm

    def sign(self, data: bytes) -> bytes:
        label = self._token.label
        with self._token.session(self._pin) as session:
            raw = self._sign_raw(session, self._current_handle(session), data)
            value = self._mechanism.value(raw, label)
            # Before anything is embedded anywhere: a token's mistake stays on this side.
            require_signature(self._public_key, self.algorithm, data, value, token=label)
        return value

    def _current_handle(self, session: Any) -> "_Handle":
        if self._handle is None or self._handle.generation != self._token.generation:
            found = one_key(session, self._reference)
            asks_again = needs_login_for_each_use(session, found)
            self._handle = _Handle(found, asks_again, self._token.generation)
        return self._handle

    def _sign_raw(self, session: Any, key: "_Handle", data: bytes) -> bytes:
        # C_SignInit, then C_Login where the key wants it, then C_Sign: in no other order.
        native = self._mechanism.native.to_native()
        _check(session.lib.C_SignInit(session.session, native, key.handle))
        if key.asks_again:
            self._token.login(session, self._pin, PyKCS11.CKU_CONTEXT_SPECIFIC)
        signature = PyKCS11.ckbytelist(bytes(_LONGEST_SIGNATURE))
        payload = PyKCS11.ckbytelist(self._mechanism.payload(data))
        _check(session.lib.C_Sign(session.session, payload, signature))
        return bytes(signature)


@dataclass(frozen=True, repr=False)
class _Handle:
    """A private key's handle, and the session it is good for; no repr, see find_private_keys."""

    handle: Any
    asks_again: bool
    generation: int


def _check(result: int) -> None:
    if result != PyKCS11.CKR_OK:
        raise PyKCS11.PyKCS11Error(result)
