"""One token: its lock, its one session, its one login."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import PyKCS11

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11_errors import translated
from antin.hsm.pkcs11_module import Module, find_token, load_module

_PIN_KEY: Final = secrets.token_bytes(32)


class Pkcs11Token:
    """A token that is logged in to at first use and stays so until something fails.

    A login counts for the whole process and ends with the last session, which makes handles of
    private keys invalid for good. Hence one session per token, held open; whoever keeps a handle
    keeps the ``generation`` it is of.
    """

    def __init__(self, module: Path, label: str, serial: str) -> None:
        self.module = module
        self.label = label
        self.serial = serial
        self.generation = 0
        self._lock = threading.RLock()
        self._session: Any = None
        self._opened_in: Module | None = None
        self._wrong_pins: set[bytes] = set()

    @contextmanager
    def session(self, pin: PinProvider) -> Iterator[Any]:
        """Yield the logged-in session, for one thread at a time.

        Any error inside closes the session: an operation that failed half-way leaves
        CKR_OPERATION_ACTIVE behind for everything after it. PyKCS11's errors become ours.
        """
        with self._lock:
            try:
                module = load_module(self.module)
                if module is not self._opened_in:
                    self._session = None  # its library is gone: it can't even be closed
                if self._session is None:
                    self._open(module, pin)
                yield self._session
            except PyKCS11.PyKCS11Error as error:
                self._close()
                raise translated(error, self.label) from error
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Log out; the next use logs in again."""
        with self._lock:
            self._close()

    def supports(self, mechanism: int) -> bool:
        """Tell whether the token signs by ``mechanism``.

        Asked one by one: PyKCS11 appends a mechanism to the token's list that is not in it.
        """
        module = load_module(self.module)
        slot, _ = find_token(module, self.label, self.serial)
        try:
            info = module.library.getMechanismInfo(slot, PyKCS11.CKM[mechanism])
        except PyKCS11.PyKCS11Error:
            return False
        return bool(info.flags & PyKCS11.CKF_SIGN)

    def _open(self, module: Module, pin: PinProvider) -> None:
        slot, info = find_token(module, self.label, self.serial)
        if info.pin_locked:
            raise KeyDeviceError("pin_locked", token=self.label)
        self._session = module.library.openSession(slot, PyKCS11.CKF_SERIAL_SESSION)
        self._opened_in = module
        self.generation += 1
        self.login(self._session, pin, PyKCS11.CKU_USER)

    def login(self, session: Any, pin: PinProvider, user: int) -> None:
        """Log in with what ``pin`` returns; a PIN that was wrong once is never tried again.

        Errors: ``pin_missing``, ``pin_incorrect``, ``pin_locked``.
        """
        text = pin()
        if not text:  # an empty PIN would count as a wrong one
            raise KeyDeviceError("pin_missing", token=self.label)
        # Kept instead of the PIN: enough to know it again in this process, and nowhere else.
        mark = hmac.digest(_PIN_KEY, text.encode(), hashlib.sha256)
        if mark in self._wrong_pins:
            raise KeyDeviceError("pin_incorrect", token=self.label)
        try:
            session.login(text, user)
        except PyKCS11.PyKCS11Error as error:
            if error.value == PyKCS11.CKR_USER_ALREADY_LOGGED_IN:
                return
            failure = translated(error, self.label)
            if failure.code == "pin_incorrect":
                self._wrong_pins.add(mark)
            raise failure from error

    def _close(self) -> None:
        session, self._session = self._session, None
        # A library that was unloaded took its sessions with it: touching one would crash.
        if session is not None and self._opened_in is load_module(self.module):
            try:
                session.closeSession()
            except PyKCS11.PyKCS11Error:  # it was dead already, which is why we are here
                return


_registry_lock: Final = threading.Lock()
_tokens: Final[dict[tuple[Path, str], Pkcs11Token]] = {}


def connected_token(module: Path, label: str, serial: str | None) -> Pkcs11Token:
    """Return this process's one object for the token with this label and serial number.

    Errors: ``token_not_found``, ``pkcs11_module_missing``, ``pkcs11_module_broken``.
    """
    loaded = load_module(module)
    _, info = find_token(loaded, label, serial)
    with _registry_lock:
        key = (loaded.path, info.serial)
        return _tokens.setdefault(key, Pkcs11Token(loaded.path, info.label, info.serial))
