"""The report as a PDF: readable, selectable, numbered, the same for the same report."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest

from antin.core.errors import DefectError
from antin.core.fonts import known_letters
from antin.infra.messages import translator
from antin.verifier.findings import finding
from antin.verifier.report import ChangesAfter, Report, Severity
from antin.verifier.writers import pdf_page
from antin.verifier.writers.pdf import to_pdf
from antin.verifier.writers.pdf_page import MAX_SIGNATURES
from antin.verifier.writers.pdf_pages import MAX_PAGES
from antin.verifier.writers.view_parts import MAX_REASONS
from tests.reports import ALL, CHANGED, FAILED, LOOKS, PASSED, SEVERAL, SIGNATURE, SIGNER, UNKNOWN
from tests.unit.verifier.test_html import LANGUAGES, VERDICTS, hostile_report


def drawn(report: Report, language: str = "en") -> bytes:
    return to_pdf(report, translator(language), language)


def texts(data: bytes) -> list[str]:
    """Return the text of every page, as a reader would select it."""
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ALL)
def test_the_verdict_comes_first_and_pages_are_numbered(name: str, language: str) -> None:
    report = ALL[name]
    pages = texts(drawn(report, language))
    assert pages[0].startswith(VERDICTS[language][report.conclusion])
    word = {"vi": "Trang", "en": "Page"}[language]
    for number, text in enumerate(pages, start=1):
        assert f"{word} {number}/{len(pages)}" in text


@pytest.mark.requirement("CRY-6")
def test_it_says_what_circular_15_asks_for() -> None:
    text = flat(" ".join(texts(drawn(PASSED, "vi"))))
    for fact in (
        "Chữ ký số hợp lệ",
        "Người ký Nguyễn Văn A",
        "Phòng Tổ chức, Sở Nội vụ (mẫu)",
        "CA Cán bộ, Cơ quan chứng thực (mẫu)",
        "2026-06-01 15:00:00 +0700, được chứng minh bằng dấu thời gian",
        "nội dung được ký còn nguyên vẹn",
        "có hiệu lực, chưa bị thu hồi tại thời điểm được chứng minh",
        "từ 2025-06-01 15:00:00 +0700 đến 2027-06-01 15:00:00 +0700",
        "phiên bản 2 trên 3, 50 trên 12345 byte",
        SIGNER.sha256,
    ):
        assert fact in text


def test_why_not_and_what_to_do() -> None:
    text = flat(" ".join(texts(drawn(FAILED))))
    assert "Why it is not valid" in text
    assert "A page was added after signing. (page 2, revision 3)" in text
    assert "What to do: Do not rely on this file." in text
    assert "Why it could not be determined" not in text
    assert "trust folder (--trust)" in flat(" ".join(texts(drawn(UNKNOWN))))


@pytest.mark.parametrize("name", ALL)
def test_equal_reports_give_equal_bytes(name: str) -> None:
    assert drawn(ALL[name]) == drawn(replace(ALL[name]))


def test_fonts_are_embedded_and_the_file_says_what_it_is() -> None:
    with pikepdf.open(io.BytesIO(drawn(SEVERAL, "vi"))) as document:
        assert str(document.Root.Lang) == "vi"
        assert document.docinfo["/Title"] == "Hợp lệ: a.pdf"
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
        fonts = [
            font.DescendantFonts[0].FontDescriptor
            for page in document.pages
            for font in page.Resources.Font.values()
        ]
        assert fonts
        assert all("/FontFile2" in font for font in fonts)
        with document.open_outline() as outline:
            titles = [item.title for item in outline.root]
    assert titles[0] == "Hợp lệ"
    assert titles[-1] == "Chi tiết"
    assert len(titles) == 2 + len(SEVERAL.signatures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_is_harmless_and_bounded(language: str) -> None:
    data = drawn(hostile_report(), language)
    assert len(data) < 200_000
    text = " ".join(texts(data))
    assert "[U+202E]" in text
    assert "\u202e" not in text
    with pikepdf.open(io.BytesIO(data)) as document:
        assert "/OpenAction" not in document.Root or "/JS" not in str(document.Root.OpenAction)
        assert all("/Annots" not in page for page in document.pages)


@pytest.mark.parametrize(
    "text",
    ["W" * 600, "x " * 400, "\u202e" * 600, "漢字" * 300, "ệ\u0323" * 300, "", "{nb}", "**b**"],
)
def test_text_of_any_shape_can_be_drawn(text: str) -> None:
    odd = finding("form_field_filled", Severity.ERROR, field=text)
    who = replace(SIGNER, subject=text, issuer=text, serial=text)
    signature = replace(
        FAILED.signatures[0],
        field=text,
        subfilter=text,
        signer=who,
        chain=(who,),
        findings=(odd,),
        changes_after=ChangesAfter(None, (odd,)),
    )
    pages = texts(drawn(replace(FAILED, file=text, findings=(odd,), signatures=(signature,))))
    assert pages[0].startswith("Not valid")
    assert f"Page 1/{len(pages)}" in pages[0]


def test_letters_that_the_typeface_lacks_are_shown_as_missing() -> None:
    assert ord("漢") not in known_letters()
    assert set(map(ord, "ẢẠẮẶẤẬĐƯƠỹ")) <= known_letters()
    text = " ".join(texts(drawn(replace(PASSED, file="漢.pdf"))))
    assert "□.pdf" in text


def test_many_signatures_are_cut_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_page, "MAX_SIGNATURES", 2)
    text = flat(" ".join(texts(drawn(replace(PASSED, signatures=(SIGNATURE,) * 5)))))
    assert "and 3 more" in text
    assert "3. Signature" not in text
    assert MAX_SIGNATURES == 100


def test_many_reasons_are_cut_and_the_rest_is_counted() -> None:
    many = tuple(
        finding("object_overwritten", Severity.ERROR, object=n) for n in range(MAX_REASONS + 3)
    )
    signature = replace(FAILED.signatures[0], findings=many, changes_after=ChangesAfter(None))
    text = flat(" ".join(texts(drawn(replace(FAILED, signatures=(signature,))))))
    assert "and 3 more" in text


def images(data: bytes) -> int:
    """Return how many pictures are drawn on all pages."""
    kinds = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    document = pypdfium2.PdfDocument(data)
    return sum(len(list(page.get_objects(filter=kinds))) for page in document)


def test_changed_pages_are_printed_side_by_side() -> None:
    data = drawn(CHANGED)
    text = flat(" ".join(texts(data)))
    for told in (
        "Changed pages",
        "Page 3, when it was signed page 2",
        "Page 2, not there when it was signed",
        "Difference (red; blue where it may differ)",
        "no such page",
    ):
        assert told in text
    assert (images(data), images(drawn(FAILED))) == (8, 0)


def test_many_changed_pages_are_cut_and_the_rest_is_counted() -> None:
    signature = CHANGED.signatures[0]
    many = replace(signature.changes_after, findings=(LOOKS[1],) * (MAX_PAGES - 2))
    several = (replace(signature, changes_after=many),) * 3
    text = flat(" ".join(texts(drawn(replace(CHANGED, signatures=several)))))
    assert text.count("After (as it is now)") == MAX_PAGES
    assert text.count("Changed pages") == 3
    assert "and 6 more" in text
    assert f"and {MAX_PAGES - 2} more" in text


def test_what_cannot_be_drawn_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("a row is higher than a page")

    monkeypatch.setattr(pdf_page, "draw_report", broken)
    with pytest.raises(DefectError) as caught:
        drawn(PASSED)
    assert caught.value.code == "defect"
