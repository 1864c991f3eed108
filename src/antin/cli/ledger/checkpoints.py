"""``antin ledger checkpoint`` and ``antin ledger key``."""

import typer

from antin.cli.options import DataOption
from antin.cli.output import say
from antin.cli.session import services
from antin.cli.texts import _


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        short_help=_("Sign for all committed entries."),
        help=_("Sign for all committed entries, print the newest checkpoint."),
    )
    def checkpoint(*, data: DataOption = None) -> None:
        from antin.flows.audit import newest_note, take_checkpoint

        with services(data) as wired:
            take_checkpoint(wired)
            say(newest_note(wired).decode().rstrip("\n"))

    @group.command(
        short_help=_("Print the key of the ledger."),
        help=_("Print the key that checkpoints are checked by, for witnesses and others."),
    )
    def key(*, data: DataOption = None) -> None:
        from antin.ledger.checkpoints.note import verifier_of

        with services(data) as wired:
            say(verifier_of(wired.origin, wired.checkpoint_key.public_key).text)
