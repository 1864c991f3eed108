"""The typeface that Antin ships: Liberation Serif, which has the Vietnamese letters."""

from functools import cache
from importlib.resources import files
from typing import Final, Literal

Style = Literal["Regular", "Bold"]
_STYLES: Final[tuple[Style, ...]] = ("Regular", "Bold")
MISSING: Final = "□"
"""Stands for a letter that the typeface lacks; it has this one."""


def font_path(style: Style = "Regular") -> str:
    """Return the path of the TrueType file of ``style``."""
    return str(files("antin.core") / "fonts" / f"LiberationSerif-{style}.ttf")


def font_bytes(style: Style = "Regular") -> bytes:
    """Return the TrueType file of ``style``."""
    return (files("antin.core") / "fonts" / f"LiberationSerif-{style}.ttf").read_bytes()


@cache
def known_letters() -> frozenset[int]:
    """Return the code points that every style of the typeface can show."""
    from fontTools.ttLib import TTFont

    known: list[frozenset[int]] = []
    for style in _STYLES:
        with TTFont(font_path(style), lazy=True) as font:
            known.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*known)
