"""``antin ledger export``."""

from pathlib import Path
from typing import Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import printable, progress, say
from antin.cli.session import services
from antin.cli.texts import _
from antin.core.json_line import json_line

_PAYLOADS = _("Also the facts that entries commit to: personal data, as far as not erased.")
_HELP = _(
    "Write the ledger into DIR, with a program that checks it without antin; in a folder that "
    "holds an older export, go on from there."
)


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(short_help=_("Write a folder that anybody can check."), help=_HELP)
    def export(
        folder: Annotated[
            Path, typer.Argument(metavar="DIR", help=_("A new folder, or one with an export."))
        ],
        *,
        with_payloads: Annotated[bool, typer.Option("--with-payloads", help=_PAYLOADS)] = False,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import export_ledger

        with services(data) as wired:
            from antin.infra.ledger.export_writing import open_export

            size = wired.work.read(lambda stores: stores.ledger.size())
            with open_export(folder) as target, progress(size, _("Exporting")) as step:
                made = export_ledger(wired, target, step, with_payloads=with_payloads)
        if how is Listing.JSON:
            say(json_line(made))
        else:
            say(
                _("{folder}: {size} entries, {new} of them new").format(
                    folder=printable(str(folder)),
                    size=made["size"],
                    new=int(str(made["size"])) - int(str(made["from"])),
                )
            )
            say(_("root: {root}").format(root=made["root"]))
