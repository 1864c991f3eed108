"""What tests have worker processes do: work, run away, lie. Found by name in the worker."""

import os
import signal
import socket
import sys
import threading

from antin.core.errors import InputError, RefusedError
from antin.flows.judges import Asked

KEPT: list[bytearray] = []
PREPARED: list[int] = []


def add(one: int, other: int) -> int:
    return one + other


def process_id(_: object = None) -> int:
    return os.getpid()


def hang() -> None:
    while True:
        pass


def hang_or_tell(asked: Asked) -> bytes:
    """Hang at a file that says so; else tell which process answers."""
    if asked.path.read_bytes() == b"hang":
        hang()
    return str(os.getpid()).encode()


def leave_asked(asked: Asked) -> bytes:
    del asked
    os._exit(3)


def lie(asked: Asked) -> bytes:
    return asked.name  # type: ignore[return-value]  # that is the lie


def hang_in_native_code() -> None:
    pow(3, 10**9, 10**4_000_000 + 1)


def wait() -> None:
    threading.Event().wait()


def hog() -> None:
    while True:
        KEPT.append(bytearray(1 << 20))


def hog_and_hold_on(size: int) -> int:
    KEPT.append(bytearray(size))
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(3)


def refuse() -> None:
    raise InputError("pdf_malformed", detail="of no use")


def break_down() -> None:
    raise ZeroDivisionError


def say_raw(data: bytes) -> None:
    """Send ``data`` as the answer, whatever it is."""
    with socket.socket(fileno=os.dup(int(sys.argv[1]))) as channel:
        channel.sendall(len(data).to_bytes(8) + data)


def secrets() -> tuple[str, ...]:
    return tuple(name for name in os.environ if name.startswith("ANTIN_"))


def prepare() -> None:
    PREPARED.append(1)


def prepared() -> int:
    return len(PREPARED)


def refuse_to_start() -> None:
    raise RefusedError("nothing_to_extract")
