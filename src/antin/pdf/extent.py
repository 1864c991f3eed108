"""From where to where a file is a PDF at all, before anything in it is parsed."""

import re
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pdf.deviations import Deviation

_HEADER_BYTES: Final = 1024
_MARKER: Final = b"%%EOF"
_LINE_END: Final = 2
_NEAR_END: Final = 4 << 10
"""Nearly always the marker is among these last bytes."""
_VERSION: Final = re.compile(rb"%PDF-[12]\.\d[\r\n\x00\t\x0c %]")


class Prefix:
    """The first ``size`` bytes of a source."""

    def __init__(self, source: ByteSource, size: int) -> None:
        self._source = source
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def pread(self, offset: int, length: int) -> bytes:
        return self._source.pread(offset, max(0, min(length, self._size - offset)))


def pdf_extent(source: ByteSource) -> ByteSource:
    """Return ``source`` up to the line end after its last end-of-file marker.

    What follows the marker is no part of the PDF; whoever judges the file reports it. Errors:
    ``empty_file``, ``not_a_pdf``, ``pdf_truncated``, ``pdf_malformed``.
    """
    if source.size == 0:
        raise InputError("empty_file")
    header = source.pread(0, _HEADER_BYTES).find(b"%PDF-")
    if header < 0:
        raise InputError("not_a_pdf", offset=0)
    if header > 0:
        raise InputError(
            "pdf_malformed", detail=f"{header} bytes stand before its header", offset=0
        )
    return until_marker(source)


def until_marker(source: ByteSource) -> ByteSource:
    """Return ``source`` up to the line end after its last end-of-file marker.

    Error: ``pdf_truncated`` where there is none.
    """
    marker = _last_marker(source)
    if marker is None:
        raise InputError("pdf_truncated", detail="it has no end-of-file marker", offset=source.size)
    end = marker + len(_MARKER)
    line_end = source.pread(end, _LINE_END)
    return Prefix(source, end + len(line_end) - len(line_end.lstrip(b"\r\n")))


def header_deviations(source: ByteSource) -> tuple[Deviation, ...]:
    """Return what is odd about the header: a version that there never was."""
    return () if _VERSION.match(source.pread(0, 9)) else (Deviation("pdf_header_odd", 0),)


def _last_marker(source: ByteSource) -> int | None:
    end, length = source.size, _NEAR_END
    while end > 0:
        start, length = max(0, end - length), CHUNK
        at = source.pread(start, end - start + len(_MARKER) - 1).rfind(_MARKER)
        if at >= 0:
            return start + at
        end = start
    return None
