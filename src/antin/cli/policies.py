"""The policy that a command is to judge by: one that ships, by its name, or a file."""

from typing import Annotated

import typer

from antin.cli.output import say
from antin.cli.texts import _


def _print(name: str | None) -> None:
    if name is None:
        return
    from antin.verifier.policy import shipped_text

    say(shipped_text(name).decode().rstrip("\n"))
    raise typer.Exit


PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        help=_("Verification policy: vn-office, strict, lenient-import, or a TOML file."),
    ),
]
PrintPolicyOption = Annotated[
    str | None,
    typer.Option(
        "--print-policy",
        metavar="NAME",
        callback=_print,
        is_eager=True,
        help=_("Print a policy that ships, to begin one's own with, and stop."),
    ),
]
