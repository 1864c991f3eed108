"""CMS files made to last, ours and others', and renewed over the years."""

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509

from antin.core.bytesource import MemorySource
from antin.core.digests import CHUNK
from antin.core.errors import AntinError, UnavailableError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.cms_file import open_cms
from antin.pki.cms_read import ParsedSignature, parse_signers
from antin.pki.trust import TrustMaterial
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.cades_augment import augment_cms
from antin.signer.request import Level
from antin.verifier.detached import verify_cms
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion, Report
from antin.verifier.signed_content import Content
from tests.archivestamps import with_listed, with_unsigned
from tests.cmsfiles import openssl_agrees, openssl_signed
from tests.signedpdf import trust_in
from tests.smallpki import (
    DAY,
    NOW,
    CmsShape,
    Holder,
    make_cms,
    make_key,
    make_token,
    signed_digest,
)
from tests.unit.signer.lasting import LATER, Office, Stamping

CONTENT = "Biên bản họp\r\n".encode() * 200


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def signed(office: Office, level: Level = Level.B_B, at: datetime = NOW) -> bytes:
    holder = office.officer
    key = InsecureSoftwareKey(holder.key, holder.der)
    request = DetachedRequest(holder.der, key.algorithm, at, holder.chain, level)
    stamping = Stamping(office.tsa, at)
    return sign_detached(MemorySource(CONTENT), key, request, stamping, None, office.trust(at))


def augmented(
    office: Office,
    data: bytes,
    folder: Path,
    level: Level = Level.B_LTA,
    at: datetime = NOW,
    tsa: Holder | None = None,
    content: bytes | None = CONTENT,
) -> bytes:
    output = folder / "augmented"
    source = None if content is None else MemorySource(content)
    stamping = Stamping(tsa or office.tsa, at)
    augment_cms(MemorySource(data), source, output, level, office.trust(at), stamping, None, at)
    assert list(folder.iterdir()) == [output]
    made = output.read_bytes()
    output.unlink()
    return made


def judged(
    data: bytes, trust: TrustMaterial, at: datetime, content: bytes | None = CONTENT
) -> Report:
    given = None if content is None else Content("minutes.txt", MemorySource(content))
    return verify_cms(MemorySource(data), given, "a.p7s", trust, at, default_policy())


def levels(report: Report) -> list[str | None]:
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    return [one.level for one in report.signatures]


@pytest.mark.parametrize("before", list(Level))
@pytest.mark.parametrize("level", [Level.B_T, Level.B_LT, Level.B_LTA])
def test_from_every_level_to_every_level(
    tmp_path: Path, office: Office, before: Level, level: Level
) -> None:
    given = signed(office, before)
    data = augmented(office, given, tmp_path, level, NOW + DAY)
    reached = max(before, level, key=list(Level).index)
    assert levels(judged(data, office.trust(NOW + DAY), NOW + 2 * DAY)) == [reached]
    # What was signed, and what was there, is still there.
    old, new = one_of(given), one_of(data)
    assert old.signer_fields == new.signer_fields
    assert set(old.timestamps) <= set(new.timestamps)
    assert set(old.listed.certificates) <= set(new.listed.certificates)
    assert set(old.listed.revocation) <= set(new.listed.revocation)


def one_of(data: bytes) -> ParsedSignature:
    (one,) = parse_signers(open_cms(MemorySource(data)).bare)
    assert isinstance(one, ParsedSignature)
    return one


def test_nothing_is_put_there_twice(tmp_path: Path, office: Office) -> None:
    once = augmented(office, signed(office), tmp_path, Level.B_LT)
    twice = augmented(office, once, tmp_path, Level.B_LT)
    assert once == twice
    listed = one_of(once).listed
    assert len(set(listed.certificates)) == len(listed.certificates)
    assert len(set(listed.revocation)) == len(listed.revocation)


def test_renewal_before_the_authority_expires(tmp_path: Path, office: Office) -> None:
    first = augmented(office, signed(office), tmp_path, Level.B_LTA, NOW)
    second = office.renewing_tsa()
    data = augmented(office, first, tmp_path, Level.B_LTA, NOW + 200 * DAY, second)
    report = judged(data, office.anchored(LATER - DAY), LATER)
    assert levels(report) == ["B-LTA"]
    (one,) = report.signatures
    assert [(s.kind, s.proven) for s in one.timestamps] == [
        ("signature", True),
        ("archive", True),
        ("archive", True),
    ]
    assert one.best_signature_time == NOW
    # Without the renewal nobody can tell any more.
    unrenewed = judged(first, office.anchored(LATER - DAY), LATER)
    assert unrenewed.conclusion is Conclusion.INDETERMINATE


