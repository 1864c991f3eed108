"""The readable closure certificate: what it says, its pages, and hostile text."""

import io
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antin.core.errors import DefectError
from antin.infra.certificate_page import clean
from antin.infra.closure_certificate import (
    STAMP_AREA_MM,
    CertificateDocument,
    CertificateFacts,
    Language,
    render_certificate,
)

LETTER = CertificateDocument(
    ordinal=1,
    title="Công văn về việc kết thúc và nộp lưu hồ sơ điện tử",
    sha256="0123456789abcdef" * 4,
    signers=("Nguyễn Văn A", "Ủy ban nhân dân tỉnh Mẫu"),
    level="B-LTA",
    conclusion="TOTAL-PASSED",
)
FACTS = CertificateFacts(
    record_title="Kết thúc và nộp lưu hồ sơ điện tử năm 2026",
    code_notation="01.VP",
    agency_name="Ủy ban nhân dân tỉnh Mẫu",
    retention="20 năm",
    opened_at=datetime(2026, 1, 5, 1, 0, tzinfo=UTC),
    closed_at=datetime(2026, 11, 22, 2, 5, 7, tzinfo=UTC),
    closure_number=1,
    manifest_sha256="ab" * 32,
    officer_name="Trần Thị B",
    documents=(LETTER,),
    ledger_origin="mau.example/antin",
    ledger_position=41,
    checkpoint_size=40,
    checkpoint_root="cd" * 32,
)
WIDEST = "\u01f1"
"""The widest letter of the font."""


def _text(pdf: bytes, *options: str) -> str:
    command = ("pdftotext", *options, "-", "-")
    done = subprocess.run(command, input=pdf, check=True, capture_output=True)
    return " ".join(done.stdout.decode().split())


