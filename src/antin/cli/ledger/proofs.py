"""``antin ledger prove`` and ``antin ledger receipt``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import say, write_file
from antin.cli.session import acting, services
from antin.cli.texts import _
from antin.core.errors import UsageError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.flows.audit.proving import Consistency, Inclusion
    from antin.flows.services import Services


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""

    @group.command(
        short_help=_("Prove that an entry is in a signed tree."),
        help=_(
            "Prove that an entry is in a signed tree, or that one signed tree extends another. The "
            "proof is checked before it is printed."
        ),
    )
    def prove(
        index: Annotated[int | None, typer.Argument(min=0, help=_("Index of the entry."))] = None,
        *,
        leaf: Annotated[
            str | None, typer.Option(metavar="HEX", help=_("Leaf hash of the entry, instead."))
        ] = None,
        record: Annotated[
            str | None, typer.Option(metavar="ID", help=_("Newest entry of a record, instead."))
        ] = None,
        consistency: Annotated[
            tuple[int, int] | None,
            typer.Option(metavar="OLD NEW", help=_("Prove one checkpoint from another, instead.")),
        ] = None,
        size: Annotated[
            int | None, typer.Option(min=1, help=_("Under the checkpoint of so many entries."))
        ] = None,
        output: Annotated[
            Path | None, typer.Option("-o", "--output", help=_("Write the proof to this file."))
        ] = None,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        if sum(one is not None for one in (index, leaf, record, consistency)) != 1:
            raise UsageError(
                "usage", detail=_("Name one of: INDEX, --leaf, --record, --consistency.")
            )
        with services(data) as wired:
            proof = _proof(wired, (index, leaf, record), consistency, size)
        text = json_line(proof.as_json()) if how is Listing.JSON else proof.text.rstrip("\n")
        if output is None:
            say(text)
        else:
            write_file(output, f"{text}\n".encode())

    @group.command(
        short_help=_("Write a record's receipt."),
        help=_(
            "Write a record's receipt: the proof of its newest entry, with cosignatures and "
            "time-stamps. Check it anywhere by: antin ledger verify-receipt"
        ),
    )
    def receipt(
        record: Annotated[str, typer.Argument(metavar="RECORD", help=_("Id of the record."))],
        *,
        output: Annotated[
            Path, typer.Option("-o", "--output", help=_("The receipt; with --all a folder."))
        ],
        every: Annotated[
            bool, typer.Option("--all", help=_("Receipts of all of the record's entries."))
        ] = False,
        size: Annotated[
            int | None,
            typer.Option(
                min=1,
                help=_(
                    "Under the checkpoint of so many entries; else under the first that was "
                    "time-stamped, or the newest."
                ),
            ),
        ] = None,
        data: DataOption = None,
    ) -> None:
        from antin.flows.audit import record_receipts
        from antin.ledger.checkpoints.receipt import SUFFIX, write_receipt

        with acting(data) as me:
            found = record_receipts(me.services, me.principal, record, every=every, size=size)
        if not every:
            write_file(output, write_receipt(found[0]))
            return
        output.mkdir(parents=True, exist_ok=True)
        for one in found:
            write_file(output / f"{one.index}{SUFFIX}", write_receipt(one))
        say(_("{count} receipts in {path}").format(count=len(found), path=output))


def _proof(
    wired: "Services",
    which: tuple[int | None, str | None, str | None],
    consistency: tuple[int, int] | None,
    size: int | None,
) -> "Inclusion | Consistency":
    from antin.flows import audit

    if consistency is not None:
        return audit.prove_growth(wired, *consistency)
    index, leaf, record = which
    if leaf is not None:
        index = audit.find_leaf(wired, _hash(leaf))
    elif record is not None:
        index = audit.newest_index(wired, f"record/{record}")
    return audit.prove_entry(wired, index or 0, size)


def _hash(text: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 32:
        raise UsageError("usage", detail=_("A leaf hash has 64 hexadecimal digits."))
    return value
