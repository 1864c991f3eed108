"""Serves a development trust world over HTTP on 127.0.0.1: ``python -m devpki.serve FOLDER``.

Only :mod:`devpki.servers` starts it as a child; then it ends when its standard input closes, so
that no server outlives whoever started it.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from devpki.pki import DevPki, open_pki
from devpki.services import Answer, BadRequestError, Services, UnknownPathError

_MAX_BODY: Final = 1 << 20
Responder = Callable[[str, bytes], Answer]


class QuietServer(ThreadingHTTPServer):
    """An HTTP server on 127.0.0.1 that answers GET and POST alike, by a function."""

    daemon_threads = True

    def __init__(self, port: int, respond: Responder) -> None:
        self.respond = respond
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_request_and_address: object) -> None:
        """Stay quiet when a client went away; say anything else on stderr."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            print(f"devpki server: {error!r}", file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # answers are small; waiting to fill a packet costs 40 ms
    wbufsize = -1
    server: QuietServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if length > _MAX_BODY:
            self.send_error(413)
            return
        self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        try:
            media_type, answer = self.server.respond(self.path, body)
        except UnknownPathError:
            self.send_error(404)
        except BadRequestError:
            self.send_error(400)
        else:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — inherited name
        pass


class LiveServices:
    """Answers by the machine's clock, and reads the world again when it has changed."""

    def __init__(self, pki: DevPki) -> None:
        self._pki = pki
        self._stamp = 0
        # What certomancer parses lazily is not made for several threads at once.
        self._lock = threading.Lock()

    def __call__(self, path: str, body: bytes) -> Answer:
        """Return media type and body for ``path``."""
        with self._lock:
            return self._current().answer(path, body, datetime.now(UTC))

    def _current(self) -> Services:
        stamp = (self._pki.folder / "certomancer.yml").stat().st_mtime_ns
        if stamp != self._stamp:
            self._services = Services(self._pki.architecture())
            self._stamp = stamp
        return self._services


def main() -> int:
    """Serve until interrupted or, with ``--child``, until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--child", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    pki = open_pki(arguments.folder)
    try:
        server = QuietServer(pki.port, LiveServices(pki))
    except OSError as error:
        print(
            f"Port {pki.port} of 127.0.0.1 cannot be used ({error.strerror}). The certificates in "
            f"{arguments.folder} name it: stop what listens there, or make the world anew.",
            file=sys.stderr,
        )
        return 3
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"serving {pki.base_url}", flush=True)
    try:
        _wait(child=arguments.child)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _wait(*, child: bool) -> None:
    if child:
        sys.stdin.read()
    else:
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