def _pages(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


@pytest.mark.real("pdftotext")
def test_vietnamese_certificate_says_all_facts() -> None:
    text = _text(render_certificate(FACTS, "vi"))

    for fact in (
        "CHỨNG TỪ KẾT THÚC HỒ SƠ ĐIỆN TỬ",
        "Kết thúc và nộp lưu hồ sơ điện tử năm 2026",
        "01.VP",
        "20 năm",
        "2026-01-05T08:00:00+07:00",
        "2026-11-22T09:05:07+07:00",
        "Trần Thị B",
        "ab" * 32,
        "mau.example/antin",
        "40 mục ghi",
        "cd" * 32,
        "Nguyễn Văn A",
        "B-LTA",
        "Hợp lệ",
        "Trang 1/1",
    ):
        assert fact in text


@pytest.mark.real("pdftotext")
def test_english_certificate() -> None:
    text = _text(render_certificate(replace(FACTS, checkpoint_root=None), "en"))

    assert "CERTIFICATE OF CLOSURE OF AN ELECTRONIC RECORD" in text
    assert "Valid" in text
    assert "none before this closure" in text
    assert "2026-11-22T09:05:07+07:00" in text


@pytest.mark.real("pdftotext")
@pytest.mark.parametrize("conclusion", [None, "INDETERMINATE"])
def test_what_could_not_be_told_is_not_called_valid(conclusion: str | None) -> None:
    document = replace(LETTER, conclusion=conclusion)

    text = _text(render_certificate(replace(FACTS, documents=(document,)), "en"))

    assert "Could not be" in text
    assert "determined" in text
    assert "Valid" not in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_same_facts_give_the_same_bytes(language: Language) -> None:
    assert render_certificate(FACTS, language) == render_certificate(FACTS, language)


def test_the_file_is_dated_by_the_closure_not_by_the_clock() -> None:
    assert b"/CreationDate (D:20261122020507Z" in render_certificate(FACTS)


def test_other_facts_give_other_bytes() -> None:
    assert render_certificate(FACTS) != render_certificate(replace(FACTS, closure_number=2))


@pytest.mark.real("qpdf")
@pytest.mark.real("pdffonts")
def test_file_is_sound_and_its_fonts_embedded(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(render_certificate(FACTS))

    subprocess.run(("qpdf", "--check", str(path)), check=True, capture_output=True)
    done = subprocess.run(("pdffonts", str(path)), check=True, capture_output=True)
    rows = done.stdout.decode().splitlines()[2:]
    assert len(rows) == 2
    assert all(" yes yes yes " in row for row in rows)


@pytest.mark.real("pdftotext")
def test_list_of_many_documents_repeats_its_head_and_numbers_its_pages() -> None:
    many = tuple(replace(LETTER, ordinal=number) for number in range(1, 301))

    pdf = render_certificate(replace(FACTS, documents=many))

    pages = _pages(pdf)
    assert pages > 5
    for number in range(1, pages + 1):
        text = _text(pdf, "-f", str(number), "-l", str(number))
        assert f"Trang {number}/{pages}" in text
        assert "Mã băm SHA-256" in text


@pytest.mark.real("pdftotext")
@pytest.mark.requirement("SIG-4")
def test_the_stamps_place_is_free() -> None:
    left, top, width, height = (round(value) for value in STAMP_AREA_MM)
    pdf = render_certificate(FACTS)

    assert _text(pdf, *_crop(left, top, width, height)) == ""
    assert "VIỆT NAM" in _text(pdf, *_crop(left - 30, top, width + 30, height + 10))


def _crop(left: int, top: int, width: int, height: int) -> tuple[str, ...]:
    """Return options that make pdftotext look at a part of the page, in millimetres."""
    places = zip("xyWH", (left, top, width, height), strict=True)
    return ("-r", "25.4", *(part for key, value in places for part in (f"-{key}", str(value))))


def test_widest_and_longest_values_fit() -> None:
    flood = WIDEST * 9_000
    document = CertificateDocument(10**12, flood, flood, (flood,) * 1_000, flood, flood)
    facts = CertificateFacts(
        record_title=flood,
        code_notation=flood,
        agency_name=flood,
        retention=flood,
        opened_at=FACTS.opened_at,
        closed_at=FACTS.closed_at,
        closure_number=10**12,
        manifest_sha256=flood,
        officer_name=flood,
        documents=(document,) * 3,
        ledger_origin=flood,
        ledger_position=10**15,
        checkpoint_size=10**15,
        checkpoint_root=flood,
    )

    assert _pages(render_certificate(facts)) < 12


@pytest.mark.real("pdftotext")
def test_text_is_never_markup_and_never_a_page_count() -> None:
    title = "**đậm** [x](http://x.example) {nb} {pages} \ue000\ue000\ue000\ue000."

    pdf = render_certificate(replace(FACTS, record_title=title))

    assert "**đậm** [x](http://x.example) {nb} {pages} ." in _text(pdf)
    assert b"/URI" not in pdf


def test_missing_letters_are_shown_as_missing(caplog: pytest.LogCaptureFixture) -> None:
    render_certificate(replace(FACTS, record_title="漢字 🙂 \ud800"))

    assert clean("漢字 🙂 \ud800") == "□□ □ □"
    assert "missing" not in caplog.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\r\nc\td", "a b c d"),
        ("fdp.\u202eexe", "fdp.exe"),
        ("A\u200b\u00ad\ufeffB", "AB"),
        ("x\u2028y", "x y"),
        ("e\u0302\u0301", "ế"),
        ("\ue000", ""),
        ("  Hà   Tĩnh ", "Hà Tĩnh"),
    ],
)
def test_clean_leaves_only_what_can_be_seen(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_clean_cuts_with_an_ellipsis() -> None:
    assert clean("a" * 11, 10) == "a" * 9 + "…"
    assert clean("a" * 10, 10) == "a" * 10


def test_a_time_without_zone_is_a_defect() -> None:
    naive = datetime(2026, 11, 22)  # noqa: DTZ001 — the very thing that must not pass

    with pytest.raises(DefectError) as caught:
        render_certificate(replace(FACTS, closed_at=naive))

    assert caught.value.code == "defect"


_anything = st.text(st.characters(), max_size=80)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=_anything, code=_anything, agency=_anything, signer=_anything, conclusion=_anything)
def test_any_text_is_drawn(
    title: str, code: str, agency: str, signer: str, conclusion: str
) -> None:
    document = replace(LETTER, title=title, signers=(signer,), conclusion=conclusion)
    facts = replace(
        FACTS, record_title=title, code_notation=code, agency_name=agency, documents=(document,)
    )

    assert render_certificate(facts).startswith(b"%PDF-1.7")
