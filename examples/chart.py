"""A bar chart drawn as vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

from examples.page import FONT, LEFT, OfficialPage

_ROW, _LABEL, _SCALE = 7.2, 62.0, 86.0
"""Height of a bar's row, width of the labels, length of 100 %; millimetres."""


@dataclass(frozen=True)
class Bar:
    """One bar: its length in thousandths of the whole and the figure beside it."""

    label: str
    permille: int
    figure: str


def draw_bars(page: OfficialPage, caption: str, bars: Sequence[Bar]) -> None:
    """Draw horizontal bars with an axis in steps of 20 %, and the caption below."""
    if page.will_page_break(_ROW * len(bars) + 24):
        page.add_page()
    page.ln(4)
    top = page.get_y()
    bottom = top + _ROW * len(bars)
    _axis(page, top, bottom)
    with page.local_context(fill_color=(46, 94, 140)):
        for number, bar in enumerate(bars):
            _bar(page, bar, top + number * _ROW)
    page.set_draw_color(0)
    page.set_y(bottom + 6)
    page.set_font(FONT, "I", 13)
    page.cell(0, 6, caption, align="C", new_x="LMARGIN", new_y="NEXT")
    page.ln(2)


def _axis(page: OfficialPage, top: float, bottom: float) -> None:
    page.set_font(FONT, size=10)
    for mark in range(0, 101, 20):
        x = LEFT + _LABEL + _SCALE * mark / 100
        page.set_draw_color(0 if mark == 0 else 205)
        page.set_line_width(0.3 if mark == 0 else 0.15)
        page.line(x, top, x, bottom + 1)
        page.set_xy(x - 8, bottom + 1)
        page.cell(16, 4, str(mark), align="C")


def _bar(page: OfficialPage, bar: Bar, top: float) -> None:
    length = _SCALE * bar.permille / 1000
    page.set_font(FONT, size=11)
    page.set_xy(LEFT, top)
    page.cell(_LABEL - 2, _ROW, bar.label, align="R")
    page.rect(LEFT + _LABEL, top + 1.3, length, _ROW - 2.6, style="F")
    page.set_xy(LEFT + _LABEL + length + 0.5, top)
    page.cell(14, _ROW, bar.figure)
