"""A time-stamping authority's front on 127.0.0.1: slow, silent or gone, as a test wants it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from devpki.pki import free_port


class SlowTsa:
    """Passes queries on to a real authority, when and if it pleases."""

    def __init__(self, real_url: str) -> None:
        self.real_url = real_url
        self.port = free_port()
        self.delay = 0.0
        """Seconds before it answers."""
        self.asked = threading.Semaphore(0)
        """Released once for each query that came in."""
        self.answered = 0
        """Queries that came while it was slow, and were answered."""
        self.go_on = threading.Event()
        """Ends every delay that is under way."""
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def answer(self, query: bytes) -> bytes:
        delay = self.delay
        self.asked.release()
        self.go_on.wait(delay)
        headers = {"Content-Type": "application/timestamp-query"}
        told = httpx2.post(self.real_url, content=query, headers=headers, timeout=60).content
        self.answered += delay > 0
        return told

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tsa = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = tsa.answer(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    return  # whoever asked did not wait

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def slow_tsa(real_url: str) -> Iterator[SlowTsa]:
    """Run one until the end."""
    tsa = SlowTsa(real_url)
    tsa.start()
    try:
        yield tsa
    finally:
        tsa.go_on.set()
        tsa.stop()
