"""The example documents are what offices really have: text, fonts, margins, scan quality."""

import subprocess
from xml.etree import ElementTree as ET

import pikepdf
import pytest
from PIL import Image

from examples.specimen import HERE

WITH_TEXT = ("letter.pdf", "letter-attachment.pdf", "report.pdf", "spreadsheet.pdf")
ALL = (*WITH_TEXT, "scan.pdf")
MM = 72 / 25.4


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _text(name: str) -> str:
    return " ".join(_run("pdftotext", str(HERE / name), "-").split())


def _pages(name: str) -> int:
    with pikepdf.open(HERE / name) as pdf:
        return len(pdf.pages)


@pytest.mark.real("pdftotext")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("letter.pdf", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("letter.pdf", "Số: 1187/UBND-VP"),
        ("letter.pdf", "Mẫu, ngày 16 tháng 11 năm 2026"),
        ("letter.pdf", "loại ra khỏi hồ sơ bản trùng, bản nháp; xác định lại thời hạn bảo quản"),
        ("letter-attachment.pdf", "SỐ LIỆU HỒ SƠ ĐIỆN TỬ NĂM 2026"),
        ("letter-attachment.pdf", "(Kèm theo Công văn số 1187/UBND-VP ngày 16 tháng 11 năm 2026"),
        ("report.pdf", "III. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN"),
        ("report.pdf", "Trần Thị B"),
        ("spreadsheet.pdf", "2.794.000.000"),
    ],
)
def test_text_reads_back(name: str, sentence: str) -> None:
    assert sentence in _text(name)


@pytest.mark.real("qpdf")
@pytest.mark.parametrize("name", ALL)
def test_qpdf_finds_nothing_wrong(name: str) -> None:
    assert "No syntax or stream encoding errors found" in _run("qpdf", "--check", str(HERE / name))


@pytest.mark.real("pdffonts")
@pytest.mark.parametrize("name", WITH_TEXT)
def test_every_font_is_embedded(name: str) -> None:
    rows = _run("pdffonts", str(HERE / name)).splitlines()[2:]

    assert rows
    assert all("LiberationSerif" in row and " yes yes yes " in row for row in rows)


@pytest.mark.parametrize(("name", "pages"), [("letter.pdf", {1}), ("report.pdf", {4, 5, 6})])
def test_number_of_pages(name: str, pages: set[int]) -> None:
    assert _pages(name) in pages


def test_files_are_small() -> None:
    assert (HERE / "letter.pdf").stat().st_size < 150_000
    assert (HERE / "scan.pdf").stat().st_size < 1_000_000


@pytest.mark.real("pdftotext")
@pytest.mark.parametrize("name", ["letter.pdf", "letter-attachment.pdf", "report.pdf"])
def test_margins_are_those_of_the_decree(name: str) -> None:
    """Decree 30/2020, appendix I, part I, I.3 and I.7: only page numbers stand in the margin."""
    document = ET.fromstring(_run("pdftotext", "-bbox", str(HERE / name), "-"))  # noqa: S314 — poppler's own output
    for number, page in enumerate(document.iter("{http://www.w3.org/1999/xhtml}page"), 1):
        for word in page:
            if word.text == str(number) and float(word.get("yMax", 0)) < 20 * MM:
                assert number > 1
                continue
            assert float(word.get("xMin", 0)) >= 29.9 * MM
            assert float(word.get("xMax", 0)) <= (210 - 15) * MM
            assert float(word.get("yMin", 0)) >= 19.9 * MM
            assert float(word.get("yMax", 0)) <= (297 - 20) * MM


@pytest.mark.requirement("SIG-5")
def test_the_scan_is_colour_at_200_dpi_and_full_size() -> None:
    with pikepdf.open(HERE / "scan.pdf") as pdf:
        assert pdf.pdf_version >= "1.4"
        (page,) = pdf.pages
        (image,) = page.get_images().values()
        assert image["/ColorSpace"] == pikepdf.Name.DeviceRGB
        assert int(image["/BitsPerComponent"]) == 8
        width_inches = float(page.mediabox[2]) / 72
        assert int(image["/Width"]) / width_inches >= 199.9
        assert bytes(image.read_raw_bytes()).startswith(b"\xff\xd8")
        assert b"TJ" not in page.Contents.read_bytes()


@pytest.mark.requirement("SIG-1")
@pytest.mark.parametrize("name", ["signature-1.png", "signature-2.png", "seal.png"])
def test_images_are_transparent_png(name: str) -> None:
    picture = Image.open(HERE / "images" / name)

    assert picture.format == "PNG"
    assert picture.mode == "RGBA"
    assert picture.getchannel("A").getextrema() == (0, 255)


@pytest.mark.requirement("SIG-2")
def test_the_seal_fills_its_image_and_is_sharp_enough() -> None:
    seal = Image.open(HERE / "images" / "seal.png")
    box = seal.getchannel("A").getbbox()

    assert box is not None
    assert box == (0, 0, seal.width, seal.height)
    assert seal.width / (36 / 25.4) >= 300
