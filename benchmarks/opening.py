"""``pdf.open.*``: open a signed file and know its revisions, fields and signatures."""

import json
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.material import Material

if TYPE_CHECKING:
    from antin.pdf.document import PdfDocument

_NEAR_END = 4 << 10
_DATA = b"stream\n"
_LINKED = 20_000_000
"""Larger files are made once, and every run has a name of its own for the same bytes."""


@dataclass(frozen=True)
class Open:
    """A file by ``make`` (its argument tells files apart), signed once, B-B."""

    name: str
    material: Material
    make: Callable[[int], bytes]

    def make_files(self, folder: Path, runs: int) -> None:
        """Make and sign a file for each run."""
        from benchmarks.signing import sign_with

        sign = sign_with(self.material)
        for number in range(runs + 1):
            path, plain = folder / f"{number}.pdf", folder / "plain.pdf"
            first = folder / "0.pdf"
            if number and first.stat().st_size > _LINKED:
                path.hardlink_to(first)
            else:
                plain.write_bytes(self.make(number))
                sign(plain, path)
                plain.unlink()
            _describe(path)

    def load(self) -> None:
        """Import the reader."""
        import antin.pdf.document  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "Opening":
        """Read where the structure of each file lies."""
        return Opening(folder)


class Opening:
    """Opens run ``number``'s file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._document: PdfDocument | None = None
        runs = len(list(folder.glob("*.json")))
        self._tables = [json.loads((folder / f"{n}.json").read_text()) for n in range(runs)]

    def value(self, number: int) -> None:
        """Open the file, list revisions, fields and signatures."""
        from antin.core.bytesource import FileSource
        from antin.pdf.document import open_pdf

        with FileSource(self._folder / f"{number}.pdf") as source:
            document = open_pdf(source)
            _ = (document.revisions, document.fields, document.signatures, document.deviations)
        self._document = document

    def floor(self, number: int) -> None:
        """Read header, end and cross-reference sections, and inflate those that are deflated.

        Their places are known beforehand; the few objects that are needed are left out.
        """
        fd = os.open(self._folder / f"{number}.pdf", os.O_RDONLY)
        size = os.fstat(fd).st_size
        os.pread(fd, 1024, 0)
        os.pread(fd, _NEAR_END, max(0, size - _NEAR_END))
        for start, length, data_at in self._tables[number]:
            data = os.pread(fd, length, start)
            if data_at is not None:
                zlib.decompressobj().decompress(data[data_at:])
        os.close(fd)

    def check(self, number: int) -> None:
        """See that the signature was found."""
        document = self._document
        assert document is not None, number
        assert (document.revisions, len(document.signatures)) == (2, 1)


def _describe(path: Path) -> None:
    """Write down where cross-reference sections, and the data of those that are deflated, lie."""
    from antin.core.bytesource import FileSource
    from antin.pdf.document import open_pdf

    tables: list[tuple[int, int, int | None]] = []
    with FileSource(path) as source:
        for section in open_pdf(source).history.parser.sections:
            text = source.pread(section.start, section.end - section.start)
            at = text.index(_DATA) + len(_DATA) if "Filter" in section.trailer else None
            tables.append((section.start, len(text), at))
    path.with_suffix(".json").write_text(json.dumps(tables))
