"""The process that holds a token's sessions: ``python -m antin.hsm.key_worker FD...``.

Started by :mod:`antin.hsm.key_processes` only. The first file descriptor says which token it is
for and, by its end, that the service is gone; each other one is served by a thread of its own. The
PIN comes over the pipe when the token wants it, and is kept nowhere.
"""

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from antin.core.errors import KeyDeviceError
from antin.hsm import wire
from antin.hsm.device import LocalDevice
from antin.hsm.module import module_at
from antin.hsm.pins import PinProvider
from antin.hsm.slots import TokenInfo
from antin.hsm.token import Token
from antin.hsm.wire import Channel, ChannelClosedError, Message


def main(descriptors: list[int]) -> None:
    """Serve until the service is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the PIN
    control, *channels = (Channel(Connection(number)) for number in descriptors)
    asked = control.receive()
    doorman = DistantGate()
    token = Token(
        module_at(Path(asked["module"])),
        asked["label"],
        asked["serial"],
        doorman,
        sessions=len(channels),
        seconds=asked["seconds"],
    )
    device = LocalDevice(token)
    for channel in channels:
        threading.Thread(target=_serve, args=(channel, device, doorman), daemon=True).start()
    try:
        control.receive()  # nothing more is said here: it ends with the service
    except ChannelClosedError:
        # Threads may hang in the module; nothing of theirs is worth waiting for.
        os._exit(0)


class DistantGate:
    """A :class:`~antin.hsm.gate.Doorman`: asks the service over the channel of the request."""

    def __init__(self) -> None:
        self._current = threading.local()

    def serve(self, channel: Channel) -> None:
        """Note that this thread's requests come over ``channel``."""
        self._current.channel = channel

    def login(
        self,
        look: Callable[[], TokenInfo],
        pin: PinProvider,  # noqa: ARG002 — the port's; here the PIN comes over the channel
        attempt: Callable[[str], None],
    ) -> None:
        channel: Channel = self._current.channel
        channel.send({"login": True})
        while True:
            message = channel.receive()
            try:
                if "error" in message:
                    raise wire.error_in(message)
                if "look" in message:
                    channel.send({"info": wire.info_out(look())})
                    continue
                attempt(message["pin"])
            except KeyDeviceError as error:
                if "error" not in message:
                    channel.send(wire.error_out(error))
                raise
            channel.send({"tried": True})
            return


def _serve(channel: Channel, device: LocalDevice, doorman: DistantGate) -> None:
    doorman.serve(channel)
    try:
        while True:
            channel.send(_answer(channel.receive(), device))
    except ChannelClosedError:
        return
    finally:
        channel.close()  # also after what nobody foresaw: the service need not wait for an answer


def _answer(message: Message, device: LocalDevice) -> Message:
    try:
        name = wire.name_in(message["name"])
        if message["do"] == "facts":
            return {"facts": wire.facts_out(device.facts(_nobody, name))}
        call, payload = wire.call_in(message["call"]), bytes.fromhex(message["payload"])
        value = device.sign(name, call, payload, _nobody, fresh=message["fresh"] is not False)
        return {"value": value.hex()}
    except KeyDeviceError as error:
        return wire.error_out(error)


def _nobody() -> str:
    """Stand for a PIN: the real ones are on the other side of the gate."""
    return ""


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
