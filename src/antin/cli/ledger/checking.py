"""``antin ledger verify``."""

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.ledger.keys import given_key
from antin.cli.options import MOST_JOBS, DataOption, Listing, ListingOption
from antin.cli.output import printable, say
from antin.cli.session import services
from antin.cli.texts import _
from antin.core.codes import FINDINGS
from antin.core.errors import UsageError, fill
from antin.core.json_line import json_line
from antin.core.phrases import translated
from antin.ledger.checking.levels import HIGHEST, Level

if TYPE_CHECKING:
    from antin.ledger.checking.report import LedgerFinding, LedgerReport

_HELP: Final = _(
    "Recompute a whole ledger, compare with what was signed: this installation's, or an export, "
    "which needs neither settings nor database."
)
_KEY: Final = _(
    "The ledger's key as you got it another way, as text or in a file. Without it an export can "
    "be shown to fit together, and is never passed."
)
_AGAINST: Final = _("A checkpoint or an export that was kept from before; may be repeated.")
_WITNESS: Final = _(
    "A witness's key as the settings have it, as text or in a file: what it cosigned is checked. "
    "May be repeated."
)
_EXIT: Final = {
    "TOTAL-PASSED": 0,
    "TOTAL-FAILED": 1,
    "INDETERMINATE": 3,
    "NOTHING-TO-CHECK": 4,
}
_COLUMNS: Final = 80

LevelOption = Annotated[
    Level,
    typer.Option(
        help=_("Check up to this level; below checkpoints, nothing is proven."),
        show_default=True,
    ),
]


def report_code(report: "LedgerReport") -> int:
    """Return the exit code of ``report``."""
    return _EXIT[report.conclusion]


def say_ledger_report(report: "LedgerReport") -> None:
    """Print ``report`` for people: the verdict, then each finding with what it is about."""
    say(
        _("Ledger {origin}: {conclusion}").format(
            origin=report.origin, conclusion=report.conclusion.value
        )
    )
    say(
        _("{entries} entries, {covered} of them under a checkpoint").format(
            entries=report.entries, covered=report.covered
        )
    )
    if report.level is not HIGHEST:
        say(_("Checked up to the level {level}").format(level=report.level.value))
    for finding in report.findings:
        _say_finding(finding)
    if report.left_off:
        say(_("and {count} more findings").format(count=report.left_off))


def _say_finding(finding: "LedgerFinding") -> None:
    where = f", {finding.row[0]} {finding.row[1]}" if finding.row else ""
    say(f"{finding.severity}: {finding.code} ({finding.level}{where})")
    _say_wrapped(fill(_(FINDINGS[finding.code]), translated(_, dict(finding.values))))
    if finding.evidence:
        _say_wrapped(
            _("Evidence: {count} signed checkpoints; --format json has it.").format(
                count=len(finding.evidence.checkpoints)
            )
        )


def _say_wrapped(text: str) -> None:
    lines = textwrap.wrap(
        printable(text), _COLUMNS - 2, break_long_words=False, break_on_hyphens=False
    )
    say("\n".join(f"  {line}" for line in lines))


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(short_help=_("Check a whole ledger, or an export of one."), help=_HELP)
    def verify(
        path: Annotated[
            Path | None, typer.Argument(metavar="PATH", help=_("An export, in a folder."))
        ] = None,
        *,
        key: Annotated[str | None, typer.Option(metavar="VKEY", help=_KEY)] = None,
        against: Annotated[list[Path] | None, typer.Option(metavar="OLD", help=_AGAINST)] = None,
        witness: Annotated[list[str] | None, typer.Option(metavar="KEY", help=_WITNESS)] = None,
        jobs: Annotated[
            int | None, typer.Option(min=1, max=MOST_JOBS, help=_("Processes; all cores."))
        ] = None,
        level: LevelOption = HIGHEST,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        if path is not None:
            if level is not HIGHEST:
                detail = _("--level is for this installation's ledger: an export is checked whole")
                raise UsageError("usage", detail=detail)
            report = _of_export(path, key, against or [], witness or [], jobs)
        elif key is None and not against and not witness:
            from antin.flows.audit import check_ledger

            with services(data) as wired:
                report = check_ledger(wired, level)
        else:
            detail = _("--key, --against and --witness are for an export: give its folder")
            raise UsageError("usage", detail=detail)
        if how is Listing.JSON:
            say(json_line(report.as_json()))
        else:
            say_ledger_report(report)
        raise typer.Exit(report_code(report))


def _of_export(
    path: Path, key: str | None, against: list[Path], witnesses: list[str], jobs: int | None
) -> "LedgerReport":
    """Check an export, without any settings or database."""
    from antin.cli.workers import forked
    from antin.infra.ledger.export_checking import check_export, read_old
    from antin.ledger.checkpoints.cosignature import parse_witness

    verifier = given_key(key) if key is not None else None
    known = [given_key(one, parse_witness) for one in witnesses]
    old = [read_old(one) for one in against]
    return check_export(
        path, verifier, old, jobs or min(os.cpu_count() or 1, MOST_JOBS), known, forked
    )
