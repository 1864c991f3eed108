"""The embedded broker: kombu's SQLAlchemy transport on a SQLite file of its own."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import structlog
from kombu.transport.sqlalchemy import Transport

PREFIX: Final = "sqla+sqlite:///"
TRANSPORT: Final = "antin.infra.embedded_broker:QuickTransport"
_log: Final = structlog.get_logger("antin.jobs")


class QuickTransport(Transport):
    """Looks for messages five times a second, where kombu looks once: people wait for a closing."""

    polling_interval = 0.2
    longest_look = 0.4
    """Seconds: between two looks the worker hears that it is to stop; Celery would take two."""

    def drain_events(self, connection: Any, timeout: float | None = None, **more: Any) -> None:
        """Deliver a message. Error: ``TimeoutError`` when none came in time."""
        if timeout is not None:
            timeout = min(timeout, self.longest_look)
        super().drain_events(connection, timeout=timeout, **more)


def path_of(broker: str) -> Path | None:
    """Return the file of an embedded broker's address; None for a server."""
    return Path(broker.removeprefix(PREFIX)) if broker.startswith(PREFIX) else None


def purge(broker: str) -> None:
    """Remove messages that were taken: the transport only marks them, and would keep them."""
    path = path_of(broker)
    if path is None or not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection, connection:
            connection.execute("DELETE FROM kombu_message WHERE visible = 0")
    except sqlite3.Error as error:
        # Not made yet, or busy: the next sweep comes soon.
        _log.debug("broker_not_purged", kind=type(error).__name__)
