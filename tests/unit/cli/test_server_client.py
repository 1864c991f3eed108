"""The desk's session with a server that means harm: nothing without end, whatever it answers."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from antin.cli.server_client import Server
from antin.cli.task import list_tasks
from antin.core.errors import AntinError

_MIB = 1 << 20


class _Handler(BaseHTTPRequestHandler):
    bodies: ClassVar[dict[str, tuple[int, bytes, str | None]]] = {
        "/huge": (200, b" " * (17 * _MIB), None),
        "/huge-problem": (500, b" " * (17 * _MIB), None),
        "/packed": (200, gzip.compress(b" " * (40 * _MIB)), "gzip"),
        "/deep": (200, b"[" * 200_000, None),
        "/v1/signing-tasks": (200, b'{"items": [{}], "next": "x"}', None),
    }

    def do_GET(self) -> None:
        status, body, packed = self.bodies[self.path.partition("?")[0]]
        self.send_response(status)
        if packed:
            self.send_header("Content-Encoding", packed)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # the client had enough

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hostile() -> Iterator[Server]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    with Server(f"http://127.0.0.1:{listening.server_port}", "key") as server:
        yield server
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/huge", "file_too_large"),
        ("/huge-problem", "file_too_large"),
        ("/packed", "server_unavailable"),
        ("/deep", "server_unavailable"),
    ],
)
def test_answers_without_end(hostile: Server, path: str, code: str) -> None:
    with pytest.raises(AntinError) as caught:
        hostile.get(path)
    assert caught.value.code == code


def test_a_problem_without_end_in_place_of_a_file(hostile: Server, tmp_path: Path) -> None:
    with pytest.raises(AntinError) as caught:
        hostile.download("/huge-problem", tmp_path / "file")
    assert caught.value.code == "file_too_large"


def test_a_listing_without_end(hostile: Server) -> None:
    assert len(list_tasks(hostile, None)) == 100
