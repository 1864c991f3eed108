"""The HTTP client against a real server that misbehaves."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antin.core.errors import AntinError
from antin.infra import addresses
from antin.infra.circuit_breaker import FAILURES, REST_SECONDS, CircuitBreakers
from antin.infra.exchange import ExchangeError, _is_unreached, exchange
from antin.infra.fetch import Fetcher, Pace, _redirected, shown
from tests.smallpki import NOW, YEAR, make_root

LOCAL = frozenset({"127.0.0.1", "localhost"})
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
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
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
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


def one_by_one(*answers: Answer) -> Answer:
    waiting = iter(answers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        next(waiting)(handler)

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


def test_a_redirect_is_followed_a_few_times(server: Server) -> None:
    steps = iter(["/b", "/c", f"{server.url}/d"])

    def move(handler: BaseHTTPRequestHandler) -> None:
        step = next(steps, None)
        (plain(b"", 302, Location=step) if step else plain(b"fine"))(handler)

    server.answer = move
    assert Fetcher(LOCAL).get(f"{server.url}/a", limit=9) == b"fine"
    assert server.seen == ["/a", "/b", "/c", "/d"]


def test_a_redirect_without_end_is_given_up(server: Server) -> None:
    server.answer = plain(b"", 302, Location="/again")
    assert code_of(lambda: Fetcher(LOCAL).get(f"{server.url}/a", limit=9)) == "fetch_failed"
    assert server.seen == ["/a", *["/again"] * 3]


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/", "http://[::1]/", "//169.254.169.254/latest", "file:///etc/passwd",
        "http://user:word@127.0.0.1/", "gopher://127.0.0.1/",
    ],
)  # fmt: skip
def test_a_redirect_is_checked_like_any_address(server: Server, target: str) -> None:
    server.answer = plain(b"", 307, Location=target)
    assert code_of(lambda: Fetcher(LOCAL).get(server.url, limit=9)) == "address_forbidden"
    assert len(server.seen) == 1


def test_a_stranger_does_not_send_us_to_a_listed_host(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.url.rsplit(":", 1)[1]
    server.answer = plain(b"", 302, Location=f"http://localhost:{port}/inside")
    fetcher = Fetcher(frozenset({"localhost"}))

    def only_the_stranger(address: str) -> bool:
        return len(server.seen) == 0

    monkeypatch.setattr(addresses, "is_public", only_the_stranger)
    assert code_of(lambda: fetcher.get(f"{server.url}/a", limit=9)) == "address_forbidden"
    assert server.seen == ["/a"]


@pytest.mark.parametrize(("status", "posts"), [(301, 1), (302, 1), (303, 1), (307, 2), (308, 2)])
def test_a_post_moves_only_as_a_post(server: Server, status: int, posts: int) -> None:
    bodies: list[bytes] = []

    def move(handler: Any) -> None:
        bodies.append(handler.body)
        first = len(bodies) == 1
        (plain(b"", status, Location="/b") if first else plain(b"fine"))(handler)

    server.answer = move
    fetcher = Fetcher(LOCAL)
    if posts == 1:
        assert code_of(lambda: fetcher.post(server.url, b"x", "a/b", limit=9)) == "fetch_failed"
    else:
        assert fetcher.post(server.url, b"x", "a/b", limit=9) == b"fine"
    assert bodies == [b"x"] * posts


def test_a_redirect_does_not_give_up_encryption() -> None:
    secure = httpx2.URL("https://a.example/x")
    assert str(_redirected(secure, "/y")) == "https://a.example/y"
    with pytest.raises(ExchangeError):
        _redirected(secure, "http://a.example/y")


class Hands:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def fetcher(self, seconds: float = 20.0) -> Fetcher:
        return Fetcher.paced(Pace(lambda: self.now, self.sleep), LOCAL, seconds)


def test_a_passing_failure_is_tried_again(server: Server) -> None:
    server.answer = one_by_one(plain(b"", 503), plain(b"", 502), plain(b"fine"))
    hands = Hands()
    assert hands.fetcher().get(server.url, limit=9) == b"fine"
    assert len(server.seen) == 3
    assert len(hands.slept) == 2
    assert all(0 <= pause <= 2 for pause in hands.slept)


def test_a_dropped_connection_is_tried_again(server: Server) -> None:
    server.answer = one_by_one(lambda _: None, plain(b"fine"))
    assert Hands().fetcher().get(server.url, limit=9) == b"fine"


def test_trying_again_has_an_end_in_number_and_in_time(server: Server) -> None:
    server.answer = plain(b"", 503)
    assert code_of(lambda: Hands().fetcher().get(server.url, limit=9)) == "fetch_failed"
    assert len(server.seen) == 3
    assert code_of(lambda: Hands().fetcher(1e-9).get(server.url, limit=9)) == "fetch_failed"
    assert len(server.seen) <= 4


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_lasting_failure_is_not_tried_again(server: Server, status: int) -> None:
    server.answer = plain(b"", status)
    assert code_of(lambda: Hands().fetcher().get(server.url, limit=9)) == "fetch_failed"
    assert len(server.seen) == 1


def test_a_server_that_fails_again_and_again_is_left_alone(server: Server) -> None:
    server.answer = plain(b"", 503)
    hands = Hands()
    fetcher = hands.fetcher()

    def fails() -> int:
        before = len(server.seen)
        assert code_of(lambda: fetcher.get(server.url, limit=9)) == "fetch_failed"
        return len(server.seen) - before

    assert [fails() for _ in range(5)] == [3, 3, 3, 0, 0]
    hands.now += 31
    assert [fails() for _ in range(2)] == [3, 0]
    hands.now += 31
    server.answer = plain(b"fine")
    assert fetcher.get(server.url, limit=9) == b"fine"
    server.answer = plain(b"", 503)
    assert fails() == 3


@pytest.mark.parametrize(("seconds", "is_left_alone"), [(0.2, False), (1.1, True)])
def test_who_had_hardly_any_time_is_not_to_blame(
    server: Server, seconds: float, *, is_left_alone: bool
) -> None:
    """Else one slow authority would have all those behind it left alone."""
    stop = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        stop.wait(20)

    server.answer = wait
    fetcher = Fetcher(LOCAL)
    try:
        for _ in range(FAILURES):
            code = code_of(lambda: fetcher.get(server.url, limit=9, seconds=seconds))
            assert code == "fetch_failed"
    finally:
        stop.set()
    server.answer = plain(b"fine")
    if is_left_alone:
        assert code_of(lambda: fetcher.get(server.url, limit=9)) == "fetch_failed"
    else:
        assert fetcher.get(server.url, limit=9) == b"fine"


def test_an_answer_of_no_use_is_still_an_answer(server: Server) -> None:
    server.answer = plain(b"", 404)
    fetcher = Hands().fetcher()
    for _ in range(5):
        assert code_of(lambda: fetcher.get(server.url, limit=9)) == "fetch_failed"
    assert len(server.seen) == 5


def test_only_one_tries_after_a_rest() -> None:
    now = [0.0]
    breakers = CircuitBreakers(lambda: now[0])
    for _ in range(FAILURES):
        assert breakers.rests_for("a") == 0
        breakers.failed("a")
    assert breakers.rests_for("a") > 0
    assert breakers.rests_for("b") == 0
    now[0] += REST_SECONDS
    assert [breakers.rests_for("a") > 0 for _ in range(3)] == [False, True, True]
    breakers.answered("a")
    assert breakers.rests_for("a") == 0


def test_names_that_take_for_ever_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [over.wait(60)][:0])
    try:
        with pytest.raises(AntinError) as caught:
            Fetcher(seconds=0.2).get("http://slow.example/", limit=9)
    finally:
        over.set()
    assert caught.value.values["detail"] == "finding its address took too long"


def test_one_time_is_for_all_addresses_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [(2, 1, 6, "", (f"8.8.8.{n}", 80)) for n in range(100)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    assert len(addresses.resolve("many.example", 80, frozenset())) == 4


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_any_status_but_ok_is_a_failure(server: Server, status: int) -> None:
    server.answer = plain(b"", status)
    assert code_of(lambda: Fetcher(LOCAL).get(server.url, limit=9)) == "fetch_failed"


def test_packed_answers_are_refused(server: Server) -> None:
    server.answer = plain(b"x", Content_Encoding="gzip")
    assert code_of(lambda: Hands().fetcher().get(server.url, limit=9)) == "fetch_failed"


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
    for odd in ("127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"):  # noqa: S104 — as below
        url = server.url.replace("127.0.0.1", odd)
        assert code_of(lambda url=url: Fetcher(LOCAL).get(url, limit=9)) == "address_forbidden"  # type: ignore[misc]  # bound now
    assert server.seen == []
    assert Fetcher(LOCAL).get(by_name, limit=9) == b"fine"


def test_a_final_dot_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    near = [(2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: near)
    for name in ("Inner.Example.", "inner.example"):
        assert addresses.resolve(name, 80, frozenset({"inner.example"})) == ("10.0.0.1",)
        code = code_of(lambda name=name: addresses.resolve(name, 80, LOCAL))  # type: ignore[misc]  # bound now
        assert code == "address_forbidden"


def test_a_private_host_may_be_listed_with_its_port(server: Server) -> None:
    port = server.url.rsplit(":", 1)[1]
    assert Fetcher(frozenset({f"127.0.0.1:{port}"})).get(server.url, limit=9) == b"fine"
    other = Fetcher(frozenset({"127.0.0.1:1"}))
    assert code_of(lambda: other.get(server.url, limit=9)) == "address_forbidden"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104 — refused here, not bound
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "2002:7f00:1::", "::",
        "::7f00:1", "::ffff:0:7f00:1", "fec0::1", "2001:0:1::1", "192.88.99.1", "3fff::1",
        "240.0.0.1", "192.0.0.8", "192.0.0.192", "192.0.0.255", "192.31.196.1", "192.52.193.1",
        "192.175.48.1", "168.63.129.16", "2620:4f:8000::1", "2600::5efe:7f00:1",
        "2600::200:5efe:a01:203",
    ],
)  # fmt: skip
def test_near_addresses_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "192.0.1.1", "168.63.129.17", "2606:4700::1111", "2600::5eff:7f00:1"]
)
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


@pytest.mark.parametrize(
    ("named", "code"), [("tsa.example", ""), ("other.example", "fetch_failed")]
)
def test_the_certificate_is_the_hosts_though_the_address_is_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, code: str
) -> None:
    root = make_root()
    names = x509.SubjectAlternativeName([x509.DNSName(named)])
    held = root.issue(named, more=((names, False),), not_after=NOW + 9 * YEAR)
    private = held.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "tls.pem").write_bytes(private + held.certificate.public_bytes(Encoding.PEM))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(tmp_path / "tls.pem")
    ours = ssl.create_default_context(cadata=root.der)
    monkeypatch.setattr("antin.infra.exchange._tls", lambda: ours)
    server = Server(theirs)
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *values, **more: real("127.0.0.1", *values, **more)
    )
    port = server.url.rsplit(":", 1)[1]
    fetcher = Fetcher(frozenset({"tsa.example"}), pace=Pace(sleep=lambda _: None))
    try:
        if code:
            assert code_of(lambda: fetcher.get(f"https://tsa.example:{port}/", limit=9)) == code
        else:
            assert fetcher.get(f"https://tsa.example:{port}/", limit=9) == b"fine"
    finally:
        server.stop()


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    both = ("127.0.0.9", "127.0.0.1")
    monkeypatch.setattr("antin.infra.fetch.resolve_within", lambda *_: both)
    given_for_connecting: list[float] = []

    def swallowing(client: Any, asked: Any, address: str, times: httpx2.Timeout) -> Any:
        if address != "127.0.0.9":
            return exchange(client, asked, address, times)
        given_for_connecting.append(times.connect or 0)
        raise ExchangeError("it took too long", down=True, unreached=True)

    monkeypatch.setattr("antin.infra.fetch.exchange", swallowing)
    fetcher = Fetcher(frozenset({"two.example"}))
    assert fetcher.get(f"http://two.example:{port}/", limit=9) == b"fine"
    assert 0 < given_for_connecting[0] <= 10


def test_a_time_for_connecting_alone_is_no_answer() -> None:
    error = httpx2.ConnectTimeout("")
    assert _is_unreached(error)
    assert not _is_unreached(httpx2.ReadTimeout(""))


def test_no_cookie_is_kept(server: Server) -> None:
    cookies: list[str | None] = []

    def bake(handler: BaseHTTPRequestHandler) -> None:
        cookies.append(handler.headers["Cookie"])
        plain(b"fine", Set_Cookie="who=you; Path=/")(handler)

    server.answer = bake
    fetcher = Fetcher(LOCAL)
    for _ in range(2):
        fetcher.get(server.url, limit=9)
    assert cookies == [None, None]


def test_messages_show_neither_credentials_nor_query() -> None:
    assert shown("https://user:secret@a.example:8/p?key=secret#x") == "https://a.example:8/p"
