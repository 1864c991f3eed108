"""The font that Antin ships, measured, subset and embedded as a CIDFontType2 (ISO 32000-2 §9.7)."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from antin.core.fonts import font_bytes
from antin.pdf.objects import Dictionary, Name, Ref, Value
from antin.pdf.serialise import NewStream, compressed
from antin.pdf.writer import Update

_EM: Final = 1000
"""Glyph space units per em in a PDF."""
_DROPPED: Final = ["GPOS", "GSUB", "GDEF", "FFTM", "kern", "DSIG", "gasp"]
_SYMBOLIC: Final = 4


@dataclass(frozen=True)
class FontMetrics:
    """What laying out text needs; lengths in thousandths of an em."""

    glyphs: Mapping[int, int]
    """Glyph of each code point."""
    widths: tuple[int, ...]
    """Advance of each glyph."""
    names: tuple[str, ...]
    """Name of each glyph."""
    ascent: int
    descent: int
    box: tuple[int, ...]

    def width(self, text: str) -> int:
        """Return the advance of ``text``, all of whose characters the font has."""
        return sum(self.widths[self.glyphs[ord(character)]] for character in text)


@dataclass(frozen=True)
class EmbeddedFont:
    """A font in the file, with the characters that it was embedded for."""

    font: Ref
    codes: Mapping[str, int]
    """Number of each character's glyph in it."""

    def encode(self, text: str) -> bytes:
        """Return ``text`` as a hexadecimal string of glyph numbers, for Identity-H."""
        return b"<%s>" % b"".join(b"%04X" % self.codes[character] for character in text)


@dataclass(frozen=True)
class _Subset:
    program: bytes
    names: tuple[str, ...]
    """Its glyphs in their order."""


@cache
def metrics() -> FontMetrics:
    """Return the metrics of the shipped font."""
    font = _open()
    scale = _EM / font["head"].unitsPerEm
    head, lines = font["head"], font["hhea"]
    order = font.getGlyphOrder()
    return FontMetrics(
        glyphs={point: font.getGlyphID(glyph) for point, glyph in font.getBestCmap().items()},
        widths=tuple(round(font["hmtx"][glyph][0] * scale) for glyph in order),
        names=tuple(order),
        ascent=round(lines.ascent * scale),
        descent=round(lines.descent * scale),
        box=tuple(round(edge * scale) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)),
    )


def embed(update: Update, characters: str, *, lists_glyphs: bool = False) -> EmbeddedFont:
    """Add a subset of the font with ``characters`` to the file: a Type 0 font.

    ``lists_glyphs`` adds /CIDSet, which PDF/A-1 wants of subsets (ISO 19005-1 §6.3.5) and PDF 2.0
    no longer knows.
    """
    drawn = {one: metrics().glyphs[ord(one)] for one in sorted(set(characters))}
    subset = _subset(sorted(set(drawn.values())))
    numbers = {glyph: number for number, glyph in enumerate(subset.names)}
    codes = {one: numbers[metrics().names[glyph]] for one, glyph in drawn.items()}
    program = subset.program
    tag = "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(program).digest()[:6])
    base = Name(f"{tag}+LiberationSerif")
    embedded = update.add(compressed({"Length1": len(program)}, program))
    listed = {"CIDSet": update.add(_cid_set(subset))} if lists_glyphs else {}
    descendant: dict[str, Value] = {
        "Type": Name("Font"),
        "Subtype": Name("CIDFontType2"),
        "BaseFont": base,
        "CIDSystemInfo": {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0},
        "CIDToGIDMap": Name("Identity"),
        "W": (0, _widths(subset)),
        "FontDescriptor": update.add({**_descriptor(base, embedded), **listed}),
    }
    font: dict[str, Value] = {
        "Type": Name("Font"),
        "Subtype": Name("Type0"),
        "BaseFont": base,
        "Encoding": Name("Identity-H"),
        "DescendantFonts": (update.add(descendant),),
        "ToUnicode": update.add(compressed({}, _to_unicode(codes))),
    }
    return EmbeddedFont(update.add(font), codes)


@cache
def _bytes() -> bytes:
    return font_bytes()


def _open() -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(io.BytesIO(_bytes()), lazy=True, recalcTimestamp=False)


def _subset(glyphs: list[int]) -> _Subset:
    """Return a font program with these glyphs, those they are composed of, and nothing else."""
    from fontTools.subset import Options, Subsetter

    font = _open()
    options = Options(hinting=False, notdef_outline=True, layout_features=[])
    options.drop_tables += _DROPPED
    options.name_IDs = []
    subsetter = Subsetter(options)
    subsetter.populate(gids=glyphs)
    subsetter.subset(font)
    target = io.BytesIO()
    font.save(target)
    return _Subset(target.getvalue(), tuple(font.getGlyphOrder()))


def _widths(subset: _Subset) -> tuple[int, ...]:
    widths = dict(zip(metrics().names, metrics().widths, strict=True))
    return tuple(widths[glyph] for glyph in subset.names)


def _cid_set(subset: _Subset) -> NewStream:
    """Return a bit for each glyph of the program, the first one highest: all are there."""
    full, rest = divmod(len(subset.names), 8)
    last = bytes([0xFF00 >> rest & 0xFF]) if rest else b""
    return compressed({}, b"\xff" * full + last)


def _descriptor(base: Name, program: Ref) -> Dictionary:
    font = metrics()
    return {
        "Type": Name("FontDescriptor"),
        "FontName": base,
        "Flags": _SYMBOLIC,
        "FontBBox": font.box,
        "ItalicAngle": 0,
        "Ascent": font.ascent,
        "Descent": font.descent,
        "CapHeight": 662,
        "StemV": 80,
        "FontFile2": program,
    }


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    """Return the CMap by which readers copy and search the text (ISO 32000-2 §9.10.3)."""
    used = sorted((glyph, character) for character, glyph in codes.items())
    pairs = [f"<{g:04X}> <{c.encode('utf-16-be').hex().upper()}>" for g, c in used]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    body = [f"{len(b)} beginbfchar\n" + "\n".join(b) + "\nendbfchar" for b in blocks]
    head = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange"
    )
    tail = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    return "\n".join([head, *body, tail]).encode()
