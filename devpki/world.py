"""The whole development trust world: authorities, two officers' tokens, the agency's HSM."""

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from devpki.architecture import Leaf
from devpki.pki import DevPki, create_pki
from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens, store_certificates

OFFICER_1: Final = "Nguyễn Văn A"
OFFICER_2: Final = "Trần Thị B"
AGENCY: Final = "Ủy ban nhân dân tỉnh Mẫu"

TOKENS: Final = (
    TokenSpec("officer-1", (KeySpec("officer-1"),)),
    TokenSpec("officer-2", (KeySpec("officer-2", "rsa2048"),)),
    # The ledger's checkpoint key needs no certificate: its public key is published.
    TokenSpec(
        "agency",
        (
            KeySpec("seal"),
            KeySpec("checkpoint", id=b"\x02"),
            KeySpec("checkpoint-ed25519", "ed25519", b"\x03"),
        ),
    ),
)


@dataclass(frozen=True)
class World:
    """Authorities and the tokens whose keys they certified."""

    pki: DevPki
    token_folder: Path
    """What :func:`antin.hsm.softhsm.configure` takes."""
    tokens: tuple[Token, ...]

    def token(self, label: str) -> Token:
        """Return the token with this label."""
        return next(token for token in self.tokens if token.label == label)


def create_world(
    folder: Path,
    token_folder: Path,
    *,
    now: datetime,
    more: tuple[Leaf, ...] = (),
    port: int | None = None,
) -> World:
    """Make authorities in the new ``folder`` and tokens in ``token_folder``; certify their keys.

    ``more`` are certificates for keys that lie elsewhere. Leaves are valid for three years.
    """
    tokens = create_tokens(token_folder, TOKENS)
    leaves = _leaves(tokens, now)
    pki = create_pki(folder, (*leaves, *more), now=now, port=port)
    certificates = {leaf.label: pki.certificate(leaf.label) for leaf in leaves}
    store_certificates(token_folder, tokens, certificates)
    return World(pki, token_folder, tokens)


def _leaves(tokens: tuple[Token, ...], now: datetime) -> tuple[Leaf, ...]:
    keys = {label: key for token in tokens for label, key in token.public_keys.items()}
    since, until = now - timedelta(days=30), now + timedelta(days=3 * 365)
    return (
        Leaf("officer-1", OFFICER_1, keys["officer-1"], since, until),
        Leaf("officer-2", OFFICER_2, keys["officer-2"], since, until),
        Leaf("seal", AGENCY, keys["seal"], since, until, issuer="agencies"),
    )


def main() -> int:
    """Make a world from the command line."""
    parser = argparse.ArgumentParser(prog="python -m devpki.world", description=__doc__)
    parser.add_argument("folder", type=Path, help="new folder for authorities and trust")
    parser.add_argument("--tokens", type=Path, required=True, help="folder for the SoftHSM tokens")
    chosen = parser.parse_args()
    made = create_world(chosen.folder, chosen.tokens, now=datetime.now(UTC).replace(microsecond=0))
    print(f"authorities at {made.pki.base_url}, tokens: {', '.join(t.label for t in made.tokens)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
