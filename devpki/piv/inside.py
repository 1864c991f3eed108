"""The reader's side of a virtual PIV station: runs as process 1 in namespaces of its own.

vpcd, the virtual reader's driver, listens on all interfaces: in a network namespace of its own,
that is a loopback nobody else has. pcscd has one place for its socket, /run/pcscd: in a mount
namespace of its own, that is a folder of ours, which others reach from outside by its path.
Started by :mod:`devpki.piv.station` only.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from devpki.child import Order, obey, program
from devpki.piv.watch import wait_for_card
from devpki.piv.wire import CardSlot

_PORT: Final = 0x8C7B
_CONFIGURATION: Final = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{port:X}
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x{port:X}
"""
_PCSCD_FOLDER: Final = Path("/run/pcscd")
_START_SECONDS: Final = 15
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 0x1
_IFF_RUNNING: Final = 0x40


def main() -> None:
    """Serve the cards in the folders that are named after the station's own folder."""
    folder, *cards = (Path(argument) for argument in sys.argv[1:])
    _prepare(folder)
    log = (folder / "pcscd.log").open("w")
    command = [
        program("pcscd") or "pcscd",
        "--foreground",
        "--config",
        str(folder / "readers"),
        "--error",
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as pcscd:
        slots = [CardSlot(_PORT + place, card) for place, card in enumerate(cards)]
        try:
            _wait_for_reader(pcscd, slots)
            obey(lambda order: _carry_out(slots[order["card"]], order))
        finally:
            pcscd.terminate()


def _prepare(folder: Path) -> None:
    _raise_loopback()
    readers, run = folder / "readers", folder / "run"
    readers.mkdir(exist_ok=True)
    run.mkdir(exist_ok=True)
    for left in run.iterdir():  # a killed daemon's; the next one would take it for running
        left.unlink()
    (readers / "virtual").write_text(_CONFIGURATION.format(port=_PORT))
    if not _PCSCD_FOLDER.is_dir():
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        _PCSCD_FOLDER.mkdir()
    subprocess.run(["mount", "--bind", str(run), str(_PCSCD_FOLDER)], check=True)


def _raise_loopback() -> None:
    """Do what ``ip link set lo up`` does, where there is no such program (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _wait_for_reader(pcscd: "subprocess.Popen[bytes]", slots: list[CardSlot]) -> None:
    end = time.monotonic() + _START_SECONDS
    waiting = list(slots)
    while waiting:
        if pcscd.poll() is not None or time.monotonic() > end:
            raise SystemExit("pcscd did not start; see pcscd.log")
        try:
            waiting[0].insert()
            waiting.pop(0)
        except OSError:
            time.sleep(0.02)  # there is nothing to be told by
    for place in range(len(slots)):
        wait_for_card(place, present=True)


def _carry_out(slot: CardSlot, order: Order) -> Any:
    match order["do"]:
        case "insert":
            slot.insert()
            wait_for_card(order["card"], present=True)
        case "pull":
            slot.pull()
            wait_for_card(order["card"], present=False)
        case "leave":
            slot.leave_tries(order["tries"])
    return {"tries": slot.state.tries, "sent": slot.state.sent}


if __name__ == "__main__":
    main()
