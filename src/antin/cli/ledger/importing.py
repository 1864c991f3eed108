"""``antin ledger import``."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import counted, say
from antin.cli.session import acting, settings
from antin.cli.texts import _
from antin.core.json_line import json_line


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        name="import",
        short_help=_("Take over another system's change log."),
        help=_(
            "Take over another system's change log, one JSON object a line (docs/ledger.md). "
            "Run again after any interruption: what is in the ledger is not added twice."
        ),
    )
    def import_file(
        file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The lines, in UTF-8."))],
        *,
        source: Annotated[
            str, typer.Option(metavar="NAME", help=_("The system that they come from."))
        ],
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit.importing import import_history
        from antin.infra.ledger.history import HistoryFile, open_history
        from antin.ledger.history import require_source

        history = HistoryFile(file, require_source(source))
        with (
            acting(data) as me,
            closing(open_history(settings(data).database)) as log,
            counted(history.lines(), _("Importing")) as step,
        ):
            done = import_history(me.services, me.principal, history, log, step)
        if how is Listing.JSON:
            say(json_line({"lines": done.lines, "appended": done.appended}))
            return
        say(
            _("{lines} lines, {appended} appended, {before} were there before").format(
                lines=done.lines, appended=done.appended, before=done.lines - done.appended
            )
        )
        say(_("Sign for them now: antin ledger checkpoint"))
