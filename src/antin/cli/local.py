"""Keys and surroundings for signing loose files, wired once per process."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from antin.cli.session import ask_pin, settings
from antin.core.clock import SystemClock

if TYPE_CHECKING:
    from antin.flows.loose import Surroundings
    from antin.hsm.key import SigningKey
    from antin.infra.keys import Keys


_pins: Final[dict[str, str]] = {}
"""PINs, by token, that a person typed for this process; each is used once."""


def _pin(token: str) -> str:
    return _pins.pop(token, None) or ask_pin(token)


def take_pins(pins: dict[str, str]) -> None:
    """Use these PINs instead of asking: a worker process has no terminal.

    A PIN that fails is not tried again: that would lock the token.
    """
    _pins.update(pins)


def asked_pins(data: Path | None, name: str) -> dict[str, str]:
    """Ask for the PINs that the credential ``name`` wants to have typed, and try them here.

    Errors: key device codes; after a wrong PIN no other process tries it.
    """
    found = settings(data)
    credential = found.credential(name)
    if credential is None or credential.pin != "prompt":
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
