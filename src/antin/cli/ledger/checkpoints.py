"""``antin ledger checkpoint`` and ``antin ledger key``."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say
from antin.cli.session import services
from antin.cli.texts import _
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject

COLUMNS: Final = ("size", "created_at", "root", "cosigned", "stamped")


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        short_help=_("Sign for all committed entries."),
        help=_(
            "Sign for all committed entries, print the newest checkpoint. With --list, show those "
            "that were signed before, and sign nothing."
        ),
    )
    def checkpoint(
        *,
        earlier: Annotated[
            bool, typer.Option("--list", help=_("Show signed checkpoints, newest first."))
        ] = False,
        limit: Annotated[int, typer.Option(min=1, max=1000, help=_("At most so many."))] = 20,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import list_checkpoints, newest_note, take_checkpoint

        with services(data) as wired:
            if earlier:
                rows = list_checkpoints(wired, limit)
                listing(rows if how is Listing.JSON else [_row(row) for row in rows], COLUMNS, how)
                return
            taken = take_checkpoint(wired)
            if how is Listing.JSON:
                say(json_line(taken))
            else:
                say(newest_note(wired).decode().rstrip("\n"))

    @group.command(
        short_help=_("Print the key of the ledger."),
        help=_("Print the key that checkpoints are checked by, for witnesses and others."),
    )
    def key(*, data: DataOption = None) -> None:
        from antin.ledger.checkpoints.note import verifier_of

        with services(data) as wired:
            say(verifier_of(wired.origin, wired.checkpoint_key.public_key).text)


def _row(checkpoint: "JsonObject") -> "JsonObject":
    """Return what is shown of a checkpoint: of its root as much as tells it from others."""
    cosigned = checkpoint["cosigned_by"]
    return {
        **checkpoint,
        "root": str(checkpoint["root"])[:16],
        "cosigned": len(cosigned) if isinstance(cosigned, list) else 0,
        "stamped": checkpoint["timestamps"],
    }
