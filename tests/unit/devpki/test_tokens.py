"""Development tokens."""

import stat
from pathlib import Path

import pytest

from devpki.tokens import KeySpec, TokenError, TokenSpec, create_tokens
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")

ODD = KeySpec("odd", "rsa3")  # type: ignore[arg-type]  # wrong on purpose


def test_pins_are_random_and_for_their_owner_only(trust_world: TrustWorld) -> None:
    assert trust_world.token_world is not None
    files = [token.pin_file for token in trust_world.token_world.tokens]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len({path.read_text() for path in files}) == len(files)


@pytest.mark.parametrize("label", ["officer-1", "officer-2", "seal", "checkpoint"])
def test_keys_of_the_world_sign_and_carry_their_certificates(
    trust_world: TrustWorld, label: str
) -> None:
    key = trust_world.softhsm_key(label)
    assert key.sign(b"data")
    expected = None if label == "checkpoint" else trust_world.certificate(label)
    assert key.certificate == expected


def test_a_key_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(TokenError):
        create_tokens(tmp_path, (TokenSpec("desk", (ODD,)),))
