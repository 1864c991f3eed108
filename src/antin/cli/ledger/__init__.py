"""``antin ledger``: whether the history is whole, what it says, and signing for it.

One module for what belongs together; each adds its commands to the group.
"""

import typer

from antin.cli.ledger import (
    checking,
    checkpoints,
    entries,
    erasing,
    exporting,
    following,
    importing,
    proofs,
    receipts,
    recovering,
    witness,
)
from antin.cli.texts import _


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("The ledger."))
    app.add_typer(group, name="ledger")
    for part in (
        checking,
        entries,
        following,
        checkpoints,
        proofs,
        receipts,
        recovering,
        exporting,
        witness,
        erasing,
        importing,
    ):
        part.add(group)
