"""Keys and surroundings for signing loose files, wired once per process."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from antin.cli.session import ask_pin, settings
from antin.core.clock import SystemClock

if TYPE_CHECKING:
    from antin.flows.loose import Surroundings
    from antin.hsm.key import SigningKey
    from antin.infra.keys import Keys


@cache
def _keys(data: Path | None) -> "Keys":
    found = settings(data)
    from antin.infra.keys import Keys

    return Keys(found, ask_pin)


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
