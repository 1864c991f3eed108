"""What two drawings of a page have in common: judged pixel by pixel, shown as PNG."""

import hashlib
import io
from collections.abc import Iterable
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from antin.infra.page_process import Drawn
from antin.verifier.pictures import Picture

_EDGE: Final = 2
"""Pixels around a box that its edges may touch when they are smoothed."""
_DARK: Final = 110
"""Grey levels: what is darker is ink."""
_LIGHTER: Final = 90
_LETTER: Final = 15
"""Pixels that a small letter has at the least."""
_FADED: Final = 0.7
_MARK: Final = (214, 0, 60)
_ALLOWED: Final = (0, 84, 200)


def image_of(drawn: Drawn) -> Image.Image:
    """Return the pixels as an image."""
    size = (drawn.width, drawn.height)
    return Image.frombuffer("RGB", size, drawn.pixels, "raw", "RGB", drawn.stride, 1)


def difference_of(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return a mask, white where a pixel differs; where one of them does not reach, it does."""
    size = (max(before.width, after.width), max(before.height, after.height))
    mask = Image.new("L", size, 255)
    common = (min(before.width, after.width), min(before.height, after.height))
    unlike = ImageChops.difference(before.crop((0, 0, *common)), after.crop((0, 0, *common)))
    red, green, blue = unlike.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    mask.paste(most.point(lambda level: 255 if level else 0), (0, 0))
    return mask


def hides_ink(
    before: Image.Image, after: Image.Image, boxes: Iterable[tuple[int, int, int, int]]
) -> bool:
    """Tell whether something dark inside ``boxes`` is much lighter now: text that was painted over.

    What shines through, or is overprinted, is no lighter.
    """
    was, now = before.convert("L"), after.convert("L")
    dark = was.point(lambda level: 255 if level < _DARK else 0)
    lighter = ImageChops.subtract(now, was).point(lambda level: 255 if level > _LIGHTER else 0)
    inside = Image.new("L", was.size, 0)
    for box in boxes:
        inside.paste(255, _grown(box, was.size))
    gone = ImageChops.darker(ImageChops.darker(dark, lighter), inside)
    return gone.histogram()[255] >= _LETTER


def differs_outside(mask: Image.Image, boxes: Iterable[tuple[int, int, int, int]]) -> bool:
    """Tell whether ``mask`` is white anywhere outside the boxes."""
    left = mask.copy()
    for box in boxes:
        left.paste(0, _grown(box, mask.size))
    return left.getbbox() is not None


def _grown(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    x1, x2 = sorted((box[0], box[2]))
    y1, y2 = sorted((box[1], box[3]))
    width, height = size
    x1, x2 = (min(max(x, 0), width) for x in (x1 - _EDGE, x2 + _EDGE + 1))
    y1, y2 = (min(max(y, 0), height) for y in (y1 - _EDGE, y2 + _EDGE + 1))
    return x1, y1, x2, y2


def difference_picture(
    after: Image.Image, mask: Image.Image, boxes: Iterable[tuple[int, int, int, int]]
) -> Image.Image:
    """Return the page as it is now, faded, with what differs in colour.

    Red outside the boxes, blue inside; a fat line, so that a full stop is seen as well.
    """
    ground = Image.new("RGB", mask.size, "white")
    faded = Image.blend(
        after.convert("L").convert("RGB"), Image.new("RGB", after.size, "white"), _FADED
    )
    ground.paste(faded, (0, 0))
    ink = Image.new("RGB", mask.size, _MARK)
    for box in boxes:
        ink.paste(_ALLOWED, _grown(box, mask.size))
    ground.paste(ink, (0, 0), mask.filter(ImageFilter.MaxFilter(3)))
    return ground


def picture_of(image: Image.Image) -> Picture:
    """Return an image as PNG."""
    output = io.BytesIO()
    image.save(output, "PNG")
    png = output.getvalue()
    return Picture(png, image.width, image.height, hashlib.sha256(png).hexdigest())
