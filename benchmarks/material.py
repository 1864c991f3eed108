"""What the benchmarks work on: a trust world with SoftHSM tokens, made anew for each run."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from antin.hsm import softhsm
from antin.infra.trust_files import read_trust
from antin.pki.trust import TrustMaterial

if TYPE_CHECKING:
    from antin.hsm.pkcs11_key import Pkcs11Key

TOKEN = "officer-1"
"""Its key has the same label, is a P-256 key, and has a certificate beside it."""
TOKENS = {"p256": TOKEN, "rsa2048": "officer-2"}
"""Tokens by the kind of their key, which is called as they are."""


@dataclass(frozen=True)
class Material:
    """Where a world lies; a plain value that measuring processes get."""

    folder: Path

    @property
    def tokens(self) -> Path:
        """The folder of the SoftHSM tokens."""
        return self.folder / "softhsm"

    def pin(self, token: str = TOKEN) -> str:
        """Return the PIN of ``token``."""
        return (self.tokens / "pins" / f"{token}.pin").read_text().strip()

    def key(self, kind: str = "p256") -> "Pkcs11Key":
        """Open the officer's key of this kind."""
        from antin.hsm.pkcs11 import KeyReference, open_key

        softhsm.configure(self.tokens)
        token = TOKENS[kind]
        reference = KeyReference(softhsm.find_module(), token, key_label=token)
        return open_key(reference, lambda: self.pin(token))

    def trust(self) -> TrustMaterial:
        """Read anchors, intermediates and fresh CRLs: enough to judge without a network."""
        return read_trust(self.folder / "pki" / "trust")


def make_material(folder: Path) -> Material:
    """Make a world in the empty ``folder``."""
    from devpki.world import create_world

    create_world(folder / "pki", folder / "softhsm", now=datetime.now(UTC).replace(microsecond=0))
    return Material(folder)
