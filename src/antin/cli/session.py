"""A command's settings, services and principal, opened when it needs them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from antin.cli.output import bar_aside
from antin.cli.texts import _
from antin.core.errors import AntinError, KeyDeviceError, UsageError

if TYPE_CHECKING:
    # These take a third of a second to import; commands that need them do so when they run.
    from antin.flows.services import Services
    from antin.infra.settings import Settings
    from antin.records.call import Call
    from antin.records.grants import Principal


def settings(data: Path | None = None) -> "Settings":
    """Return the settings. Errors: ``data_directory_missing``, ``extra_missing``."""
    try:
        from antin.infra.settings import load_settings
    except ImportError as error:
        raise UsageError("extra_missing", extra="server") from error
    return load_settings(data)


def ask_pin(token: str) -> str:
    """Ask the person at the terminal for a PIN. Error: ``pin_missing`` where there is none."""
    if not sys.stdin.isatty():
        raise KeyDeviceError("pin_missing", token=token)
    with bar_aside():
        answer: str = typer.prompt(_("PIN of token {token}").format(token=token), hide_input=True)
    return answer


@contextmanager
def services(data: Path | None = None) -> "Iterator[Services]":
    """Give the services of the installation, on its database directly."""
    found = settings(data)
    from antin.infra.wiring import open_services

    with open_services(found, ask_pin) as wired:
        yield wired


@dataclass(frozen=True)
class Acting:
    """Somebody who acts on the command line."""

    services: "Services"
    principal: "Principal"

    def call(self, route: str, key: str = "") -> "Call":
        """Return a call. A command that is run again is a new request, unless ``key`` says not."""
        from antin.core.ids import new_id
        from antin.flows.requests import make_call

        return make_call(self.services, self.principal, f"cli {route}", key or new_id(), "")


@contextmanager
def acting(data: Path | None = None) -> Iterator[Acting]:
    """Give services and the owner of ``ANTIN_API_KEY_FILE``.

    Errors: ``api_key_file_missing``, ``not_authenticated``.
    """
    found = settings(data)
    secret = api_key(found.api_key_file)
    from antin.flows.administration import authenticate
    from antin.infra.wiring import open_services

    with open_services(found, ask_pin) as wired:
        yield Acting(wired, authenticate(wired, secret))


def api_key(configured: Path | None = None) -> str:
    """Return the API key in ``ANTIN_API_KEY_FILE`` or in the file that the settings name."""
    named = os.environ.get("ANTIN_API_KEY_FILE")
    path = Path(named) if named else configured
    if path is None:
        raise UsageError("api_key_file_missing")
    try:
        return path.read_text().strip()
    except (OSError, ValueError) as error:
        raise UsageError("api_key_file_missing") from error


def trust_folder(given: Path | None) -> Path | None:
    """Return the trust folder: as given, by ``ANTIN_TRUST_DIR``, or the data directory's."""
    if given is not None:
        return given
    named = os.environ.get("ANTIN_TRUST_DIR")
    if named:
        return Path(named)
    data = os.environ.get("ANTIN_DATA_DIR")
    if data and (Path(data) / "antin.toml").exists():
        try:
            folder = settings().trust_folder
        except AntinError:
            # A verification must not fail because a server's settings are out of order.
            folder = Path(data) / "trust"
        return folder if folder.is_dir() else None
    return None


def allowed_private() -> frozenset[str]:
    """Return the hosts on private addresses that may be fetched from, if settings are at hand."""
    data = os.environ.get("ANTIN_DATA_DIR")
    if data and (Path(data) / "antin.toml").exists():
        try:
            return settings().allowed_private
        except AntinError:
            return frozenset()
    return frozenset()
