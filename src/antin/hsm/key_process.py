"""One key process as the service sees it: started, spoken to, killed."""

import os
import subprocess
import sys
from multiprocessing import Pipe
from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm import wire
from antin.hsm.gate import Doorman
from antin.hsm.pins import PinProvider
from antin.hsm.slots import TokenInfo
from antin.hsm.wire import Channel, ChannelClosedError, Message

_MODULE: Final = "antin.hsm.key_worker"


class KeyProcess:
    """A running ``antin.hsm.key_worker`` and its channels; ``idle`` are those nobody uses."""

    def __init__(self, hello: Message, sessions: int) -> None:
        pairs = [Pipe() for _ in range(sessions + 1)]
        theirs = [their.fileno() for _, their in pairs]
        # No PIN and no address of ours is among what it gets: not as argument, not as variable.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE, *map(str, theirs)],
            pass_fds=theirs,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items() if not k.startswith("ANTIN_")},
        )
        for _, their in pairs:
            their.close()
        self._control, *channels = (Channel(our) for our, _ in pairs)
        self.idle = list(channels)
        self.busy = 0
        self._channels = channels
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
            self._process.wait()
        self._control.close()
        for channel in self._channels:
            channel.close()
        return "it was stopped" if code is None else f"exit code {code}"


def converse(
    channel: Channel, request: Message, gate: Doorman, pin: PinProvider, seconds: float
) -> Message:
    """Send ``request``, let the gate answer when a PIN is wanted, return the answer.

    Errors: ``TimeoutError``, ``ChannelClosedError``, and what the answer says.
    """
    channel.send(request)
    while True:
        message = channel.receive(seconds)
        if "login" in message:
            _let_through(channel, gate, pin, seconds)
        elif "error" in message:
            raise wire.error_in(message)
        else:
            return message


def _let_through(channel: Channel, gate: Doorman, pin: PinProvider, seconds: float) -> None:
    login = _Login(channel, seconds)
    try:
        gate.login(login.look, pin, login.attempt)
    except KeyDeviceError as error:
        # What the process itself met with, it makes its answer.
        if not login.over:
            channel.send(wire.error_out(error))


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
        self._channel.send(message)
        answer = self._channel.receive(self._seconds)
        if "error" in answer:
            self.over = True
            raise wire.error_in(answer)
        return answer
