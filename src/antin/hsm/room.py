"""Which process keys are used in, and what all of them pass: the gate before PINs."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from antin.hsm.device import Device, LocalDevice
from antin.hsm.gate import PinGate
from antin.hsm.module import module_at
from antin.hsm.token import Token


@dataclass(frozen=True)
class Place:
    """A token by what is printed on it, and the module that reaches it."""

    module: Path
    token_label: str
    token_serial: str | None = None

    def resolved(self) -> "Place":
        """Return the same place with the module's own path: one library may have two names."""
        return replace(self, module=self.module.resolve())


@dataclass(frozen=True)
class Staffing:
    """How a token is used at once: ``processes`` × ``sessions`` signatures."""

    processes: int = 0
    """0: in the caller's own process; a module that crashes or hangs then takes it along."""
    sessions: int = 8
    seconds: float = 30.0
    """How long a session is waited for, and (with processes) an answer."""

    def widened(self, other: "Staffing") -> "Staffing":
        """Return what suffices for both."""
        return Staffing(
            max(self.processes, other.processes),
            max(self.sessions, other.sessions),
            max(self.seconds, other.seconds),
        )


class KeyRoom:
    """One object for each token; close it at the end."""

    def __init__(self, gate: PinGate | None = None, staffing: Staffing | None = None) -> None:
        self.gate = gate or PinGate()
        self._staffing = staffing or Staffing()
        self._lock = threading.Lock()
        self._staffed: dict[Place, Staffing] = {}
        self._devices: dict[Place, Device] = {}

    def staff(self, place: Place, staffing: Staffing) -> None:
        """Say how a token is used from its next opening on; the most that was wished counts."""
        place = place.resolved()
        with self._lock:
            self._staffed[place] = staffing.widened(self._staffed.get(place, staffing))

    def device(self, place: Place) -> Device:
        """Return the one object for the token."""
        place = place.resolved()
        with self._lock:
            if place not in self._devices:
                staffing = self._staffed.get(place, self._staffing)
                self._devices[place] = self._make(place, staffing)
            return self._devices[place]

    def close(self) -> None:
        """Log out and end the processes of their own; the next use begins anew."""
        with self._lock:
            devices, self._devices = self._devices, {}
        for device in devices.values():
            device.close()

    def _make(self, place: Place, staffing: Staffing) -> Device:
        if staffing.processes:
            from antin.hsm.key_processes import KeyProcesses

            return KeyProcesses(place, staffing, self.gate)
        token = Token(
            module_at(place.module),
            place.token_label,
            place.token_serial,
            self.gate,
            sessions=staffing.sessions,
            seconds=staffing.seconds,
        )
        return LocalDevice(token)
