"""Stands between a program and a network HSM, and is as bad as networks are.

``python -m devpki.wire_proxy LISTEN UPSTREAM``, both unix sockets; orders on standard input:
``delay`` (milliseconds before each request goes on), ``die`` (break every connection, now or after
that many more requests, and refuse new ones), ``silence`` (take requests and let nothing through),
``revive``. Started by :mod:`devpki.network_hsm` only.
"""

import socket
import sys
import threading
import time
from typing import Any, Final

from devpki.child import Order, obey

_CHUNK: Final = 1 << 16


class Network:
    """What is wrong with the network at the moment; one lock guards it all."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._delay = 0.0
        self._requests = 0
        self._dies_at: int | None = None
        self._silent = threading.Event()
        self._links: set[socket.socket] = set()

    def carry_out(self, order: Order) -> Any:
        """Change what is wrong; return how many requests went through so far."""
        with self._lock:
            match order["do"]:
                case "delay":
                    self._delay = order["milliseconds"] / 1000
                case "die":
                    self._dies_at = self._requests + order["after"]
                    if order["after"] == 0:
                        self._break()
                case "silence":
                    self._silent.set()
                case "revive":
                    self._dies_at = None
                    self._silent.clear()
            return self._requests

    def connect(self, client: socket.socket) -> None:
        """Join ``client`` to the HSM, or turn it away while the network is down."""
        with self._lock:
            if self._dies_at is not None and self._requests >= self._dies_at:
                client.close()
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._upstream)
            self._links |= {client, server}
        for job in ((self._requests_of, client, server), (self._answers_of, server, client)):
            threading.Thread(target=job[0], args=job[1:], daemon=True).start()

    def _requests_of(self, client: socket.socket, server: socket.socket) -> None:
        while part := _read(client):
            if self._passes():
                time.sleep(self._delay)
                # One request comes in several parts: what has come meanwhile belongs to it.
                server.sendall(part + _waiting(client))
        self._close(client, server)

    def _answers_of(self, server: socket.socket, client: socket.socket) -> None:
        while part := _read(server):
            try:
                client.sendall(part)
            except OSError:
                break
        self._close(client, server)

    def _passes(self) -> bool:
        """Count a request; tell whether it goes through. One too many breaks all connections."""
        with self._lock:
            self._requests += 1
            if self._dies_at is not None and self._requests > self._dies_at:
                self._break()
                return False
        return not self._silent.is_set()

    def _break(self) -> None:
        for link in self._links:
            _shut(link)

    def _close(self, *links: socket.socket) -> None:
        with self._lock:
            for link in links:
                self._links.discard(link)
                _shut(link)


def _read(link: socket.socket) -> bytes:
    try:
        return link.recv(_CHUNK)
    except OSError:
        return b""


def _waiting(link: socket.socket) -> bytes:
    try:
        return link.recv(_CHUNK, socket.MSG_DONTWAIT)
    except OSError:
        return b""


def _shut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was shut already


def main() -> None:
    """Serve until standard input closes."""
    listen, upstream = sys.argv[1:]
    network = Network(upstream)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(listen)
        listener.listen(64)

        def accept() -> None:
            while True:
                client, _ = listener.accept()
                network.connect(client)

        threading.Thread(target=accept, daemon=True).start()
        obey(network.carry_out)


if __name__ == "__main__":
    main()
