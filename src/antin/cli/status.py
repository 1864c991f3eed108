"""``antin status``: whether an installation is in order, at a glance."""

from typing import TYPE_CHECKING

import typer

from antin.cli.failures import complain
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import printable, say
from antin.cli.session import services, settings
from antin.cli.texts import _
from antin.core.canonical import JsonObject
from antin.core.errors import AntinError
from antin.core.json_line import json_line

if TYPE_CHECKING:
    from antin.flows.services import Services
    from antin.infra.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Say what this installation is and how far its ledger goes."))
    def status(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        found = settings(data)
        with services(data) as wired:
            entries = wired.work.read(lambda stores: stores.ledger.size())
            newest = wired.work.read(lambda stores: stores.ledger.newest_checkpoint())
            anchors = len(wired.trust.anchors)
            refused = _refused(wired)
            witnesses = wired.work.read(
                lambda stores: {
                    one.verifier.name: stores.ledger.cosigned(one.verifier.name)
                    for one in wired.witnesses
                }
            )
        shown: JsonObject = {
            "data_directory": str(found.data_dir),
            "ledger": found.ledger.origin if found.ledger else None,
            "entries": entries,
            "checkpoint": newest.size if newest else None,
            "credentials": [credential.name for credential in found.credentials],
            "trust_anchors": anchors,
            # Without a query: it may hold a key.
            "timestamps": " ".join(one.url.partition("?")[0] for one in found.timestamp_authorities)
            or None,
            "witnesses": [f"{name} ({size or 0})" for name, size in witnesses.items()],
        }
        troubles = _troubles(found)
        if how is Listing.JSON:
            why = refused.code if refused else None
            say(json_line({**shown, "witnesses": witnesses, "troubles": troubles, "refused": why}))
        else:
            _say(shown, troubles)
        if refused:
            raise typer.Exit(complain(refused))


def _say(shown: JsonObject, troubles: dict[str, JsonObject]) -> None:
    for name, value in shown.items():
        text = ", ".join(value) if isinstance(value, list) else value
        say(f"{name}: {'-' if text in (None, '') else text}")
    for what, told in troubles.items():
        # What stands in the file may come from a stranger's answer.
        say(
            _("{what} fails since {since}: {code}: {detail}").format_map(
                {"what": printable(what), **{k: printable(str(v)) for k, v in told.items()}}
            )
        )


def _refused(wired: "Services") -> AntinError | None:
    """Return why the service would neither start nor sign on this database."""
    from antin.flows.audit import require_ledger_continued

    try:
        require_ledger_continued(wired)
    except AntinError as error:
        return error
    return None


def _troubles(found: "Settings") -> dict[str, JsonObject]:
    from antin.infra.troubles import TroublesFile
    from antin.infra.wiring import TROUBLES

    return TroublesFile(found.data_dir / TROUBLES).all()
