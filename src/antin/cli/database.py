"""``antin database``: what an administrator of the database needs from us."""

from typing import Annotated

import typer

from antin.cli.output import say
from antin.cli.texts import _
from antin.core.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("The database."))
    app.add_typer(group, name="database")

    @group.callback()
    def only_a_group() -> None:
        pass  # or Typer would take the one command for the group

    @group.command(
        short_help=_("Print SQL for the roles of production."),
        help=_(
            "Print SQL that gives a PostgreSQL of production its roles: owner, service, auditor."
        ),
    )
    def roles(
        *,
        owner: Annotated[
            str, typer.Option(metavar="NAME", help=_("Owns tables and functions; has no login."))
        ] = "antin_owner",
        service: Annotated[
            str, typer.Option(metavar="NAME", help=_("The service: appends by a function only."))
        ] = "antin_service",
        auditor: Annotated[
            str, typer.Option(metavar="NAME", help=_("Reads everything, changes nothing."))
        ] = "antin_auditor",
    ) -> None:
        try:
            from antin.infra.database_roles import RoleNames, roles_sql
        except ImportError as error:
            raise UsageError("extra_missing", extra="server") from error
        say(roles_sql(RoleNames(owner, service, auditor)).rstrip("\n"))
