"""``antin agency``, ``user`` and ``apikey``: who may act where."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from antin.cli import user_certificates
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say, write_file
from antin.cli.seal import agency_id
from antin.cli.session import acting
from antin.cli.texts import _
from antin.core.errors import UsageError


class RoleName(StrEnum):
    """Roles, without importing the domain before a command needs it."""

    SIGNER = "signer"
    CLERK = "clerk"
    RECORDS_MANAGER = "records_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


def register(app: typer.Typer) -> None:
    """Add the groups to ``app``."""
    for name, text, commands in (
        ("agency", _("Agencies."), _agencies),
        ("user", _("Users and their roles."), _users),
        ("apikey", _("API keys."), _keys),
    ):
        group = typer.Typer(help=text)
        commands(group)
        app.add_typer(group, name=name)


def _agencies(group: typer.Typer) -> None:
    @group.command(help=_("Make an agency; you become its administrator."))
    def add(
        code: Annotated[str, typer.Argument(help=_("Code of the agency."))],
        name: Annotated[str, typer.Argument(help=_("Name of the agency."))],
        *,
        data: DataOption = None,
    ) -> None:
        from antin.flows.administration import create_agency

        with acting(data) as me:
            say(str(create_agency(me.services, me.call("agency/add"), code, name)["id"]))

    @group.command("list", help=_("List your agencies."))
    def list_(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        from antin.flows.administration import list_agencies

        with acting(data) as me:
            listing(list_agencies(me.services, me.principal), ("id", "code", "name"), how)


def _users(group: typer.Typer) -> None:
    user_certificates.register(group)

    @group.command(help=_("Make a user with roles in an agency."))
    def add(
        name: Annotated[str, typer.Argument(help=_("Name of the user."))],
        *,
        agency: Annotated[str, typer.Option(metavar="CODE", help=_("Code of the agency."))],
        role: Annotated[list[RoleName], typer.Option(help=_("A role; may be repeated."))],
        data: DataOption = None,
    ) -> None:
        from antin.flows.administration import create_user
        from antin.records.grants import Role

        roles = tuple(Role(one.value) for one in role)
        with acting(data) as me:
            where = agency_id(me, agency)
            made = create_user(me.services, me.call("user/add"), name, where, roles)
        say(str(made["id"]))

    @group.command("list", help=_("List the users of your agencies."))
    def list_(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        from antin.flows.administration import list_users

        with acting(data) as me:
            listing(list_users(me.services, me.principal), ("id", "name", "created_at"), how)


def _keys(group: typer.Typer) -> None:
    @group.command(help=_("Make an API key and write it to a new file that only you can read."))
    def add(
        user: Annotated[str, typer.Argument(metavar="USER_ID", help=_("Id of the user."))],
        *,
        output: Annotated[Path, typer.Option("--output", "-o", help=_("New file for the key."))],
        label: Annotated[str, typer.Option(help=_("What the key is for."))] = "",
        data: DataOption = None,
    ) -> None:
        from antin.flows.administration import create_api_key

        if output.exists():
            raise UsageError("output_exists", path=str(output))
        with acting(data) as me:
            call = me.call("apikey/add")
            view, secret = create_api_key(me.services, call, user, label)
        write_file(output, f"{secret}\n".encode(), 0o600)
        say(str(view["id"]))

    @group.command("list", help=_("List the API keys of your agencies' users."))
    def list_(*, how: ListingOption = Listing.TEXT, data: DataOption = None) -> None:
        from antin.flows.administration import list_api_keys

        columns = ("id", "user_id", "label", "created_at", "revoked_at")
        with acting(data) as me:
            listing(list_api_keys(me.services, me.principal), columns, how)

    @group.command(help=_("Make an API key useless from now on."))
    def revoke(
        key: Annotated[str, typer.Argument(metavar="KEY_ID", help=_("Id of the key."))],
        *,
        data: DataOption = None,
    ) -> None:
        from antin.flows.administration import revoke_api_key

        with acting(data) as me:
            revoked = revoke_api_key(me.services, me.call("apikey/revoke"), key)
        say(str(revoked["revoked_at"]))