FORMS = {
    "detached": (),
    "cades": ("-cades",),
    "inside": ("-nodetach", "-cades"),
    "in pieces": ("-nodetach", "-stream", "-cades"),
    "by key id": ("-keyid", "-cades"),
    "pem": ("-outform", "PEM", "-cades"),
}


@pytest.mark.real("openssl")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["rsa2048", "p384"])
def test_what_openssl_signed(tmp_path: Path, office: Office, form: str, kind: str) -> None:
    key = make_key(kind, 1)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signer = office.ca.issue("Trần Thị B", key=key, more=((identifier, False),))
    (folder := tmp_path / "openssl").mkdir()
    data = openssl_signed(folder, signer, CONTENT, *FORMS[form])
    inside = "-nodetach" in FORMS[form]
    (out := tmp_path / "out").mkdir()
    made = augmented(office, data, out, content=None if inside else CONTENT)
    assert openssl_agrees(folder, made, None if inside else CONTENT)
    report = judged(made, office.anchored(NOW), NOW + DAY, None if inside else CONTENT)
    wanted = "CMS" if form == "detached" else "B-LTA"
    assert levels(report) == [wanted]
    stamps = [stamp.kind for stamp in report.signatures[0].timestamps if stamp.proven]
    assert stamps == ["signature", "archive"]


def test_every_signer_is_raised(tmp_path: Path, office: Office) -> None:
    other = office.ca.issue("Trần Thị B")
    parts = [cms.ContentInfo.load(made_by(h))["content"] for h in (office.officer, other)]
    joined = parts[0]
    joined["signer_infos"] = cms.SignerInfos([p["signer_infos"][0] for p in parts])
    joined["certificates"] = cms.CertificateSet([c for p in parts for c in p["certificates"]])
    data = bytes(cms.ContentInfo({"content_type": "signed_data", "content": joined}).dump())
    made = augmented(office, data, tmp_path)
    assert levels(judged(made, office.anchored(NOW), NOW + DAY)) == ["B-LTA", "B-LTA"]


def made_by(holder: Holder, content: bytes = CONTENT) -> bytes:
    shape = CmsShape(signing_time=NOW - DAY)
    return make_cms(holder, hashlib.sha256(content).digest(), shape)


def refusal(
    office: Office,
    data: bytes,
    folder: Path,
    level: Level = Level.B_LTA,
    content: bytes | None = CONTENT,
    trust: TrustMaterial | None = None,
    stamping: Stamping | None = None,
) -> str:
    output = folder / "out"
    source = None if content is None else MemorySource(content)
    with pytest.raises(AntinError) as caught:
        augment_cms(
            MemorySource(data),
            source,
            output,
            level,
            trust or office.trust(NOW),
            stamping or Stamping(office.tsa, NOW),
            None,
            NOW,
        )
    assert list(folder.iterdir()) == []
    return caught.value.code


def test_what_is_refused(tmp_path: Path, office: Office) -> None:
    good = made_by(office.officer)
    assert refusal(office, good, tmp_path, Level.B_B) == "usage"
    assert refusal(office, good, tmp_path, content=None) == "content_required"
    assert refusal(office, good, tmp_path, content=b"else") == "content_not_signed"
    assert refusal(office, b"no signature", tmp_path) == "cms_malformed"
    token = make_token(office.tsa, signed_digest(good), NOW)
    assert refusal(office, token, tmp_path) == "nothing_to_augment"
    shape = CmsShape(signers=0)
    assert refusal(office, make_cms(office.officer, b"", shape), tmp_path) == "nothing_to_augment"
    broken = make_cms(office.officer, bytes(32), CmsShape(leave_out="message_digest"))
    assert refusal(office, broken, tmp_path) == "cms_malformed"
    bare = with_listed(good, (office.ca.der,))
    assert refusal(office, bare, tmp_path) == "cms_malformed"


