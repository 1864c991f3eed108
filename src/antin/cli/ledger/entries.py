"""``antin ledger show``."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption, moment
from antin.cli.output import listing, note
from antin.cli.seal import agency_id
from antin.cli.session import Acting, acting
from antin.cli.texts import _

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.flows.audit import Question

COLUMNS = ("index", "time", "stream", "action", "actor", "leaf")


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        short_help=_("Show entries."),
        help=_(
            "Show entries; what you may not see, as leaf hashes only, and not at all where you "
            "look for something."
        ),
    )
    def show(
        *,
        record: Annotated[
            str | None, typer.Option(metavar="ID", help=_("Entries of this record."))
        ] = None,
        document: Annotated[
            str | None, typer.Option(metavar="ID", help=_("Entries of this document."))
        ] = None,
        agency: Annotated[
            str | None, typer.Option(metavar="CODE", help=_("Entries of this agency itself."))
        ] = None,
        actor: Annotated[
            str | None, typer.Option(metavar="ID", help=_("Entries of this user's acts."))
        ] = None,
        action: Annotated[
            str, typer.Option(help=_("What the action begins with, such as seal."))
        ] = "",
        since: Annotated[
            str | None,
            typer.Option(
                metavar="TIME",
                help=_("Not before this time (ISO 8601; UTC unless it says otherwise)."),
            ),
        ] = None,
        until: Annotated[
            str | None,
            typer.Option(
                metavar="TIME", help=_("Before this time (ISO 8601; UTC unless it says otherwise).")
            ),
        ] = None,
        start: Annotated[int, typer.Option("--from", min=0, help=_("First index."))] = 0,
        limit: Annotated[int, typer.Option(min=1, max=1000, help=_("At most so many."))] = 100,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.core.clock import to_micros
        from antin.flows.audit import Question
        from antin.ledger.ports import EntryFilter

        first, last = moment(since), moment(until)
        wanted = EntryFilter(
            actor, action, to_micros(first) if first else None, to_micros(last) if last else None
        )
        with acting(data) as me:
            agency_key = agency_id(me, agency) if agency is not None else None
            asked = Question(record, document, agency_key, wanted, start, limit)
            rows, following = _gather(me, asked)
        listing(rows if how is Listing.JSON else [local(row) for row in rows], COLUMNS, how)
        if following is not None:
            note(_("There may be more. Go on with: --from {index}").format(index=following))


def _gather(me: Acting, asked: "Question") -> "tuple[list[JsonObject], int | None]":
    """Ask on, a part of the ledger at a time, until enough is found or its end is reached."""
    from dataclasses import replace

    from antin.flows.audit import find_entries

    rows: list[JsonObject] = []
    following: int | None = asked.start
    while following is not None and len(rows) < asked.limit:
        more = replace(asked, start=following, limit=asked.limit - len(rows))
        found = find_entries(me.services, me.principal, more)
        rows += found.entries
        following = found.next
    return rows, following


def local(row: "JsonObject") -> "JsonObject":
    """Return an entry with its time in the zone of whoever looks."""
    if "time" not in row:
        return row
    moved = datetime.fromisoformat(str(row["time"])).astimezone()
    return {**row, "time": moved.isoformat(" ", "seconds")}
