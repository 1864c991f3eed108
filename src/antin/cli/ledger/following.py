"""``antin ledger follow``: new entries as they come."""

import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.ledger.entries import local
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import printable, say
from antin.cli.session import acting, api_key, settings
from antin.cli.texts import _
from antin.core.errors import UsageError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.flows.services import Services
    from antin.records.grants import Principal

_PAUSE: Final = 1.0
"""Seconds from one look at the ledger to the next."""
_AT_ONCE: Final = 100
_NAME: Final = re.compile(r"[a-z0-9._-]{1,32}")


def add(group: typer.Typer) -> None:
    """Add the command to ``group``."""

    @group.command(
        short_help=_("Print new entries as they come."),
        help=_(
            "Print new entries as they come, until Ctrl-C; what you may not see, as leaf hashes. "
            "With --name it goes on where it stopped the last time."
        ),
    )
    def follow(
        *,
        name: Annotated[
            str | None,
            typer.Option(help=_("Remember under this name how far you have come; a-z, 0-9, . _ -")),
        ] = None,
        start: Annotated[
            int | None,
            typer.Option(
                "--from", min=0, help=_("First index, the first time (default: the end).")
            ),
        ] = None,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        if name is not None and not _NAME.fullmatch(name):
            raise UsageError("request_invalid", detail=_("a name is of a-z, 0-9, . _ and -"))
        with acting(data) as me:
            position = me.services.work.read(lambda stores: stores.ledger.size())
            position = position if start is None else start
            while True:
                position, more = _next(me.services, _now(me.services, data), name, position, how)
                if not more:
                    time.sleep(_PAUSE)


def _now(wired: "Services", data: Path | None) -> "Principal":
    """Return who looks, with the roles of this moment: those can be taken away meanwhile."""
    from antin.flows.administration import authenticate

    return authenticate(wired, api_key(settings(data).api_key_file))


def _next(
    wired: "Services", who: "Principal", name: str | None, position: int, how: Listing
) -> tuple[int, bool]:
    """Print what comes next; return where to go on, and whether there may be more already.

    What was printed is remembered afterwards: who is stopped in between sees it again.
    """
    from antin.flows.audit import events, list_entries

    batch = None
    if name is not None:
        # Under the reader's own id: nobody moves somebody else's cursor.
        batch = events.read(wired.work, f"{who.id}/{name}", _AT_ONCE, position)
        position = batch.position
    rows = list_entries(wired, who, position, len(batch.rows) if batch else _AT_ONCE)
    for row in rows:
        say(json_line(row) if how is Listing.JSON else _line(local(row)))
    if batch is not None and batch.rows:
        events.acknowledge(wired, batch)
    return position + len(rows), bool(rows)


def _line(row: "JsonObject") -> str:
    """Return an entry as a line, or as two where the terminal is too narrow for that."""
    if "action" not in row:
        return f"{row['index']}  {row['leaf']}"
    first = f"{row['index']}  {row['time']}  {row['action']}"
    second = printable(f"{row['stream']}  {row['actor']}")
    wide = len(first) + len(second) + 2 > shutil.get_terminal_size().columns
    return f"{first}\n    {second}" if wide and sys.stdout.isatty() else f"{first}  {second}"
