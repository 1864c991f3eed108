"""A round agency seal that nobody could take for a real one."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from examples.specimen import AGENCY, SHIPPED_FONTS
from examples.typeface import typeface

RED: Final = (206, 22, 32)
DIAMETER_MM: Final = 36.0
SIZE: Final = 510
"""Pixels across: 360 dots an inch at 36 mm."""
_FINE: Final = 5
_BOLD: Final = SHIPPED_FONTS / "LiberationSerif-Bold.ttf"


@dataclass(frozen=True)
class _Ring:
    """A circle for text: its radius in pixels and the middle of the picture."""

    centre: float
    radius: float


def make_seal(owner: str = AGENCY) -> Image.Image:
    """Return the owner's seal in red, transparent between; its rim touches the picture's edges."""
    mask = Image.new("L", (SIZE * _FINE, SIZE * _FINE))
    pen = ImageDraw.Draw(mask)
    full = float(mask.width)
    for outer, width in ((0.5, 0.018), (0.47, 0.006), (0.325, 0.006)):
        _circle(pen, full, outer * full, width * full)
    ring = _Ring(full / 2, 0.395 * full)
    _write_around(mask, ring, owner, 0.082 * full, upper=True)
    _write_around(mask, ring, "MẪU · SPECIMEN", 0.062 * full, upper=False)
    _star(pen, (full / 2, 0.475 * full), 0.175 * full)
    font = typeface(_BOLD, int(0.085 * full))
    pen.text((full / 2, 0.715 * full), "MẪU", font=font, fill=255, anchor="mm")
    picture = Image.new("RGBA", (SIZE, SIZE), (*RED, 0))
    picture.putalpha(mask.resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    return picture


def _circle(pen: ImageDraw.ImageDraw, full: float, radius: float, width: float) -> None:
    box = (full / 2 - radius, full / 2 - radius, full / 2 + radius - 1, full / 2 + radius - 1)
    pen.ellipse(box, outline=255, width=int(width))


def _star(pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float) -> None:
    corners = []
    for number in range(10):
        reach = radius if number % 2 == 0 else radius * 0.382
        angle = number * pi / 5
        corners.append((centre[0] + reach * sin(angle), centre[1] - reach * cos(angle)))
    pen.polygon(corners, fill=255)


def _write_around(mask: Image.Image, ring: _Ring, text: str, points: float, *, upper: bool) -> None:
    """Write ``text`` along the ring, centred at its top or (upright to the reader) its bottom."""
    font = typeface(_BOLD, int(points))
    advances = [font.getlength(letter) * 1.06 for letter in text]
    along = -sum(advances) / 2
    for letter, advance in zip(text, advances, strict=True):
        angle = (along + advance / 2) / ring.radius
        _paste_letter(mask, ring, font, letter, angle if upper else pi - angle, upper=upper)
        along += advance


def _paste_letter(
    mask: Image.Image,
    ring: _Ring,
    font: ImageFont.FreeTypeFont,
    letter: str,
    angle: float,
    *,
    upper: bool,
) -> None:
    side = int(font.size * 2.2)
    tile = Image.new("L", (side, side))
    # The middle of a capital letter, not of its accents, stands on the ring.
    baseline = side / 2 + font.size * 0.33
    ImageDraw.Draw(tile).text((side / 2, baseline), letter, font=font, fill=255, anchor="ms")
    turn = -angle if upper else pi - angle
    tile = tile.rotate(turn * 180 / pi, resample=Image.Resampling.BICUBIC)
    left = int(ring.centre + ring.radius * sin(angle) - side / 2)
    top = int(ring.centre - ring.radius * cos(angle) - side / 2)
    under = mask.crop((left, top, left + side, top + side))
    mask.paste(ImageChops.lighter(under, tile), (left, top))
