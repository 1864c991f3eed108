"""Stamps as they are seen: place, size, rotation, images and Vietnamese text."""

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from antin.core.errors import AntinError
from antin.signer.appearance.fonts import metrics
from antin.signer.appearance.geometry import POINTS_PER_MM, PageView
from antin.signer.appearance.image import load_image
from antin.signer.request import Stamp
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    pdfsig,
    prepared_file,
    request_for,
    seal_image,
    signed,
    small_pdf,
)

DPI = 150
PER_MM = DPI / 25.4
SEAL = Stamp(1, 40, 30, 36, 36, seal_image())


def stamped(folder: Path, world: TrustWorld, pdf: bytes, stamp: Stamp) -> Path:
    key = world.officer_a
    path = folder / "stamped.pdf"
    path.write_bytes(signed(pdf, folder, key, request_for(key, stamp=stamp)))
    return path


def refusal(folder: Path, world: TrustWorld, stamp: Stamp) -> str:
    with pytest.raises(AntinError) as caught:
        prepared_file(small_pdf(), folder, request_for(world.officer_a, stamp=stamp))
    return caught.value.code


def red_box_mm(path: Path, page: int = 1) -> tuple[float, float, float, float]:
    """Return left, top, width, height of what is red on the page as it is seen."""
    command = ["pdftoppm", "-cropbox", "-r", str(DPI), "-f", str(page), "-l", str(page), "-png"]
    data = subprocess.run([*command, str(path)], capture_output=True, check=True).stdout
    green = Image.open(io.BytesIO(data)).convert("RGB").getchannel("G")
    box = green.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    return left / PER_MM, top / PER_MM, (right - left) / PER_MM, (bottom - top) / PER_MM


@pytest.mark.real("pdftoppm")
@pytest.mark.requirement("SIG-2")
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 60, 500, 700)])
def test_the_seal_has_its_real_size_and_place(
    tmp_path: Path, trust_world: TrustWorld, rotate: int, crop: tuple[float, ...] | None
) -> None:
    pdf = small_pdf(rotate=rotate, crop=crop)  # type: ignore[arg-type]  # four numbers
    path = stamped(tmp_path, trust_world, pdf, SEAL)
    assert red_box_mm(path) == pytest.approx((40, 30, 36, 36), abs=0.5)


@pytest.mark.real("pdftoppm")
def test_a_page_in_other_units(tmp_path: Path, trust_world: TrustWorld) -> None:
    path = stamped(tmp_path, trust_world, small_pdf(user_unit=2), SEAL)
    with pikepdf.open(path) as pdf:
        rect = [float(edge) for edge in pdf.pages[0].Annots[0].Rect]
    assert (rect[2] - rect[0]) * 2 / POINTS_PER_MM == pytest.approx(36, abs=0.01)


@pytest.mark.real("pdftoppm")
@pytest.mark.parametrize(("page", "seen"), [(1, 1), (2, 2), (-1, 3), (-3, 1)])
def test_pages_count_from_either_end(
    tmp_path: Path, trust_world: TrustWorld, page: int, seen: int
) -> None:
    path = stamped(tmp_path, trust_world, small_pdf(pages=3), replace(SEAL, page=page))
    assert red_box_mm(path, seen)[2] == pytest.approx(36, abs=0.5)


@pytest.mark.real("pdftoppm")
def test_an_image_is_centred_and_never_distorted(tmp_path: Path, trust_world: TrustWorld) -> None:
    path = stamped(tmp_path, trust_world, small_pdf(), replace(SEAL, width_mm=60, height_mm=20))
    assert red_box_mm(path) == pytest.approx((60, 30, 20, 20), abs=0.5)


@pytest.mark.real("pdfsig")
def test_two_stamps_beside_each_other(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_b
    first = stamped(tmp_path, trust_world, small_pdf(), SEAL)
    both = signed(
        first.read_bytes(), tmp_path, key, request_for(key, stamp=replace(SEAL, top_mm=100))
    )
    first.write_bytes(both)
    assert pdfsig(first) == ["Signature is Valid."] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"page": 0},
        {"page": 2},
        {"page": -2},
        {"left_mm": 180},
        {"top_mm": 290},
        {"left_mm": -2},
        {"width_mm": 0},
        {"height_mm": -1},
    ],
)
def test_no_such_place(tmp_path: Path, trust_world: TrustWorld, change: dict[str, int]) -> None:
    assert refusal(tmp_path, trust_world, replace(SEAL, **change)) == "field_invalid"  # type: ignore[arg-type]  # numbers


