"""The only door to pyHanko's incremental writer: foreign PDFs come in, coded errors go out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from antin.core.bytesource import ByteSource, FileSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError, UnavailableError
from antin.core.limits import MAX_PDF_BYTES
from antin.pdf.bounded_reader import BoundedReader
from antin.pdf.extent import pdf_extent
from antin.pdf.foreign import translated
from antin.signer.pdf_objects import name, number, page_at

_MAX_OBJECTS: Final = 8_388_607
"""ISO 32000-1 annex C: the largest number of indirect objects."""
_WHITE_SPACE: Final = b"\x00\t\n\x0c\r "


class Appender(IncrementalPdfFileWriter):
    """A writer that appends what was asked for and nothing else.

    A signing revision is compared with what was displayed before: it must not rewrite /Info or XMP
    metadata, nor raise the catalog's /Version, as the library would on its own.
    """

    output_version = (1, 0)
    target: IO[bytes] | None = None
    """Where the revision goes; None: the file is only looked at."""

    def _update_meta(self) -> None:
        pass

    def start_writing(self) -> None:
        """Leave the bounded reading behind: from here on the library writes to ``target``."""
        if self.target is None:
            raise AssertionError("this writer has no target")
        self.prev.stream = self.target

    def append(self) -> None:
        """Write the revision that was put together."""
        self.start_writing()
        untyped: Any = self
        untyped.write_in_place()

    def set_catalog_entry(self, key: str, value: Any) -> None:
        """Let the document catalog say ``value`` under ``key``."""
        self.root[name(key)] = value
        untyped: Any = self
        untyped.update_root()


@contextmanager
def open_to_look(source: ByteSource) -> Iterator[Appender]:
    """Open ``source`` as :func:`open_for_update` does, but for looking only; the same errors."""
    with translated("the file"), _disk_errors():
        yield _appender(source)


@contextmanager
def open_for_update(path: Path) -> Iterator[Appender]:
    """Open ``path`` for an incremental update in place; what is there already stays untouched.

    Errors: ``empty_file``, ``file_too_large``, ``not_a_pdf``, ``pdf_truncated``,
    ``pdf_encrypted``, ``pdf_malformed``, ``pdf_too_complex``, ``storage_full``.
    """
    with (
        translated("the file"),
        _disk_errors(),
        FileSource(path) as source,
        path.open("r+b") as handle,
    ):
        writer = _appender(source)
        writer.target = handle
        yield writer


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Keep apart a file system that refuses and a PDF that makes us seek to a negative offset."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.EINVAL, None}:
            raise InputError("pdf_malformed", detail="it points outside the file") from error
        raise UnavailableError("storage_full", detail=error.strerror or str(error)) from error


def _appender(source: ByteSource) -> Appender:
    if source.size > MAX_PDF_BYTES:
        raise InputError("file_too_large", size=source.size, limit=MAX_PDF_BYTES)
    extent = pdf_extent(source)
    _check_end(source, extent.size)
    reader = BoundedReader(extent, strict=False)
    if "/Encrypt" in reader.trailer.flatten():
        raise InputError("pdf_encrypted")
    _cover_all_objects(reader)
    writer = Appender(reader.stream, prev=reader)
    page_at(writer, 0)  # a file without a first page has no place for a field
    return writer


def _check_end(source: ByteSource, end: int) -> None:
    """Refuse a file with a rest after its end: a cut-off revision would show its older state."""
    while end < source.size:
        rest = source.pread(end, CHUNK)
        if not rest or rest.strip(_WHITE_SPACE):
            raise InputError("pdf_truncated", detail="something follows its end-of-file marker")
        end += len(rest)


def _cover_all_objects(reader: BoundedReader) -> None:
    """Raise a /Size that is too small: new objects are numbered from it on.

    They would silently replace the objects that lie beyond it. Such objects do not exist by
    ISO 32000-2 §7.5.5, but readers show them, and so do the files of some popular programs.
    """
    highest = 0
    for revision in range(reader.xrefs.total_revisions):
        data = reader.xrefs.get_xref_data(revision)
        for section in [data] if data.hybrid is None else [data, data.hybrid.xref_data]:
            highest = max(highest, *section.standard_xrefs, *section.xrefs_in_objstm, 0)
    if highest >= _MAX_OBJECTS:
        raise InputError("pdf_too_complex", detail=f"object number {highest}")
    if highest >= int(reader.trailer["/Size"]):
        reader.trailer["/Size"] = number(highest + 1)
