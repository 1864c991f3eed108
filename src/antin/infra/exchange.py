"""One HTTP exchange with one address: bounded in bytes and in total time, nothing followed."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Self

import httpx2

_HEADERS: Final = {"User-Agent": "antin", "Accept-Encoding": "identity"}
_CHUNK: Final = 64 << 10
_BUSY: Final = frozenset({429, 502, 503, 504})
"""It may answer soon (RFC 9110 §15.6)."""
_MOVED: Final = {"GET": frozenset({301, 302, 303, 307, 308}), "POST": frozenset({307, 308})}
"""A POST is not sent elsewhere as a GET, nor by a status that leaves that open."""
SLOW: Final = "it took too long"


class ExchangeError(Exception):
    """It brought no answer; the message says why."""

    def __init__(
        self,
        detail: str,
        *,
        down: bool = False,
        passing: bool = False,
        unreached: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.down = down
        """The server is out of order; else it lives, but what it said is of no use."""
        self.passing = passing
        """To ask again, soon, may help, and takes little time."""
        self.unreached = unreached
        """Nothing was sent: another address of the same name may do."""
        self.late = late
        """The time was up; there may have been little of it."""


@dataclass(frozen=True)
class Question:
    """What is sent."""

    method: str
    url: httpx2.URL
    limit: int
    """Bytes of the answer."""
    body: bytes | None = None
    content_type: str | None = None
    heard: frozenset[int] = frozenset({200})
    """Statuses whose bodies are wanted; any other is a failure."""


@dataclass(frozen=True)
class Answer:
    """What came back: a body, or where to look instead."""

    body: bytes = b""
    location: str | None = None
    status: int = 200
    content_type: str = ""


def new_client() -> httpx2.Client:
    """Return a client that remembers nothing, heeds no proxy of the environment, follows nothing.

    No connection outlives its exchange: an idle one could be closed, or watched, by another.
    """
    return httpx2.Client(
        verify=_tls(),
        trust_env=False,
        follow_redirects=False,
        limits=httpx2.Limits(max_keepalive_connections=0),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )


@cache
def _tls() -> ssl.SSLContext:
    """Return the one context of this process: reading the authorities of the web takes 30 ms."""
    return httpx2.create_ssl_context(trust_env=False)


def exchange(client: httpx2.Client, asked: Question, address: str, times: httpx2.Timeout) -> Answer:
    """Ask ``address``, which was checked, in the name of the URL's host. Error: ExchangeError.

    ``times``: what connecting may take, and what all of it may take (``read``).
    """
    deadline = _Deadline(times.read or 0)
    try:
        request = _request(client, asked, address, times)
        request.extensions["trace"] = deadline.watch
        with deadline:
            answer = _read(client, request, asked)
    except httpx2.TimeoutException as error:
        raise ExchangeError(SLOW, down=True, unreached=_is_unreached(error), late=True) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
        if deadline.passed:
            raise ExchangeError(SLOW, down=True, late=True) from error
        unreached, kind = _is_unreached(error), type(error).__name__
        detail = "it could not be reached" if unreached else f"the connection failed ({kind})"
        broken = isinstance(error, httpx2.TransportError | OSError)
        raise ExchangeError(detail, down=broken, passing=broken, unreached=unreached) from error
    if deadline.passed:
        # A body without a length ends where the connection was cut: it is not the whole.
        raise ExchangeError(SLOW, down=True, late=True)
    return answer


def _is_unreached(error: Exception) -> bool:
    return isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)


def _request(
    client: httpx2.Client, asked: Question, address: str, times: httpx2.Timeout
) -> httpx2.Request:
    named = {**_HEADERS, "Host": asked.url.netloc.decode("ascii")}
    if asked.content_type is not None:
        named["Content-Type"] = asked.content_type
    return client.build_request(
        asked.method,
        asked.url.copy_with(host=address),
        headers=named,
        content=asked.body,
        timeout=times,
        extensions={"sni_hostname": asked.url.raw_host.decode("ascii")},
    )


def _read(client: httpx2.Client, request: httpx2.Request, asked: Question) -> Answer:
    with contextlib.closing(client.send(request, stream=True)) as response:
        status = response.status_code
        if status in _MOVED[asked.method] and "Location" in response.headers:
            return Answer(location=response.headers["Location"])
        if status not in asked.heard:
            busy = status in _BUSY
            raise ExchangeError(f"it answered {status}", down=busy, passing=busy)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ExchangeError("its answer is packed")
        body = b"".join(_bounded(response.iter_raw(_CHUNK), asked.limit))
        return Answer(body, status=status, content_type=response.headers.get("Content-Type", ""))


def _bounded(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    left = limit
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise ExchangeError(f"its answer has more than {limit} bytes")
        yield chunk


class _Deadline:
    """Cuts the connection when the time is up.

    Time-outs of single reads do not stop a server that sends one byte at a time.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self.passed = False

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn the socket: the client reports its steps here."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._cut()

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # Of the base class: TLS would wait for the other side to agree.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
