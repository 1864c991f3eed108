"""The process that draws pages with pdfium: ``python -m antin.infra.page_worker``.

Started by :mod:`antin.infra.page_process` only. Requests come as lines of JSON by stdin; answers go
to stdout, a line of JSON and the pixels that it announces. pdfium is foreign native code that reads
hostile bytes: before it sees the first of them, this process gives up opening anything, writing any
file, and more memory and processor time than its limits. What is drawn depends on the file and on
pdfium's version alone: the fonts of the machine can't be opened either.
"""

import ctypes
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

import pypdfium2
from pypdfium2 import version

_REQUESTS: Final = 0
_ANSWERS: Final = 1
_SCALE: Final = 100 / 72
"""Pixels per unit of a page: 100 dots an inch, at which letters of 6 points can be read."""
_MAX_PIXELS: Final = 4_000_000
"""Larger pages are drawn smaller: an A2 page still is at full scale."""
_MAX_SIDE: Final = 16_000
_MAX_LETTERS: Final = 20_000
_MAX_REQUEST: Final = 1 << 20
_OPEN_AT_ONCE: Final = 3
_OUT_OF_MEMORY: Final = 3
_SET_PARENT_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG of linux/prctl.h."""
Json = dict[str, Any]


def main(file: int, memory: int, seconds: int) -> None:
    """Answer requests about the open ``file`` until there are no more."""
    end_with_whoever_asks()
    give_up_powers(memory, seconds)
    artist = _Artist(file)
    requests = _Lines(_REQUESTS)
    while line := requests.next():
        header, payloads = artist.answer(json.loads(line))
        _send(json.dumps(header).encode() + b"\n")
        for payload in payloads:
            _send(payload)


def end_with_whoever_asks() -> None:
    """Have the kernel kill this process when the one that started it ends: it may be in a loop."""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def give_up_powers(memory: int, seconds: int) -> None:
    """Set the limits that this process has from now on; none of them can be raised again.

    1. Memory and processor time: a hostile page ends this process, not the machine.
    2. No core file: it would hold a copy of the document.
    3. No file is written, and none is opened, nor a socket or a pipe: whoever takes this process
       over has nothing but the answer to this request.
    """
    "".encode("utf-16-le")  # loads what a text needs while files can still be opened
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        _, most = resource.getrlimit(kind)
        wanted = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(kind, (wanted, wanted))


class _Lines:
    """Lines from a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = b""

    def next(self) -> bytes:
        """Return the next line; empty at the end."""
        while b"\n" not in self._left:
            piece = os.read(self._descriptor, _MAX_REQUEST)
            if not piece or len(self._left) > _MAX_REQUEST:
                return b""
            self._left += piece
        line, _, self._left = self._left.partition(b"\n")
        return line


def _send(data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(_ANSWERS, rest) :]


