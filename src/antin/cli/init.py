"""``antin init``: makes a data directory with its first agency and administrator."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.options import Language
from antin.cli.output import say, write_file
from antin.cli.texts import _
from antin.cli.toml_text import table
from antin.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.infra.settings import Settings

KEY_FILE = "admin.key"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Make a data directory with its first agency and administrator."))
    def init(
        *,
        data: Annotated[
            Path, typer.Option(envvar="ANTIN_DATA_DIR", help=_("The data directory to make."))
        ],
        origin: Annotated[
            str, typer.Option(metavar="NAME", help=_("The ledger's name, fixed for good."))
        ],
        agency_code: Annotated[str, typer.Option(help=_("Code of the first agency."))],
        agency_name: Annotated[str, typer.Option(help=_("Name of the first agency."))],
        admin: Annotated[
            str, typer.Option(metavar="NAME", help=_("Name of the first administrator."))
        ],
        ledger_credential: Annotated[
            str, typer.Option(metavar="NAME", help=_("Key that will sign the ledger."))
        ] = "ledger",
        language: Annotated[Language, typer.Option(help=_("Language of people's texts."))] = (
            Language.VI
        ),
        tsa_url: Annotated[str | None, typer.Option(help=_("Time-stamping service."))] = None,
        trust: Annotated[
            Path | None, typer.Option(metavar="DIR", help=_("Trust folder, copied."))
        ] = None,
        module: Annotated[Path | None, typer.Option(help=_("PKCS#11 module."))] = None,
        softhsm: Annotated[
            bool, typer.Option("--softhsm", help=_("Keep SoftHSM tokens in the data directory."))
        ] = False,
        allow_private: Annotated[
            list[str] | None,
            typer.Option(metavar="HOST", help=_("Private host that may be fetched from.")),
        ] = None,
    ) -> None:
        top = {
            "language": language.value,
            "tsa_url": tsa_url,
            "pkcs11_module": module.absolute() if module else None,
            "allowed_private": allow_private or None,
            "api_key_file": KEY_FILE,
        }
        text = table(top)
        text += "\n[ledger]\n" + table({"origin": origin, "credential": ledger_credential})
        if softhsm:
            text += "\n[softhsm]\n" + table({"tokens": "tokens"})
        made = _make(data.absolute(), text, trust, (agency_code, agency_name, admin))
        say(_("Made {path}").format(path=data))
        say(_("Agency: {id}").format(id=_id(made, "agency")))
        say(_("Administrator: {id}").format(id=_id(made, "user")))
        say(_("API key, shown here once: {path}").format(path=data / KEY_FILE))


def _id(made: "JsonObject", what: str) -> str:
    found = made[what]
    return str(found["id"])  # type: ignore[index,call-overload]  # a view of ours


def _make(folder: Path, text: str, trust: Path | None, first: tuple[str, str, str]) -> "JsonObject":
    """Fill ``folder``; antin.toml comes last, so that a folder half made is no data directory."""
    try:
        from antin.infra.settings import FILE_NAME, parse_settings
    except ImportError as error:
        raise UsageError("extra_missing", extra="server") from error
    if (folder / FILE_NAME).exists():
        raise UsageError("data_directory_exists", path=str(folder))
    settings = parse_settings(folder, text.encode())
    with _undone_on_failure(folder):
        if trust is not None:
            shutil.copytree(trust, folder / "trust")
        made, secret = _found(settings, *first)
        write_file(folder / KEY_FILE, f"{secret}\n".encode(), 0o600)
        write_file(folder / FILE_NAME, text.encode(), 0o600)
    return made


def _found(settings: "Settings", code: str, name: str, admin: str) -> "tuple[JsonObject, str]":
    from antin.flows.administration import found_installation
    from antin.infra.database import migrate
    from antin.infra.wiring import open_services

    migrate(settings.database)
    settings.blob_folder.mkdir(parents=True, exist_ok=True)
    with open_services(settings) as services:
        return found_installation(services, code, name, admin)


@contextmanager
def _undone_on_failure(folder: Path) -> Iterator[None]:
    """Remove what was made in ``folder`` if the rest fails; what was there before stays."""
    before = set(folder.iterdir()) if folder.is_dir() else None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
    except BaseException as error:  # Ctrl-C, too, leaves nothing half made
        for path in set(folder.iterdir()) - (before or set()) if folder.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if before is None and folder.is_dir():
            folder.rmdir()
        if isinstance(error, OSError):
            raise InputError("file_unreadable", path=str(folder), reason=error.strerror) from error
        raise