@pytest.mark.parametrize(
    "legacy",
    ["1.2.840.113549.1.9.16.2.48", "1.2.840.113549.1.9.16.2.27", "0.4.0.1733.2.2"],
)
def test_what_would_break_is_left_alone(tmp_path: Path, office: Office, legacy: str) -> None:
    data = with_unsigned(made_by(office.officer), legacy, b"\x04\x00")
    assert refusal(office, data, tmp_path) == "augmenting_harmful"


def test_what_does_not_hold_is_not_vouched_for(tmp_path: Path, office: Office) -> None:
    copied = make_token(office.tsa, bytes(32), NOW)
    stamp = "1.2.840.113549.1.9.16.2.14"
    data = with_unsigned(made_by(office.officer), stamp, copied)
    assert refusal(office, data, tmp_path) == "timestamp_wrong"
    archived = signed(office, Level.B_LTA)
    altered = with_listed(archived, crls=(office.root.crl(NOW + DAY),))
    assert refusal(office, altered, tmp_path) == "timestamp_wrong"
    unread = with_unsigned(archived, "0.4.0.1733.2.4", b"\x04\x00")
    assert refusal(office, unread, tmp_path) == "cms_malformed"


def test_whom_nobody_can_vouch_for(tmp_path: Path, office: Office) -> None:
    good = made_by(office.officer)
    assert refusal(office, good, tmp_path, trust=TrustMaterial()) == "certificate_untrusted"
    unknown = trust_in(office.root)
    assert refusal(office, good, tmp_path, trust=unknown) == "revocation_unknown"
    serial = office.officer.certificate.serial_number
    crls = [
        office.root.crl(NOW),
        office.ca.crl(NOW, revoked={serial: (NOW - DAY, "keyCompromise")}),
    ]
    revoked = trust_in(office.root, crls=crls)
    assert refusal(office, good, tmp_path, trust=revoked) == "certificate_revoked"


class Dead(Stamping):
    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa.example", detail="gone")


def test_a_dead_time_stamping_server(tmp_path: Path, office: Office) -> None:
    dead = Dead(office.tsa, NOW)
    code = refusal(office, made_by(office.officer), tmp_path, stamping=dead)
    assert code == "timestamp_unavailable"


def test_a_weak_digest_is_stamped_by_a_strong_one(tmp_path: Path, office: Office) -> None:
    """The age of an old signature can still be proven, whatever it is worth."""
    shape = CmsShape(digest="sha1", signing_time=NOW - DAY)
    data = make_cms(office.officer, hashlib.sha1(CONTENT, usedforsecurity=False).digest(), shape)
    made = augmented(office, data, tmp_path)
    report = judged(made, office.anchored(NOW), NOW + DAY)
    digests = [stamp.digest for stamp in report.signatures[0].timestamps]
    assert digests == ["sha256", "sha256"]


class Streaming(MemorySource):
    """Counts how much is read at a time."""

    most = 0

    def pread(self, offset: int, length: int) -> bytes:
        self.most = max(self.most, length)
        return super().pread(offset, length)


def test_a_content_inside_is_copied_in_pieces(tmp_path: Path, office: Office) -> None:
    content = bytes(3 * CHUNK + 5)
    shape = replace(CmsShape(signing_time=NOW - DAY), content=content)
    data = make_cms(office.officer, hashlib.sha256(content).digest(), shape)
    source, output = Streaming(data), tmp_path / "a.p7m"
    trust, stamping = office.trust(NOW), Stamping(office.tsa, NOW)
    augment_cms(source, None, output, Level.B_LTA, trust, stamping, None, NOW)
    assert source.most <= CHUNK
    made = output.read_bytes()
    assert levels(judged(made, office.anchored(NOW), NOW + DAY, None)) == ["B-LTA"]


def test_a_content_inside_that_becomes_shorter(tmp_path: Path, office: Office) -> None:
    shape = replace(CmsShape(signing_time=NOW - DAY), content=CONTENT)
    data = make_cms(office.officer, hashlib.sha256(CONTENT).digest(), shape)

    class Shrinking(MemorySource):
        reads = 0

        def pread(self, offset: int, length: int) -> bytes:
            self.reads += length == len(CONTENT)
            return b"" if self.reads > 1 else super().pread(offset, length)

    trust, stamping = office.trust(NOW), Stamping(office.tsa, NOW)
    with pytest.raises(AntinError) as caught:
        augment_cms(Shrinking(data), None, tmp_path / "a", Level.B_T, trust, stamping, None, NOW)
    assert caught.value.code == "file_unreadable"
