"""What goes over the pipe between a service and its key processes: small JSON messages.

Never pickles: the other side runs a vendor's native code, and what it sends is only ever data.
"""

import json
import os
import select
import time
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any, Final

from antin.core.codes import CODES
from antin.core.errors import KeyDeviceError
from antin.hsm.device import TokenFacts
from antin.hsm.mechanism_calls import MechanismCall
from antin.hsm.objects import KeyFacts, KeyName
from antin.hsm.slots import TokenInfo

Message = dict[str, Any]
_LENGTH_BYTES: Final = 4
_LONGEST_MESSAGE: Final = 64 << 20
_PIECE: Final = 1 << 16
_VALUES: Final = (str, int, bool, type(None))


class ChannelClosedError(Exception):
    """The other side ended, or said what nobody can understand."""


class Channel:
    """One conversation: a request, whatever is asked back, the answer.

    A message is its length in four bytes, then JSON. The time that is given is for all of it: the
    other side may stop in the middle of a message, or not take in one that fills the pipe.
    """

    def __init__(self, connection: "Connection[bytes, bytes]") -> None:
        self._connection = connection
        os.set_blocking(connection.fileno(), False)

    def send(self, message: Message, seconds: float | None = None) -> None:
        """Send. Errors: ``TimeoutError``; ``ChannelClosedError`` if nobody is there any more."""
        until = _end_of(seconds)
        data = json.dumps(message).encode()
        rest = memoryview(len(data).to_bytes(_LENGTH_BYTES) + data)
        try:
            while rest:
                self._wait(select.POLLOUT, until)
                with suppress(BlockingIOError):
                    rest = rest[os.write(self._connection.fileno(), rest[:_PIECE]) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise ChannelClosedError from error

    def receive(self, seconds: float | None = None) -> Message:
        """Return the next message. Errors: ``TimeoutError``, ``ChannelClosedError``."""
        until = _end_of(seconds)
        try:
            length = int.from_bytes(self._exactly(_LENGTH_BYTES, until))
            if length > _LONGEST_MESSAGE:
                raise ChannelClosedError
            message = json.loads(self._exactly(length, until))
        except TimeoutError:
            raise
        except (OSError, ValueError, RecursionError) as error:
            raise ChannelClosedError from error
        if not isinstance(message, dict):
            raise ChannelClosedError
        return message

    def _exactly(self, count: int, until: float | None) -> bytes:
        found = bytearray()
        while len(found) < count:
            self._wait(select.POLLIN, until)
            with suppress(BlockingIOError):
                piece = os.read(self._connection.fileno(), min(count - len(found), _PIECE))
                if not piece:
                    raise ChannelClosedError
                found += piece
        return bytes(found)

    def _wait(self, event: int, until: float | None) -> None:
        rest = None if until is None else until - time.monotonic()
        poll = select.poll()
        poll.register(self._connection.fileno(), event)
        if rest is not None and (rest <= 0 or not poll.poll(1000 * rest)):
            raise TimeoutError
        if rest is None:
            poll.poll()

    def close(self) -> None:
        """Close this end; called by who uses it, or when nobody does.

        Closed under somebody's hands, its number could become another conversation's meanwhile.
        """
        self._connection.close()


def _end_of(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


def name_out(name: KeyName) -> Message:
    """Return a key's name as a message."""
    return {"label": name.label, "id": None if name.id is None else name.id.hex()}


def name_in(message: Message) -> KeyName:
    """Return the key's name in a message."""
    key_id = message["id"]
    return KeyName(message["label"], None if key_id is None else bytes.fromhex(key_id))


def call_out(call: MechanismCall) -> Message:
    """Return a mechanism as a message."""
    return {"number": call.number, "pss": call.pss}


def call_in(message: Message) -> MechanismCall:
    """Return the mechanism in a message."""
    pss = message["pss"]
    return MechanismCall(message["number"], None if pss is None else tuple(pss))


def info_out(info: TokenInfo) -> Message:
    """Return how a token stands as a message."""
    return asdict(info)


def info_in(message: Message) -> TokenInfo:
    """Return how a token stands. Error: ``ChannelClosedError`` if the message does not say so."""
    try:
        return TokenInfo(
            str(message["label"]),
            str(message["serial"]),
            str(message["manufacturer"]),
            str(message["model"]),
            # What is not plainly "no" counts as a warning.
            pin_locked=message["pin_locked"] is not False,
            pin_low=message["pin_low"] is not False,
            pin_final_try=message["pin_final_try"] is not False,
            pin_to_be_changed=message["pin_to_be_changed"] is not False,
        )
    except KeyError as error:
        raise ChannelClosedError from error


def facts_out(facts: TokenFacts) -> Message:
    """Return what lies on a token as a message."""
    return {
        "serial": facts.serial,
        "mechanisms": sorted(facts.mechanisms),
        "keys": [
            {
                "label": key.label,
                "id": key.id.hex(),
                "kind": key.kind,
                "public": [value.hex() for value in key.public],
                "certificates": [value.hex() for value in key.certificates],
                "asks_again": key.asks_again,
            }
            for key in facts.keys
        ],
    }


def facts_in(message: Message) -> TokenFacts:
    """Return what lies on a token. Error: ``ChannelClosedError`` if it can't be read."""
    try:
        keys = tuple(
            KeyFacts(
                str(key["label"]),
                bytes.fromhex(key["id"]),
                int(key["kind"]),
                tuple(bytes.fromhex(value) for value in key["public"]),
                tuple(bytes.fromhex(value) for value in key["certificates"]),
                key["asks_again"] is not False,
            )
            for key in message["keys"]
        )
        mechanisms = frozenset(int(number) for number in message["mechanisms"])
        return TokenFacts(str(message["serial"]), mechanisms, keys)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ChannelClosedError from error


def error_out(error: KeyDeviceError) -> Message:
    """Return an error as a message."""
    return {"error": error.code, "values": dict(error.values)}


def error_in(message: Message) -> KeyDeviceError:
    """Return the error in a message. Error: ``ChannelClosedError`` for one that we don't know."""
    code, values = message.get("error"), message.get("values")
    if CODES.get(str(code), ("",))[0] != KeyDeviceError.family or not isinstance(values, dict):
        raise ChannelClosedError
    shown = {str(name): value for name, value in values.items() if isinstance(value, _VALUES)}
    return KeyDeviceError(str(code), **shown)
