"""A socket that a server listens on, bound before anything else is begun."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from antin.core.errors import UsageError


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a bound socket. Error: ``address_taken``."""
    address = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            where, reason = f"{host}:{port}", error.strerror
            raise UsageError("address_taken", address=where, reason=reason) from error
        yield listener
