"""``antin serve``: the web service with its embedded worker."""

import os
import signal
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.listening import listening
from antin.cli.options import DataOption
from antin.cli.output import say
from antin.cli.session import settings
from antin.cli.texts import _
from antin.core.errors import UsageError

if TYPE_CHECKING:
    from antin.infra.settings import Settings

_GRACE_SECONDS: Final = 20.0


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Serve over HTTP, with an embedded worker. Loopback only for now."))
    def serve(
        *,
        host: Annotated[str, typer.Option(help=_("Loopback address."))] = "127.0.0.1",
        port: Annotated[int, typer.Option(min=1, max=65_535, help=_("Port."))] = 8080,
        data: DataOption = None,
    ) -> None:
        require_loopback(host)
        found = settings(data)
        from antin.cli.embedded_worker import EmbeddedWorker
        from antin.infra.logs import configure_logs

        configure_logs()
        _prepare(found)
        # Server and worker are processes of their own that read the settings themselves.
        os.environ["ANTIN_DATA_DIR"] = str(found.data_dir)
        shown = f"[{host}]" if ":" in host else host
        with listening(host, port) as listener, EmbeddedWorker(found.data_dir):
            say(_("Serving at {url} until stopped").format(url=f"http://{shown}:{port}/docs"))
            _serve(listener)


def require_loopback(host: str) -> None:
    """Raise ``address_not_loopback`` for an address that others could reach."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError("address_not_loopback", host=host)


def _prepare(found: "Settings") -> None:
    """Find out now, with a code, what would otherwise be found out in the middle of a start.

    A database that is behind the checkpoint kept outside it is not served: it was rolled back, or
    restored from a backup. Error: ``checkpoint_ahead``.
    """
    from antin.flows.audit import require_ledger_continued
    from antin.infra.jobs import prepare_broker
    from antin.infra.wiring import open_services

    with open_services(found) as wired:
        require_ledger_continued(wired)
        prepare_broker(found.broker)


def _serve(listener: socket.socket) -> None:
    import uvicorn

    # uvicorn stops gracefully on these and then raises them again, which would end us before our
    # worker is stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    config = uvicorn.Config(
        "antin.api.app:create_app",
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(_GRACE_SECONDS),
    )
    uvicorn.Server(config).run([listener])
