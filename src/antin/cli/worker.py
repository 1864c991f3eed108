"""``antin worker``: carries out long work."""

import os
import threading
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.options import DataOption
from antin.cli.session import settings
from antin.cli.texts import _

if TYPE_CHECKING:
    from antin.infra.settings import Settings

_PARENT_CHECK_SECONDS: Final = 1.0


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Carry out long work (a process of a larger installation)."))
    def worker(
        *,
        parent: Annotated[
            int | None, typer.Option(hidden=True, help="End when this process has ended.")
        ] = None,
        data: DataOption = None,
    ) -> None:
        from antin.infra.logs import configure_logs

        found = settings(data)
        configure_logs()
        if parent is not None:
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        work(found)


def work(found: "Settings") -> None:
    """Run jobs until told to stop; services are opened in this process, keys when first used."""
    from antin.flows import jobs as flow
    from antin.flows.audit import checkpoint_soon
    from antin.infra.jobs import run_worker
    from antin.infra.wiring import open_services

    with open_services(found, service=True) as wired:
        run_worker(
            found.broker,
            lambda job_id: flow.run(wired, job_id),
            lambda: flow.sweep(wired),
            every=found.sweep_seconds,
            beside=lambda: flow.go_outside(wired),
        )
        checkpoint_soon(wired)


def _end_with(parent: int) -> None:
    """Stop this worker when its server died without saying so: orphans are adopted by others."""
    import signal

    while os.getppid() == parent:
        threading.Event().wait(_PARENT_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
