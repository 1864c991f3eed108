"""A SoftHSM token for looking inside."""

from pathlib import Path

import pytest

from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens

SPEC = TokenSpec(
    "desk",
    (
        KeySpec("p256", "p256", b"\x01"),
        KeySpec("other", "p256", b"\x02"),
        KeySpec("rsa", "rsa2048", b"\x03"),
        KeySpec("asks", "p256", b"\x04", always_authenticate=True),
        KeySpec("ed25519", "ed25519", b"\x05"),
    ),
)


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Token]:
    """Return SoftHSM's folder and the token ``desk`` in it, which has no certificates."""
    folder = tmp_path_factory.mktemp("desk")
    (token,) = create_tokens(folder, (SPEC,))
    return folder, token
