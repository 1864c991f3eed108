"""The three policies that ship, on the same files: where each draws the line."""

from collections.abc import Callable

import pytest

from antin.pki.der_read import whole
from antin.verifier.policy import SHIPPED, shipped_policy
from tests.damage import ANY_FORM
from tests.pdfs import appended, form_letter
from tests.signedpdf import blank_pdf, check, replace_cms, sign, stamp
from tests.smallpki import DAY, NOW, CmsShape, make_cms, signed_digest
from tests.unit.verifier.conftest import Office

PASSES, FAILS, UNTOLD = "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)>>"
PAGE_2 = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R%b>>"
FILLED = b"<</FT/Tx/T(name)/V(A)/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R/AP<</N 21 0 R>>>>"


def plain(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer)


def form(office: Office) -> bytes:
    return sign(form_letter(), office.officer)


def twice(office: Office) -> bytes:
    return sign(plain(office), office.ca.issue("Trần Thị B"), "Sig2")


def in_ber(office: Office) -> bytes:
    return replace_cms(
        plain(office), lambda der: b"\x30\x80" + der[whole(der, "cms_malformed").at :] + b"\0\0"
    )


def unbound(office: Office) -> bytes:
    return replace_cms(
        plain(office), lambda d: make_cms(office.officer, signed_digest(d), CmsShape(ess=False))
    )


def old_header(office: Office) -> bytes:
    return sign(blank_pdf().replace(b"%PDF-1.7", b"%PDF-7.7"), office.officer)


def with_white_space(office: Office) -> bytes:
    return plain(office) + b"\n" * 700


def with_more_white_space(office: Office) -> bytes:
    return plain(office) + b"\n" * 2_000


def filled(office: Office) -> bytes:
    return appended(form(office), {20: FILLED})


def noted(office: Office) -> bytes:
    return appended(form(office), {11: PAGE_2 % b"/Annots[20 0 R 50 0 R]", 50: NOTE})


def overwritten(office: Office) -> bytes:
    return appended(form(office), {11: PAGE_2 % b"/Rotate 90/Annots[20 0 R]"})


def altered(office: Office) -> bytes:
    return plain(office).replace(b"Specimen letter", b"Specimen Letter")


def behind_junk(office: Office) -> bytes:
    return ANY_FORM["junk-before"].inflict(plain(office))


def by_sha1(office: Office) -> bytes:
    return sign(blank_pdf(), office.officer, digest="sha1")


def short_key(office: Office) -> bytes:
    return sign(blank_pdf(), office.ca.issue("Trần Thị B", kind="rsa1024"))


def archived(office: Office) -> bytes:
    return stamp(plain(office), office.stamper(NOW - DAY))


TABLE: dict[Callable[[Office], bytes], tuple[str, str, str]] = {
    plain: (PASSES, PASSES, PASSES),
    twice: (PASSES, PASSES, PASSES),
    archived: (PASSES, PASSES, PASSES),
    in_ber: (PASSES, UNTOLD, PASSES),
    old_header: (PASSES, FAILS, PASSES),
    with_white_space: (PASSES, FAILS, PASSES),
    filled: (PASSES, FAILS, PASSES),
    unbound: (UNTOLD, UNTOLD, PASSES),
    noted: (FAILS, FAILS, PASSES),
    behind_junk: ("UNREADABLE", "UNREADABLE", UNTOLD),
    with_more_white_space: (FAILS, FAILS, FAILS),
    overwritten: (FAILS, FAILS, FAILS),
    altered: (FAILS, FAILS, FAILS),
    by_sha1: (UNTOLD, UNTOLD, UNTOLD),
    short_key: (UNTOLD, UNTOLD, UNTOLD),
}


@pytest.mark.parametrize("made", list(TABLE), ids=lambda made: made.__name__)
def test_the_line(made: Callable[[Office], bytes], office: Office) -> None:
    data = made(office)
    found = [check(data, office.trust(), policy=shipped_policy(name)) for name in SHIPPED]
    assert tuple(str(report.conclusion) for report in found) == TABLE[made]


def test_what_passes_strictly_passes_everywhere() -> None:
    assert all(row == (PASSES,) * 3 for row in TABLE.values() if row[1] == PASSES)


def test_unknown_revocation_of_the_signer_passes_nowhere(office: Office) -> None:
    for name in SHIPPED:
        bare = check(plain(office), office.trust(NOW - DAY), NOW + 90 * DAY, shipped_policy(name))
        assert str(bare.conclusion) == UNTOLD
