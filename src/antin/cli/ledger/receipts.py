"""``antin ledger verify-receipt``: needs keys and the receipt, and nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.ledger.keys import given_key
from antin.cli.options import Listing, ListingOption, TrustOption
from antin.cli.output import printable, say
from antin.cli.texts import _
from antin.core.canonical import JsonObject
from antin.core.clock import iso_utc
from antin.core.errors import InputError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.ledger.checkpoints.receipt_checks import ReceiptFacts
    from antin.pki.trust import TrustMaterial

_INDETERMINATE: Final = 3


def add(group: typer.Typer) -> None:
    """Add the command to ``group``."""

    @group.command(
        "verify-receipt",
        short_help=_("Check a receipt, with keys only."),
        help=_(
            "Check a receipt: needs no ledger, no settings and no network, but keys to believe."
        ),
    )
    def verify_receipt(
        file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The receipt."))],
        *,
        key: Annotated[
            str,
            typer.Option(
                metavar="KEY",
                envvar="ANTIN_LEDGER_KEY",
                help=_("Key of the ledger, as antin ledger key prints it, or a file with it."),
            ),
        ],
        witness: Annotated[
            list[str] | None,
            typer.Option(
                metavar="KEY",
                help=_("Key of a witness that must have cosigned, or a file with it."),
            ),
        ] = None,
        quorum: Annotated[
            int | None, typer.Option(min=0, help=_("So many of them are enough; else all."))
        ] = None,
        entry: Annotated[
            Path | None, typer.Option(help=_("The entry, where the receipt does not hold it."))
        ] = None,
        trust: TrustOption = None,
        how: ListingOption = Listing.TEXT,
    ) -> None:
        from antin.ledger.checkpoints.cosignature import parse_witness
        from antin.ledger.checkpoints.receipt import MAX_RECEIPT_BYTES, parse_receipt
        from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt

        witnesses = tuple(given_key(one, parse_witness) for one in witness or ())
        policy = ReceiptPolicy(given_key(key), witnesses, quorum)
        data = _read(entry, MAX_RECEIPT_BYTES) if entry else None
        facts = check_receipt(parse_receipt(_read(file, MAX_RECEIPT_BYTES)), policy, data)
        unsure = _unsure(facts, trust)
        told = _told(facts, unsure)
        if how is Listing.JSON:
            say(json_line(told))
        else:
            _say(told)
        if unsure:
            raise typer.Exit(_INDETERMINATE)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise InputError("file_unreadable", path=str(path), reason=error.strerror) from error


def _unsure(facts: "ReceiptFacts", trust: Path | None) -> list[str]:
    """Return what was not shown though the receipt holds it: whose time-stamps these are.

    Error: ``timestamp_wrong`` for an authority that is not believed.
    """
    from antin.cli.session import trust_folder

    if not facts.anchored:
        return []
    folder = trust_folder(trust)
    if folder is None:
        return [_("the time-stamps' authority: name a trust folder by --trust")]
    from antin.infra.trust_files import read_trust
    from antin.pki.timestamp_trust import check_authority

    believed: TrustMaterial = read_trust(folder)
    for one in facts.anchored:
        check_authority(one.facts, believed, one.time)
    return []


def _told(facts: "ReceiptFacts", unsure: list[str]) -> JsonObject:
    entry = facts.entry
    return {
        "conclusion": "INDETERMINATE" if unsure else "TOTAL-PASSED",
        "ledger": facts.checkpoint.origin,
        "index": facts.index,
        "size": facts.checkpoint.size,
        "leaf": facts.leaf.hex(),
        "stream": entry.stream if entry else None,
        "n": entry.n if entry else None,
        "action": entry.action if entry else None,
        "cosigned": [{"witness": name, "time": iso_utc(time)} for name, time in facts.cosigned],
        "timestamps": [
            {"authority": one.authority, "time": iso_utc(one.time)} for one in facts.anchored
        ],
        "not_checked": [*unsure, *facts.others],
    }


def _say(told: JsonObject) -> None:
    say(
        _(
            "{conclusion}: entry {index} is among the {size} entries that {ledger} signed for"
        ).format(**told)
    )
    if told["action"]:
        say(_("entry: {stream} {n} {action}").format(**told))
    _each(told["cosigned"], _("cosigned by {witness} at {time}"))
    _each(told["timestamps"], _("there before {time}, says {authority}"))
    names = told["not_checked"]
    if isinstance(names, list) and names:
        say(_("not checked: {names}").format(names=printable(", ".join(map(str, names)))))


def _each(rows: object, line: str) -> None:
    for row in rows if isinstance(rows, list) else ():
        say(line.format(**{name: printable(str(value)) for name, value in row.items()}))
