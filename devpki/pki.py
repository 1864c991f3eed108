"""Makes a development trust world in a folder, and opens one that was made.

FOLDER/keys/          private keys of the authorities, public keys of the leaves
FOLDER/certs/         every certificate (PEM), issued once
FOLDER/trust/         a trust folder for ``antin verify --trust``
FOLDER/certomancer.yml
FOLDER/world.json     the base URL, which stands in the certificates, and the revocations
"""

import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from certomancer.registry import ArchLabel, CertomancerConfig, PKIArchitecture
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devpki.architecture import (
    ARCHITECTURE,
    AUTHORITIES,
    PRIVATE_KEYS,
    Config,
    Leaf,
    add_leaf,
    build_config,
    certificates_of,
)
from devpki.services import certificate_of

TRUST_FRESH_FOR = timedelta(days=366)
"""How long the CRLs of the trust folder stay fresh, from set-up."""


@dataclass(frozen=True)
class DevPki:
    """A development trust world on disk."""

    folder: Path
    base_url: str

    @property
    def port(self) -> int:
        """The port that the URLs in the certificates name."""
        return int(self.base_url.rpartition(":")[2])

    @property
    def tsa_url(self) -> str:
        """Where time-stamps come from while the server runs."""
        return f"{self.base_url}/{ARCHITECTURE}/tsa/tsa"

    @property
    def trust_folder(self) -> Path:
        """Anchors, intermediates and CRLs for verifying."""
        return self.folder / "trust"

    def certificate(self, label: str) -> bytes:
        """Return the DER certificate of an authority, a service or a leaf."""
        pem = (self.folder / "certs" / f"{label}.pem").read_bytes()
        return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)

    def private_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """Return the private key of an authority or a service."""
        pem = (self.folder / "keys" / f"{label}.pem").read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    def architecture(self) -> PKIArchitecture:
        """Return certomancer's view of this world."""
        return _architecture_of(self.folder, (self.folder / "certomancer.yml").read_text())


@lru_cache(maxsize=4)  # many services of one world: it takes longer than an answer of theirs
def _architecture_of(folder: Path, config: str) -> PKIArchitecture:
    return _architecture(folder, json.loads(config))


def create_pki(
    folder: Path, leaves: Iterable[Leaf], *, now: datetime, port: int | None = None
) -> DevPki:
    """Make a trust world in the new ``folder``; its services belong on 127.0.0.1:``port``.

    Without a port a free one is chosen, once: it stands in the certificates.
    """
    wanted = tuple(leaves)
    base_url = f"http://127.0.0.1:{port or free_port()}"
    for name in ("keys", "certs", "trust/intermediates", "trust/crls", "trust/ocsp"):
        (folder / name).mkdir(parents=True)
    _write_private_keys(folder / "keys")
    config = build_config(base_url)
    _issue(folder, config, wanted)
    pki = DevPki(folder, base_url)
    _write_trust(pki, wanted, now)
    (folder / "world.json").write_text(json.dumps({"base_url": base_url}))
    return pki


def issue(pki: DevPki, leaf: Leaf) -> bytes:
    """Issue one more certificate and return it (DER); a running server answers for it at once.

    The CRLs of the trust folder stay as they were at set-up.
    """
    config = json.loads((pki.folder / "certomancer.yml").read_text())
    _issue(pki.folder, config, (leaf,))
    return pki.certificate(leaf.label)


def open_pki(folder: Path) -> DevPki:
    """Return the trust world that :func:`create_pki` made in ``folder``."""
    world: Mapping[str, Any] = json.loads((folder / "world.json").read_text())
    return DevPki(folder, world["base_url"])


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _architecture(folder: Path, config: Config) -> PKIArchitecture:
    # CertomancerConfig's signature is typed only in part.
    made: Any = CertomancerConfig(config, str(folder), config_search_dir=str(folder))
    architecture: PKIArchitecture = made.get_pki_arch(ArchLabel(ARCHITECTURE))
    return architecture


def _issue(folder: Path, config: Config, leaves: tuple[Leaf, ...]) -> None:
    for leaf in leaves:
        (folder / "keys" / f"{leaf.label}.pub").write_bytes(leaf.public_key)
        add_leaf(config, leaf)
    architecture = _architecture(folder, config)
    for label, entry in certificates_of(config).items():
        if "certificate-file" not in entry:
            # ECDSA signatures differ from run to run: issued once, read from the file ever after.
            path = folder / "certs" / f"{label}.pem"
            _write_pem(path, certificate_of(architecture, label))
            entry["certificate-file"] = str(path.relative_to(folder))
    # JSON is YAML, so that `certomancer --config` reads it as well.
    temporary = folder / "certomancer.new"
    temporary.write_text(json.dumps(config, ensure_ascii=False, indent=1))
    temporary.replace(folder / "certomancer.yml")


def _write_private_keys(folder: Path) -> None:
    for label in PRIVATE_KEYS:
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = folder / f"{label}.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)


def _write_pem(path: Path, certificate: bytes) -> None:
    loaded = x509.load_der_x509_certificate(certificate)
    path.write_bytes(loaded.public_bytes(serialization.Encoding.PEM))


def _write_trust(pki: DevPki, leaves: tuple[Leaf, ...], now: datetime) -> None:
    trust = pki.trust_folder
    _write_pem(trust / "root.pem", pki.certificate("root"))
    for label in AUTHORITIES:
        if label != "root":
            _write_pem(trust / "intermediates" / f"{label}.pem", pki.certificate(label))
        revoked = [leaf for leaf in leaves if leaf.issuer == label and leaf.revoked_at]
        crl = _long_crl(pki, label, revoked, now.astimezone(UTC).replace(microsecond=0))
        (trust / "crls" / f"{label}.crl").write_bytes(crl)


def _long_crl(pki: DevPki, issuer: str, revoked: list[Leaf], now: datetime) -> bytes:
    certificate = x509.load_der_x509_certificate(pki.certificate(issuer))
    identifier = x509.SubjectKeyIdentifier.from_public_key(pki.private_key(issuer).public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now)
        .next_update(now + TRUST_FRESH_FOR)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for leaf in revoked:
        builder = builder.add_revoked_certificate(_crl_entry(pki, leaf))
    crl = builder.sign(pki.private_key(issuer), hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.DER)


def _crl_entry(pki: DevPki, leaf: Leaf) -> x509.RevokedCertificate:
    assert leaf.revoked_at is not None
    serial = x509.load_der_x509_certificate(pki.certificate(leaf.label)).serial_number
    words = leaf.revocation_reason.split("_")
    reason = x509.ReasonFlags(words[0] + "".join(word.title() for word in words[1:]))
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(leaf.revoked_at.replace(microsecond=0))
        .add_extension(x509.CRLReason(reason), critical=False)
        .build()
    )
