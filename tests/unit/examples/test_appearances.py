"""Signature images, seals and stamps stand where Decree 30/2020, appendix I, puts them."""

import subprocess
import tomllib
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest
from PIL import ImageFont

from examples.specimen import HERE, SHIPPED_FONTS

MM = 72 / 25.4
SIGNED = pytest.mark.parametrize(
    ("name", "position", "signer"),
    [("letter", "CHỦ TỊCH", "Nguyễn Văn A"), ("report", "PHÓ CHỦ TỊCH", "Trần Thị B")],
)


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def _appearance(name: str) -> dict[str, object]:
    return tomllib.loads((HERE / "appearance" / f"{name}.toml").read_text())


def _box(name: str) -> Box:
    values = _appearance(name)
    left, top, width, height = (
        float(str(values[key])) for key in ("left_mm", "top_mm", "width_mm", "height_mm")
    )
    return Box(left, top, left + width, top + height)


def _lines(name: str) -> dict[str, Box]:
    """Return where each line of the last page stands; the last of equal lines counts."""
    command = ("pdftotext", "-bbox-layout", str(HERE / f"{name}.pdf"), "-")
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    space = "{http://www.w3.org/1999/xhtml}"
    page = list(ET.fromstring(output).iter(f"{space}page"))[-1]  # noqa: S314 — poppler's own output
    found = {}
    for line in page.iter(f"{space}line"):
        edges = [float(line.get(key, 0)) / MM for key in ("xMin", "yMin", "xMax", "yMax")]
        found[" ".join(word.text or "" for word in line)] = Box(*edges)
    return found


@SIGNED
@pytest.mark.real("pdftotext")
@pytest.mark.requirement("SIG-1")
def test_officers_image_is_centred_between_position_and_name(
    name: str, position: str, signer: str
) -> None:
    lines, image = _lines(name), _box(f"{name}-officer")

    assert image.middle == pytest.approx(lines[signer].middle, abs=0.5)
    assert image.middle == pytest.approx(lines[position].middle, abs=0.5)
    assert lines[position].bottom <= image.top
    assert image.bottom <= lines[signer].top
    above, below = image.top - lines[position].bottom, lines[signer].top - image.bottom
    assert above == pytest.approx(below, abs=1.5)


@SIGNED
@pytest.mark.requirement("SIG-2")
def test_seal_is_real_size_and_covers_a_third_on_the_left(
    name: str, position: str, signer: str
) -> None:
    image, seal = _box(f"{name}-officer"), _box(f"{name}-seal")

    assert seal.right - seal.left == pytest.approx(36, abs=0.5)
    assert seal.bottom - seal.top == pytest.approx(36, abs=0.5)
    assert seal.left < image.left
    assert 0.28 <= (seal.right - image.left) / (image.right - image.left) <= 0.38


@SIGNED
def test_appearances_name_the_last_page_and_a_kept_image(
    name: str, position: str, signer: str
) -> None:
    for part in ("officer", "seal"):
        values = _appearance(f"{name}-{part}")
        assert values["page"] == -1
        assert (HERE / "appearance" / str(values["image"])).is_file()
        assert "text" not in values


@pytest.mark.real("pdftotext")
@pytest.mark.requirement("SIG-4")
def test_attachment_stamp_is_text_at_the_top_right_over_nothing() -> None:
    values, box = _appearance("attachment-seal"), _box("attachment-seal")

    assert values["page"] == 1
    assert "image" not in values
    assert box.left > 105
    assert box.bottom < 25
    assert all(line.top > box.bottom for line in _lines("letter-attachment").values())


def test_attachment_stamp_has_room_for_its_text() -> None:
    template, box = str(_appearance("attachment-seal")["text"]), _box("attachment-seal")
    text = template.format(number="1187/UBND-VP", time="2026-11-22T09:05:07+07:00")
    font = ImageFont.truetype(SHIPPED_FONTS / "LiberationSerif-Regular.ttf", 100)

    for line in text.splitlines():
        assert font.getlength(line) / 10 / MM <= box.right - box.left
