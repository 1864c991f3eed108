"""A token used through processes of their own: what crashes or hangs takes one of them along.

Each process has its own login and its own connection to the token, each of its sessions a channel.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from antin.core.errors import DefectError, KeyDeviceError
from antin.hsm import wire
from antin.hsm.device import TokenFacts
from antin.hsm.gate import PinGate
from antin.hsm.key_process import KeyProcess, converse
from antin.hsm.mechanism_calls import MechanismCall
from antin.hsm.objects import KeyName
from antin.hsm.pins import PinProvider
from antin.hsm.wire import Channel, ChannelClosedError, Message

if TYPE_CHECKING:
    from antin.hsm.room import Place, Staffing

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
"""Seconds before a process that ended is started again; doubled while none does any work."""
_T = TypeVar("_T")
_ANY: Final = KeyName()


@dataclass
class _Desk:
    """Where one process works, or the next one will."""

    process: KeyProcess | None = None
    pause: float = _FIRST_PAUSE
    not_before: float = 0.0


class KeyProcesses:
    """A :class:`~antin.hsm.device.Device` of ``processes`` × ``sessions`` at once."""

    def __init__(self, place: "Place", staffing: "Staffing", gate: PinGate) -> None:
        self._token = place.token_label
        self._hello: Message = {
            "module": str(place.module),
            "label": place.token_label,
            "serial": place.token_serial,
            "seconds": staffing.seconds,
        }
        self._staffing = staffing
        self._gate = gate
        self._desks = [_Desk() for _ in range(staffing.processes)]
        self._ended = "it was stopped"
        self._owner = os.getpid()
        self._condition = threading.Condition()

    def facts(self, pin: PinProvider, name: KeyName = _ANY) -> TokenFacts:
        found = self._asked({"do": "facts", "name": wire.name_out(name)}, pin, _facts)
        if self._hello["serial"] is None:
            # From now on it is this token: another one with its label gets no PIN of it.
            self._hello["serial"] = found.serial
        return found

    def sign(
        self,
        name: KeyName,
        call: MechanismCall,
        payload: bytes,
        pin: PinProvider,
        *,
        fresh: bool = False,
    ) -> bytes:
        request = {
            "do": "sign",
            "fresh": fresh,
            "name": wire.name_out(name),
            "call": wire.call_out(call),
            "payload": payload.hex(),
        }
        return self._asked(request, pin, _value)

    def close(self) -> None:
        """End all processes; the next use starts new ones."""
        with self._condition:
            for desk in self._desks:
                self._end(desk, desk.process)

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the processes that run."""
        with self._condition:
            return tuple(desk.process.pid for desk in self._desks if desk.process is not None)

    def _asked(self, request: Message, pin: PinProvider, read: Callable[[Message], _T]) -> _T:
        try:
            return self._once(request, pin, read)
        except ChannelClosedError:
            # It may have ended because of somebody else's request. What it might have signed is
            # lost with it, so that asking again uses nothing twice.
            return self._last(request, pin, read)

    def _last(self, request: Message, pin: PinProvider, read: Callable[[Message], _T]) -> _T:
        try:
            return self._once(request, pin, read)
        except ChannelClosedError as error:
            raise self._died() from error

    def _once(self, request: Message, pin: PinProvider, read: Callable[[Message], _T]) -> _T:
        desk, process, channel = self._take()
        try:
            answer = read(converse(channel, request, self._gate, pin, self._staffing.seconds))
        except KeyDeviceError:
            self._give_back(desk, process, channel)
            raise
        except TimeoutError as error:
            self._bury(desk, process, channel)
            seconds = int(self._staffing.seconds)
            raise KeyDeviceError("token_timeout", token=self._token, seconds=seconds) from error
        except BaseException:  # half an answer may still come; nobody is to take it for theirs
            self._bury(desk, process, channel)
            raise
        desk.pause = _FIRST_PAUSE
        self._give_back(desk, process, channel)
        return answer

    def _take(self) -> tuple[_Desk, KeyProcess, Channel]:
        """Return a channel of the process that has the least to do."""
        if self._owner != os.getpid():
            # Two that speak over one channel would get each other's answers.
            raise DefectError("defect", detail="a key process was started before a fork")
        until = time.monotonic() + self._staffing.seconds
        with self._condition:
            while True:
                desk = self._least_busy()
                if desk is not None and desk.process is not None and desk.process.idle:
                    desk.process.busy += 1
                    return desk, desk.process, desk.process.idle.pop()
                now = time.monotonic()
                rested = [d.not_before for d in self._desks if d.process is None]
                # One that ended for the first time is worth waiting for, as it rests for a moment.
                if len(rested) == len(self._desks) and min(rested) - now > _FIRST_PAUSE:
                    raise self._died()
                if now >= until:
                    seconds = int(self._staffing.seconds)
                    raise KeyDeviceError("token_timeout", token=self._token, seconds=seconds)
                # A desk that has rested can be staffed: nobody else would tell.
                self._condition.wait(min((until, *rested)) - now)

    def _least_busy(self) -> _Desk | None:
        now = time.monotonic()
        for desk in self._desks:
            if desk.process is not None and not desk.process.lives:
                self._end(desk, desk.process)
        living = [desk for desk in self._desks if desk.process is not None]
        best = min(living, key=lambda desk: desk.process.busy, default=None)  # type: ignore[union-attr]  # living
        empty = next((d for d in self._desks if d.process is None and d.not_before <= now), None)
        if empty is not None and (best is None or best.process is None or best.process.busy):
            self._staff(empty)
            return empty if empty.process is not None else best
        return best

    def _staff(self, desk: _Desk) -> None:
        try:
            desk.process = KeyProcess(self._hello, self._staffing.sessions)
        except OSError as error:
            self._ended = f"it could not be started: {error.strerror}"
            self._rest(desk)
            return
        try:
            desk.process.start()
        except ChannelClosedError:
            self._end(desk, desk.process)

    def _give_back(self, desk: _Desk, process: KeyProcess, channel: Channel) -> None:
        with self._condition:
            if desk.process is process:
                process.busy -= 1
                process.idle.append(channel)
                self._condition.notify()
                return
        channel.close()

    def _bury(self, desk: _Desk, process: KeyProcess, channel: Channel) -> None:
        with self._condition:
            self._end(desk, process)
        channel.close()

    def _end(self, desk: _Desk, process: KeyProcess | None) -> None:
        if process is None or desk.process is not process:
            return  # somebody else's request found it first
        self._ended = process.end()
        desk.process = None
        self._rest(desk)
        # Whoever waits for one of its channels gets none any more.
        self._condition.notify_all()

    def _rest(self, desk: _Desk) -> None:
        desk.not_before = time.monotonic() + desk.pause
        desk.pause = min(2 * desk.pause, _LONGEST_PAUSE)

    def _died(self) -> KeyDeviceError:
        return KeyDeviceError("key_process_died", token=self._token, detail=self._ended)


def _facts(answer: Message) -> TokenFacts:
    found = answer.get("facts")
    if not isinstance(found, dict):
        raise ChannelClosedError
    return wire.facts_in(found)


def _value(answer: Message) -> bytes:
    try:
        return bytes.fromhex(answer["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise ChannelClosedError from error