def encode(image: Image.Image, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()


@pytest.mark.requirement("SIG-1")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"\x89PNG\r\n\x1a\n",
        seal_image()[:200],
        encode(Image.new("RGB", (9, 9))),
        encode(Image.new("RGBA", (9, 9), (0, 0, 0, 255))),
        encode(Image.new("RGB", (9, 9)), "JPEG"),
        encode(Image.new("P", (9, 9))),
        encode(Image.new("LA", (5000, 5000))),
    ],
)
def test_images_that_are_no_transparent_png(
    tmp_path: Path, trust_world: TrustWorld, data: bytes
) -> None:
    assert refusal(tmp_path, trust_world, replace(SEAL, image=data)) == "image_unreadable"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_every_kind_of_transparency_is_read(mode: str) -> None:
    image = Image.new("RGBA", (9, 9), (0, 0, 200, 0)).convert(mode)
    if mode == "P":
        image.info["transparency"] = image.getpixel((0, 0))
    assert load_image(encode(image)).mode == "RGBA"


def text_stamp(text: str, width: float = 60, height: float = 14) -> Stamp:
    return Stamp(1, 140, 5, width, height, None, text)


VIETNAMESE = "Số: 12/UBND-VP\n2026-11-22T09:05:07+07:00"


@pytest.mark.real("pdftotext")
@pytest.mark.requirement("SIG-4")
@pytest.mark.requirement("SIG-6")
def test_text_reads_back_and_is_upright_black_ten_points(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    path = stamped(tmp_path, trust_world, small_pdf(), text_stamp(VIETNAMESE))
    run = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == VIETNAMESE
    with pikepdf.open(path) as pdf:
        form = pdf.pages[0].Annots[0].AP.N
        assert b"\n0 g\nBT /F1 10 Tf\n" in form.read_bytes()
        assert "/XObject" not in form.Resources


@pytest.mark.real("pdftotext")
def test_every_vietnamese_letter_can_be_set(tmp_path: Path, trust_world: TrustWorld) -> None:
    letters = [chr(c) for c in range(0x1EA0, 0x1EFA)] + list("ăâđêôơưĂÂĐÊÔƠƯ")
    text = " ".join("".join(letters[i : i + 8]) for i in range(0, len(letters), 8))
    path = stamped(tmp_path, trust_world, small_pdf(), text_stamp(text, 60, 60))
    run = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    assert "".join(run.stdout.split()) == "".join(letters)


@pytest.mark.real("pdffonts")
def test_the_font_is_embedded_as_a_small_subset(tmp_path: Path, trust_world: TrustWorld) -> None:
    path = stamped(tmp_path, trust_world, small_pdf(), text_stamp(VIETNAMESE))
    run = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True)
    assert re.search(
        r"[A-Z]{6}\+LiberationSerif +CID TrueType +Identity-H +yes yes yes", run.stdout
    )
    assert path.stat().st_size < 20_000


@pytest.mark.parametrize(
    "text",
    ["漢", "\x07", "x" * 200, "one\ntwo\nthree\nfour\nfive", "a " * 999, "x" * 3000, "\ud800"],
)
def test_text_that_cannot_be_set_is_refused_not_shrunk(
    tmp_path: Path, trust_world: TrustWorld, text: str
) -> None:
    assert refusal(tmp_path, trust_world, text_stamp(text)) == "field_invalid"


def test_decomposed_letters_are_composed(tmp_path: Path, trust_world: TrustWorld) -> None:
    assert stamped(tmp_path, trust_world, small_pdf(), text_stamp("Nguye\u0302\u0303n")).exists()


def test_the_font_measures_in_thousandths_of_an_em() -> None:
    assert metrics().width("m") == 778
    assert metrics().width("ễ") == metrics().width("e")


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [(0, (0, 800)), (90, (0, 0)), (180, (600, 0)), (270, (600, 800))],
)
def test_the_seen_top_left_in_user_space(rotation: int, corner: tuple[int, int]) -> None:
    view = PageView(0, 0, 600, 800, rotation)
    box = view.box(Stamp(1, 0, 0, 10, 10))
    assert corner[0] in (pytest.approx(box[0]), pytest.approx(box[2]))
    assert corner[1] in (pytest.approx(box[1]), pytest.approx(box[3]))
