"""``antin task``: signing tasks, for those who ask and for officers with a key on a local token.

A small client for as long as there is no desk agent: it talks to the server at
``ANTIN_SERVER_URL`` with the caller's own API key, and the key never leaves the token.
"""

import base64
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antin.cli import local
from antin.cli.appearances import read_appearance
from antin.cli.many import exit_with
from antin.cli.options import CertifyOption, DataOption, Listing, ListingOption, LockOption
from antin.cli.output import listing, printable, say
from antin.cli.session import api_key
from antin.cli.texts import _
from antin.core.errors import UsageError

if TYPE_CHECKING:
    from antin.cli.server_client import Server

_MAX_PAGES = 100
"""Of a listing that is followed; no server can make it endless."""
_COLUMNS = ("id", "state", "document_id", "signer_id", "group_id", "position", "expires_at")
_UNSIGNED = frozenset({"CREATED", "OFFERED", "PREPARED"})
_TASK_ID = typer.Argument(metavar="TASK_ID", help=_("Id of the task."))


class Order(StrEnum):
    """In which order several officers sign, without importing the domain."""

    SEQUENCE = "sequence"
    PARALLEL = "parallel"


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("Signing tasks, signed with a local token."))
    app.add_typer(group, name="task")
    _officers(group)
    _askers(group)


def _officers(group: typer.Typer) -> None:
    @group.command("list", help=_("List signing tasks."))
    def list_(
        *,
        state: Annotated[str | None, typer.Option(help=_("Only tasks in this state."))] = None,
        mine: Annotated[bool, typer.Option("--mine", help=_("Only what is asked of you."))] = False,
        how: ListingOption = Listing.TEXT,
    ) -> None:
        with _server() as server:
            listing(list_tasks(server, state, mine=mine), _COLUMNS, how)

    @group.command(help=_("Check what was prepared for tasks, and sign it on the token."))
    def sign(
        task_ids: Annotated[
            list[str] | None, typer.Argument(metavar="TASK_ID", help=_("Ids of the tasks."))
        ] = None,
        *,
        credential: Annotated[str, typer.Option(help=_("Name of the key in antin.toml."))],
        all_: Annotated[
            bool, typer.Option("--all", help=_("All that you are asked to sign now."))
        ] = False,
        shown: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("The document that you looked at."))
        ] = None,
        data: DataOption = None,
    ) -> None:
        from antin.cli.task_signing import sign_tasks

        wanted = list(task_ids or ())
        if bool(wanted) == all_ or (shown and len(wanted) != 1):
            raise UsageError("request_invalid", detail=_("name the tasks, or --all of them"))
        # One key, and so one login, however many are signed.
        key = local.signing_key(data, credential)
        with _server() as server:
            if all_:
                found = list_tasks(server, None, mine=True)
                wanted = [str(one["id"]) for one in found if one["state"] in _UNSIGNED]
            exit_with(sign_tasks(server, wanted, key, shown))

    @group.command(help=_("End a task that you are asked to sign and will not sign."))
    def decline(
        task_id: Annotated[str, _TASK_ID],
        *,
        reason: Annotated[str, typer.Option(help=_("Why."))] = "",
    ) -> None:
        with _server() as server:
            done = server.post(f"/v1/signing-tasks/{task_id}/decline", {"reason": reason})
        say(printable(f"{done['id']}: {done['state']}"))


def _askers(group: typer.Typer) -> None:
    @group.command(help=_("Ask officers to sign a document."))
    def ask(
        document_id: Annotated[
            str, typer.Argument(metavar="DOCUMENT_ID", help=_("Id of the document."))
        ],
        signers: Annotated[
            list[str], typer.Argument(metavar="USER_ID...", help=_("Ids of the officers."))
        ],
        *,
        order: Annotated[
            Order, typer.Option(help=_("One after the other, or in any order."))
        ] = Order.SEQUENCE,
        reason: Annotated[str | None, typer.Option(help=_("Reason for signing."))] = None,
        location: Annotated[str | None, typer.Option(help=_("Place of signing."))] = None,
        appearance: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("Visible stamp, a TOML file."))
        ] = None,
        certify: CertifyOption = None,
        lock: LockOption = None,
    ) -> None:
        what = {"reason": reason, "location": location, "stamp": _stamp(appearance), "lock": lock}
        asked = [{"signer_id": one, **what} for one in signers]
        asked[0]["certify"] = certify.value if certify else None
        body = asked[0] if len(asked) == 1 else {"signers": asked, "order": order.value}
        with _server() as server:
            made = server.post(f"/v1/documents/{document_id}/signing-tasks", body)
        for task in made.get("tasks", [made]):
            say(printable(f"{task['id']}: {task['state']}"))

    @group.command(help=_("End a task because nobody needs the signature any more."))
    def cancel(
        task_id: Annotated[str, _TASK_ID],
        *,
        group_too: Annotated[
            bool, typer.Option("--group", help=_("Everything that was asked together with it."))
        ] = False,
    ) -> None:
        with _server() as server:
            path = f"/v1/signing-tasks/{task_id}"
            if group_too:
                path = f"/v1/signing-groups/{server.get(path)['group_id']}"
            done = server.post(f"{path}/cancel", {})
        for task in done.get("tasks", [done]):
            say(printable(f"{task['id']}: {task['state']}"))


def _stamp(appearance: Path | None) -> dict[str, Any] | None:
    plan = read_appearance(appearance)
    if plan is None:
        return None
    image = base64.b64encode(plan.image).decode() if plan.image else None
    return {**json.loads(plan.as_text()), "image": image}


def _server() -> "Server":
    try:
        from antin.cli.server_client import open_server
    except ImportError as error:
        raise UsageError("extra_missing", extra="agent") from error
    return open_server(api_key())


def list_tasks(server: "Server", state: str | None, *, mine: bool = False) -> list[dict[str, Any]]:
    """Return the tasks that the server lists, page by page, bounded."""
    query: dict[str, str] = {"state": state} if state else {}
    if mine:
        query["mine"] = "true"
    found: list[dict[str, Any]] = []
    after = ""
    for _page in range(_MAX_PAGES):
        page = server.get("/v1/signing-tasks", after=after, **query)
        found += page["items"]
        after = page["next"]
        if not after:
            break
    return found
