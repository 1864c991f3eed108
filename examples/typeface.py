"""Typefaces for pictures, laid out the same way on every machine."""

from pathlib import Path

from PIL import ImageFont


def typeface(path: Path, size: float) -> ImageFont.FreeTypeFont:
    """Return the typeface at ``size`` pixels.

    Pillow would lay text out by a library of the machine where it finds one, a little differently.
    """
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
