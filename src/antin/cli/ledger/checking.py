"""``antin ledger``: whether the history is whole, what it says, and signing for it."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say
from antin.cli.session import acting, services
from antin.cli.texts import _
from antin.core.codes import FINDINGS
from antin.core.errors import fill
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.ledger.report import LedgerReport

_EXIT: Final = {
    "TOTAL-PASSED": 0,
    "TOTAL-FAILED": 1,
    "INDETERMINATE": 3,
    "NOTHING-TO-CHECK": 4,
}


def report_code(report: "LedgerReport") -> int:
    """Return the exit code of ``report``."""
    return _EXIT[report.conclusion]


def say_ledger_report(report: "LedgerReport") -> None:
    """Print ``report`` for people: the verdict, then what was found, one line each."""
    say(
        _("Ledger {origin}: {conclusion}, {entries} entries, {covered} under a checkpoint").format(
            origin=report.origin,
            conclusion=report.conclusion.value,
            entries=report.entries,
            covered=report.covered,
        )
    )
    for finding in report.findings:
        detail = fill(_(FINDINGS[finding.code]), dict(finding.values))
        say(f"{finding.severity}: {finding.code}: {detail}")
    if report.left_off:
        say(_("and {count} more findings").format(count=report.left_off))


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("The ledger."))
    app.add_typer(group, name="ledger")

    @group.command(help=_("Recompute the whole ledger; compare with what was signed."))
    def verify(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        from antin.flows.audit import check_ledger

        with services(data) as wired:
            report = check_ledger(wired)
        if how is Listing.JSON:
            say(json_line(report.as_json()))
        else:
            say_ledger_report(report)
        raise typer.Exit(report_code(report))

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

    @group.command(help=_("Sign for all committed entries, print the newest checkpoint."))
    def checkpoint(*, data: DataOption = None) -> None:
        from antin.flows.audit import take_checkpoint

        with services(data) as wired:
            say(str(take_checkpoint(wired)["note"]).rstrip("\n"))
