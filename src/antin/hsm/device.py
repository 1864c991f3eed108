"""Where keys are used: in this very process, or (``key_processes``) in processes of their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from antin.core.errors import KeyDeviceError
from antin.hsm.mechanism_calls import MechanismCall
from antin.hsm.objects import KeyFacts, KeyName, find_keys, key_facts
from antin.hsm.pins import PinProvider
from antin.hsm.return_codes import wants_fresh_start
from antin.hsm.token import Held, Token

_T = TypeVar("_T")
_ANY: Final = KeyName()
_PAUSE: Final = 0.05
"""Seconds before the last try: a token that another process is writing down is whole again then."""


@dataclass(frozen=True)
class TokenFacts:
    """A token's serial number, what it signs by, and its keys."""

    serial: str
    mechanisms: frozenset[int]
    keys: tuple[KeyFacts, ...]


class Device(Protocol):
    """One token, wherever it is reached; every error is a ``KeyDeviceError``."""

    def facts(self, pin: PinProvider, name: KeyName = _ANY) -> TokenFacts:
        """Log in and return what lies on the token under this name."""
        ...

    def sign(
        self,
        name: KeyName,
        call: MechanismCall,
        payload: bytes,
        pin: PinProvider,
        *,
        fresh: bool = False,
    ) -> bytes:
        """Return what the token answers, unverified but not empty; ``fresh``: log in before."""
        ...

    def close(self) -> None:
        """Log out, and end what was started for it."""
        ...


class LocalDevice:
    """A :class:`Device` in this process."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def facts(self, pin: PinProvider, name: KeyName = _ANY) -> TokenFacts:
        def work(held: Held) -> TokenFacts:
            # Before login a token shows no private keys, and no error either.
            handles = find_keys(held.session, name)
            keys = tuple(key_facts(held.session, handle) for handle in handles)
            return TokenFacts(held.serial, held.mechanisms(), keys)

        return self._steadily(work, pin)

    def sign(
        self,
        name: KeyName,
        call: MechanismCall,
        payload: bytes,
        pin: PinProvider,
        *,
        fresh: bool = False,
    ) -> bytes:
        if fresh:
            self._token.forget()

        def work(held: Held) -> bytes:
            key = held.key(name)
            if not key.asks_again:
                return self._sign(held, key.number, call, payload, None)
            with self._token.alone:
                return self._sign(held, key.number, call, payload, pin)

        return self._steadily(lambda held: self._still_there(work, held), pin)

    def close(self) -> None:
        self._token.forget()

    def _sign(
        self, held: Held, key: int, call: MechanismCall, payload: bytes, pin: PinProvider | None
    ) -> bytes:
        # C_SignInit, then C_Login where the key wants it, then C_Sign: in no other order.
        held.session.begin_signature(call, key)
        if pin is not None:
            held.login_again(pin)
        value = held.session.end_signature(payload)
        if not any(value):
            # A mechanism that does not fit the key is answered like this by some tokens.
            raise KeyDeviceError("token_failed", token=self._token.label, detail="empty signature")
        return value

    def _still_there(self, work: Callable[[Held], _T], held: Held) -> _T:
        try:
            return work(held)
        except KeyDeviceError as error:
            if error.code != "key_not_found":
                raise
            # Whoever signs has found the key before: a token that is taken away shows nothing.
            raise KeyDeviceError("session_lost", token=self._token.label, rv=None) from error

    def _steadily(self, work: Callable[[Held], _T], pin: PinProvider) -> _T:
        """Do ``work``; if the token went away, once more with a new login, and with a new load."""
        try:
            return self._tried(work, pin)
        except KeyDeviceError as error:
            if error.code != "session_lost":
                raise
            label, value = self._token.label, error.values.get("rv")
            raise KeyDeviceError("session_lost", token=label, rv=value) from error

    def _tried(self, work: Callable[[Held], _T], pin: PinProvider) -> _T:
        try:
            return self._once(work, pin)
        except KeyDeviceError as error:
            if not wants_fresh_start(error):
                raise
        self._token.forget()
        try:
            return self._once(work, pin)
        except KeyDeviceError as error:
            if not wants_fresh_start(error):
                raise
        time.sleep(_PAUSE)
        self._restart_module()
        return self._once(work, pin)

    def _once(self, work: Callable[[Held], _T], pin: PinProvider) -> _T:
        with self._token.session(pin) as held:
            return work(held)

    def _restart_module(self) -> None:
        failed = self._token.forget()
        module = self._token.module
        if failed is None:
            with module.used() as failed:
                pass
        module.restart(failed)
