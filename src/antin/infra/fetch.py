"""The one HTTP client for time-stamps, CRLs, OCSP and issuers' certificates.

Bounded in bytes and in total time, follows no redirect, heeds no proxy of the environment, speaks
to public addresses only (see :mod:`antin.infra.addresses`).
"""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from antin.core.errors import RefusedError, UnavailableError
from antin.infra.addresses import resolve

_HEADERS: Final = {"User-Agent": "antin", "Accept-Encoding": "identity"}
_CHUNK: Final = 64 << 10
MOST_SECONDS: Final = 20.0


def _new_client() -> httpx2.Client:
    # No connection outlives its exchange: an idle one could be closed, or watched, by another.
    limits = httpx2.Limits(max_keepalive_connections=0)
    return httpx2.Client(trust_env=False, follow_redirects=False, limits=limits)


@dataclass(frozen=True)
class Fetcher:
    """How strangers' servers are spoken to; safe to share between threads."""

    allowed_private: frozenset[str] = frozenset()
    """Lower-case hosts whose private or loopback addresses are wanted."""
    seconds: float = MOST_SECONDS
    """For a whole exchange, from connecting to the last byte."""
    _client: httpx2.Client = field(default_factory=_new_client, repr=False)

    def get(self, url: str, *, limit: int) -> bytes:
        """Return the body at ``url``, at most ``limit`` bytes.

        Errors: ``fetch_failed``; ``address_forbidden`` for a scheme or host that is not spoken to.
        """
        return self._exchange("GET", url, {}, None, limit)

    def post(self, url: str, body: bytes, content_type: str, *, limit: int) -> bytes:
        """Return the answer to a POST of ``body``; errors as :meth:`get`."""
        return self._exchange("POST", url, {"Content-Type": content_type}, body, limit)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int
    ) -> bytes:
        target = _parse(url)
        failure = "it could not be reached"
        for address in resolve(target.host, _port(target), self.allowed_private):
            deadline = _Deadline(self.seconds)
            request = self._request(method, target, address, {**headers}, body)
            request.extensions["trace"] = deadline.watch
            try:
                with deadline:
                    answer = self._read(request, url, limit)
            except httpx2.ConnectError:
                continue  # the next address of the same name
            except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as error:
                failure = deadline.reason or _failure(error)
                break
            if deadline.reason is None:
                return answer
            # A body without a length ends where the connection was cut: it is not the whole.
            failure = deadline.reason
            break
        raise UnavailableError("fetch_failed", url=shown(url), detail=failure)

    def _request(
        self,
        method: str,
        target: httpx2.URL,
        address: str,
        headers: dict[str, str],
        body: bytes | None,
    ) -> httpx2.Request:
        """Address the request to the very address that was checked, in the host's name."""
        named = {**_HEADERS, **headers, "Host": target.netloc.decode("ascii")}
        extensions = {"sni_hostname": target.host}
        return self._client.build_request(
            method,
            target.copy_with(host=address),
            headers=named,
            content=body,
            timeout=self.seconds,
            extensions=extensions,
        )

    def _read(self, request: httpx2.Request, url: str, limit: int) -> bytes:
        with contextlib.closing(self._client.send(request, stream=True)) as response:
            if response.status_code != httpx2.codes.OK:
                detail = f"it answered {response.status_code}"
                raise UnavailableError("fetch_failed", url=shown(url), detail=detail)
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise UnavailableError(
                    "fetch_failed", url=shown(url), detail="its answer is packed"
                )
            return b"".join(_bounded(response.iter_raw(_CHUNK), url, limit))


def shown(url: str) -> str:
    """Return ``url`` for messages: without credentials, query and fragment, at most 200 letters."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        return "(not a URL)"
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii', 'replace')}{parsed.path}"[:200]


def _parse(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise UnavailableError("fetch_failed", url=shown(url), detail="it is no URL") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise RefusedError("address_forbidden", host=shown(url))
    return parsed


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _bounded(chunks: Iterator[bytes], url: str, limit: int) -> Iterator[bytes]:
    left = limit
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            detail = f"its answer has more than {limit} bytes"
            raise UnavailableError("fetch_failed", url=shown(url), detail=detail)
        yield chunk


def _failure(error: Exception) -> str:
    return (
        "it took too long" if isinstance(error, httpx2.TimeoutException) else type(error).__name__
    )


class _Deadline:
    """Cuts the connection when the time is up.

    Time-outs of single reads do not stop a server that sends one byte at a time.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self.reason: str | None = None

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn the socket: the client reports its steps here."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.reason is not None:
                self._cut()

    def _cut(self) -> None:
        self.reason = "it took too long"
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
