"""A SoftHSM token with a key of each kind."""

from pathlib import Path

import pytest

from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens

KEYS = (
    KeySpec("rsa", "rsa2048", b"\x01"),
    KeySpec("p256", "p256", b"\x02"),
    KeySpec("p384", "p384", b"\x03"),
    KeySpec("p521", "p521", b"\x04"),
)


@pytest.fixture(scope="session")
def contract_token(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Token]:
    """Return SoftHSM's folder and the token in it."""
    folder = tmp_path_factory.mktemp("contract-token")
    (token,) = create_tokens(folder, (TokenSpec("contract", KEYS),))
    return folder, token
