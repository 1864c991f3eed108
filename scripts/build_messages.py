"""Keep the message catalogues: ``update`` them from the source, ``compile`` them for gettext.

``uv run scripts/build_messages.py update`` adds new texts to the .po files, where a person
translates them; ``compile`` (also done by the build, see hatch_build.py) writes the .mo files that
the program reads and that are not kept in the repository.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "antin"
LOCALE: Final = SOURCE / "infra" / "locale"
LANGUAGES: Final = ("vi", "en")
_EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed date in every header: catalogues change when their texts do."""


def extracted() -> Catalog:
    """Return all message ids marked in the source by ``_()`` or ``N_()``."""
    catalog = Catalog(project="antin", creation_date=_EPOCH, revision_date=_EPOCH)
    found = extract_from_dir(SOURCE, keywords={"_": None, "N_": None}, comment_tags=())
    for name, _line, message, _comments, _context in sorted(found, key=lambda item: item[:2]):
        catalog.add(message, locations=[(f"src/antin/{name}", 0)])
    return catalog


def catalogue(language: str) -> Catalog:
    """Return the catalogue of ``language`` as kept; an empty one if there is none yet."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="antin", creation_date=_EPOCH)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po_path(language: str) -> Path:
    """Return where the catalogue of ``language`` is kept."""
    return LOCALE / language / "LC_MESSAGES" / "antin.po"


def update() -> None:
    """Bring every .po file in line with the source; what is gone is dropped."""
    template = extracted()
    for language in LANGUAGES:
        kept = catalogue(language)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.creation_date = kept.revision_date = _EPOCH
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, kept, sort_output=True, no_location=True, width=96)


def compile_all() -> None:
    """Write the .mo file beside every .po file."""
    for language in LANGUAGES:
        with po_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue(language))


def main() -> None:
    """Run ``update`` or ``compile``; without a word, both."""
    words = sys.argv[1:] or ["update", "compile"]
    for word in words:
        {"update": update, "compile": compile_all}[word]()


if __name__ == "__main__":
    main()
