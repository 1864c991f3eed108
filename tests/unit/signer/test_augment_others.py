"""PDFs that other programs signed are made to last, and archives renewed over the years."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from pyhanko.sign import fields

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import open_pdf
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.augment import augment
from antin.signer.document_timestamp import add_document_timestamp
from antin.signer.request import Level, SignatureRequest
from antin.verifier.report import ChangeLevel, Conclusion, Report
from tests.cmsfiles import openssl_signed
from tests.corpus.outcomes import CORPUS
from tests.signedpdf import blank_pdf, check, replace_cms, sign
from tests.smallpki import (
    DAY,
    NOW,
    YEAR,
    CmsShape,
    Holder,
    make_cms,
    signed_digest,
)
from tests.unit.signer.helpers import pdfsig
from tests.unit.signer.lasting import LATER, Office, Stamping

PKCS7 = fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def raised(
    office: Office,
    data: bytes,
    folder: Path,
    level: Level = Level.B_LTA,
    at: datetime = NOW,
    tsa: Holder | None = None,
) -> bytes:
    output = folder / "raised.pdf"
    stamping = Stamping(tsa or office.tsa, at)
    augment(MemorySource(data), output, level, office.trust(at), stamping, None, at)
    made = output.read_bytes()
    assert made.startswith(data)
    return made


def by_openssl(office: Office, folder: Path) -> bytes:
    """Return a PDF whose container ``openssl cms`` made."""
    data = sign(blank_pdf(), office.rsa, subfilter=PKCS7)
    content = _covered(data)

    def swap(_: bytes) -> bytes:
        return openssl_signed(folder, office.rsa, content)

    return replace_cms(data, swap)


def _covered(data: bytes) -> bytes:
    first, length, second, rest = open_pdf(MemorySource(data)).signatures[0].byte_range
    return data[first : first + length] + data[second : second + rest]


Make = Callable[[Office, Path], bytes]
OTHERS: dict[str, tuple[Make, str | None]] = {
    "pyHanko, PAdES": (lambda o, _: sign(blank_pdf(), o.officer), "B-LTA"),
    "pyHanko, PSS": (lambda o, _: sign(blank_pdf(), o.rsa, pss=True), "B-LTA"),
    "pyHanko, with time-stamp": (
        lambda o, _: sign(blank_pdf(), o.officer, stamped=o.stamper()),
        "B-LTA",
    ),
    "pyHanko, PKCS#7": (lambda o, _: sign(blank_pdf(), o.officer, subfilter=PKCS7), "CMS"),
    "openssl, PKCS#7": (by_openssl, "CMS"),
    "two people": (
        lambda o, _: sign(sign(blank_pdf(), o.officer), o.rsa, "Sig2", stamped=o.stamper()),
        "B-LTA",
    ),
}


@pytest.mark.real("openssl")
@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("level", [Level.B_T, Level.B_LT, Level.B_LTA])
def test_what_others_signed(tmp_path: Path, office: Office, kind: str, level: Level) -> None:
    make, highest = OTHERS[kind]
    data = make(office, tmp_path)
    made = raised(office, data, tmp_path, level)
    trust = office.trust(NOW) if level is Level.B_T else office.anchored(NOW)
    report = check(made, trust, NOW + DAY)
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    wanted = highest if highest == "CMS" else str(level)
    own = [one for one in report.signatures if one.kind == "signature"]
    assert {one.level for one in own} == {wanted}
    assert all(one.best_signature_time for one in own)
    assert pdfsig(tmp_path / "raised.pdf")[: len(own)] == ["Signature is Valid."] * len(own)


def signed(office: Office, folder: Path) -> bytes:
    holder, path = office.officer, folder / "signed.pdf"
    key = InsecureSoftwareKey(holder.key, holder.der)
    request = SignatureRequest(holder.der, key.algorithm, NOW, holder.chain, Level.B_LTA)
    stamping = Stamping(office.tsa, NOW)
    pades.sign(MemorySource(blank_pdf()), path, key, request, stamping, None, office.trust(NOW))
    return path.read_bytes()


def judged(data: bytes, trust: TrustMaterial, at: datetime = LATER) -> Report:
    return check(data, trust, at)


@pytest.mark.parametrize("first", ["ours", "pyHanko's"])
def test_renewal_before_the_authority_expires(tmp_path: Path, office: Office, first: str) -> None:
    """The data of the first authority go in, then another time-stamp covers all of it."""
    if first == "ours":
        data = signed(office, tmp_path)
    else:
        data = raised(office, sign(blank_pdf(), office.officer, stamped=office.stamper()), tmp_path)
    second = office.renewing_tsa()
    renewed = raised(office, data, tmp_path, Level.B_LTA, NOW + 200 * DAY, second)
    report = judged(renewed, office.anchored(LATER - DAY))
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    one = report.signatures[0]
    assert (one.level, one.best_signature_time) == ("B-LTA", NOW)
    assert office.tsa.certificate.not_valid_after_utc < LATER
    # Without the renewal nobody can tell any more; renewed too late, neither.
    assert judged(data, office.anchored(LATER - DAY)).conclusion is Conclusion.INDETERMINATE


def test_renewal_after_the_authority_expired_is_refused(tmp_path: Path, office: Office) -> None:
    data = signed(office, tmp_path)
    second = office.renewing_tsa()
    late, output = NOW + 2 * YEAR, tmp_path / "late.pdf"
    services = office.trust(late), Stamping(second, late), None
    with pytest.raises(AntinError) as caught:
        augment(MemorySource(data), output, Level.B_LTA, *services, late)
    assert caught.value.code == "certificate_expired"


def test_a_signature_without_its_certificate_is_refused(tmp_path: Path, office: Office) -> None:
    def bare(der: bytes) -> bytes:
        shape = CmsShape(certificates=(office.ca.der,))
        return make_cms(office.officer, signed_digest(der), shape)

    data = replace_cms(sign(blank_pdf(), office.officer), bare)
    with pytest.raises(AntinError) as caught:
        raised(office, data, tmp_path)
    assert caught.value.code == "cms_malformed"


SIGNED = CORPUS / "pdfjs" / "bug854315.pdf"
"""The one file of the corpus that somebody signed: by a certificate that nobody here trusts."""


@pytest.mark.skipif(not SIGNED.is_file(), reason="../shared/corpus does not stand beside us")
def test_a_file_of_the_corpus(tmp_path: Path, office: Office) -> None:
    """It has a time-stamp; another one is put over it; nobody vouches for who signed it."""
    data, path = SIGNED.read_bytes(), tmp_path / "stamped.pdf"
    assert raised(office, data, tmp_path, Level.B_T) == data
    path.write_bytes(data)
    add_document_timestamp(path, Stamping(office.tsa, NOW))
    before = check(data, office.trust(NOW)).signatures[0]
    one, stamp = check(path.read_bytes(), office.trust(NOW), NOW + DAY).signatures
    assert (one.digest_ok, one.signature_ok, one.best_signature_time) == (True, True, NOW)
    assert one.changes_after.level is ChangeLevel.LTA_UPDATES
    assert one.sub_indication == before.sub_indication
    assert (stamp.kind, str(stamp.indication)) == ("document-timestamp", "TOTAL-PASSED")
    for level in (Level.B_LT, Level.B_LTA):
        output, stamping = tmp_path / "b.pdf", Stamping(office.tsa, NOW)
        services = office.trust(NOW), stamping, None
        with pytest.raises(AntinError) as caught:
            augment(MemorySource(data), output, level, *services, NOW)
        assert caught.value.code == "certificate_untrusted"
