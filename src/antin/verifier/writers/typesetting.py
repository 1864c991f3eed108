"""Lines of text on PDF pages: broken once, measured by cached widths, drawn where they stand.

fpdf2's own tables and cells break every text three times over, at half a minute for the report on a
hostile file.
"""

from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import Final, Literal

from fpdf import FPDF

from antin.core.fonts import MISSING, font_path, known_letters

Style = Literal["", "B"]
Colour = tuple[int, int, int]
FAMILY: Final = "Serif"
_MM_PER_PT: Final = 0.45
"""Height of a line in millimetres, per point of the letters' size."""
_BASELINE: Final = 0.76
"""Of a line's height, from its top."""
_MEASURED_AT: Final = 100.0


def known(text: str) -> str:
    """Return ``text`` with □ for letters that the typeface lacks."""
    letters = known_letters()
    return "".join(letter if ord(letter) in letters else MISSING for letter in text)


def leading(size: float) -> float:
    """Return the height in millimetres of a line of letters of ``size`` points."""
    return size * _MM_PER_PT


class Typesetter(FPDF):
    """A4 pages in the shipped typeface."""

    def __init__(self, margin: float) -> None:
        super().__init__(format="A4")
        self.set_margins(margin, margin, margin)
        self.set_auto_page_break(auto=True, margin=margin)
        self.add_font(FAMILY, "", font_path("Regular"))
        self.add_font(FAMILY, "B", font_path("Bold"))
        self._widths: dict[tuple[Style, str], float] = {}

    def broken(self, text: str, size: float, width: float, style: Style = "") -> list[str]:
        """Return ``text`` in lines of at most ``width`` millimetres; long words are cut."""
        lines, line, used = [], "", 0.0
        space = self._width(" ", size, style)
        for word in known(text).split():
            needed = sum(self._width(letter, size, style) for letter in word)
            if line and used + space + needed <= width:
                line, used = f"{line} {word}", used + space + needed
                continue
            if line:
                lines.append(line)
            line, used = word, needed
            while used > width:
                head = self._head(line, size, width, style)
                lines.append(line[:head])
                line = line[head:]
                used = sum(self._width(letter, size, style) for letter in line)
        return [*lines, line] if line else lines or [""]

    def _head(self, word: str, size: float, width: float, style: Style) -> int:
        """Return how many letters of ``word`` fit, one at least."""
        ends = accumulate(self._width(letter, size, style) for letter in word)
        return max(1, sum(1 for _ in takewhile(lambda end: end <= width, ends)))

    def _width(self, letter: str, size: float, style: Style) -> float:
        key = (style, letter)
        if key not in self._widths:
            self.set_font(FAMILY, style, _MEASURED_AT)
            self._widths[key] = self.get_string_width(letter) / _MEASURED_AT
        return self._widths[key] * size

    def draw(
        self,
        lines: Sequence[str],
        size: float,
        colour: Colour,
        left: float,
        style: Style = "",
    ) -> None:
        """Draw lines one below the other from the current height on, over pages if need be."""
        height = leading(size)
        for line in lines:
            self.keep(height)
            self.write_at(line, size, colour, left, style)
            self.set_y(self.get_y() + height)

    def write_at(
        self, line: str, size: float, colour: Colour, left: float, style: Style = ""
    ) -> None:
        """Draw one line at the current height, which stays."""
        self.set_font(FAMILY, style, size)
        self.set_text_color(*colour)
        self.text(left, self.get_y() + _BASELINE * leading(size), line)

    def keep(self, millimetres: float) -> None:
        """Go to a new page unless that much room is left on this one."""
        if self.will_page_break(millimetres):
            self.add_page()
