"""Keep the message catalogues: compile them for gettext, and bring them in line with the source.

Without a word it writes the .mo files that the program reads and that are not kept in the
repository (the build does this too, see hatch_build.py). ``--update`` adds new texts to the .po
files before, where a person translates them; ``--check`` fails when a translation is missing.
"""

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "antin"
LOCALE: Final = SOURCE / "infra" / "locale"
NAMES: Final = {"vi": "Vietnamese", "en": "English"}
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


def updated(language: str) -> Catalog:
    """Return the catalogue of ``language`` brought in line with the source."""
    kept = catalogue(language)
    kept.update(extracted(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    kept.header_comment = f"# Antin's texts in {NAMES[language]}; message ids are English."
    kept.project, kept.version, kept.fuzzy = "antin", "1", False
    kept.last_translator = kept.language_team = kept.msgid_bugs_address = "Antin"
    kept.creation_date = kept.revision_date = _EPOCH
    return kept


def text_of(kept: Catalog) -> bytes:
    """Return the .po text of a catalogue."""
    buffer = BytesIO()
    write_po(buffer, kept, sort_output=True, no_location=True, width=96)
    return buffer.getvalue()


def update() -> None:
    """Bring every .po file in line with the source; what is gone is dropped."""
    for language in NAMES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text_of(updated(language)))


def compile_all() -> None:
    """Write the .mo file beside every .po file."""
    for language in NAMES:
        with po_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue(language))


def problems() -> list[str]:
    """Return what is wrong with the catalogues; English needs no translations."""
    found = [
        f"{language}: not in line with the source: run with --update"
        for language in NAMES
        if not po_path(language).exists()
        or po_path(language).read_bytes() != text_of(updated(language))
    ]
    for message in updated("vi"):
        if not message.id:
            continue
        if not message.string:
            found.append(f"vi: no translation of {message.id!r}")
        elif _places(message.id) != _places(message.string):
            found.append(f"vi: other placeholders than in {message.id!r}")
    return found


def _places(text: object) -> set[str]:
    return set(re.findall(r"\{\w+\}", str(text)))


def main() -> int:
    """Compile; with ``--update`` update before, with ``--check`` say what is wrong."""
    if "--update" in sys.argv[1:]:
        update()
    compile_all()
    wrong = problems() if "--check" in sys.argv[1:] else []
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
