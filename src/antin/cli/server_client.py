"""The Antin server over HTTP, for the desk: JSON in and out, its problems as our errors."""

import json
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2

from antin.core import errors
from antin.core.codes import CODES
from antin.core.errors import AntinError, DefectError, UnavailableError, UsageError
from antin.core.ids import new_id
from antin.core.limits import MAX_JSON_BYTES, MAX_PDF_BYTES

_TIMEOUT: Final = httpx2.Timeout(60.0, connect=5.0)
_FAMILIES: Final = {
    kind.family: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, AntinError) and kind.family
}


class Server:
    """A session with one server as the owner of one API key; a context manager."""

    def __init__(self, url: str, api_key: str) -> None:
        _require_private(url)
        self._url = url
        # No proxies from the environment: the API key goes to this server and nowhere else.
        self._client = httpx2.Client(
            base_url=url,
            # Nothing packed: a short answer could swell to any length.
            headers={"Authorization": f"Bearer {api_key}", "Accept-Encoding": "identity"},
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **query: str | int) -> Any:
        """Return the JSON at ``path``. Errors: those of the server, ``server_unavailable``."""
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send ``body`` as a fresh request and return the JSON answer."""
        return self._json("POST", path, json=body, headers={"Idempotency-Key": new_id()})

    def download(self, path: str, target: Path) -> None:
        """Write the file at ``path`` to ``target``, bounded."""
        try:
            with self._client.stream("GET", path) as answer, target.open("wb") as file:
                if answer.status_code != 200:
                    raise _problem(_whole(answer))
                file.writelines(_bounded(answer, MAX_PDF_BYTES))
        except httpx2.HTTPError as error:
            raise self._unavailable(error) from error

    def _json(self, method: str, path: str, **what: Any) -> Any:
        try:
            with self._client.stream(method, path, **what) as answer:
                body = _whole(answer)
        except httpx2.HTTPError as error:
            raise self._unavailable(error) from error
        if answer.status_code >= 300:
            raise _problem(body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> AntinError:
        return UnavailableError("server_unavailable", url=self._url, detail=type(error).__name__)


def open_server(api_key: str) -> Server:
    """Return a session with the server at ``ANTIN_SERVER_URL`` (default: this machine's)."""
    return Server(os.environ.get("ANTIN_SERVER_URL") or "http://127.0.0.1:8080", api_key)


def _require_private(url: str) -> None:
    """Refuse to send an API key in the clear to another machine."""
    parts = urlsplit(url)
    try:
        loopback = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        detail = "ANTIN_SERVER_URL must begin with https://, or name this machine"
        raise UsageError("settings_invalid", detail=detail)


def _whole(answer: httpx2.Response) -> bytes:
    return b"".join(_bounded(answer, MAX_JSON_BYTES))


def _bounded(answer: httpx2.Response, limit: int) -> Iterator[bytes]:
    """Yield the body as it came over the line; ``file_too_large`` beyond ``limit`` bytes."""
    size = 0
    for chunk in answer.iter_raw():
        size += len(chunk)
        if size > limit:
            raise errors.InputError("file_too_large", size=size, limit=limit)
        yield chunk


def _problem(body: bytes) -> AntinError:
    """Return the server's problem as the error it was there."""
    try:
        told = json.loads(body)
        code, values = told["code"], told["values"]
        family = CODES[code][0]
        shown = {str(k): tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return _FAMILIES[family](code, **shown)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return DefectError("defect", detail="the server's answer is no problem of ours")
