"""``cms.check`` and ``crl.50m``: what pki/ does with one container, without a PDF around it."""

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.floors import RawVerifier, hash_ranges
from benchmarks.material import Material

_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


@dataclass(frozen=True)
class CmsCheck:
    """A detached B-B signature, ECDSA P-256: parse, find and bind the certificate, check."""

    name: str
    material: Material

    def make_files(self, folder: Path, runs: int) -> None:
        """Sign another content for each run."""
        from antin.pki.certificates import load_certificate
        from antin.signer.cms_write import signed_attributes, signed_data

        key = self.material.key()
        assert key.certificate is not None
        for number in range(runs + 1):
            digest = hashlib.sha256(str(number).encode()).digest()
            attributes = signed_attributes(digest, key.certificate, key.algorithm)
            value = key.sign(attributes)
            parts = {"certificate": key.certificate, "chain": (), "algorithm": key.algorithm}
            (folder / f"{number}.cms").write_bytes(signed_data(attributes, value, **parts))  # type: ignore[arg-type]  # three kinds of values
            (folder / f"{number}.attributes").write_bytes(attributes)
            (folder / f"{number}.value").write_bytes(value)
        (folder / "key").write_bytes(key.public_key)
        assert load_certificate(key.certificate).key.name == "ec-p256"

    def load(self) -> None:
        """Import the reader."""
        import antin.pki.cms_read  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "CmsChecking":
        """Nothing is opened."""
        return CmsChecking(folder)


class CmsChecking:
    """Checks run ``number``'s container, its certificate read anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = False

    def value(self, number: int) -> None:
        """Parse and check."""
        from antin.pki.certificates import load_certificate
        from antin.pki.cms_read import check_value, ess_matches, find_signer, parse_signature

        load_certificate.cache_clear()
        parsed = parse_signature((self._folder / f"{number}.cms").read_bytes())
        signer = find_signer(parsed)
        assert signer is not None
        self._held = ess_matches(parsed, signer) is True and check_value(parsed, signer, b"")

    def floor(self, number: int) -> None:
        """Check the raw value."""
        attributes, value = (
            (self._folder / f"{number}.{part}").read_bytes() for part in ("attributes", "value")
        )
        RawVerifier((self._folder / "key").read_bytes(), attributes, value).check()

    def check(self, number: int) -> None:
        """See that it held."""
        assert self._held, number


@dataclass(frozen=True)
class LargeCrl:
    """A CRL of 53 MB with 1.2 million ``entries``: from its bytes to the first look-up."""

    name: str
    material: Material
    entries: int

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — one for all runs: 53 MB
        """Make a CA, a certificate and the CRL."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        from antin.pki.der_write import integer, oid, sequence, tlv

        key = ec.generate_private_key(ec.SECP256R1())
        name = _certify(key, folder)
        algorithm = sequence(oid(_ECDSA_SHA256))
        now = datetime.now(UTC)
        times = (now - timedelta(days=1), now + timedelta(days=1))
        updates = (tlv(0x17, one.strftime("%y%m%d%H%M%SZ").encode()) for one in times)
        body = sequence(integer(1), algorithm, name, *updates, tlv(0x30, _entries(self.entries)))
        value = key.sign(body, ec.ECDSA(hashes.SHA256()))
        (folder / "crl").write_bytes(sequence(body, algorithm, tlv(3, b"\x00", value)))
        public = key.public_key()
        raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        (folder / "key").write_bytes(raw)
        (folder / "value").write_bytes(value)
        start = (folder / "crl").stat().st_size - len(sequence(algorithm, tlv(3, b"\x00", value)))
        (folder / "body").write_text(f"{start - len(body) + 2} {len(body)}")

    def load(self) -> None:
        """Import the reader."""
        import antin.pki.crls  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "LargeCrlReading":
        """Nothing is opened."""
        return LargeCrlReading(folder)


def _certify(key: object, folder: Path) -> bytes:
    """Write ``ca`` and ``leaf``, return the CA's DER name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    assert isinstance(key, ec.EllipticCurvePrivateKey)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Specimen CA")])
    now = datetime.now(UTC)
    for label, serial in (("ca", 1), ("leaf", 2)):
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Specimen {label}")])
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=issuer if label == "ca" else subject,
            public_key=key.public_key(),
            serial_number=serial,
            not_valid_before=now - timedelta(days=9),
            not_valid_after=now + timedelta(days=9),
        )
        made = builder.sign(key, hashes.SHA256())
        (folder / label).write_bytes(made.public_bytes(Encoding.DER))
    return issuer.public_bytes()


def _entries(count: int) -> bytes:
    """Return ``count`` entries with 128-bit serials, two of three with a reason."""
    from antin.pki.der_write import integer, oid, sequence, tlv

    chance = random.Random(1)  # noqa: S311 — the same CRL in each run
    when = tlv(0x17, b"260101000000Z")
    reason = sequence(sequence(oid("2.5.29.21"), tlv(4, b"\x0a\x01\x01")))
    return b"".join(
        sequence(integer(chance.getrandbits(127)), when, reason if number % 3 else b"")
        for number in range(count)
    )


class LargeCrlReading:
    """Reads the CRL as if for the first time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = ""

    def value(self, number: int) -> None:  # noqa: ARG002 — one CRL for all runs
        """Read, check whose it is, index, look up."""
        from antin.pki.certificates import load_certificate
        from antin.pki.crl_read import KEPT
        from antin.pki.crls import load_crl, speaks_about, statement

        KEPT.clear()
        ca, leaf = (load_certificate((self._folder / n).read_bytes()) for n in ("ca", "leaf"))
        crl = load_crl((self._folder / "crl").read_bytes())
        assert speaks_about(crl, leaf, ca)
        said = statement(crl, leaf)
        self._said = "nothing" if said is None else said.status

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Hash it and check the raw value."""
        start, length = map(int, (self._folder / "body").read_text().split())
        with (self._folder / "crl").open("rb") as file:
            digest = hash_ranges(file.fileno(), [(start, length)])
        value = (self._folder / "value").read_bytes()
        RawVerifier((self._folder / "key").read_bytes(), digest, value, hashed=True).check()

    def check(self, number: int) -> None:
        """See that the certificate was found to be good."""
        assert self._said == "good", number
