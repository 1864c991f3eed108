"""Around every request: a bound on JSON bodies, one log line, and no internals in any answer."""

import time
import traceback
from pathlib import Path
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antin.api.problems import problem
from antin.core.errors import AntinError, DefectError, InputError, UsageError
from antin.core.limits import MAX_JSON_BYTES
from antin.infra.messages import accepted

UPLOADS: Final = frozenset({"/v1/documents", "/v1/verify"})
"""Paths whose bodies are streamed to disk; others are read whole, for anybody."""
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class Edge:
    """Logs method, path, status, time and who; never bodies, headers, keys or query strings."""

    def __init__(self, app: ASGIApp, debug_log: Path | None = None) -> None:
        self._app = app
        self._debug_log = debug_log
        self._log = structlog.get_logger("antin.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0
        scope.setdefault("state", {})

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._checked(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 — whatever it was, callers get no internals
            self._keep(error)
            if not status:
                defect = DefectError("defect", detail=type(error).__name__)
                await self._answer(defect, scope, receive, watched)
        finally:
            self._log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                principal=scope["state"].get("principal"),
            )

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _too_large(scope)
        if refusal is not None:
            await self._answer(refusal, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, error: AntinError, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["app"].state.language
        language = accepted(Headers(scope=scope).get("accept-language"), ours)
        await problem(error, language)(scope, receive, send)

    def _keep(self, error: Exception) -> None:
        """Log what kind of defect it was and where; the traceback only into the debug file."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        self._log.error("defect", kind=type(error).__name__, place=place)
        if self._debug_log is not None:
            with self._debug_log.open("a") as file:
                traceback.print_exception(error, file=file)


def _too_large(scope: Scope) -> AntinError | None:
    """Refuse a body of unknown or too great length; uploads are bounded where they are read."""
    headers = Headers(scope=scope)
    if scope["method"] not in _WITH_BODY:
        return None
    if scope["path"] in UPLOADS:
        return None
    if "transfer-encoding" in headers:
        return UsageError("request_invalid", detail="a Content-Length is needed")
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        return UsageError("request_invalid", detail="Content-Length is no number")
    if int(length) > MAX_JSON_BYTES:
        return InputError("file_too_large", size=int(length), limit=MAX_JSON_BYTES)
    return None
