"""``antin ledger verify``."""

from typing import TYPE_CHECKING, Final

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import say
from antin.cli.session import services
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


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

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
