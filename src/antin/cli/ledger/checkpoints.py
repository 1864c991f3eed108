"""``antin ledger checkpoint``."""

import typer

from antin.cli.options import DataOption
from antin.cli.output import say
from antin.cli.session import services
from antin.cli.texts import _


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(help=_("Sign for all committed entries, print the newest checkpoint."))
    def checkpoint(*, data: DataOption = None) -> None:
        from antin.flows.audit import take_checkpoint

        with services(data) as wired:
            say(str(take_checkpoint(wired)["note"]).rstrip("\n"))
