"""Lines of upright black 10 pt text in the font that Antin ships (Decree 30/2020, appendix I)."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from antin.core.errors import RefusedError
from antin.pdf.objects import Ref
from antin.pdf.writer import Update
from antin.signer.appearance.fonts import embed, metrics

FONT_SIZE: Final = 10.0
"""Points; the decree fixes it."""
LINE_HEIGHT: Final = 11.5
_MAX_TEXT: Final = 2_000
_SLACK: Final = 0.5


@dataclass(frozen=True)
class DrawnText:
    """Content stream operators and the font resource that they use under the name /F1."""

    operators: bytes
    font: Ref


def draw_text(
    update: Update, text: str, width: float, height: float, *, lists_glyphs: bool = False
) -> DrawnText:
    """Return ``text`` set from the top left of a box of ``width`` × ``height`` points.

    Long lines break at spaces; the colour is what it was before. ``lists_glyphs``: see
    :func:`antin.signer.appearance.fonts.embed`. ``field_invalid`` when the text
    does not fit at its size or has a character that the font lacks: nothing is shrunk or left out
    silently.
    """
    if len(text) > _MAX_TEXT:
        raise _refused("its text is too long")
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    _check_glyphs(clean)
    lines = [line for part in clean.split("\n") for line in _wrap(part, width)]
    font = metrics()
    needed = (len(lines) - 1) * LINE_HEIGHT + (font.ascent - font.descent) / 1000 * FONT_SIZE
    if needed > height + _SLACK:
        raise _refused("its text does not fit the box")
    embedded = embed(update, "".join(lines), lists_glyphs=lists_glyphs)
    drawn = [b"BT /F1 %g Tf" % FONT_SIZE]
    for count, line in enumerate(lines):
        baseline = height - font.ascent / 1000 * FONT_SIZE - count * LINE_HEIGHT
        drawn.append(b"1 0 0 1 0 %.3f Tm %s Tj" % (baseline, embedded.encode(line)))
    return DrawnText(b"\n".join([*drawn, b"ET"]), embedded.font)


def _check_glyphs(text: str) -> None:
    missing = sorted({c for c in text if c != "\n" and ord(c) not in metrics().glyphs})
    if missing:
        raise _refused(f"the font has no glyph U+{ord(missing[0]):04X}")


def _wrap(line: str, width: float) -> list[str]:
    lines, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if current and _width(longer) > width:
            lines.append(current)
            current = word
        else:
            current = longer
    if any(_width(item) > width + _SLACK for item in (*lines, current)):
        raise _refused("a word does not fit the box")
    return [*lines, current]


def _width(text: str) -> float:
    return metrics().width(text) / 1000 * FONT_SIZE


def _refused(detail: str) -> RefusedError:
    return RefusedError("field_invalid", field="stamp", detail=detail)
