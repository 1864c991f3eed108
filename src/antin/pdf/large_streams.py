"""Where a file's text lies: all of it but the data of large streams.

Who looks for a word among objects need not look into a picture of a hundred megabytes. What is left
out belongs to a stream, and to nothing else: the newest cross-reference names it, and no object of
any revision is said to begin inside.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from antin.pdf.history import History
from antin.pdf.objects import Stream

LARGE: Final = 64 << 10
"""Objects that reach further than this are looked at, whether they are streams."""
_NEAR: Final = 4 << 10
"""Within so many bytes a stream's data nearly always begin; where not, they are searched."""
Part = tuple[int, int]
"""Offsets: start and end."""


def text_parts(history: History) -> tuple[Part, ...]:
    """Return the parts of a file, in order, outside of large streams' data; worked out once.

    Error: ``pdf_too_complex``.
    """
    if history.text_parts is None:
        data = [*_data_parts(history)]
        starts = [0, *(end for _, end in data)]
        ends = [*(start for start, _ in data), history.parser.source.size]
        history.text_parts = tuple(zip(starts, ends, strict=True))
    return history.text_parts


def _data_parts(history: History) -> Iterator[Part]:
    size = history.parser.source.size
    offsets = history.parser.index.offsets
    # What is large reaches over a multiple of so many bytes.
    for i in sorted({bisect_right(offsets, at) - 1 for at in range(0, size, LARGE)} - {-1}):
        start, end = offsets[i], offsets[i + 1] if i + 1 < len(offsets) else size
        stream = _stream_at(history, start) if end - start > LARGE else None
        if stream is not None and start < stream.raw.start < stream.raw.end <= end:
            yield stream.raw.start, stream.raw.end


def _stream_at(history: History, start: int) -> Stream | None:
    """Return the stream that the newest cross-reference has at ``start``; None if it has none."""
    if b"stream" not in history.parser.source.pread(start, _NEAR):
        return None  # a long array, say: it is not read for this
    number = history.parser.number_at(start) or 0
    place = history.place(number, len(history.parser.sections) - 1)
    value = history.value(number, place) if place is not None and place.where == start else None
    return value if isinstance(value, Stream) else None
