"""Trust for tests: authorities, keys in memory and on tokens, services with or without HTTP.

``trust_world`` (session fixture) is one of these; ``build_trust_world`` makes another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from antin.core.errors import KeyDeviceError, UnavailableError
from antin.hsm import softhsm
from antin.hsm.insecure_software import InsecureSoftwareKey, PrivateKey
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial
from devpki.architecture import AUTHORITIES, Leaf
from devpki.pki import DevPki, create_pki, issue
from devpki.servers import TrustServer
from devpki.services import BadRequestError, Services, UnknownPathError
from devpki.world import AGENCY, OFFICER_1, OFFICER_2, World, create_world

if TYPE_CHECKING:
    from antin.hsm.key import SigningKey

KeyKind = Literal["p256", "p384", "rsa1024", "rsa2048"]
BAD_CERTIFICATES: Final = (
    ("expired", "certificate_expired"),
    ("not-yet-valid", "certificate_not_yet_valid"),
    ("revoked", "certificate_revoked"),
    ("wrong-usage", "certificate_purpose"),
)
"""Keys of a trust world that may sign nothing, and why not."""


class InProcessTimestampService:
    """The world's TSA without HTTP; it tells ``moment`` if set, else the machine's time."""

    def __init__(self, pki: DevPki, moment: datetime | None = None) -> None:
        self.moment = moment
        self.queries: list[bytes] = []
        self._services = Services(pki.architecture())

    def request(self, query: bytes) -> bytes:
        self.queries.append(query)
        try:
            answer = self._services.answer("/dev/tsa/tsa", query, self.moment or datetime.now(UTC))
        except BadRequestError as error:
            raise UnavailableError(
                "timestamp_unavailable", url="in-process", detail=str(error)
            ) from error
        return answer[1]


class InProcessRevocation:
    """The world's CRLs, OCSP and issuers' certificates without HTTP; remembers what was asked."""

    def __init__(self, pki: DevPki, moment: datetime | None = None) -> None:
        self.moment = moment
        self.urls: list[str] = []
        self._base_url = pki.base_url
        self._services = Services(pki.architecture())

    def crl(self, url: str) -> bytes:
        return self._answer(url, b"")

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._answer(url, request)

    def certificates(self, url: str) -> bytes:
        return self._answer(url, b"")

    def _answer(self, url: str, body: bytes) -> bytes:
        self.urls.append(url)
        path = url.removeprefix(self._base_url)
        try:
            return self._services.answer(path, body, self.moment or datetime.now(UTC))[1]
        except (BadRequestError, UnknownPathError) as error:
            raise UnavailableError("fetch_failed", url=url, detail=str(error)) from error


@dataclass(frozen=True)
class TrustWorld:
    """Authorities, certified keys and running services."""

    pki: DevPki
    server: TrustServer
    """Runs; serves ``tsa_url`` and the URLs in the certificates."""
    made_at: datetime
    keys: dict[str, InsecureSoftwareKey]
    """Keys in memory with certificates, by label: see ``build_trust_world``."""
    token_world: World | None
    """None where SoftHSM is not installed."""
    _issued: list[str] = field(default_factory=list)

    @property
    def tsa_url(self) -> str:
        return self.pki.tsa_url

    @property
    def trust_folder(self) -> Path:
        return self.pki.trust_folder

    @property
    def anchors(self) -> tuple[bytes, ...]:
        return (self.pki.certificate("root"),)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        return tuple(self.pki.certificate(label) for label in AUTHORITIES[1:])

    @property
    def officer_a(self) -> InsecureSoftwareKey:
        """P-256, in memory."""
        return self.keys["soft-officer-a"]

    @property
    def officer_b(self) -> InsecureSoftwareKey:
        """RSA-2048 (PSS; ``with_scheme`` gives PKCS#1 v1.5), in memory."""
        return self.keys["soft-officer-b"]

    @property
    def agency_seal(self) -> InsecureSoftwareKey:
        """P-256, in memory."""
        return self.keys["soft-seal"]

    @property
    def tsa(self) -> InsecureSoftwareKey:
        """The TSA's own key and certificate, for stamps that no honest TSA makes."""
        return InsecureSoftwareKey(self.pki.private_key("tsa"), self.pki.certificate("tsa"))

    def certificate(self, label: str) -> bytes:
        """Return the DER certificate of an authority, a service, or a key of this world."""
        return self.pki.certificate(label)

    def chain(self, label: str) -> tuple[bytes, ...]:
        """Return the certificates between this one and the root, issuer first, root left out."""
        issuer = x509.load_der_x509_certificate(self.certificate(label)).issuer
        found = (x509.load_der_x509_certificate(der) for der in self.intermediates)
        return tuple(
            ca.public_bytes(serialization.Encoding.DER) for ca in found if ca.subject == issuer
        )

    def trust(self, *, crls: bool = False) -> TrustMaterial:
        """Return root and intermediates as trust; with ``crls`` those of the trust folder, too."""
        files = sorted((self.trust_folder / "crls").iterdir()) if crls else []
        return TrustMaterial(
            tuple(TrustAnchor(anchor) for anchor in self.anchors),
            self.intermediates,
            RevocationData(crls=tuple(path.read_bytes() for path in files)),
        )

    def timestamps(self, moment: datetime | None = None) -> InProcessTimestampService:
        return InProcessTimestampService(self.pki, moment)

    def revocation(self, moment: datetime | None = None) -> InProcessRevocation:
        return InProcessRevocation(self.pki, moment)

    def issue(
        self,
        common_name: str = OFFICER_1,
        *,
        kind: KeyKind = "p256",
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        revoked_at: datetime | None = None,
        revocation_reason: str = "key_compromise",
        key_usage: tuple[str, ...] = ("digital_signature", "non_repudiation"),
        issuer: Literal["officers", "agencies"] = "officers",
        number: str | None = None,
    ) -> InsecureSoftwareKey:
        """Return a fresh key in memory with a certificate as wanted; the server knows it."""
        self._issued.append(common_name)
        leaf = Leaf(
            f"issued-{len(self._issued)}",
            common_name,
            (key := InsecureSoftwareKey(make_private_key(kind))).public_key,
            not_before or self.made_at - timedelta(days=30),
            not_after or self.made_at + timedelta(days=900),
            issuer,
            key_usage,
            revoked_at,
            revocation_reason,
            number=number,
        )
        return key.with_certificate(issue(self.pki, leaf))

    def pin(self, token_label: str) -> str:
        """Return the PIN of one of the SoftHSM tokens ``officer-1``, ``officer-2``, ``agency``."""
        assert self.token_world is not None
        return self.token_world.token(token_label).pin_file.read_text().strip()

    def softhsm_key(self, key_label: str) -> "SigningKey":
        """Return a SoftHSM token's key: ``officer-1``, ``officer-2``, ``seal``, ``checkpoint``."""
        from antin.hsm.pkcs11 import KeyReference, open_key

        assert self.token_world is not None
        softhsm.configure(self.token_world.token_folder)
        token = next(t for t in self.token_world.tokens if key_label in t.public_keys)
        reference = KeyReference(softhsm.find_module(), token.label, token.serial, key_label)
        return open_key(reference, lambda: self.pin(token.label))


def make_private_key(kind: KeyKind = "p256") -> PrivateKey:
    """Return a fresh private key in memory."""
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(65537, int(kind[3:]))


def build_trust_world(folder: Path, now: datetime | None = None) -> TrustWorld:
    """Make a trust world in the new ``folder`` and start its server; ``server.stop()`` ends it.

    ``keys`` holds ``soft-officer-a`` (P-256), ``soft-officer-b`` (RSA-2048), ``soft-seal`` (P-256)
    and, all P-256: ``expired`` (ten days ago), ``not-yet-valid`` (in ten days), ``wrong-usage``
    (key encipherment only), ``revoked`` (a week ago).
    """
    made_at = (now or datetime.now(UTC)).replace(microsecond=0)
    keys = {label: InsecureSoftwareKey(make_private_key()) for label in _P256}
    keys["soft-officer-b"] = InsecureSoftwareKey(make_private_key("rsa2048"))
    leaves = _leaves(keys, made_at)
    token_world: World | None = None
    if _has_softhsm():
        token_world = create_world(folder / "pki", folder / "softhsm", now=made_at, more=leaves)
        pki = token_world.pki
    else:
        pki = create_pki(folder / "pki", leaves, now=made_at)
    certified = {label: key.with_certificate(pki.certificate(label)) for label, key in keys.items()}
    return TrustWorld(pki, TrustServer(pki).start(), made_at, certified, token_world)


_P256 = ("soft-officer-a", "soft-seal", "expired", "not-yet-valid", "wrong-usage", "revoked")


def _has_softhsm() -> bool:
    try:
        softhsm.find_module()
    except KeyDeviceError:
        return False
    return True


def _leaves(keys: Mapping[str, InsecureSoftwareKey], now: datetime) -> tuple[Leaf, ...]:
    public = {label: key.public_key for label, key in keys.items()}
    day = timedelta(days=1)
    since, until = now - 30 * day, now + 900 * day
    soon, late = now + 10 * day, now - 10 * day

    def leaf(label: str, name: str = OFFICER_1) -> Leaf:
        return Leaf(label, name, public[label], since, until)

    return (
        leaf("soft-officer-a"),
        leaf("soft-officer-b", OFFICER_2),
        Leaf("soft-seal", AGENCY, public["soft-seal"], since, until, issuer="agencies"),
        Leaf("expired", OFFICER_1, public["expired"], since, late),
        Leaf("not-yet-valid", OFFICER_1, public["not-yet-valid"], soon, until),
        Leaf("wrong-usage", OFFICER_1, public["wrong-usage"], since, until, "officers", _WRONG),
        Leaf("revoked", OFFICER_2, public["revoked"], since, until, revoked_at=now - 7 * day),
    )


_WRONG = ("key_encipherment",)