class _Slice:
    """The first ``size`` bytes of the file, as pypdfium2 reads a file."""

    def __init__(self, file: int, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (self._size if whence == os.SEEK_END else 0)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = max(min(len(buffer), self._size - self._at), 0)
        got = os.preadv(self._file, [memoryview(buffer)[:count]], self._at) if count else 0
        self._at += got
        return got

    def read(self, count: int = -1) -> bytes:
        left = max(self._size - self._at, 0)
        data = os.pread(self._file, left if count < 0 else min(count, left), self._at)
        self._at += len(data)
        return data


class _Documents:
    """The revisions that were asked for last, each opened by its length."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._open: dict[int, Any] = {}

    def at(self, end: int) -> Any:
        """Return the document that the first ``end`` bytes are."""
        if end not in self._open:
            while len(self._open) >= _OPEN_AT_ONCE:
                self._open.pop(next(iter(self._open))).close()
            self._open[end] = pypdfium2.PdfDocument(_Slice(self._file, end))
            self._open[end].init_forms()  # or form fields are not drawn
        self._open[end] = self._open.pop(end)
        return self._open[end]


_Answer = tuple[Json, list[bytearray]]
"""A line, and the pixels that it announces."""


class _Canvas:
    """Room for the pixels of a page, kept from page to page: making it costs more than drawing."""

    def __init__(self) -> None:
        self.pixels = bytearray()
        self._buffer: Any = None

    def bitmap(self, width: int, height: int, **options: Any) -> Any:
        """Return a bitmap that draws into ``pixels``; pypdfium2 asks for one."""
        stride = (3 * width + 3) // 4 * 4
        if len(self.pixels) != stride * height:
            self.pixels = bytearray(stride * height)
            self._buffer = (ctypes.c_ubyte * len(self.pixels)).from_buffer(self.pixels)
        options |= {"buffer": self._buffer, "stride": stride}
        return pypdfium2.PdfBitmap.new_native(width, height, **options)


class _Artist:
    """Draws pages of one file, in two states at a time."""

    def __init__(self, file: int) -> None:
        self._documents = _Documents(file)
        self._canvases = (_Canvas(), _Canvas())

    def answer(self, request: Json) -> _Answer:
        """Return the answer to one request."""
        do: dict[str, Callable[[Json], _Answer]] = {"count": self._count, "compare": self._compare}
        try:
            return do[request["do"]](request)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)  # what is left of it is no place to go on
        except Exception as error:  # noqa: BLE001 — whatever the binding throws at foreign bytes
            return {"error": type(error).__name__}, []

    def _count(self, request: Json) -> _Answer:
        renderer = "pdfium " + str(version.PDFIUM_INFO.version).partition("@")[0]
        return {"pages": len(self._documents.at(request["end"])), "renderer": renderer}, []

    def _compare(self, request: Json) -> _Answer:
        """Draw a page in both states, and send the pixels only if they are not the same."""
        asked = (request["before"], request["after"])
        with ExitStack() as stack:
            drawn = [
                None if one is None else _Drawing(self._documents, one, canvas, stack)
                for one, canvas in zip(asked, self._canvases, strict=True)
            ]
            was, now = drawn
            if was is not None and now is not None and was.looks_like(now):
                return {"same": True}, []
            header = {"same": False, "sides": [one and one.header() for one in drawn]}
            return header, [one.pixels for one in drawn if one is not None]


class _Drawing:
    """A page that is drawn; open until ``stack`` is left."""

    def __init__(
        self, documents: _Documents, asked: Json, canvas: _Canvas, stack: ExitStack
    ) -> None:
        self._page: Any = documents.at(asked["end"])[asked["index"]]
        stack.callback(self._page.close)
        self._boxes = asked["boxes"]
        self._bitmap = self._page.render(
            scale=_scale(*self._page.get_size()), rev_byteorder=True, bitmap_maker=canvas.bitmap
        )
        stack.callback(self._bitmap.close)
        self.size = (self._bitmap.width, self._bitmap.height, self._bitmap.stride)
        self.pixels = canvas.pixels

    def looks_like(self, other: "_Drawing") -> bool:
        return self.size == other.size and self.pixels == other.pixels

    def header(self) -> Json:
        """Return what a person wants to know besides the pixels: only where they differ."""
        place = self._bitmap.get_posconv(self._page).to_bitmap
        boxes = [[*place(x1, y1), *place(x2, y2)] for x1, y1, x2, y2 in self._boxes]
        return {"size": self.size, "boxes": boxes, "text": _text(self._page)}


def _scale(width: float, height: float) -> float:
    """Return how large a page is drawn, within bounds whatever it says of itself."""
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise ValueError
    fitting = math.sqrt(_MAX_PIXELS / (width * height))
    return min(_SCALE, fitting, _MAX_SIDE / max(width, height))


def _text(page: Any) -> str:
    reader = page.get_textpage()
    try:
        count = min(reader.count_chars(), _MAX_LETTERS)
        return str(reader.get_text_range(0, count)) if count > 0 else ""
    finally:
        reader.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
