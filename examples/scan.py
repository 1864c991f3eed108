"""A paper letter as a scanner sees it: colour, 200 dots an inch, a little askew."""

import io
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from fpdf import FPDF
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from examples.ink import THIRD, make_signature
from examples.seal_image import make_seal
from examples.specimen import HERE, MADE_AT, SHIPPED_FONTS
from examples.typeface import typeface

DPI: Final = 200
PAPER: Final = (1654, 2339)
"""A4 in pixels at 200 dots an inch."""
_TITLE: Final = "Bản quét: Công văn của Ủy ban nhân dân xã Mẫu Hai"
_OWNER: Final = "ỦY BAN NHÂN DÂN XÃ MẪU HAI"
_BODY: Final = (
    (
        "Thực hiện Công văn của Ủy ban nhân dân tỉnh về việc kết thúc và nộp lưu hồ sơ điện tử, Ủy "
        "ban nhân dân xã Mẫu Hai báo cáo: đến hết ngày 30 tháng 9 năm 2026, xã đã mở 311 hồ sơ, "
        "kết thúc 96 hồ sơ, nộp lưu 21 hồ sơ."
    ),
    (
        "Do Văn thư của xã kiêm nhiệm nhiều việc và đường truyền chưa ổn định, xã đề nghị Ủy ban "
        "nhân dân tỉnh cho gia hạn thời gian hoàn thành việc kết thúc hồ sơ đến ngày 28 tháng 02 "
        "năm 2027 và cử cán bộ của Sở Nội vụ hướng dẫn trực tiếp tại xã."
    ),
    "Ủy ban nhân dân xã Mẫu Hai cam kết hoàn thành đúng thời hạn nêu trên./.",
)
_Row = tuple[str, str, float, float, float]
_ROWS: Final[tuple[_Row, ...]] = (
    ("ỦY BAN NHÂN DÂN", "Bold", 12.5, 63, 24),
    ("XÃ MẪU HAI", "Bold", 12.5, 63, 30),
    ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Bold", 12, 144, 24),
    ("Độc lập - Tự do - Hạnh phúc", "Bold", 13, 144, 30),
    ("Số: 48/UBND-VHXH", "Regular", 13, 63, 40),
    ("V/v gia hạn kết thúc hồ sơ điện tử", "Regular", 12, 63, 47),
    ("Mẫu Hai, ngày 18 tháng 11 năm 2026", "Italic", 13, 144, 40),
    ("Kính gửi: Ủy ban nhân dân tỉnh Mẫu", "Regular", 14, 110, 66),
    ("TM. ỦY BAN NHÂN DÂN", "Bold", 14, 148, 150),
    ("CHỦ TỊCH", "Bold", 14, 148, 156.5),
    ("Lê Văn C", "Bold", 14, 148, 192),
)
"""Text, style, points, middle and baseline in millimetres."""


def make_scan() -> bytes:
    """Return a one-page PDF that is nothing but a JPEG of the page, at 100 % of its size."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(auto=False)
    pdf.set_title(_TITLE)
    pdf.set_producer("Antin examples")
    pdf.set_creation_date(MADE_AT + timedelta(days=3))
    pdf.pdf_version = "1.7"
    pdf.add_page()
    jpeg = io.BytesIO()
    _scanned(_paper()).save(jpeg, "JPEG", quality=72, dpi=(DPI, DPI))
    pdf.image(jpeg, 0, 0, 210, 297)
    return bytes(pdf.output())


def _px(millimetres: float) -> float:
    return millimetres * DPI / 25.4


def _font(style: str, points: float) -> ImageFont.FreeTypeFont:
    folder = HERE / "fonts" if style == "Italic" else SHIPPED_FONTS
    return typeface(folder / f"LiberationSerif-{style}.ttf", points * DPI / 72)


def _paper() -> Image.Image:
    """Return the typed, signed and stamped sheet before it lies on the scanner."""
    sheet = Image.new("RGB", PAPER, (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    for text, style, points, middle, base in _ROWS:
        place = (_px(middle), _px(base))
        pen.text(place, text, font=_font(style, points), fill=(38, 36, 42), anchor="ms")
    for left, right, height in ((53, 73, 32.5), (116, 172, 32.5)):
        line = (_px(left), _px(height), _px(right), _px(height))
        pen.line(line, fill=(38, 36, 42), width=2)
    _write_body(pen)
    _press(sheet, make_signature(THIRD), (124, 162, 48), turn=4)
    _press(sheet, make_seal(_OWNER), (103, 151, 36), turn=-7)
    return sheet


def _write_body(pen: ImageDraw.ImageDraw) -> None:
    font = _font("Regular", 14)
    base = 80.0
    for text in _BODY:
        for number, line in enumerate(_wrapped(text, font, _px(160), _px(12.7))):
            left = 30 + (12.7 if number == 0 else 0)
            pen.text((_px(left), _px(base)), line, font=font, fill=(38, 36, 42), anchor="ls")
            base += 6.6
        base += 2.2


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float, indent: float) -> Iterator[str]:
    line, room = "", width - indent
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) > room:
            yield line
            line, room = word, width
        else:
            line = longer
    yield line


def _press(
    sheet: Image.Image, picture: Image.Image, place: tuple[float, float, float], turn: float
) -> None:
    """Press a picture onto the sheet: left, top, width in millimetres; the ink lets text show."""
    left, top, width = place
    wide = int(_px(width))
    picture = picture.resize((wide, picture.height * wide // picture.width))
    picture = picture.rotate(turn, resample=Image.Resampling.BICUBIC, expand=True)
    ink = Image.new("RGB", picture.size, (255, 255, 255))
    ink.paste(picture, mask=picture.getchannel("A").point(lambda alpha: alpha * 9 // 10))
    corner = (int(_px(left)), int(_px(top)))
    under = sheet.crop((*corner, corner[0] + ink.width, corner[1] + ink.height))
    sheet.paste(ImageChops.multiply(under, ink), corner)


def _scanned(sheet: Image.Image) -> Image.Image:
    """Return the sheet turned by half a degree, on tinted paper, blurred, with seeded noise."""
    turned = sheet.rotate(0.5, resample=Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    shade = Image.linear_gradient("L").resize(PAPER).point(lambda level: 255 - level // 24)
    tint = Image.merge(
        "RGB", [shade.point(lambda level, cut=cut: level - cut) for cut in (3, 7, 17)]
    )
    soft = ImageChops.multiply(turned, tint).filter(ImageFilter.GaussianBlur(0.6))
    grain = random.Random(20261118).randbytes(PAPER[0] * PAPER[1])  # noqa: S311 — it is dust
    dust = Image.frombytes("L", PAPER, grain).point(lambda level: 128 + (level - 128) // 9)
    noise = dust.filter(ImageFilter.GaussianBlur(0.7))
    return ImageChops.add(soft, Image.merge("RGB", [noise] * 3), scale=1, offset=-128)
