"""Colours of a stamp: those of the device, or ones that a file's conformance defines (PDF/A)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from antin.pdf.objects import Dictionary, Name, Value
from antin.signer.conformance import Claims

_WHITE: Final[Value] = (Decimal("0.9505"), Decimal("1.0"), Decimal("1.089"))
_GAMMA: Final = Decimal("2.2")
_SRGB_MATRIX: Final = "0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505"
_CAL_GRAY: Final[Value] = (Name("CalGray"), {"WhitePoint": _WHITE, "Gamma": _GAMMA})
_CAL_RGB: Final[Value] = (
    Name("CalRGB"),
    {
        "WhitePoint": _WHITE,
        "Gamma": (_GAMMA, _GAMMA, _GAMMA),
        "Matrix": tuple(Decimal(number) for number in _SRGB_MATRIX.split()),
    },
)
"""sRGB, nearly: defined by itself (ISO 32000-2 §8.6.5.3)."""


@dataclass(frozen=True)
class Palette:
    """How a stamp may be coloured in one file."""

    rgb: Value
    """Colour space of pictures."""
    black: bytes
    """Operators that make what follows black."""
    spaces: Dictionary
    """Resources that these operators name."""
    is_soft: bool
    """Pictures may be transparent by degrees."""
    standard: str
    """The standard that the file claims to keep."""


def palette_for(claims: Claims) -> Palette:
    """Return the colours that keep a file what it claims to be."""
    gray = claims.allows_gray
    return Palette(
        rgb=Name("DeviceRGB") if claims.allows_rgb else _CAL_RGB,
        black=b"0 g" if gray else b"/Cs1 cs 0 sc",
        spaces={} if gray else {"Cs1": _CAL_GRAY},
        is_soft=claims.allows_transparency,
        standard=claims.standard,
    )
