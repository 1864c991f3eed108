"""A checkpoint key in memory, for tests."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "test.example/log"


class MemoryNoteKey:
    """Implements :class:`antin.ledger.ports.NoteSigner`."""

    def __init__(self, name: str = ORIGIN) -> None:
        self.name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))
