"""How our reader takes every file of the corpus in both manners, beside qpdf's verdict.

``python -m tests.corpus.readings.table`` judges all files anew and writes readings.json: by
SHA-256 the name, qpdf's verdict (exit code of its check, opened as it is, opened by repairing),
and the outcomes of strict and of tolerant reading.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.pdf.deviations import Deviation
from antin.pdf.document import Manner, PdfDocument, open_pdf
from tests.corpus.outcomes import files
from tests.corpus.readings.verdicts import Verdict, judge

TABLE: Final = Path(__file__).with_name("readings.json")


@dataclass(frozen=True)
class Reading:
    """One file: what qpdf says, and how each of our manners of reading ends."""

    file: str
    qpdf: Verdict
    strict: str
    tolerant: str


def outcome(path: Path, manner: Manner) -> str:
    """Return ``opened`` with deviations and repairs by code and first offset, or the refusal."""
    with FileSource(path) as source:
        try:
            document = open_pdf(source, manner)
            _ = document.page_count
            deviations = _all_deviations(document)
        except InputError as error:
            return f"refused {error.code} @{error.values.get('offset')}"
        repaired = [f"repaired {text}" for text in _summary(document.repairs)]
        return "; ".join(["opened", *_summary(deviations), *repaired])


def _all_deviations(document: PdfDocument) -> tuple[Deviation, ...]:
    """Return the deviations of the file and of every object that its last reader sees."""
    view, history = document.final_view, document.history
    places = ((number, view.place(number)) for number in sorted(history.numbers()))
    objects = (history.oddities(number, place) for number, place in places if place is not None)
    return (*document.deviations, *(note for notes in objects for note in notes))


def _summary(notes: Iterable[Deviation]) -> list[str]:
    """Return each code once, with its first offset and how often it came."""
    by_code: dict[str, list[int | None]] = {}
    for note in notes:
        by_code.setdefault(note.code, []).append(note.offset)
    return [f"{code} @{at[0]} ×{len(at)}" for code, at in sorted(by_code.items())]


def load() -> dict[str, Reading]:
    """Return the pinned table."""
    pinned = json.loads(TABLE.read_text())
    return {
        sha256: Reading(file, Verdict(*qpdf), strict, tolerant)
        for sha256, (file, qpdf, strict, tolerant) in pinned.items()
    }


def read(path: Path) -> Reading:
    """Return the reading of one file."""
    return Reading(
        path.name, judge(path), outcome(path, Manner.STRICT), outcome(path, Manner.TOLERANT)
    )


def main() -> int:
    """Write the table anew."""
    found = {sha256: astuple(read(path)) for sha256, path in files()}
    lines = ",\n".join(
        f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in sorted(found.items())
    )
    TABLE.write_text(f"{{\n{lines}\n}}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
