"""Pictures of changed pages in the printed report: as it was, as it is, the difference."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from antin.verifier.pictures import Picture
from antin.verifier.writers import words
from antin.verifier.writers.sentences import Translate, filled
from antin.verifier.writers.typesetting import Colour, Style, Typesetter, leading
from antin.verifier.writers.view_parts import PageView, Tone

MAX_PAGES: Final = 10
"""Pages of one report that are printed side by side; how many more there are is said."""
_HEIGHT: Final = 76.0
"""Millimetres that a picture may have."""
_BETWEEN: Final = 4.0
_MOST: Final = 200.0
INK: Final[Colour] = (28, 31, 36)
SOFT: Final[Colour] = (84, 92, 104)
LINE: Final[Colour] = (205, 210, 217)
COLOURS: Final[dict[Tone, Colour]] = {
    Tone.GOOD: (20, 104, 58),
    Tone.BAD: (163, 22, 31),
    Tone.UNSURE: (122, 74, 0),
    Tone.PLAIN: (59, 70, 84),
}


def draw_pages(
    page: Typesetter, shown: Sequence[PageView], count: int, translate: Translate
) -> int:
    """Draw the first of ``count`` pages at the current height; return how many these are."""
    if count == 0:
        return 0
    page.keep(_HEIGHT + 30 if shown else 20)
    page.ln(2.5)
    _say(page, translate(words.PICTURES), 10.5, INK, bold=True)
    for one in shown:
        _draw(page, one, translate(words.NO_PICTURE))
    if count > len(shown):
        left = filled(translate, words.AND_MORE, {"count": count - len(shown)})
        _say(page, left, 10, INK)
    return len(shown)


def _draw(page: Typesetter, one: PageView, nothing: str) -> None:
    text = len(page.broken(one.text, 9, page.epw)) * leading(9)
    page.keep(min(text + _HEIGHT + 18, _MOST))
    page.ln(1.5)
    _say(page, one.title, 10, COLOURS[one.tone], bold=True)
    _say(page, one.text, 9, INK)
    page.ln(1)
    top, width = page.get_y(), (page.epw - 2 * _BETWEEN) / 3
    below = top + 2 * leading(8) + 1
    for place, side in enumerate(one.sides):
        left = page.l_margin + place * (width + _BETWEEN)
        page.set_y(top)
        page.draw(page.broken(side.label, 8, width)[:2], 8, SOFT, left)
        if side.picture is None:
            page.set_y(below)
            page.write_at(nothing, 9, INK, left)
        else:
            _picture(page, side.picture, left, below, width)
    page.set_y(below + _HEIGHT + 1)


def _picture(page: Typesetter, picture: Picture, left: float, top: float, width: float) -> None:
    scale = min(width / picture.width, _HEIGHT / picture.height)
    size = (picture.width * scale, picture.height * scale)
    page.image(BytesIO(picture.png), left, top, *size)
    page.set_draw_color(*LINE)
    page.rect(left, top, *size)


def _say(page: Typesetter, text: str, size: float, colour: Colour, *, bold: bool = False) -> None:
    style: Style = "B" if bold else ""
    lines = page.broken(text, size, page.epw, style)
    page.draw(lines, size, colour, page.l_margin, style)
