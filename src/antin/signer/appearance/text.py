"""Lines of upright black 10 pt text in the font that Antin ships (Decree 30/2020, SIG-6)."""

import io
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from antin.core.errors import RefusedError

FONT_SIZE: Final = 10.0
LINE_HEIGHT: Final = 11.5
_ASCENT: Final = 0.891
"""Of the font, in ems."""
_DESCENT: Final = 0.216
_MAX_TEXT: Final = 2_000


@dataclass(frozen=True)
class DrawnText:
    """Content stream operators and the font resource that they use under the name /F1."""

    operators: bytes
    font: object


@cache
def _font_bytes() -> bytes:
    folder = files("antin.signer.appearance") / "fonts"
    return (folder / "LiberationSerif-Regular.ttf").read_bytes()


def draw_text(
    writer: IncrementalPdfFileWriter, text: str, width: float, height: float
) -> DrawnText:
    """Return ``text`` set from the top left of a box of ``width`` × ``height`` points.

    Long lines break at spaces. ``field_invalid`` when the text does not fit at its size, which the
    decree fixes, or has a character that the font lacks: nothing is shrunk or left out silently.
    """
    if len(text) > _MAX_TEXT:
        raise RefusedError("field_invalid", field="stamp", detail="its text is too long")
    font = GlyphAccumulator(writer, io.BytesIO(_font_bytes()), FONT_SIZE)
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    _check_glyphs(font, clean)
    lines = [line for part in clean.split("\n") for line in _wrap(font, part, width)]
    needed = (len(lines) - 1) * LINE_HEIGHT + (_ASCENT + _DESCENT) * FONT_SIZE
    if needed > height + 0.5:
        raise RefusedError("field_invalid", field="stamp", detail="its text does not fit the box")
    drawn = [b"BT /F1 %g Tf 0 g" % FONT_SIZE]
    for number, line in enumerate(lines):
        baseline = height - _ASCENT * FONT_SIZE - number * LINE_HEIGHT
        drawn.append(b"1 0 0 1 0 %.3f Tm %s" % (baseline, font.shape(line).graphics_ops))
    return DrawnText(b"\n".join([*drawn, b"ET"]), font.as_resource())


def _check_glyphs(font: GlyphAccumulator, text: str) -> None:
    known = font.tt.getBestCmap()
    missing = sorted({c for c in text if c != "\n" and ord(c) not in known})
    if missing:
        name = f"U+{ord(missing[0]):04X}"
        raise RefusedError("field_invalid", field="stamp", detail=f"the font has no glyph {name}")


def _wrap(font: GlyphAccumulator, line: str, width: float) -> list[str]:
    lines, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if current and _width(font, longer) > width:
            lines.append(current)
            current = word
        else:
            current = longer
    if any(_width(font, item) > width + 0.5 for item in (*lines, current)):
        raise RefusedError("field_invalid", field="stamp", detail="a word does not fit the box")
    return [*lines, current]


def _width(font: GlyphAccumulator, text: str) -> float:
    return float(font.shape(text).x_advance) * FONT_SIZE
