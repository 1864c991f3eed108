"""``antin --version``."""

from typing import Annotated

import typer

from antin import __version__
from antin.cli.texts import _


def _show(wanted: bool) -> None:  # noqa: FBT001 — Typer hands a flag to its callback
    if wanted:
        typer.echo(f"antin {__version__}")
        raise typer.Exit


def register(app: typer.Typer) -> None:
    """Add the option to ``app``."""

    @app.callback()
    def top(
        *,
        version: Annotated[
            bool,
            typer.Option(
                "--version", callback=_show, is_eager=True, help=_("Print the version and stop.")
            ),
        ] = False,
    ) -> None:
        pass
