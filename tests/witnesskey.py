"""Keys of witnesses for tests, and cosigning as the specification's text says it, by hand."""

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from antin.ledger.checkpoints.cosignature import parse_witness
from antin.ledger.checkpoints.note import NoteVerifier


@dataclass
class WitnessKey:
    name: str = "witness.example/w1"
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def text(self, kind: int = 4) -> str:
        material = bytes([kind]) + self.public
        key_id = hashlib.sha256(self.name.encode() + b"\n" + material).hexdigest()[:8]
        return f"{self.name}+{key_id}+{base64.b64encode(material).decode()}"

    @property
    def verifier(self) -> NoteVerifier:
        return parse_witness(self.text())

    def line(self, note: bytes, seconds: int) -> str:
        """Return the cosignature line over a checkpoint (c2sp.org/tlog-cosignature)."""
        body = note[: note.index(b"\n\n") + 1]
        value = self.private.sign(b"cosignature/v1\ntime %d\n" % seconds + body)
        key_id = bytes.fromhex(self.text().split("+")[1])
        told = base64.b64encode(key_id + seconds.to_bytes(8, "big") + value).decode()
        return f"— {self.name} {told}\n"
