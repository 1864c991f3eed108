"""Keys and surroundings for signing loose files, wired once per process."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from antin.cli.session import ask_pin, settings
from antin.core.clock import SystemClock
from antin.core.errors import AntinError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Lock

    from antin.flows.loose import Surroundings
    from antin.hsm.key import SigningKey
    from antin.infra.keys import Keys
    from antin.infra.settings import Settings


_pins: Final[dict[str, str]] = {}
"""PINs, by token, that a person typed for this process; each is used once."""


def _pin(token: str) -> str:
    return _pins.pop(token, None) or ask_pin(token)


def log_in(pins: dict[str, str], turn: "Lock", data: Path | None, name: str) -> None:
    """Open the credential ``name`` by these PINs: a worker process has no terminal to ask at.

    One worker at a time: there are tokens that can't bear two logins at once. A PIN that fails is
    not tried again: that would lock the token. What fails otherwise is for the first file to try
    again, and to tell.
    """
    _pins.update(pins)
    with turn:
        try:
            signing_key(data, name)
        except AntinError as error:
            if not error.code.startswith("pin_"):
                _pins.update(pins)


def asked_pins(data: Path | None, name: str) -> dict[str, str]:
    """Ask for the PINs that the credential ``name`` wants to have typed, and try them here.

    Errors: key device codes; after a wrong PIN no other process tries it.
    """
    found = settings(data)
    if not _asks(found, name):
        return {}
    from antin.infra.keys import Keys

    asked: dict[str, str] = {}

    def ask(token: str) -> str:
        asked[token] = ask_pin(token)
        return asked[token]

    keys = Keys(found, ask)
    try:
        keys.named(name)
    finally:
        keys.close()
    return asked


def log_in_first(data: Path | None, name: str) -> None:
    """Ask for the PIN that the credential ``name`` wants to have typed, before anything is begun.

    Errors: key device codes; a wrong PIN ends it all here, not once for each file.
    """
    if _asks(settings(data), name):
        signing_key(data, name)


def _asks(found: "Settings", name: str) -> bool:
    credential = found.credential(name)
    return credential is not None and credential.pin == "prompt"


@cache
def _keys(data: Path | None) -> "Keys":
    found = settings(data)
    from antin.infra.keys import Keys

    return Keys(found, _pin)


def signing_key(data: Path | None, name: str) -> "SigningKey":
    """Return the credential called ``name`` as a key."""
    return _keys(data).named(name)


@cache
def surroundings(data: Path | None) -> "Surroundings":
    """Return trust, policy, clock and services as the settings say."""
    found = settings(data)
    from antin.flows.loose import Surroundings
    from antin.infra.wiring import revocation_of, timestamps_of, trust_of
    from antin.verifier.policy import default_policy

    trust, revocation = trust_of(found), revocation_of(found)
    return Surroundings(
        trust=trust,
        policy=default_policy(),
        clock=SystemClock(),
        timestamps=timestamps_of(found, trust, revocation),
        revocation=revocation,
    )
