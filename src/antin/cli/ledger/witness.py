"""``antin ledger witness``: a witness for the ledgers of others."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.ledger.keys import given_key
from antin.cli.listening import listening
from antin.cli.output import say
from antin.cli.texts import _
from antin.core.errors import UsageError

if TYPE_CHECKING:
    from antin.ledger.checkpoints.note import NoteVerifier

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        metavar="DIR",
        envvar="ANTIN_WITNESS_DIR",
        help=_("The witness's folder: its key, the logs it follows, its state."),
    ),
]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=_("File with the passphrase of the witness's key.")),
]


def add(group: typer.Typer) -> None:
    """Add the commands to ``group``."""
    witness = typer.Typer(invoke_without_command=True)
    group.add_typer(witness, name="witness")

    @witness.callback(
        short_help=_("Cosign the checkpoints of others' ledgers."),
        help=_(
            "Serve a witness over HTTP (c2sp.org/tlog-witness): it cosigns checkpoints of logs "
            "that go on from what it cosigned before. It needs its own folder and nothing else; "
            "make one by: antin ledger witness init"
        ),
    )
    def witness_serve(
        context: typer.Context,
        *,
        folder: FolderOption = None,
        host: Annotated[str, typer.Option(help=_("Address to listen on."))] = "127.0.0.1",
        port: Annotated[int, typer.Option(min=1, max=65_535, help=_("Port."))] = 8090,
        passphrase: PassphraseOption = None,
    ) -> None:
        if context.invoked_subcommand is None:
            _serve(_required(folder), host, port, passphrase)

    @witness.command(help=_("Make a witness with a key of its own; print its public key."))
    def init(
        *,
        name: Annotated[
            str, typer.Option(metavar="NAME", help=_("The witness's name, like that of a host."))
        ],
        folder: FolderOption = None,
        log: Annotated[
            list[str] | None,
            typer.Option(
                metavar="KEY",
                help=_("Key of a log to follow, as antin ledger key prints it, or a file with it."),
            ),
        ] = None,
        passphrase: PassphraseOption = None,
    ) -> None:
        from antin.infra.ledger.witness_folder import make_witness, read_passphrase

        secret = read_passphrase(passphrase)
        made = make_witness(
            _required(folder), name, tuple(given_key(one).text for one in log or ()), secret
        )
        say(made.text)


def _required(folder: Path | None) -> Path:
    if folder is None:
        raise UsageError("usage", detail=_("Name the witness's folder by --dir."))
    return folder


def _serve(folder: Path, host: str, port: int, passphrase: Path | None) -> None:
    opened = _opened(folder, passphrase)
    # The server opens it again, by what it finds here.
    os.environ["ANTIN_WITNESS_DIR"] = str(folder)
    if passphrase is not None:
        os.environ["ANTIN_WITNESS_PASSPHRASE_FILE"] = str(passphrase)
    from antin.cli.ledger.witness_server import serve_witness
    from antin.infra.logs import configure_logs

    configure_logs()
    with listening(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        say(_("Witness {key}").format(key=opened.text))
        say(_("Serving at {url} until stopped").format(url=f"http://{shown}:{port}"))
        serve_witness(listener)


def _opened(folder: Path, passphrase: Path | None) -> "NoteVerifier":
    """Find out before the server starts whether it can. Errors: those of opening it."""
    try:
        import uvicorn  # noqa: F401 — the server: asked for here, so that its lack has a code

        from antin.infra.ledger.witness_folder import open_witness, read_passphrase
    except ImportError as error:
        raise UsageError("extra_missing", extra="server") from error
    return open_witness(folder, read_passphrase(passphrase)).verifier
