"""``antin task``: an officer's signing tasks, with the key on a local token.

A small client for as long as there is no desk agent: it talks to the server at
``ANTIN_SERVER_URL`` with the officer's own API key, and the key never leaves the token.
"""

import base64
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antin.cli import local
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say
from antin.cli.session import api_key
from antin.cli.texts import _
from antin.core.bytesource import FileSource
from antin.core.errors import KeyDeviceError, NotFoundError, UsageError

if TYPE_CHECKING:
    from antin.cli.server_client import Server
    from antin.hsm.key import SigningKey

_MAX_PAGES = 100
"""Of a listing that is followed; no server can make it endless."""
_COLUMNS = ("id", "state", "document_id", "signer_id", "expires_at")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("Signing tasks, signed with a local token."))
    app.add_typer(group, name="task")

    @group.command("list", help=_("List signing tasks."))
    def list_(
        *,
        state: Annotated[str | None, typer.Option(help=_("Only tasks in this state."))] = None,
        how: ListingOption = Listing.TEXT,
    ) -> None:
        with _server() as server:
            listing(_tasks(server, state), _COLUMNS, how)

    @group.command(help=_("Check what was prepared for a task, and sign it on the token."))
    def sign(
        task_id: Annotated[str, typer.Argument(metavar="TASK_ID", help=_("Id of the task."))],
        *,
        credential: Annotated[str, typer.Option(help=_("Name of the key in antin.toml."))],
        shown: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("The document that you looked at."))
        ] = None,
        data: DataOption = None,
    ) -> None:
        key = local.signing_key(data, credential)
        with _server() as server, tempfile.TemporaryDirectory() as folder:
            done = sign_task(server, task_id, key, shown, Path(folder))
        say(f"{done['id']}: {done['state']}")


def _server() -> "Server":
    try:
        from antin.cli.server_client import open_server
    except ImportError as error:
        raise UsageError("extra_missing", extra="agent") from error
    return open_server(api_key())


def _tasks(server: "Server", state: str | None) -> list[dict[str, Any]]:
    query = {"state": state} if state else {}
    found: list[dict[str, Any]] = []
    after = ""
    for _page in range(_MAX_PAGES):
        page = server.get("/v1/signing-tasks", after=after, **query)
        found += page["items"]
        after = page["next"]
        if not after:
            break
    return found


def sign_task(
    server: "Server", task_id: str, key: "SigningKey", shown: Path | None, folder: Path
) -> dict[str, Any]:
    """Prepare, recompute, sign on the token, complete; return the task.

    Errors: the server's, ``prepared_document_wrong``, key device codes.
    """
    from antin.cli.desk_checks import Offer, check_offer

    certificate = key.certificate
    if certificate is None:
        raise KeyDeviceError("key_without_certificate", key="?", token="?")  # noqa: S106 — a device
    task = server.get(f"/v1/signing-tasks/{task_id}")
    displayed = shown or _displayed(server, task, folder)
    told = server.post(
        f"/v1/signing-tasks/{task_id}/prepare",
        {
            "certificate": base64.b64encode(certificate).decode(),
            "scheme": key.algorithm.scheme,
            "digest": key.algorithm.digest,
        },
    )["prepared"]
    prepared = folder / "prepared.pdf"
    server.download(f"/v1/signing-tasks/{task_id}/prepared", prepared)
    offer = Offer(
        field=told["field"],
        byte_range=tuple(told["byte_range"]),
        digest_algorithm=key.algorithm.digest,
        signed_attributes=base64.b64decode(told["signed_attributes"]),
    )
    with FileSource(displayed) as before, FileSource(prepared) as after:
        check_offer(before, after, offer, certificate)
    # The attributes themselves go to the token, which hashes them: never a hash from outside.
    signature = key.sign(offer.signed_attributes)
    body = {"signature": base64.b64encode(signature).decode()}
    answer: dict[str, Any] = server.post(f"/v1/signing-tasks/{task_id}/complete", body)
    return answer


def _displayed(server: "Server", task: dict[str, Any], folder: Path) -> Path:
    """Fetch the revision that the task asks a signature on."""
    revisions = server.get(f"/v1/documents/{task['document_id']}/revisions")
    for revision in revisions:
        if revision["id"] == task["revision_id"]:
            path = folder / "shown.pdf"
            server.download(
                f"/v1/documents/{task['document_id']}/content?revision={revision['ordinal']}", path
            )
            return path
    raise NotFoundError("document_not_found")
