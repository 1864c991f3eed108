"""One key process as the service sees it: started, spoken to, killed."""

import os
import subprocess
import sys
from contextlib import suppress
from multiprocessing import Pipe
from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm import wire
from antin.hsm.gate import Doorman
from antin.hsm.pins import PinProvider
from antin.hsm.slots import TokenInfo
from antin.hsm.wire import Channel, ChannelClosedError, Message

_MODULE: Final = "antin.hsm.key_worker"
_ENDS_WITHIN: Final = 5.0
"""Seconds that a killed process is waited for."""
_MOST_LOGINS: Final = 8
"""In one conversation; a new login, a new load and a key that asks each time need four."""


class KeyProcess:
    """A running ``antin.hsm.key_worker`` and its channels; ``idle`` are those nobody uses."""

    def __init__(self, hello: Message, sessions: int) -> None:
        """Start it. Error: ``OSError``."""
        pairs = [Pipe() for _ in range(sessions + 1)]
        theirs = [their.fileno() for _, their in pairs]
        try:
            # No PIN and no address of ours is among what it gets: not as argument, not as variable.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, *map(str, theirs)],
                pass_fds=theirs,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if not k.startswith("ANTIN_")},
            )
        except OSError:
            for our, _ in pairs:
                our.close()
            raise
        finally:
            for _, their in pairs:
                their.close()
        self._control, *channels = (Channel(our) for our, _ in pairs)
        self.idle = list(channels)
        self.busy = 0
        self._hello = hello

    def start(self) -> None:
        """Say which token it is for; ``ChannelClosedError`` if it is dead already."""
        self._control.send(self._hello)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it runs, as far as can be told without speaking to it."""
        return self._process.poll() is None

    def end(self) -> str:
        """Kill it, which ends its sessions, and say how it ended."""
        code = self._process.poll()
        if code is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):  # it waits for its device in the kernel
                self._process.wait(_ENDS_WITHIN)
        self._control.close()
        # Whoever speaks over another one hears that it has ended, and closes it.
        for channel in self.idle:
            channel.close()
        return "it was stopped" if code is None else f"exit code {code}"


def converse(
    channel: Channel, request: Message, gate: Doorman, pin: PinProvider, seconds: float
) -> Message:
    """Send ``request``, let the gate answer when a PIN is wanted, return the answer.

    Errors: ``TimeoutError``, ``ChannelClosedError``, and what the answer says.
    """
    channel.send(request, seconds)
    for _ in range(_MOST_LOGINS + 1):
        message = channel.receive(seconds)
        if "error" in message:
            raise wire.error_in(message)
        if "login" not in message:
            return message
        _let_through(channel, gate, pin, seconds)
    raise ChannelClosedError


def _let_through(channel: Channel, gate: Doorman, pin: PinProvider, seconds: float) -> None:
    login = _Login(channel, seconds)
    try:
        gate.login(login.look, pin, login.attempt)
    except KeyDeviceError as error:
        # What the process itself met with, it makes its answer.
        if not login.over:
            channel.send(wire.error_out(error), seconds)


class _Login:
    """A login over a channel; ``over`` once the other side waits for nothing more."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self.over = False
        self._channel = channel
        self._seconds = seconds

    def look(self) -> TokenInfo:
        answer = self._ask({"look": True})
        if not isinstance(answer.get("info"), dict):
            raise ChannelClosedError
        return wire.info_in(answer["info"])

    def attempt(self, text: str) -> None:
        self._ask({"pin": text})
        self.over = True

    def _ask(self, message: Message) -> Message:
        self._channel.send(message, self._seconds)
        answer = self._channel.receive(self._seconds)
        if "error" in answer:
            self.over = True
            raise wire.error_in(answer)
        return answer
