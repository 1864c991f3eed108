"""``antin status``: whether an installation is in order, at a glance."""

import typer

from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import say
from antin.cli.session import services, settings
from antin.cli.texts import _
from antin.core.json_line import json_line


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Say what this installation is and how far its ledger goes."))
    def status(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        found = settings(data)
        with services(data) as wired:
            entries = wired.work.read(lambda stores: stores.ledger.size())
            newest = wired.work.read(lambda stores: stores.ledger.newest_checkpoint())
            anchors = len(wired.trust.anchors)
        shown = {
            "data_directory": str(found.data_dir),
            "ledger": found.ledger.origin if found.ledger else None,
            "entries": entries,
            "checkpoint": newest.size if newest else None,
            "credentials": [credential.name for credential in found.credentials],
            "trust_anchors": anchors,
            # Without a query: it may hold a key.
            "timestamps": " ".join(one.url.partition("?")[0] for one in found.timestamp_authorities)
            or None,
        }
        if how is Listing.JSON:
            say(json_line(shown))
            return
        for name, value in shown.items():
            text = ", ".join(value) if isinstance(value, list) else value
            say(f"{name}: {'-' if text in (None, '') else text}")
