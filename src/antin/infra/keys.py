"""Keys by the names that settings give them; opened when first used, kept while the process runs.

Opening loads a PKCS#11 module, which must not happen before a worker process has started: nothing
here touches a token until somebody signs.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

import structlog

from antin.core.errors import KeyDeviceError, NotFoundError, RefusedError, UsageError
from antin.hsm.guard import Guard, GuardedKey, Purpose, Rule, Uses
from antin.hsm.key import SigningKey
from antin.hsm.pins import (
    PinProvider,
    insecure_pin_from_environment,
    pin_from_file,
    pin_from_prompt,
)
from antin.infra.settings import Credential, PinSource, Settings, Standby
from antin.pki.algorithms import SignatureAlgorithm

if TYPE_CHECKING:
    from antin.hsm.gate import TokenAlarm
    from antin.hsm.room import KeyRoom, Staffing

REFUSED_PINS: Final = "refused-pins"
"""Where, in the data directory, processes tell each other which PIN files were refused."""
_log: Final = structlog.get_logger("antin.keys")

AskPin = Callable[[str], str]
"""Asks a person for the PIN of the token with this label."""


def nobody_to_ask(token: str) -> str:
    """Refuse to ask: there is no person at a service's side. Error: ``pin_missing``."""
    raise KeyDeviceError("pin_missing", token=token)


class Keys:
    """The credentials of ``antin.toml`` as signing keys; close them at the end."""

    def __init__(
        self, settings: Settings, ask: AskPin = nobody_to_ask, *, service: bool = False
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._service = service
        self._lock = threading.Lock()
        self._opened: dict[str, SigningKey] = {}
        # Each on its own: a token that does not answer keeps nobody from the keys on others.
        self._opening = {c.name: threading.Lock() for c in settings.credentials}
        self._guards = {
            c.name: Guard(rule_of(settings, c), monotonic) for c in settings.credentials
        }
        self._room: KeyRoom | None = None

    def named(self, name: str, purpose: Purpose = "sign", agency: str | None = None) -> SigningKey:
        """Return the key called ``name``, for this purpose only.

        Errors: ``credential_not_found``, ``key_use_refused``, key device codes.
        """
        credential = self._settings.credential(name)
        if credential is None:
            raise NotFoundError("credential_not_found", name=name)
        guard = self._guards[name]
        try:
            guard.rule.require(purpose, agency)
        except RefusedError:
            guard.note_refusal()
            _log.warning("key_use_refused", credential=name, purpose=purpose, agency=agency)
            raise
        with self._opening[name]:
            if name not in self._opened:
                self._opened[name] = GuardedKey(self._open(credential), guard)
            return self._opened[name]

    def for_agency(self, code: str) -> SigningKey:
        """Return the agency's seal key. Errors: ``seal_credential_missing``, key device codes."""
        for credential in self._settings.credentials:
            if credential.agency == code:
                return self.named(credential.name, "seal", code)
        raise RefusedError("seal_credential_missing", agency=code)

    def pin(self, credential: Credential) -> PinProvider:
        """Return where the PIN of ``credential`` comes from; nothing is read yet."""
        return self._pin(credential.token_label, credential.pin)

    @property
    def uses(self) -> tuple[Uses, ...]:
        """How often each credential was used in this process."""
        return tuple(guard.uses for guard in self._guards.values())

    @property
    def alarms(self) -> "tuple[TokenAlarm, ...]":
        """The tokens that nothing is signed with until a person has seen to their PIN."""
        return () if self._room is None else self._room.gate.alarms

    def close(self) -> None:
        """Log out and end the processes that use keys, once what is being opened is open."""
        with ExitStack() as held:
            for lock in self._opening.values():
                held.enter_context(lock)
            self._opened.clear()
            if self._room is not None:
                self._room.close()

    def _pin(self, token: str, source: PinSource | Literal["prompt"]) -> PinProvider:
        if source == "prompt":
            return pin_from_prompt(token, self._ask)
        if source.file is not None:
            return pin_from_file(token, source.file)
        return insecure_pin_from_environment(token, source.env or "")

    def _open(self, credential: Credential) -> SigningKey:
        from antin.hsm.failover import FailoverKey

        with self._lock:
            prepare_modules(self._settings)
        places = [self._place(credential, credential)]
        places += [self._place(credential, standby) for standby in credential.standby]
        if len(places) == 1:
            return places[0]()
        return FailoverKey(credential.name, tuple(places))

    def _place(
        self, credential: Credential, token: Credential | Standby
    ) -> "Callable[[], SigningKey]":
        from antin.hsm.pkcs11 import KeyReference, open_key

        reference = KeyReference(
            module=token.module or credential.module or default_module(self._settings),
            token_label=token.token_label,
            token_serial=token.token_serial,
            key_label=credential.key_label,
            key_id=bytes.fromhex(credential.key_id) if credential.key_id else None,
            scheme=credential.scheme,
        )
        pin = self._pin(token.token_label, token.pin or credential.pin)
        room = self._made_room()
        room.staff(reference.place, staffing_of(credential, service=self._service))
        return lambda: open_key(reference, pin, room)

    def _made_room(self) -> "KeyRoom":
        from antin.hsm.gate import PinGate
        from antin.hsm.room import KeyRoom

        with self._lock:
            if self._room is None:
                folder = self._settings.data_dir / REFUSED_PINS
                self._room = KeyRoom(PinGate(_alarm, folder))
            return self._room


def rule_of(settings: Settings, credential: Credential) -> Rule:
    """Return what the settings say that a credential is for."""
    ledger = settings.ledger
    checkpoints = ledger is not None and ledger.credential == credential.name
    return Rule(credential.name, credential.agency, checkpoints, credential.per_minute)


def staffing_of(credential: Credential, *, service: bool) -> "Staffing":
    """Return how a credential's token is used at once.

    A PIN that is typed is asked for in the very process that signs: it can't be asked for again
    when a process of its own has ended.
    """
    from antin.hsm.room import Staffing

    processes = credential.processes
    if processes is None:
        processes = int(service)
    if credential.pin == "prompt":
        processes = 0
    return Staffing(processes, credential.sessions, credential.seconds)


def _alarm(alarm: "TokenAlarm") -> None:
    _log.error("token_alarm", token=alarm.token, serial=alarm.serial, code=alarm.code)


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


_CHECKPOINT_ALGORITHMS: Final = (
    SignatureAlgorithm("ecdsa", "sha256"),
    SignatureAlgorithm("ed25519", "sha512"),
)


class CheckpointKey:
    """The ledger's own key as the ledger wants it, opened when used.

    ECDSA P-256 with SHA-256, or Ed25519 where the token has it (a log that public witnesses are to
    follow needs that).
    """

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
        key = self._keys.named(self._credential, "checkpoint")
        if key.algorithm not in _CHECKPOINT_ALGORITHMS:
            raise KeyDeviceError(
                "mechanism_missing", token=self._credential, mechanism="ECDSA P-256 or Ed25519"
            )
        return key
