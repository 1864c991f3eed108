"""The four keys of a PIV card (SP 800-73-4 part 1, table 4b) and what each of them does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.x509.oid import NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

AUTHENTICATION: Final = 0x9A
SIGNATURE: Final = 0x9C
"""Wants the PIN again before every use."""
MANAGEMENT: Final = 0x9D
CARD: Final = 0x9E
"""Works without PIN."""
CERTIFICATES: Final = {
    AUTHENTICATION: 0x5FC105,
    SIGNATURE: 0x5FC10A,
    MANAGEMENT: 0x5FC10B,
    CARD: 0x5FC101,
}
"""The data object that holds each key's certificate."""
_ALGORITHMS: Final = {"rsa2048": 0x07, "rsa3072": 0x05, "p256": 0x11, "p384": 0x14}
_HASHES: Final[dict[int, hashes.HashAlgorithm]] = {
    20: hashes.SHA1(),  # noqa: S303 — a card signs a digest of any kind; nothing is hashed here
    28: hashes.SHA224(),
    32: hashes.SHA256(),
    48: hashes.SHA384(),
    64: hashes.SHA512(),
}


class KeyUseError(Exception):
    """The key cannot do this with these bytes."""


@dataclass(frozen=True, repr=False)
class CardKey:
    """A key on the card and its DER certificate; no repr, so that no key is shown anywhere."""

    private: PrivateKey
    algorithm: int
    """SP 800-78-4, table 6-2."""
    certificate: bytes

    def use(self, algorithm: int, data: bytes) -> bytes:
        """Return the raw private-key operation on ``data``: padded block or digest."""
        if algorithm != self.algorithm:
            raise KeyUseError(f"algorithm {algorithm:02X}")
        if isinstance(self.private, rsa.RSAPrivateKey):
            return _raw_rsa(self.private, data)
        if len(data) not in _HASHES:
            raise KeyUseError(f"{len(data)} bytes are no digest")
        return self.private.sign(data, ec.ECDSA(utils.Prehashed(_HASHES[len(data)])))


def _raw_rsa(key: rsa.RSAPrivateKey, data: bytes) -> bytes:
    # The card exponentiates; padding is the middleware's affair, as with a real one.
    numbers = key.private_numbers()
    size, value = key.key_size // 8, int.from_bytes(data)
    if len(data) != size or value >= numbers.public_numbers.n:
        raise KeyUseError("no block of the key's length")
    return pow(value, numbers.d, numbers.public_numbers.n).to_bytes(size)


def create_key(folder: Path, reference: int, kind: str, holder: str, now: datetime) -> bytes:
    """Make a key in ``folder`` with a certificate of its own; return the DER public key."""
    private: PrivateKey
    if kind.startswith("rsa"):
        private = rsa.generate_private_key(65537, int(kind[3:]))
    else:
        private = ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])
    store_certificate(folder, reference, _self_signed(private, reference, holder, now))
    path = folder / f"{reference:02x}.{kind}.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def store_certificate(folder: Path, reference: int, der: bytes) -> None:
    """Keep the DER certificate of the key ``reference``; counts from the next insertion on."""
    (folder / f"{reference:02x}.der").write_bytes(der)


def load_keys(folder: Path) -> dict[int, CardKey]:
    """Return the keys in ``folder`` by their references."""
    found = {}
    for path in folder.glob("9?.*.pem"):
        reference, kind, _ = path.name.split(".")
        private = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        certificate = (folder / f"{reference}.der").read_bytes()
        found[int(reference, 16)] = CardKey(private, _ALGORITHMS[kind], certificate)
    return found


def _self_signed(private: PrivateKey, reference: int, holder: str, now: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, holder)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=reference == SIGNATURE,  # middleware takes non-repudiation from here
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(usage, critical=True)
    )
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
