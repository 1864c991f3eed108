"""Starts and stops the services of a development trust world, and servers that misbehave."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from asn1crypto import tsp

from devpki.pki import DevPki
from devpki.serve import QuietServer
from devpki.services import Answer, Services

_ROOT: Final = Path(__file__).resolve().parent.parent
_STOP_SECONDS: Final = 10


class ServerError(Exception):
    """The server did not start; the message says why."""


class TrustServer:
    """The services of one trust world in a child process; ``with TrustServer(pki): ...``."""

    def __init__(self, pki: DevPki) -> None:
        self.pki = pki
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start the child; return once it listens. ``ServerError`` when its port is taken."""
        process = subprocess.Popen(
            [sys.executable, "-m", "devpki.serve", str(self.pki.folder.resolve()), "--child"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        if not process.stdout.readline().startswith("serving "):
            message = process.stderr.read().strip()
            _close(process)
            raise ServerError(message or "the server ended without a word")
        self._process = process
        return self

    def stop(self) -> None:
        """Stop the child, if it runs; it stops by itself, too, when this process ends."""
        process, self._process = self._process, None
        if process is not None:
            _close(process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _close(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextmanager
def answering(respond: Callable[[bytes], bytes]) -> Iterator[str]:
    """Yield the URL of a server in this process that answers any request by ``respond(body)``."""

    def answer(_path: str, body: bytes) -> Answer:
        return "application/timestamp-reply", respond(body)

    with QuietServer(0, answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@contextmanager
def garbage_server() -> Iterator[str]:
    """Yield the URL of a server that answers bytes of no known format."""
    with answering(lambda _body: b"this is no time-stamp") as url:
        yield url


@contextmanager
def wrong_imprint_server(pki: DevPki) -> Iterator[str]:
    """Yield the URL of a TSA that stamps, correctly signed, another digest than was asked for."""
    services = Services(pki.architecture())

    def respond(body: bytes) -> bytes:
        query = tsp.TimeStampReq.load(body)
        digest = query["message_imprint"]["hashed_message"].native
        query["message_imprint"]["hashed_message"] = bytes(len(digest))
        path = "/" + pki.tsa_url.split("/", 3)[3]
        return services.answer(path, query.dump(force=True), datetime.now(UTC))[1]

    with answering(respond) as url:
        yield url


@contextmanager
def silent_server() -> Iterator[str]:
    """Yield the URL of a server that takes a request and never answers: only time-outs end it."""
    over = threading.Event()

    def respond(_body: bytes) -> bytes:
        over.wait()
        return b""

    with answering(respond) as url:
        try:
            yield url
        finally:
            over.set()


@contextmanager
def dead_port() -> Iterator[str]:
    """Yield a URL where every connection is refused; the port stays reserved meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}/"
