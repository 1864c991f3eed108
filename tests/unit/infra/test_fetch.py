"""The HTTP client against a real server that misbehaves."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from antin.core.errors import AntinError
from antin.infra import addresses
from antin.infra.fetch import Fetcher, shown

LOCAL = frozenset({"127.0.0.1", "localhost"})
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.answer: Answer = plain(b"fine")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append(self.path)
                outer.answer(self)

            def do_POST(self) -> None:
                self.body = self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *values: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # cut on purpose
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def plain(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for key, value in headers.items():
            handler.send_header(key.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(AntinError) as caught:
        action()
    return caught.value.code


def test_the_body_comes_back(server: Server) -> None:
    assert Fetcher(LOCAL).get(f"{server.url}/a?b=c", limit=10) == b"fine"
    assert server.seen == ["/a?b=c"]


def test_a_post_carries_body_and_type(server: Server) -> None:
    def echo(handler: Any) -> None:
        plain(handler.headers["Content-Type"].encode() + b":" + handler.body)(handler)

    server.answer = echo
    assert Fetcher(LOCAL).post(server.url, b"x", "a/b", limit=99) == b"a/b:x"


@pytest.mark.parametrize("length", ["declared", "undeclared"])
def test_more_bytes_than_allowed_are_refused(server: Server, length: str) -> None:
    def long(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if length == "declared":
            handler.send_header("Content-Length", "11")
        handler.end_headers()
        handler.wfile.write(b"x" * 11)

    server.answer = long
    fetcher = Fetcher(LOCAL)
    assert code_of(lambda: fetcher.get(server.url, limit=10)) == "fetch_failed"
    assert fetcher.get(server.url, limit=11) == b"x" * 11


def test_redirects_are_not_followed(server: Server) -> None:
    server.answer = plain(b"", 302, Location=f"{server.url}/secret")
    assert code_of(lambda: Fetcher(LOCAL).get(f"{server.url}/a", limit=9)) == "fetch_failed"
    assert server.seen == ["/a"]


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_any_status_but_ok_is_a_failure(server: Server, status: int) -> None:
    server.answer = plain(b"", status)
    assert code_of(lambda: Fetcher(LOCAL).get(server.url, limit=9)) == "fetch_failed"


def test_packed_answers_are_refused(server: Server) -> None:
    server.answer = plain(b"x", Content_Encoding="gzip")
    assert code_of(lambda: Fetcher(LOCAL).get(server.url, limit=9)) == "fetch_failed"


@pytest.mark.parametrize("where", ["header", "body"])
def test_dripping_is_cut_off_in_total_time(server: Server, where: str) -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        head = b"HTTP/1.1 200 OK\r\nX: " if where == "header" else b"HTTP/1.1 200 OK\r\n\r\n"
        handler.wfile.write(head)
        while not stop.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    server.answer = drip
    try:
        # Each byte comes well within the time: only a bound on the whole exchange ends this.
        with pytest.raises(AntinError) as caught:
            Fetcher(LOCAL, seconds=0.5).get(server.url, limit=1 << 20)
    finally:
        stop.set()
    assert caught.value.code == "fetch_failed"
    assert caught.value.values["detail"] == "it took too long"


def test_garbage_for_an_answer(server: Server) -> None:
    def babble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\xff\x00 garbage\r\n\r\n")

    server.answer = babble
    assert code_of(lambda: Fetcher(LOCAL).get(server.url, limit=9)) == "fetch_failed"


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert code_of(lambda: Fetcher(LOCAL).get(url, limit=9)) == "fetch_failed"


def test_private_addresses_are_refused_unless_listed(server: Server) -> None:
    assert code_of(lambda: Fetcher().get(server.url, limit=9)) == "address_forbidden"
    by_name = server.url.replace("127.0.0.1", "localhost")
    assert code_of(lambda: Fetcher(frozenset({"127.0.0.1"})).get(by_name, limit=9)) == (
        "address_forbidden"
    )
    assert server.seen == []
    assert Fetcher(LOCAL).get(by_name, limit=9) == b"fine"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104 — refused here, not bound
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
    ],
)  # fmt: skip
def test_near_addresses_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_far_addresses_are_public(address: str) -> None:
    assert addresses.is_public(address)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    code = code_of(lambda: addresses.resolve("rebound.example", 80, frozenset()))
    assert code == "address_forbidden"


def test_the_checked_address_is_the_one_that_is_spoken_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[str] = []
    asked: list[str] = []
    real = socket.getaddrinfo

    def note(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["Host"])
        plain(b"fine")(handler)

    server.answer = note

    def once(host: str, *values: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *values, **named)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    port = server.url.rsplit(":", 1)[1]
    fetcher = Fetcher(frozenset({"tsa.example"}))
    assert fetcher.get(f"http://tsa.example:{port}/", limit=9) == b"fine"
    assert hosts == [f"tsa.example:{port}"]
    assert asked.count("tsa.example") == 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "ldap://a.example/cn=x", "http://u:p@a.example/"],
)
def test_other_schemes_and_credentials_are_refused(url: str) -> None:
    assert code_of(lambda: Fetcher(LOCAL).get(url, limit=9)) == "address_forbidden"


@pytest.mark.parametrize("url", ["http://[", "http://a.example:99999/", "http://\x00/"])
def test_what_is_no_url_fails(url: str) -> None:
    assert code_of(lambda: Fetcher(LOCAL).get(url, limit=9)) == "fetch_failed"


def test_proxies_of_the_environment_are_ignored(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert Fetcher(LOCAL).get(server.url, limit=9) == b"fine"


def test_messages_show_neither_credentials_nor_query() -> None:
    assert shown("https://user:secret@a.example:8/p?key=secret#x") == "https://a.example:8/p"
