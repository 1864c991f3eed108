"""The only door to pyHanko's incremental writer: foreign PDFs come in, coded errors go out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from antin.core.bytesource import ByteSource
from antin.core.errors import AntinError, InputError, UnavailableError
from antin.core.limits import MAX_PDF_BYTES
from antin.signer.pdf_objects import number, page_at

_HEADER_WINDOW: Final = 1024
_TAIL_WINDOW: Final = 2048
_MAX_OBJECTS: Final = 8_388_607
"""ISO 32000-1 annex C: the largest number of indirect objects."""


@contextmanager
def foreign_pdf() -> Iterator[None]:
    """Translate whatever a hostile PDF makes the library raise into ``InputError``.

    A file system that refuses becomes ``storage_full``; a seek to a negative offset is the PDF's
    fault, not the disk's.
    """
    try:
        yield
    except AntinError:
        raise
    except OSError as error:
        if error.errno in (errno.EINVAL, None):
            raise InputError("pdf_malformed", detail="it points outside the file") from error
        raise UnavailableError("storage_full", detail=error.strerror or str(error)) from error
    except (PdfDecodeLimitError, MemoryError, RecursionError) as error:
        raise InputError("pdf_too_complex", detail=_said(error)) from error
    except Exception as error:
        raise InputError("pdf_malformed", detail=_said(error)) from error


def _said(error: BaseException) -> str:
    """Return the library's words, one line, bounded: a PDF can put kilobytes into a message."""
    words = " ".join(str(error).split())[:160]
    name = type(error).__name__
    return words if isinstance(error, PdfError) and words else f"{name}: {words}".rstrip(": ")


def check_bytes(source: ByteSource) -> None:
    """Raise for what no parser is needed to see.

    Errors: ``empty_file``, ``file_too_large``, ``not_a_pdf``, ``pdf_truncated``.
    """
    if source.size == 0:
        raise InputError("empty_file")
    if source.size > MAX_PDF_BYTES:
        raise InputError("file_too_large", size=source.size, limit=MAX_PDF_BYTES)
    if b"%PDF-" not in source.pread(0, _HEADER_WINDOW):
        raise InputError("not_a_pdf")
    tail = source.pread(max(0, source.size - _TAIL_WINDOW), _TAIL_WINDOW)
    if b"startxref" not in tail:
        raise InputError("pdf_truncated", detail="its end does not name a cross-reference table")


@contextmanager
def open_for_update(path: Path) -> Iterator[IncrementalPdfFileWriter]:
    """Open ``path`` for an incremental update in place; what is there already stays untouched.

    Errors: ``pdf_encrypted``, ``pdf_malformed``, ``pdf_too_complex``, ``storage_full``.
    """
    with foreign_pdf(), path.open("r+b") as handle:
        yield _writer(handle)


class _Appender(IncrementalPdfFileWriter):
    """A writer that appends what was asked for and nothing else.

    A signing revision is compared with what was displayed before: it must not rewrite /Info or XMP
    metadata, nor raise the catalog's /Version, as the library would on its own.
    """

    output_version = (1, 0)

    def _update_meta(self) -> None:
        pass


def _writer(handle: IO[bytes]) -> IncrementalPdfFileWriter:
    reader = PdfFileReader(handle, strict=False)
    if "/Encrypt" in reader.trailer.flatten():
        raise InputError("pdf_encrypted")
    _cover_all_objects(reader)
    writer: IncrementalPdfFileWriter = _Appender.from_reader(reader)
    page_at(writer, 0)  # a file without a first page has no place for a field
    return writer


def _cover_all_objects(reader: PdfFileReader) -> None:
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
