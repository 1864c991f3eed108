"""What goes between a pool and its worker processes: a length, then a message.

The pool's own calls are trusted, and pickled. A worker has read a stranger's file: what it answers
are values of a few kinds, few of them and not deep, read by :mod:`antin.infra.pool_values`. A
pickle could hold what takes the pool for ever to hash, or more levels than its stack has.
"""

import pickle
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from antin.core.errors import AntinError
from antin.infra.pool_values import MalformedValueError, decoded, encoded

_LENGTH_BYTES: Final = 8
_LONGEST_ANSWER: Final = 64 << 20
_PIECE: Final = 1 << 20


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
    _send(channel, pickle.dumps(value, pickle.HIGHEST_PROTOCOL), until)


def send_answer(channel: socket.socket, answer: Answer) -> None:
    """Send ``answer``. Errors: ``TypeError`` for what is none, ``WorkerGoneError``."""
    _send(channel, encoded((answer.value, answer.error, answer.retiring)), None)


def _send(channel: socket.socket, data: bytes, until: float | None) -> None:
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
    channel: socket.socket, until: float, kinds: frozenset[type] = frozenset()
) -> Answer:
    """Return what a worker sent; ``kinds`` are the dataclasses that may be in it.

    Errors: ``TimeoutError`` at ``until`` (monotonic seconds), ``WorkerGoneError``,
    ``NonsenseError``.
    """
    data = _message(channel, until, limit=_LONGEST_ANSWER)
    try:
        found = decoded(data, kinds)
    except MalformedValueError as error:
        raise NonsenseError from error
    match found:
        case (value, AntinError() | None as failure, bool(retiring)):
            return Answer(value, failure, retiring)
        case _:
            raise NonsenseError


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
