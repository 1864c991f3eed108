"""``antin extract``: gives signatures to other programs, such as OpenSSL."""

from pathlib import Path
from typing import Annotated

import typer

from antin.cli.texts import _


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Take a signature out of a file, for other programs to check."))
    def extract(
        file: Annotated[Path, typer.Argument(help=_("A signed file."))],
        *,
        output: Annotated[
            Path, typer.Option("--output", "-o", metavar="DIR", help=_("A new folder."))
        ],
        field: Annotated[
            str | None, typer.Option(help=_("Name of the signature field (default: all)."))
        ] = None,
    ) -> None:
        from antin.cli.extraction import extract_all

        extract_all(file, output, field)
