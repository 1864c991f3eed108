"""The witness's HTTP server: strangers hold no connection for long, and few at once."""

import asyncio
import signal
import socket
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTION_SECONDS: Final = 30.0
"""A log's request takes far less; who sends its head a byte at a time is cut off here."""
_CONNECTIONS: Final = 64
"""At once; more are answered 503."""
_GRACE_SECONDS: Final = 5


class BriefConnection(H11Protocol):
    """A connection that ends after :data:`CONNECTION_SECONDS`, whatever goes on in it."""

    def connection_made(  # type: ignore[override]  # uvicorn narrows asyncio's own parameter
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._end = self.loop.call_later(CONNECTION_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


def serve_witness(listener: socket.socket) -> None:
    """Serve the witness that the environment names until the process is told to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)  # uvicorn raises them again at the end
    config = uvicorn.Config(
        "antin.api.witness:create_app",
        factory=True,
        http=BriefConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=16 << 10,
    )
    uvicorn.Server(config).run([listener])
