"""``antin credential``: keys on tokens and HSMs, by names of our own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli import probe
from antin.cli.options import DataOption, Listing, ListingOption
from antin.cli.output import listing, say, write_file
from antin.cli.session import settings
from antin.cli.texts import _
from antin.core.errors import ConflictError, UsageError

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.hsm.slots import TokenInfo
    from antin.infra.settings import Credential, Settings

_COLUMNS = ("name", "token_label", "token_serial", "key", "agency", "pin")
_TOKEN_COLUMNS = ("label", "serial", "manufacturer", "model", "pin")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    group = typer.Typer(help=_("HSM and token keys."))
    app.add_typer(group, name="credential")
    probe.register(group)

    @group.command("list", help=_("List the configured keys, or the connected tokens."))
    def list_(
        *,
        tokens: Annotated[
            bool, typer.Option("--tokens", help=_("List the tokens that are connected."))
        ] = False,
        module: Annotated[
            Path | None, typer.Option(help=_("PKCS#11 module (default: as configured)."))
        ] = None,
        how: ListingOption = Listing.TEXT,
        data: DataOption = None,
    ) -> None:
        found = settings(data)
        if tokens:
            listing(_tokens(found, module), _TOKEN_COLUMNS, how)
        else:
            listing([_shown(credential) for credential in found.credentials], _COLUMNS, how)

    @group.command(help=_("Add a key to antin.toml; the PIN itself is never written there."))
    def add(
        name: Annotated[str, typer.Argument(help=_("Name of the key."))],
        *,
        token: Annotated[str, typer.Option(metavar="LABEL", help=_("Label of the token."))],
        serial: Annotated[str | None, typer.Option(help=_("Serial number of the token."))] = None,
        key_label: Annotated[str | None, typer.Option(help=_("Label of the key."))] = None,
        key_id: Annotated[str | None, typer.Option(help=_("Id of the key, in hex."))] = None,
        module: Annotated[Path | None, typer.Option(help=_("PKCS#11 module."))] = None,
        agency: Annotated[
            str | None, typer.Option(metavar="CODE", help=_("The agency whose seal it is."))
        ] = None,
        pin_file: Annotated[
            Path | None, typer.Option(help=_("File with the PIN (default: ask)."))
        ] = None,
        pin_env: Annotated[
            str | None, typer.Option(help=_("Variable with the PIN (development only)."))
        ] = None,
        data: DataOption = None,
    ) -> None:
        if pin_file is not None and pin_env is not None:
            raise UsageError("request_invalid", detail="one of --pin-file and --pin-env")
        found = settings(data)
        values = {
            "name": name,
            "module": module.absolute() if module else None,
            "token_label": token,
            "token_serial": serial,
            "key_label": key_label,
            "key_id": key_id,
            "agency": agency,
            "pin": _pin(found.data_dir, pin_file, pin_env),
        }
        _append(found, name, values)
        say(name)


def _pin(folder: Path, file: Path | None, variable: str | None) -> object:
    """Return where the PIN comes from; a file inside the data directory moves with it."""
    if file is not None:
        path, home = file.resolve(), folder.resolve()
        return {"file": path.relative_to(home) if path.is_relative_to(home) else file.absolute()}
    return {"env": variable} if variable else "prompt"


def _append(found: "Settings", name: str, values: "dict[str, object]") -> None:
    """Add a table to antin.toml, once the settings with it have been found valid."""
    from antin.cli.toml_text import table
    from antin.infra.settings import FILE_NAME, parse_settings

    if found.credential(name) is not None:
        raise ConflictError("already_exists", what=name)
    path = found.data_dir / FILE_NAME
    text = path.read_text().rstrip("\n") + f"\n\n[[credentials]]\n{table(values)}"
    parse_settings(found.data_dir, text.encode())
    write_file(path, text.encode(), 0o600)


def _shown(credential: "Credential") -> "JsonObject":
    source = credential.pin
    if source == "prompt":
        pin = "prompt"
    else:
        pin = f"file {source.file}" if source.file else f"env {source.env}"
    return {
        "name": credential.name,
        "token_label": credential.token_label,
        "token_serial": credential.token_serial,
        "key": credential.key_label or credential.key_id,
        "scheme": credential.scheme,
        "module": str(credential.module) if credential.module else None,
        "agency": credential.agency,
        "pin": pin,
    }


def _tokens(found: "Settings", module: Path | None) -> "list[JsonObject]":
    from antin.hsm.pkcs11 import list_tokens
    from antin.infra.keys import default_module, prepare_modules

    prepare_modules(found)
    return [_token(token) for token in list_tokens(module or default_module(found))]


def _token(token: "TokenInfo") -> "JsonObject":
    from antin.hsm.probe_result import pin_state

    return {
        "label": token.label,
        "serial": token.serial,
        "manufacturer": token.manufacturer,
        "model": token.model,
        "pin": pin_state(token).value,
        "pin_locked": token.pin_locked,
        "pin_to_be_changed": token.pin_to_be_changed,
    }
