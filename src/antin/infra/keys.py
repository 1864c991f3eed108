"""Keys by the names that settings give them; opened when first used, kept while the process runs.

Opening loads a PKCS#11 module, which must not happen before a worker process has started: nothing
here touches a token until somebody signs.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from antin.core.errors import KeyDeviceError, NotFoundError, RefusedError, UsageError
from antin.hsm.key import SigningKey
from antin.hsm.pins import (
    PinProvider,
    insecure_pin_from_environment,
    pin_from_file,
    pin_from_prompt,
)
from antin.infra.settings import Credential, Settings
from antin.pki.algorithms import SignatureAlgorithm

AskPin = Callable[[str], str]
"""Asks a person for the PIN of the token with this label."""


def nobody_to_ask(token: str) -> str:
    """Refuse to ask: there is no person at a service's side. Error: ``pin_missing``."""
    raise KeyDeviceError("pin_missing", token=token)


class Keys:
    """The credentials of ``antin.toml`` as signing keys."""

    def __init__(self, settings: Settings, ask: AskPin = nobody_to_ask) -> None:
        self._settings = settings
        self._ask = ask
        self._lock = threading.Lock()
        self._opened: dict[str, SigningKey] = {}

    def named(self, name: str) -> SigningKey:
        """Return the key called ``name``. Errors: ``credential_not_found``, key device codes."""
        credential = self._settings.credential(name)
        if credential is None:
            raise NotFoundError("credential_not_found", name=name)
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._open(credential)
            return self._opened[name]

    def for_agency(self, code: str) -> SigningKey:
        """Return the agency's seal key. Errors: ``seal_credential_missing``, key device codes."""
        for credential in self._settings.credentials:
            if credential.agency == code:
                return self.named(credential.name)
        raise RefusedError("seal_credential_missing", agency=code)

    def pin(self, credential: Credential) -> PinProvider:
        """Return where the PIN of ``credential`` comes from; nothing is read yet."""
        token, source = credential.token_label, credential.pin
        if source == "prompt":
            return pin_from_prompt(token, self._ask)
        if source.file is not None:
            return pin_from_file(token, source.file)
        return insecure_pin_from_environment(token, source.env or "")

    def _open(self, credential: Credential) -> SigningKey:
        from antin.hsm.pkcs11 import KeyReference, open_key

        prepare_modules(self._settings)
        reference = KeyReference(
            module=credential.module or default_module(self._settings),
            token_label=credential.token_label,
            token_serial=credential.token_serial,
            key_label=credential.key_label,
            key_id=bytes.fromhex(credential.key_id) if credential.key_id else None,
            scheme=credential.scheme,
        )
        return open_key(reference, self.pin(credential))


def default_module(settings: Settings) -> Path:
    """Return the installation's PKCS#11 module. Error: ``settings_invalid`` without one."""
    if settings.pkcs11_module is not None:
        return settings.pkcs11_module
    if settings.softhsm is None:
        raise UsageError("settings_invalid", detail="no pkcs11_module is configured")
    from antin.hsm.softhsm import find_module

    return find_module()


def prepare_modules(settings: Settings) -> None:
    """Do what modules need before they are loaded: SoftHSM reads its configuration only once."""
    if settings.softhsm is not None:
        from antin.hsm.softhsm import configure

        configure(settings.softhsm.tokens.parent)


class CheckpointKey:
    """The ledger's own key as the ledger wants it: ECDSA P-256 with SHA-256, opened when used."""

    def __init__(self, keys: Keys, origin: str, credential: str) -> None:
        self._keys = keys
        self._credential = credential
        self.name = origin

    @property
    def public_key(self) -> bytes:
        return self._key().public_key

    def sign(self, message: bytes) -> bytes:
        return self._key().sign(message)

    def _key(self) -> SigningKey:
        key = self._keys.named(self._credential)
        if key.algorithm != SignatureAlgorithm("ecdsa", "sha256"):
            raise KeyDeviceError(
                "mechanism_missing", token=self._credential, mechanism="ECDSA P-256"
            )
        return key
