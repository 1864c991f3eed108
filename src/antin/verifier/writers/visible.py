"""Foreign text made harmless: what can't be seen is shown as an escape, what is endless is cut.

Names, reasons and file names are written by whoever made the file. Direction controls can turn a
name around, zero-width characters can make two names look alike, control characters are forbidden
in XML and steer terminals, and nothing keeps a /Reason from being ten megabytes long.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

MAX_TEXT: Final = 500
"""Characters of one foreign text that are shown."""
_MAX_MARKS: Final = 3
"""Combining marks on one letter; Vietnamese needs two before composition."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by category, but nothing is to be seen of them."""


def visible(text: object, limit: int = MAX_TEXT) -> str:
    """Return ``text`` on one line, in NFC, at most ``limit`` characters; then "…" if cut.

    A character that can't be seen becomes its code point, e.g. ``[U+202E]``.
    """
    whole = str(text)
    cut = unicodedata.normalize("NFC", whole[: limit + 1])
    plain = cut.isascii() and cut.isprintable()
    shown = " ".join((cut if plain else "".join(_shown(cut))).split())
    if len(whole) <= limit + 1 and len(shown) <= limit:
        return shown
    return f"{shown[:limit]}…"


def _shown(text: str) -> Iterator[str]:
    marks = 0
    for letter in text:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if letter in "\t\n\r" or kind == "Zs":
            yield " "
        elif kind in _UNSEEN or letter in _BLANK or _selects(letter) or marks > _MAX_MARKS:
            yield f"[U+{ord(letter):04X}]"
        else:
            yield letter


def _selects(letter: str) -> bool:
    """Tell a variation selector, which changes nothing that a reader would notice."""
    return (
        "\u180b" <= letter <= "\u180f"
        or "\ufe00" <= letter <= "\ufe0f"
        or "\U000e0100" <= letter <= "\U000e01ef"
    )
