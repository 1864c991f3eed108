"""Room for chains, time-stamps and revocation data of any size."""

from datetime import datetime
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography.x509 import ObjectIdentifier, UnrecognizedExtension

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import open_pdf
from antin.pki.cms_read import parse_signature
from antin.pki.der_write import integer, sequence
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.container_size import TIMESTAMP_ALLOWANCE, room_for
from antin.signer.request import Level, SignatureRequest
from antin.verifier.detached import verify_cms
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.signed_content import Content
from tests.signedpdf import blank_pdf, check, trust_in
from tests.smallpki import DAY, NOW, CmsShape, Holder, make_key, make_root, make_token, make_tsa
from tests.unit.signer.helpers import pdfsig


def filler(issuer: Holder, size: int) -> bytes:
    """Return a certificate of about ``size`` bytes."""
    more = ((UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.8"), bytes(size)), False),)
    return issuer.issue("Filler", more=more).der


class Stamping:
    """A time-stamping authority whose tokens have these sizes, the last one from then on."""

    def __init__(self, tsa: Holder, root: Holder, *sizes: int) -> None:
        self._tsa = tsa
        self._carried = [tuple(filler(root, 20_000) for _ in range(s // 20_000)) for s in sizes]
        self.asked = 0

    def request(self, query: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(query)
        carried = self._carried[min(self.asked, len(self._carried) - 1)]
        self.asked += 1
        imprint = asked["message_imprint"]
        shape = CmsShape(certificates=(self._tsa.der, *carried))
        token = make_token(
            self._tsa,
            imprint["hashed_message"].native,
            NOW,
            imprint["hash_algorithm"]["algorithm"].native,
            asked["nonce"].native,
            shape,
        )
        return sequence(sequence(integer(0)), token)


class Office:
    """A root with nine authorities below it, one below the other, and an officer under the last."""

    def __init__(self) -> None:
        self.root = make_root()
        until = self.root.certificate.not_valid_after_utc
        self.authorities = [self.root]
        for number in range(9):
            key = make_key("rsa2048", number)
            issued = self.authorities[-1].issue(f"CA {number}", ca=True, not_after=until, key=key)
            self.authorities.append(issued)
        self.officer = self.authorities[-1].issue("Nguyễn Văn A", key=make_key("rsa2048", 10))
        self.tsa = make_tsa(self.root)

    def trust(self, at: datetime = NOW) -> TrustMaterial:
        return trust_in(self.root, crls=[one.crl(at) for one in self.authorities])


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def signed(office: Office, folder: Path, level: Level, stamping: Stamping) -> bytes:
    holder, path = office.officer, folder / "signed.pdf"
    key = InsecureSoftwareKey(holder.key, holder.der)
    request = SignatureRequest(holder.der, key.algorithm, NOW, holder.chain, level)
    pades.sign(MemorySource(blank_pdf()), path, key, request, stamping, None, office.trust())
    return path.read_bytes()


@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("size", [0, 60_000, 200_000])
@pytest.mark.parametrize("level", list(Level))
def test_long_chains_and_large_tokens(
    tmp_path: Path, office: Office, level: Level, size: int
) -> None:
    assert len(office.officer.chain) == 9
    stamping = Stamping(office.tsa, office.root, size)
    data = signed(office, tmp_path, level, stamping)
    report = check(data, office.trust(), NOW + DAY)
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert report.signatures[0].level == level
    assert pdfsig(tmp_path / "signed.pdf")[0] == "Signature is Valid."
    # What is left over is what a smaller token leaves, not a guess: the rest is full.
    field = open_pdf(MemorySource(data)).signatures[0]
    used = len(parse_signature(field.contents).der)
    spare = len(field.contents) - used
    assert spare < (64 if level is Level.B_B else TIMESTAMP_ALLOWANCE + 64)


def test_a_second_try_is_needed_once(tmp_path: Path, office: Office) -> None:
    stamping = Stamping(office.tsa, office.root, 60_000)
    assert room_for(stamping) == room_for(None) == TIMESTAMP_ALLOWANCE
    signed(office, tmp_path, Level.B_T, stamping)
    assert stamping.asked == 2
    signed(office, tmp_path, Level.B_T, stamping)
    assert stamping.asked == 3
    assert 60_000 < room_for(stamping) < 64_000


def test_tokens_that_grow_between_the_tries(tmp_path: Path, office: Office) -> None:
    """Two tries, not as many as somebody would like."""
    stamping = Stamping(office.tsa, office.root, 20_000, 60_000, 100_000)
    with pytest.raises(AntinError) as caught:
        signed(office, tmp_path, Level.B_T, stamping)
    assert caught.value.code == "container_too_small"
    assert stamping.asked == 2


def test_a_token_that_is_larger_than_any(tmp_path: Path, office: Office) -> None:
    stamping = Stamping(office.tsa, office.root, 280_000)
    with pytest.raises(AntinError) as caught:
        signed(office, tmp_path, Level.B_T, stamping)
    assert caught.value.code == "timestamp_wrong"


def test_a_large_document_time_stamp_only(tmp_path: Path, office: Office) -> None:
    """The first token is of the usual size, that over the document is not."""
    stamping = Stamping(office.tsa, office.root, 0, 60_000)
    data = signed(office, tmp_path, Level.B_LTA, stamping)
    assert stamping.asked == 3
    assert check(data, office.trust(), NOW + DAY).conclusion is Conclusion.PASSED


def test_beside_a_file_there_is_room_for_anything(office: Office) -> None:
    holder, content = office.officer, MemorySource(b"figures")
    key = InsecureSoftwareKey(holder.key, holder.der)
    request = DetachedRequest(holder.der, key.algorithm, NOW, holder.chain, Level.B_LTA)
    stamping = Stamping(office.tsa, office.root, 200_000)
    data = sign_detached(content, key, request, stamping, None, office.trust())
    assert stamping.asked == 2
    given = Content("figures", content)
    at = NOW + DAY
    report = verify_cms(MemorySource(data), given, "a", office.trust(), at, default_policy())
    assert (report.conclusion, report.signatures[0].level) == (Conclusion.PASSED, "B-LTA")
