"""``antin ledger erase`` and ``vacuum``: personal data that must go."""

import re
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.ledger.entries import local
from antin.cli.options import DataOption, Listing
from antin.cli.output import listing, note, say
from antin.cli.session import Acting, acting, services
from antin.cli.texts import _
from antin.core.codes import FINDINGS
from antin.core.errors import UsageError, fill
from antin.core.limits import MAX_ERASED
from antin.core.phrases import translated

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.flows.services import Services

_RANGE: Final = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")
_MOST_LETTERS: Final = 1000
"""Of an entry's facts, when it is shown before it is erased."""


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        short_help=_("Erase facts beside entries; proofs stay good."),
        help=_(
            "Erase the facts beside entries, with the personal data in them. The entries stay, and "
            "so does every proof; a new entry says what was erased, by whom and why. Asks first."
        ),
    )
    def erase(
        indexes: Annotated[
            list[str] | None,
            typer.Argument(metavar="INDEX", help=_("Indexes of entries, such as 12 or 20-25.")),
        ] = None,
        *,
        reason: Annotated[
            str, typer.Option(help=_("Why; one line that stays for good, so it names nobody."))
        ],
        record: Annotated[
            str | None, typer.Option(metavar="ID", help=_("All entries of this record."))
        ] = None,
        document: Annotated[
            str | None, typer.Option(metavar="ID", help=_("All entries of this document."))
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask."))] = False,
        later: Annotated[
            bool,
            typer.Option(
                "--later", help=_("Do not vacuum now: what was erased stays in files until then.")
            ),
        ] = False,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import Wanted, plan_erasure

        if not indexes and record is None and document is None:
            raise UsageError("request_invalid", detail=_("name entries, a record or a document"))
        wanted = Wanted(_numbers(indexes or []), record, document)
        with acting(data) as me:
            planned = plan_erasure(me.services, me.principal, wanted)
            if not yes:
                _ask(planned)
            _erase(me, planned, reason)
            if not later:
                _vacuum(me.services)

    @group.command(
        short_help=_("Take what was erased out of files."),
        help=_(
            "Take what was erased out of the database's own files: they are written anew, their "
            "logs emptied. Changes wait meanwhile."
        ),
    )
    def vacuum(*, data: DataOption = None) -> None:
        with services(data) as wired:
            _vacuum(wired)


def _numbers(texts: list[str]) -> tuple[int, ...]:
    """Return the indexes that were named; at most a few more than can be erased at once."""
    numbers: list[int] = []
    for text in texts:
        found = _RANGE.fullmatch(text)
        if found is None:
            detail = _("{text} is no index of an entry, such as 12 or 20-25").format(text=text)
            raise UsageError("request_invalid", detail=detail)
        first = int(found[1])
        last = int(found[2] or first)
        numbers += range(first, min(last, first + MAX_ERASED) + 1)
    return tuple(numbers)


def _ask(planned: "tuple[JsonObject, ...]") -> None:
    """Show exactly what goes, and go on only if a person says so."""
    shown = [{**local(one), "facts": _cut(str(one["facts"]))} for one in planned]
    listing(shown, ("index", "time", "stream", "action", "facts"), Listing.TEXT)
    note(_("This reaches no backup, no archived log, no replica, no export that was handed out."))
    note(_("Records, documents and users keep what they say now. Amend those first."))
    if not sys.stdin.isatty():
        raise UsageError("confirmation_missing")
    question = _("Erase the facts of these {count} entries for good?").format(count=len(planned))
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"


def _erase(me: Acting, planned: "tuple[JsonObject, ...]", reason: str) -> None:
    from antin.flows.audit import erase, redactions_of

    indexes = [int(str(one["index"])) for one in planned]
    done = erase(me.services, me.call("ledger/erase"), indexes, reason)
    said = ", ".join(map(str, redactions_of(me.services, str(done["request_id"]))))
    say(
        _("Erased the facts of {count} entries; entry {said} tells of it.").format(
            count=len(indexes), said=said
        )
    )


def _vacuum(wired: "Services") -> None:
    code = "wal_not_overwritten"
    left = wired.work.vacuum()
    for reason in left:
        values = translated(_, {"reason": reason})
        note(f"{code}: {fill(_(FINDINGS[code]), values)}")
    if not left:
        say(_("What was erased is in none of the database's own files any more."))
