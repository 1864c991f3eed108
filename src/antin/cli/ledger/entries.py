"""``antin ledger show``."""

from typing import Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing
from antin.cli.session import acting
from antin.cli.texts import _


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(help=_("Show entries; what you may not see, as leaf hashes only."))
    def show(
        *,
        start: Annotated[int, typer.Option("--from", min=0, help=_("First index."))] = 0,
        limit: Annotated[int, typer.Option(min=1, max=1000, help=_("At most so many."))] = 100,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import list_entries

        with acting(data) as me:
            rows = list_entries(me.services, me.principal, start, limit)
        listing(rows, ("index", "time", "stream", "action", "actor", "leaf"), how)
