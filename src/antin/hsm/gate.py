"""Before a PIN reaches a token: never a wrong one twice, never the last try by a machine.

One gate stands before all logins of a process, those of its worker processes included, and lets
one login to a token through at a time. It outlives sessions, logins and workers. What it remembers
of a PIN is an HMAC under a key of this process; what it shares with other processes, in ``folder``,
is which state of which PIN file was refused: nothing that could be turned back into a PIN.
"""

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import DeliberatePin, FilePin, PinProvider
from antin.hsm.refused_files import Refusals, RefusedFiles
from antin.hsm.return_codes import answers_a_login
from antin.hsm.slots import TokenInfo

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class TokenAlarm:
    """Something about a token that a person has to see to."""

    token: str
    serial: str
    code: str
    """``pin_incorrect``, ``pin_final_try`` or ``pin_locked``; the last two stop all use."""


Alarm = Callable[[TokenAlarm], None]


class Doorman(Protocol):
    """Whom a login has to pass: the gate itself, or in a worker process the way to it."""

    def login(
        self, look: Callable[[], TokenInfo], pin: PinProvider, attempt: Callable[[str], None]
    ) -> None:
        """Call ``attempt`` with a PIN, once; ``look`` tells how the token stands right now.

        Errors: ``pin_missing``, ``pin_incorrect``, ``pin_locked``, ``pin_final_try``, and what
        ``attempt`` raises.
        """
        ...


def log_alarm(alarm: TokenAlarm) -> None:
    """Write the alarm to the log."""
    _log.error("token %s (%s): %s", alarm.token, alarm.serial, alarm.code)


@dataclass
class _Memory:
    """What is known of one token's PIN."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    wrong: set[bytes] = field(default_factory=set)
    unsure: set[bytes] = field(default_factory=set)
    """Tried, and the answer never came."""
    stopped: str | None = None


class PinGate:
    """A :class:`Doorman`; ``folder``, if given, is shared by all processes of an installation."""

    def __init__(self, alarm: Alarm = log_alarm, folder: Path | None = None) -> None:
        self._alarm = alarm
        self._refused = None if folder is None else RefusedFiles(folder)
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._memories: dict[tuple[str, str], _Memory] = {}

    def login(
        self, look: Callable[[], TokenInfo], pin: PinProvider, attempt: Callable[[str], None]
    ) -> None:
        info = look()
        memory = self._memory(info)
        file = pin.file if isinstance(pin, DeliberatePin) else pin
        file = file if isinstance(file, FilePin) else None
        shared = self._refused.of(info.serial, file) if self._refused and file else nullcontext()
        with memory.lock, shared as refusals:
            info = look()  # another login may have used up a try meanwhile
            # 1. Locked, or one try left: nothing but a person's deliberate act goes on.
            self._require_tries(memory, info, pin)
            # 2. What was refused once is refused here, the token never sees it again.
            if refusals is not None and refusals.stands(low=info.pin_low):
                raise KeyDeviceError("pin_incorrect", token=info.label)
            text = pin()
            if not text:  # an empty PIN would count as a wrong one
                raise KeyDeviceError("pin_missing", token=info.label)
            mark = hmac.digest(self._key, text.encode(), hashlib.sha256)
            if mark in memory.wrong or (mark in memory.unsure and info.pin_low):
                raise KeyDeviceError("pin_incorrect", token=info.label)
            # 3. The one try; whatever comes of it is remembered.
            with self._noting(refusals), self._remembering(memory, info, mark):
                attempt(text)
            memory.stopped = None

    def stopped(self, token: str, serial: str) -> bool:
        """Tell whether the token's PIN was found locked or before its last try.

        Whoever holds a login then gives it up, so that the next use passes here, and sees by the
        token's own flags whether a person has set things right.
        """
        memory = self._memories.get((token, serial))
        return memory is not None and memory.stopped is not None

    @property
    def alarms(self) -> tuple[TokenAlarm, ...]:
        """The tokens that are stopped now."""
        with self._lock:
            return tuple(
                TokenAlarm(token, serial, memory.stopped)
                for (token, serial), memory in self._memories.items()
                if memory.stopped is not None
            )

    def _memory(self, info: TokenInfo) -> _Memory:
        with self._lock:
            return self._memories.setdefault((info.label, info.serial), _Memory())

    def _require_tries(self, memory: _Memory, info: TokenInfo, pin: PinProvider) -> None:
        if info.pin_locked:
            self._stop(memory, info, "pin_locked")
        if info.pin_final_try and not isinstance(pin, DeliberatePin):
            self._stop(memory, info, "pin_final_try")

    def _stop(self, memory: _Memory, info: TokenInfo, code: str) -> None:
        if memory.stopped != code:
            memory.stopped = code
            self._alarm(TokenAlarm(info.label, info.serial, code))
        raise KeyDeviceError(code, token=info.label)

    @contextmanager
    def _remembering(self, memory: _Memory, info: TokenInfo, mark: bytes) -> Iterator[None]:
        memory.unsure.add(mark)
        try:
            yield
        except KeyDeviceError as error:
            if error.code == "pin_incorrect":
                memory.wrong.add(mark)
                self._alarm(TokenAlarm(info.label, info.serial, error.code))
            elif error.code == "pin_locked":
                self._stop(memory, info, error.code)
            if answers_a_login(error):
                memory.unsure.discard(mark)
            raise
        memory.unsure.discard(mark)

    @contextmanager
    def _noting(self, refusals: Refusals | None) -> Iterator[None]:
        """Do the same for other processes, and for this one's successor if it is killed here."""
        if refusals is None:
            yield
            return
        refusals.trying()
        try:
            yield
        except KeyDeviceError as error:
            if error.code == "pin_incorrect":
                refusals.add()
            elif answers_a_login(error):
                refusals.over()
            raise
        refusals.over()
