"""Every level by every kind of key, on a token, as five judges see it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pikepdf
import pytest
from asn1crypto import cms
from pyhanko.sign.ades.report import AdESStatus

from antin.core.bytesource import FileSource, MemorySource
from antin.hsm import softhsm
from antin.hsm.key import SigningKey
from antin.pdf.document import PdfDocument, SignatureField, open_pdf
from antin.pki.algorithms import Scheme
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.request import Level
from antin.verifier.detached import verify_cms
from antin.verifier.extract import extract, signed_bytes
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.signed_content import Content
from antin.verifier.verify import verify
from devpki.architecture import Leaf
from devpki.pki import issue
from devpki.tokens import KeyKind, KeySpec, TokenSpec, create_tokens, store_certificates
from tests.archivestamps import archive_stamp_of
from tests.judges import openssl_cms, openssl_ts, pyhanko_lta, write_anchor
from tests.tokens import RealToken, on_softhsm
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW, pdfsig, request_for, small_pdf

DAY: Final = timedelta(days=1)
KINDS: Final[tuple[KeyKind, ...]] = ("rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521")
RSA: Final[dict[str, Scheme]] = {"pss": "rsassa_pss", "v1.5": "rsassa_pkcs1v15"}
EC: Final[dict[str, Scheme]] = {"ecdsa": "ecdsa"}
KEYS: Final = [
    pytest.param(kind, scheme, id=f"{kind}-{name}")
    for kind in KINDS
    for name, scheme in (RSA if kind.startswith("rsa") else EC).items()
]


@dataclass(frozen=True)
class KeyRing:
    """A token with a certified key of every kind."""

    folder: Path
    token: RealToken

    def open(self, kind: str, scheme: Scheme) -> SigningKey:
        softhsm.configure(self.folder)
        return self.token.open(kind, scheme)


@pytest.fixture(scope="module")
def key_ring(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> KeyRing:
    """Made once: a key of RSA-4096 takes its seconds."""
    folder = tmp_path_factory.mktemp("key-ring")
    keys = tuple(KeySpec(kind, kind, bytes((n,))) for n, kind in enumerate(KINDS, start=1))
    tokens = create_tokens(folder, (TokenSpec("every-key", keys),))
    since, until = NOW - 30 * DAY, NOW + 900 * DAY
    certificates = {
        kind: issue(trust_world.pki, Leaf(kind, f"Nguyễn Văn A {kind}", public, since, until))
        for kind, public in tokens[0].public_keys.items()
    }
    store_certificates(folder, tokens, certificates)
    return KeyRing(folder, on_softhsm(tokens[0], "softhsm", softhsm.find_module()))


@dataclass(frozen=True)
class Signed:
    """A signed file, and what it was made with."""

    path: Path
    world: TrustWorld
    key: SigningKey
    level: Level

    @property
    def document(self) -> PdfDocument:
        return open_pdf(MemorySource(self.path.read_bytes()))

    def only(self) -> SignatureField:
        return self.document.signatures[0]


def sign(folder: Path, world: TrustWorld, key: SigningKey, level: Level) -> Signed:
    path = folder / f"{level}.pdf"
    request = request_for(key, chain=world.chain("officer-1"), level=level)
    services = world.timestamps(NOW), world.revocation(NOW)
    pades.sign(MemorySource(small_pdf()), path, key, request, *services, world.trust())
    return Signed(path, world, key, level)


@pytest.mark.real("softhsm")
@pytest.mark.real("openssl")
@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(("kind", "scheme"), KEYS)
def test_every_judge_agrees(
    tmp_path: Path,
    trust_world: TrustWorld,
    key_ring: KeyRing,
    kind: str,
    scheme: Scheme,
    level: Level,
) -> None:
    key = key_ring.open(kind, scheme)
    assert key.algorithm.scheme == scheme
    signed = sign(tmp_path, trust_world, key, level)
    # 1. Our own verifier; from B-LT up with nothing but the anchors.
    lasting = level in {Level.B_LT, Level.B_LTA}
    trust = TrustMaterial(trust_world.trust().anchors) if lasting else trust_world.trust(crls=True)
    with FileSource(signed.path) as source:
        report = verify(source, "a.pdf", trust, NOW, default_policy())
    assert report.conclusion is Conclusion.PASSED
    assert report.signatures[0].level == level
    # 2. Poppler.
    assert pdfsig(signed.path)[0] == "Signature is Valid."
    # 3. OpenSSL, of the container and of the time-stamps.
    anchor = write_anchor(tmp_path, trust_world.anchors[0])
    parts = extract(signed.document, signed.only().name)
    content = b"".join(signed_bytes(signed.document, parts))
    assert openssl_cms(tmp_path, parts.cms, content, anchor)
    assert (parts.timestamp_token is None) is (level is Level.B_B)
    if parts.timestamp_token is not None:
        assert openssl_ts(tmp_path, parts.timestamp_token, parts.signature_value, anchor)
    if level is Level.B_LTA:
        stamp = extract(signed.document, signed.document.signatures[1].name)
        covered = b"".join(signed_bytes(signed.document, stamp))
        assert openssl_ts(tmp_path, stamp.cms, covered, anchor)
        # 4. pyHanko, by EN 319 102-1 with all that this asks for, offline.
        said = pyhanko_lta(signed.path.read_bytes(), trust_world.anchors, NOW)
        assert said is AdESStatus.PASSED


@pytest.mark.real("softhsm")
@pytest.mark.real("openssl")
@pytest.mark.parametrize(("kind", "scheme"), KEYS)
def test_beside_a_file(
    tmp_path: Path, trust_world: TrustWorld, key_ring: KeyRing, kind: str, scheme: Scheme
) -> None:
    """The highest level has all the others in it."""
    key, content = key_ring.open(kind, scheme), b"a;b;c" * 100
    assert key.certificate is not None
    chain = trust_world.chain("officer-1")
    request = DetachedRequest(key.certificate, key.algorithm, NOW, chain, Level.B_LTA)
    services = trust_world.timestamps(NOW), trust_world.revocation(NOW), trust_world.trust()
    data = sign_detached(MemorySource(content), key, request, *services)
    given, trust = Content("a.csv", MemorySource(content)), TrustMaterial(services[2].anchors)
    report = verify_cms(MemorySource(data), given, "a.p7s", trust, NOW, default_policy())
    assert report.conclusion is Conclusion.PASSED
    assert report.signatures[0].level == "B-LTA"
    anchor = write_anchor(tmp_path, trust_world.anchors[0])
    assert openssl_cms(tmp_path, data, content, anchor)
    token, stamped = archive_stamp_of(data, content)
    assert openssl_ts(tmp_path, token, stamped, anchor)


@pytest.mark.real("softhsm")
@pytest.mark.real("openssl")
@pytest.mark.real("pdfsig")
def test_every_judge_can_disagree(
    tmp_path: Path, trust_world: TrustWorld, key_ring: KeyRing
) -> None:
    """Else the test above would say nothing: one byte of the page is another."""
    signed = sign(tmp_path, trust_world, key_ring.open("p521", "ecdsa"), Level.B_LTA)
    altered = signed.path.read_bytes().replace(b"595", b"594", 1)
    signed.path.write_bytes(altered)
    trust = TrustMaterial(trust_world.trust().anchors)
    report = verify(MemorySource(altered), "a.pdf", trust, NOW, default_policy())
    assert report.conclusion is Conclusion.FAILED
    assert pdfsig(signed.path)[0] != "Signature is Valid."
    anchor = write_anchor(tmp_path, trust_world.anchors[0])
    parts = extract(signed.document, signed.only().name)
    content = b"".join(signed_bytes(signed.document, parts))
    assert not openssl_cms(tmp_path, parts.cms, content, anchor)
    stamp = extract(signed.document, signed.document.signatures[1].name)
    covered = b"".join(signed_bytes(signed.document, stamp))
    assert not openssl_ts(tmp_path, stamp.cms, covered, anchor)
    assert parts.timestamp_token is not None
    assert not openssl_ts(tmp_path, parts.timestamp_token, b"another value", anchor)
    assert pyhanko_lta(altered, trust_world.anchors, NOW) is not AdESStatus.PASSED


ALWAYS: Final = {"content_type", "message_digest", "signing_certificate_v2"}
ENTRIES: Final = {
    f"/{name}" for name in ("Type", "Filter", "SubFilter", "M", "ByteRange", "Contents", "Reason")
}
FORM: Final = ("/Adobe.PPKLite", "/ETSI.CAdES.detached")


@pytest.mark.parametrize("level", list(Level))
def test_the_attributes_are_those_of_the_baseline(
    tmp_path: Path, trust_world: TrustWorld, level: Level
) -> None:
    """EN 319 142-1 §6.3, table 1: what shall be there is, and nothing besides."""
    signed = sign(tmp_path, trust_world, trust_world.officer_a, level)
    field = signed.only()
    # (a), (g) The container: DER, one signer, the certificates of the path.
    content = cms.ContentInfo.load(field.contents.rstrip(b"\0"), strict=True)["content"]
    (info,) = content["signer_infos"]
    assert content["encap_content_info"]["content"].native is None
    held = {one.chosen.dump() for one in content["certificates"]}
    chain = set(trust_world.chain("officer-1"))
    assert held == {signed.key.certificate} | chain
    assert content["crls"].native is None
    # (b)-(f) Signed: these three; signing-time stays out, as the time is in /M.
    names = [attribute["type"].native for attribute in info["signed_attrs"]]
    assert sorted(names) == sorted(ALWAYS)
    # Unsigned: the time-stamp from B-T up, nothing else.
    unsigned = [attribute["type"].native for attribute in info["unsigned_attrs"]]
    assert unsigned == ([] if level is Level.B_B else ["signature_time_stamp_token"])
    # (h)-(m) The dictionary.
    with pikepdf.open(signed.path) as pdf:
        entries = pdf.Root.AcroForm.Fields[0].V
        assert set(entries.keys()) == ENTRIES
        assert (str(entries.Filter), str(entries.SubFilter)) == FORM
    assert field.claimed_time == NOW
    # (n)-(q) The store from B-LT up, the document time-stamp at B-LTA.
    lasting = level in {Level.B_LT, Level.B_LTA}
    stores = signed.document.validation_stores
    assert bool(stores) is lasting
    if lasting:
        kept = {der for store in stores for der in store.certificates}
        named = {signed.key.certificate, trust_world.certificate("tsa"), *trust_world.anchors}
        assert named | chain <= kept
        assert any(store.crls for store in stores)
        assert any(store.ocsps for store in stores)
    stamps = [one.subfilter for one in signed.document.signatures[1:]]
    assert stamps == (["ETSI.RFC3161"] if level is Level.B_LTA else [])
