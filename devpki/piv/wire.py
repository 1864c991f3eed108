"""A card in the virtual reader's slot: vpcd's own little protocol over TCP.

Each message is two bytes of length and so many bytes; a single byte is a control code.
"""

import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

from devpki.piv.card import Card
from devpki.piv.keys import load_keys
from devpki.piv.memory import CardMemory, CardState

_POWER: Final = frozenset({0, 1, 2})
"""Off, on, reset."""
_GET_ATR: Final = 4
_ATR: Final = bytes.fromhex("3B00")
_CONNECT_SECONDS: Final = 10


class CardSlot:
    """One slot of the reader; ``insert`` and ``pull`` are what a hand does."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._folder = folder
        self._memory = CardMemory(folder)
        self._card: Card | None = None
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> CardState:
        """What the card remembers."""
        return self._memory.state

    def leave_tries(self, tries: int) -> None:
        """Leave so many tries, as wrong PINs would that another program sent."""
        self._memory.become(replace(self._memory.state, tries=tries))
        if self._card is not None:
            self._card.forget_pin()

    def insert(self) -> None:
        """Put the card in. ``OSError`` when the reader is not there."""
        if self._connection is not None:
            return
        connection = socket.create_connection(("127.0.0.1", self._port), _CONNECT_SECONDS)
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Take the card out, whatever it is doing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join()
        connection.close()

    def _serve(self, connection: socket.socket) -> None:
        keys = load_keys(self._folder)
        try:
            while (message := _receive(connection)) is not None:
                if self._card is None or (len(message) == 1 and message[0] in _POWER):
                    self._card = Card(keys, self._memory)
                if len(message) > 1:
                    _send(connection, self._card.respond(message))
                elif message[0] == _GET_ATR:
                    _send(connection, _ATR)
        except OSError:
            return  # pulled
        finally:
            self._card = None


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(2) + message)


def _receive(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, 2)
    return _exactly(connection, int.from_bytes(head)) if head else None


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    found = b""
    while len(found) < count:
        _acknowledge_at_once(connection)
        part = connection.recv(count - len(found))
        if not part:
            return None
        found += part
    return found


def _acknowledge_at_once(connection: socket.socket) -> None:
    # The reader sends length and message in two parts and waits for the first to be acknowledged;
    # without this every command takes 40 ms.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
