"""What kind of file a PDF is, so that a sample can hold one of each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from antin.core.bytesource import FileSource
from antin.core.errors import AntinError
from antin.pdf.document import PdfDocument, open_pdf

_HEAD: Final = 1024


def kinds_of(path: Path) -> tuple[str, ...]:
    """Return the words that describe the file."""
    head = path.read_bytes()[:_HEAD]
    version = re.search(rb"%PDF-(\d\.\d)", head)
    words = [version[1].decode()] if version else []
    if b"/Linearized" in head:
        words.append("linearised")
    try:
        with FileSource(path) as source:
            words += _structure(open_pdf(source))
    except AntinError as error:
        words.append(error.code)
    return tuple(words)


def _structure(document: PdfDocument) -> Iterator[str]:
    trailer, catalog = document.final_view.trailer, document.final_view.catalog
    yield from sorted({section.kind for section in document.history.parser.sections})
    yield from ("encrypted",) if "Encrypt" in trailer else ()
    yield from ("revised",) if document.revisions > 1 else ()
    yield from ("form",) if document.fields else ()
    yield from ("signature",) if document.signatures else ()
    yield from ("tagged",) if "StructTreeRoot" in catalog else ()
    yield from sorted({note.code for note in document.deviations})
