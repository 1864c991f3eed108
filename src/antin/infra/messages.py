"""What people read, in their language: sentences of codes and texts of the command line.

English is the language of the source and of JSON; gettext catalogues (``locale/``) hold the
translations. Only ``api/`` and ``cli/`` ask here; everything below speaks in codes.
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from antin.core.errors import AntinError, fill
from antin.core.phrases import translated

LANGUAGES: Final = ("vi", "en")
DEFAULT: Final = "vi"
LOCALE: Final = Path(__file__).parent / "locale"

Translate = Callable[[str], str]


@cache
def translator(language: str) -> Translate:
    """Return the function that turns an English message id into ``language``.

    An unknown language, or a text without translation, reads in English.
    """
    return gettext.translation("antin", LOCALE, [language], fallback=True).gettext


def explain(error: AntinError, language: str) -> str:
    """Return the sentence of ``error`` in ``language``, its values filled in."""
    translate = translator(language)
    return fill(translate(error.sentence), translated(translate, error.values))


def accepted(header: str | None, default: str = DEFAULT) -> str:
    """Return the best language of an Accept-Language ``header`` (RFC 9110 §12.5.4)."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate((header or "").split(",")[:16]):
        name, _, quality = part.strip().partition(";q=")
        tag = name.strip().lower().split("-")[0]
        if tag in LANGUAGES:
            wanted.append((-_quality(quality), place, tag))
    return min(wanted)[2] if wanted else default


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
