"""The flow *verify*: when what a file brings is not enough, and newer data are fetched."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from antin.core.bytesource import MemorySource
from antin.core.digests import digest_of
from antin.core.errors import UnavailableError
from antin.flows.verify import verify_either, verify_with
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.signed_content import Content
from tests.signedpdf import FixedTimeStamper, add_store, blank_pdf, sign, trust_in
from tests.smallpki import DAY, NOW, YEAR, CmsShape, Holder, make_cms, make_root, make_tsa

URL = "http://ca.test/crl"


@dataclass
class Crls:
    """Serves one CRL, or nothing."""

    crl_now: bytes | None
    asked: list[str] = field(default_factory=list)

    def crl(self, url: str) -> bytes:
        self.asked.append(url)
        if self.crl_now is None:
            raise UnavailableError("fetch_failed", url=url, detail="down")
        return self.crl_now

    def ocsp(self, url: str, request: bytes) -> bytes:
        raise UnavailableError("fetch_failed", url=url, detail=f"down, {len(request)}")

    def certificates(self, url: str) -> bytes:
        raise UnavailableError("fetch_failed", url=url, detail="down")


@dataclass(frozen=True)
class Theft:
    """A key that was revoked a day before it signed, beside a CRL from the day before that."""

    root: Holder
    officer: Holder
    file: bytes

    def conclude(self, service: Crls, at: datetime = NOW + DAY) -> Conclusion:
        source = MemorySource(self.file)
        trust = trust_in(self.root)
        return verify_with(source, "x.pdf", trust, at, default_policy(), service).conclusion


def make_theft(old: datetime) -> Theft:
    root = make_root()
    officer = root.issue("Nguyễn Văn A", crl_url=URL)
    stamped = FixedTimeStamper(make_tsa(root), NOW)
    crl = root.crl(old, next_update=NOW + 9 * DAY)
    return Theft(root, officer, add_store(sign(blank_pdf(), officer, stamped=stamped), [], [crl]))


def test_old_data_in_the_file_do_not_hide_a_revocation() -> None:
    theft = make_theft(NOW - 2 * DAY)
    serial = theft.officer.certificate.serial_number
    revoked = theft.root.crl(NOW + DAY, revoked={serial: (NOW - DAY, "keyCompromise")})
    service = Crls(revoked)
    assert theft.conclude(service) is Conclusion.INDETERMINATE
    assert URL in service.asked


@pytest.mark.parametrize("at", [NOW + DAY, NOW + 2 * YEAR])
def test_old_data_do_where_no_newer_can_be_had(at: datetime) -> None:
    theft = make_theft(NOW - 2 * DAY)
    service = Crls(None)
    theft.conclude(service, at)
    assert bool(service.asked) is (at < NOW + YEAR)
    assert theft.conclude(Crls(None)) is Conclusion.PASSED


def test_data_from_after_the_signature_cost_no_network() -> None:
    theft = make_theft(NOW + DAY)
    service = Crls(None)
    assert theft.conclude(service) is Conclusion.PASSED
    assert service.asked == []


@dataclass
class Issuers(Crls):
    """Serves the issuer's certificate, too."""

    issuer: bytes = b""

    def certificates(self, url: str) -> bytes:
        self.asked.append(url)
        return self.issuer


def test_an_issuer_that_the_file_lacks_is_fetched() -> None:
    """Many files bring their signer's certificate alone."""
    root = make_root()
    ca = root.issue("Specimen CA", ca=True)
    officer = ca.issue("Nguyễn Văn A", crl_url=URL, issuer_url="http://ca.test/ca")
    file = sign(blank_pdf(), Holder(officer.key, officer.certificate))
    trust = trust_in(root, crls=(root.crl(NOW),))

    def conclude(service: Crls | None) -> Conclusion:
        source = MemorySource(file)
        return verify_with(source, "x.pdf", trust, NOW, default_policy(), service).conclusion

    service = Issuers(ca.crl(NOW), issuer=ca.der)
    assert conclude(None) is Conclusion.INDETERMINATE
    assert conclude(service) is Conclusion.PASSED
    assert "http://ca.test/ca" in service.asked
    stranger = make_root("Specimen CA")
    assert conclude(Issuers(stranger.crl(NOW), issuer=stranger.der)) is Conclusion.INDETERMINATE


@pytest.mark.parametrize("revoked", [False, True])
def test_what_is_missing_is_fetched_for_a_signature_file_too(*, revoked: bool) -> None:
    root = make_root()
    officer = root.issue("Nguyễn Văn A", crl_url=URL)
    data = make_cms(officer, digest_of(b"text", "sha256"), CmsShape(signing_time=NOW))
    entries = {officer.certificate.serial_number: (NOW - DAY, "keyCompromise")} if revoked else {}
    service = Crls(root.crl(NOW, revoked=entries))
    around = (trust_in(root), NOW, default_policy())
    content = Content("text", MemorySource(b"text"))
    alone = verify_either(MemorySource(data), "x.p7s", *around, None, content)
    assert [one.sub_indication for one in alone.signatures] == ["TRY_LATER"]
    fetched = verify_either(MemorySource(data), "x.p7s", *around, service, content)
    assert service.asked == [URL]
    assert fetched.conclusion is (Conclusion.INDETERMINATE if revoked else Conclusion.PASSED)
    broken = verify_either(MemorySource(b"0"), "x.p7s", *around, service, content)
    assert (broken.conclusion, service.asked) == (Conclusion.UNREADABLE, [URL])
