"""Opening a foreign PDF for one more revision, and appending that to its file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource, FileSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.document import open_pdf
from antin.pdf.extent import pdf_extent
from antin.pdf.writer import Appendix, Update
from antin.signer.files import storage_errors, write_at

_WHITE_SPACE: Final = b"\x00\t\n\x0c\r "


def open_update(source: ByteSource) -> Update:
    """Open ``source`` for an update; nothing is written before :func:`append`.

    Errors: ``empty_file``, ``file_too_large``, ``not_a_pdf``, ``pdf_truncated``,
    ``pdf_encrypted``, ``pdf_malformed``, ``pdf_too_complex``.
    """
    document = open_pdf(source)
    _check_end(source, pdf_extent(source).size)
    update = Update(document)
    if document.first_page is None:
        raise InputError("pdf_malformed", detail="it has no page that could hold a field")
    return update


@contextmanager
def open_for_update(path: Path) -> Iterator[Update]:
    """Open the file at ``path`` as :func:`open_update` does; the same errors."""
    with FileSource(path) as source:
        yield open_update(source)


def append(path: Path, update: Update) -> Appendix:
    """Write ``update`` behind the end of the file that it was opened on, and return it.

    What is there already is not touched. Error: ``storage_full``; the file's end is unusable then.
    """
    appendix = update.appendix()
    with storage_errors():
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            write_at(handle, appendix.data, update.document.source.size)
        finally:
            os.close(handle)
    return appendix


def _check_end(source: ByteSource, end: int) -> None:
    """Refuse a file with a rest after its end: a cut-off revision would show its older state."""
    while end < source.size:
        rest = source.pread(end, CHUNK)
        if not rest or rest.strip(_WHITE_SPACE):
            raise InputError("pdf_truncated", detail="something follows its end-of-file marker")
        end += len(rest)
