"""Which pages a change reaches, at the edges where one more or one fewer is looked at."""

from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from antin.pdf.objects import Ref
from tests.pdfs import appended, letter, opened, qpdf, signed, signer
from tests.unit.verifier.test_looks import BOTH, CONTENT, NODE, PAGE, Shown, base, looked_at

THREE = b"10 0 R 11 0 R 12 0 R"


@pytest.mark.real("qpdf")
def test_the_same_encryption_reaches_no_page(tmp_path: Path) -> None:
    """What an encrypted file changes on one page is looked for on that page."""
    encrypted = qpdf(letter(3), tmp_path, "--encrypt", "", "owner", "256", "--")
    writer = IncrementalPdfFileWriter(BytesIO(encrypted))
    writer.encrypt("")
    meta = signers.PdfSignatureMetadata(field_name="Sig1")
    data = signers.sign_pdf(writer, meta, signer=signer()).getvalue()
    document = opened(data)
    trailer, page = document.final_view.trailer, document.pages.pages[1]
    root, encrypt = trailer["Root"], trailer["Encrypt"]
    assert isinstance(root, Ref)
    assert isinstance(encrypt, Ref)
    start = data.index(b"%d 0 obj" % page) + len(b"%d 0 obj" % page)
    turned = data[start : data.index(b"endobj", start)].strip().replace(b"<<", b"<</Rotate 90", 1)
    kept = b"/Root %d 0 R/Encrypt %d 0 R" % (root.number, encrypt.number)
    assert looked_at(appended(data, {page: turned}, kept)) == [(1, 1)]


def test_what_pages_inherit_may_be_supplied_or_freed() -> None:
    """Either is seen in one of the two states only."""
    node = NODE % (THREE, 3, b"/Resources 60 0 R")
    dangling = signed(appended(letter(3), {2: node}))
    assert looked_at(appended(dangling, {60: b"<<>>"})) == BOTH
    there = signed(appended(letter(3), {2: node, 60: b"<<>>"}))
    assert looked_at(appended(there, {}, freed=[60])) == BOTH


def test_defaults_of_fields_that_stay_as_they_are_reach_no_page() -> None:
    catalog = b"/AcroForm<</Fields[20 0 R]/DA(/F 12 Tf)/DR<<>>>>"
    data = signed(letter(2, catalog=catalog, more={20: b"<</FT/Tx/T(a)>>"}))
    assert looked_at(appended(data, {111: CONTENT})) == [(1, 1)]


def test_a_field_reaches_the_pages_of_all_its_widgets() -> None:
    field = b"<</FT/Tx/T(a)/DA(/F %d Tf)/Kids[71 0 R 72 0 R]>>"
    widget = b"<</Type/Annot/Subtype/Widget/Rect[9 9 99 99]/Parent 70 0 R>>"
    plain = letter(3, catalog=b"/AcroForm<</Fields[70 0 R]>>", more={70: field % 9})
    pages = {10: PAGE % b"110 0 R/Annots[71 0 R]", 12: PAGE % b"112 0 R/Annots[72 0 R]"}
    data = signed(appended(plain, {**pages, 71: widget, 72: widget}))
    assert looked_at(appended(data, {70: field % 12})) == [(0, 0), (2, 2)]


@pytest.mark.parametrize(("side", "shown"), [(1_000_000, []), (1_000_001, [(1, 1)])])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_of_a_rectangle_beyond_all_pages_nothing_is_told(
    sign: bytes, side: int, shown: list[Shown]
) -> None:
    """Where it can be told that it has no area, nothing of it is seen."""
    note = b"<</Type/Annot/Subtype/FreeText/Rect[%b%d 0 %b%d 300]>>" % (sign, side, sign, side)
    data = appended(base(), {11: PAGE % b"111 0 R/Annots[70 0 R]", 70: note})
    assert looked_at(data) == shown
