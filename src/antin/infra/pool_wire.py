"""What goes between a pool and its worker processes: a length, then a pickle.

The pool's own calls are trusted. A worker has read a stranger's file: of what it sends, only
values of known kinds are made, so that a worker that was taken over can't run anything here.
"""

import io
import pickle
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from antin.core.errors import AntinError

_LENGTH_BYTES: Final = 8
_LONGEST_ANSWER: Final = 64 << 20
_PIECE: Final = 1 << 20
_VALUES: Final = frozenset(
    {("datetime", "datetime"), ("datetime", "timezone"), ("antin.infra.pool_wire", "Answer")}
)
_VALUES_OF: Final = frozenset({"antin.core.errors", "antin.verifier.report"})
"""Every class of these modules."""


class WorkerGoneError(Exception):
    """The other side ended, or sent what nobody asked for."""


class NonsenseError(WorkerGoneError):
    """The other side sent what is no answer."""


@dataclass(frozen=True)
class Hello:
    """The first message: what to do once, and how much memory each call may use (bytes)."""

    prepare: Callable[[], None] | None
    memory: int


@dataclass(frozen=True)
class Call:
    """A call and its limits in seconds: processor time, and time on the wall."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: float
    wall: float


@dataclass(frozen=True)
class Answer:
    """What became of a call; ``retiring``: this worker takes no further one."""

    value: Any = None
    error: AntinError | None = None
    retiring: bool = False


def send(channel: socket.socket, value: object, until: float | None = None) -> None:
    """Send ``value``. Errors: ``TimeoutError`` at ``until``, ``WorkerGoneError``."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    _wait_until(channel, until)
    try:
        channel.sendall(len(data).to_bytes(_LENGTH_BYTES) + data)
    except TimeoutError:
        raise
    except OSError as error:
        raise WorkerGoneError from error


def receive_call(channel: socket.socket) -> Any:
    """Return what the pool sent; only ever called in a worker. Error: ``WorkerGoneError``."""
    data = _message(channel, None, limit=None)
    return pickle.loads(data)  # noqa: S301 — from the process that started this one


def receive_answer(
    channel: socket.socket, until: float, kinds: frozenset[tuple[str, str]] = frozenset()
) -> Answer:
    """Return what a worker sent; ``kinds`` are (module, class) that may be in it besides ours.

    Errors: ``TimeoutError`` at ``until`` (monotonic seconds), ``WorkerGoneError``,
    ``NonsenseError``.
    """
    data = _message(channel, until, limit=_LONGEST_ANSWER)
    try:
        found = _Answers(io.BytesIO(data), kinds).load()
    except Exception as error:
        # A pickle can be broken in more ways than anybody lists.
        raise NonsenseError from error
    if not isinstance(found, Answer) or not isinstance(found.error, AntinError | None):
        raise NonsenseError
    return found


class _Answers(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, kinds: frozenset[tuple[str, str]]) -> None:
        super().__init__(file)
        self._kinds = kinds | _VALUES

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("antin.core.errors", "_rebuild"):
            return getattr(import_module(module), name)
        if module in _VALUES_OF or (module, name) in self._kinds:
            # Not by the library's own look-up, which follows dots into other modules.
            found = vars(import_module(module)).get(name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(name)


def _message(channel: socket.socket, until: float | None, limit: int | None) -> bytes:
    length = int.from_bytes(_exactly(channel, _LENGTH_BYTES, until))
    if limit is not None and length > limit:
        raise NonsenseError
    return _exactly(channel, length, until)


def _exactly(channel: socket.socket, count: int, until: float | None) -> bytes:
    found = bytearray()
    while len(found) < count:
        _wait_until(channel, until)
        try:
            piece = channel.recv(min(count - len(found), _PIECE))
        except TimeoutError:
            raise
        except OSError as error:
            raise WorkerGoneError from error
        if not piece:
            raise WorkerGoneError
        found += piece
    return bytes(found)


def _wait_until(channel: socket.socket, until: float | None) -> None:
    rest = None if until is None else until - time.monotonic()
    if rest is not None and rest <= 0:
        raise TimeoutError
    channel.settimeout(rest)
