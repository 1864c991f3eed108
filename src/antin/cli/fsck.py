"""``antin fsck``: database, blobs and ledger against each other."""

from typing import TYPE_CHECKING

import typer

from antin.cli.ledger.checking import LevelOption, report_code, say_ledger_report
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import say
from antin.cli.session import services
from antin.cli.texts import _
from antin.core.json_line import json_line
from antin.ledger.checking.levels import HIGHEST

if TYPE_CHECKING:
    from antin.flows.audit import FsckReport


def fsck_code(report: "FsckReport") -> int:
    """Return the exit code: 1 when a file is missing or altered, else the ledger's."""
    if report.missing_blobs or report.corrupt_blobs:
        return 1
    return report_code(report.ledger)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Check database, stored files, ledger; clear up after crashes."))
    def fsck(
        *,
        level: LevelOption = HIGHEST,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import fsck as check

        with services(data) as wired:
            report = check(wired, level)
        if how is Listing.JSON:
            say(json_line(_shown(report)))
        else:
            _say(report)
        raise typer.Exit(fsck_code(report))


def _say(report: "FsckReport") -> None:
    say_ledger_report(report.ledger)
    for digest in report.missing_blobs:
        say(f"blob_not_found: {digest}")
    for digest in report.corrupt_blobs:
        say(f"blob_corrupt: {digest}")
    cleared = len(report.cleared_blobs) + report.cleared_folders
    say(
        _("Files: {missing} missing, {corrupt} altered, {cleared} left over and removed").format(
            missing=len(report.missing_blobs), corrupt=len(report.corrupt_blobs), cleared=cleared
        )
    )
    if report.abandoned_seals:
        say(_("Seals ended as abandoned: {count}").format(count=report.abandoned_seals))


def _shown(report: "FsckReport") -> dict[str, object]:
    return {
        "ledger": report.ledger.as_json(),
        "missing_blobs": report.missing_blobs,
        "corrupt_blobs": report.corrupt_blobs,
        "cleared_blobs": report.cleared_blobs,
        "cleared_folders": report.cleared_folders,
        "abandoned_seals": report.abandoned_seals,
    }
