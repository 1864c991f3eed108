"""One token in this process: its one login, shared by a bounded number of sessions."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from antin.core.errors import KeyDeviceError
from antin.hsm.cryptoki import Cryptoki, CryptokiError
from antin.hsm.cryptoki_values import CKF_SIGN, CKU_CONTEXT_SPECIFIC, CKU_USER
from antin.hsm.gate import Doorman
from antin.hsm.mechanism_calls import ASKED
from antin.hsm.module import Loaded, Module
from antin.hsm.objects import Handle, KeyName, find_key
from antin.hsm.pins import PinProvider
from antin.hsm.pool import SessionPool
from antin.hsm.return_codes import translated
from antin.hsm.session import Session
from antin.hsm.slots import TokenInfo, find_token, token_in


@dataclass(eq=False)
class _Login:
    """What dies together: when the login ends, its sessions and handles are good for nothing."""

    loaded: Loaded
    slot: int
    serial: str
    anchor: Session
    """Held open and never used: with the last session the login would end."""
    pool: SessionPool
    handles: dict[KeyName, Handle] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A logged-in session in one thread's hands."""

    session: Session
    _login: _Login
    _token: "Token"

    def key(self, name: KeyName) -> Handle:
        """Return the key's handle, found once per login. Error: ``key_not_found``."""
        handle = self._login.handles.get(name)
        if handle is None:
            handle = find_key(self.session, name, self._token.label)
            self._login.handles[name] = handle
        return handle

    @property
    def serial(self) -> str:
        """The token's serial number."""
        return self._login.serial

    def mechanisms(self) -> frozenset[int]:
        """Return by which mechanisms the token signs; asked one by one, lists tell too much."""
        cryptoki, slot = self._login.loaded.cryptoki, self._login.slot
        return frozenset(number for number in ASKED if _signs_by(cryptoki, slot, number))

    def login_again(self, pin: PinProvider) -> None:
        """Log in for the operation that was begun (CKA_ALWAYS_AUTHENTICATE)."""
        self._token.pass_gate(self._login, self.session, pin, CKU_CONTEXT_SPECIFIC)


class Token:
    """A token that is logged in to at first use and stays so until something fails."""

    def __init__(
        self,
        module: Module,
        label: str,
        serial: str | None,
        doorman: Doorman,
        *,
        sessions: int = 1,
        seconds: float = 30.0,
    ) -> None:
        self.module = module
        self.label = label
        self.serial = serial
        self.alone = threading.Lock()
        """Held for a whole signature by keys that want the PIN each time: tokens mix them up."""
        self._doorman = doorman
        self._sessions = sessions
        self._seconds = seconds
        self._lock = threading.Lock()
        self._login: _Login | None = None

    @contextmanager
    def session(self, pin: PinProvider) -> Iterator[Held]:
        """Yield a logged-in session; PKCS#11's errors become ours.

        Any error inside closes the session: an operation that failed half-way leaves
        CKR_OPERATION_ACTIVE behind for everything after it.
        """
        with self.module.used() as loaded:
            try:
                login = self._logged_in(loaded, pin)
                session = login.pool.take(self._seconds)
            except CryptokiError as error:
                raise translated(error, self.label) from error
            try:
                yield Held(session, login, self)
            except CryptokiError as error:
                login.pool.discard(session)
                raise translated(error, self.label) from error
            except BaseException:  # in the middle of whatever, the session is of no use to others
                login.pool.discard(session)
                raise
            login.pool.give_back(session)
            self.module.works()

    def forget(self) -> Loaded | None:
        """Give up the login that stands; the next use makes a new one. Returns its module."""
        with self._lock:
            login, self._login = self._login, None
        if login is None:
            return None
        with self.module.used() as loaded:
            # A module that was started again took its sessions with it.
            if loaded is login.loaded:
                login.pool.close()
                login.anchor.close()
        return login.loaded

    def _logged_in(self, loaded: Loaded, pin: PinProvider) -> _Login:
        with self._lock:  # one login at a time; whoever waits finds it done, or is refused as well
            login = self._login
            if login is None or login.loaded is not loaded:
                login = self._login = self._log_in(loaded, pin)
            return login

    def _log_in(self, loaded: Loaded, pin: PinProvider) -> _Login:
        slot, info = find_token(loaded, self.module.path, self.label, self.serial)
        self.serial = info.serial

        def opened() -> Session:
            return Session(loaded.cryptoki, slot)

        anchor = opened()
        login = _Login(
            loaded, slot, info.serial, anchor, SessionPool(opened, self._sessions, self.label)
        )
        try:
            # A login counts for the whole process: while one stands, nobody is asked for a PIN.
            if not anchor.logged_in:
                self.pass_gate(login, anchor, pin, CKU_USER)
        except BaseException:  # Ctrl-C while the PIN is asked for, too, leaves no session open
            anchor.close()
            raise
        return login

    def pass_gate(self, login: _Login, session: Session, pin: PinProvider, user: int) -> None:
        """Log in by what ``pin`` gives, if the gate lets it through."""

        def look() -> TokenInfo:
            info = token_in(login.loaded, login.slot)
            # Another token may have come into the slot since: its PIN is another one.
            if info is None or (info.label, info.serial) != (self.label, self.serial):
                raise KeyDeviceError("token_not_found", token=self.label)
            return info

        self._doorman.login(look, pin, self._attempt(session, user))

    def _attempt(self, session: Session, user: int) -> Callable[[str], None]:
        def attempt(text: str) -> None:
            try:
                session.login(text, user)
            except CryptokiError as error:
                if error.name != "CKR_USER_ALREADY_LOGGED_IN":
                    raise translated(error, self.label) from error

        return attempt


def _signs_by(cryptoki: Cryptoki, slot: int, mechanism: int) -> bool:
    try:
        return bool(cryptoki.mechanism_flags(slot, mechanism) & CKF_SIGN)
    except CryptokiError:
        return False
