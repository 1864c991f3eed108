"""``antin ledger recover``."""

from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import note, say
from antin.cli.session import services
from antin.cli.texts import _
from antin.core.errors import UsageError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.flows.audit import Missing

_HELP = _(
    "Go on after the database was set back: say what is missing, bring it back, or declare it lost."
)


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(short_help=_("Go on after the database was set back."), help=_HELP)
    def recover(
        *,
        source: Annotated[
            str | None,
            typer.Option(
                "--from",
                metavar="WHERE",
                help=_("Export folder, backup file or database URL that has the entries."),
            ),
        ] = None,
        accept_loss: Annotated[
            bool,
            typer.Option(
                "--accept-loss", help=_("Go on without them; the ledger says so for ever.")
            ),
        ] = False,
        reason: Annotated[str, typer.Option(help=_("Why entries are lost, for the ledger."))] = "",
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows import audit

        if source is not None and accept_loss:
            raise UsageError("request_invalid", detail="--from or --accept-loss, not both")
        if accept_loss and not reason.strip():
            raise UsageError("usage", detail=_("--accept-loss needs why, for good: --reason TEXT"))
        with services(data) as wired:
            if source is not None:
                from antin.infra.ledger.sources import open_entry_source

                with open_entry_source(source) as entries:
                    missing = audit.bring_back(wired, entries)
            elif accept_loss:
                missing = audit.accept_loss(wired, reason)
            else:
                missing = audit.find_missing(wired)
        _say(missing, how)
        mended = source is not None or accept_loss
        if missing is not None and mended and how is Listing.TEXT:
            say(
                _("Declared as lost; the ledger goes on. Look at it with: antin fsck")
                if accept_loss
                else _("All of them are back; the ledger goes on. Look at it with: antin fsck")
            )
        if missing is not None and not mended:
            note(_("bring them back with --from, or go on without them with --accept-loss"))
            raise typer.Exit(1)


def _say(missing: "Missing | None", how: Listing) -> None:
    if how is Listing.JSON:
        say(json_line(missing.as_json() if missing else None))
        return
    if missing is None:
        say(_("Nothing is missing: the database goes on from all that was signed."))
        return
    told = missing.as_json()
    say(
        _("Missing: entries {first} to {last}; the database has {entries}").format(
            first=min(missing.entries, missing.size), last=missing.size - 1, entries=missing.entries
        )
    )
    say(_("Newest entry there: {time}").format(time=told["newest_entry_at"] or "-"))
    say(_("Signed for, and not there:"))
    say(_indented(str(told["checkpoint"])))
    if missing.newest:
        when = told["newest_checkpoint_at"]
        say(_("Newest checkpoint there, of {time}:").format(time=when))
        say(_indented(str(told["newest_checkpoint"])))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.rstrip("\n").split("\n"))
