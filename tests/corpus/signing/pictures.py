"""pdfium's pictures of a page before and after signing, made in a process of its own.

Whoever draws hostile pages may crash or hang: that ends its process, not the comparison.
"""

import json
import os
import resource
import selectors
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_ROOT: Final = Path(__file__).resolve().parents[3]
_SECONDS: Final = 60
_MEMORY: Final = 4 << 30
_TRIES: Final = 3
_LONGEST_SIDE: Final = 300
_MARGIN: Final = 2
"""Pixels around the stamp that smoothing may touch."""
_Picture = tuple[tuple[int, int], bytes]
"""Size and pixels."""


class Pictures:
    """A process that compares pages; it is started again when a file was too much for it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def differ(self, before: Path, after: Path, stamp: tuple[float, ...] | None) -> str:
        """Return ``same``, or which pages look different outside of ``stamp``, on the first page.

        ``stamp`` is left, bottom, right, top in user space. A file that pdfium can't open before it
        is signed is ``not drawn``; so is one that it does not get through with.
        """
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(before), str(after), stamp]).encode() + b"\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            answered = waiting.select(_SECONDS)
        line = process.stdout.readline() if answered else b""
        if not line:
            self._stop()
            return "not drawn: it crashed" if answered else "not drawn: it did not end"
        return str(json.loads(line))

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.corpus.signing.pictures"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=_ROOT
        )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()


def _compared(before: str, after: str, stamp: list[float] | None) -> str:
    """Compare, again if need be: what pdfium has drawn can change the fonts that it takes next.

    For the same reason no two files are open at a time.
    """
    import pypdfium2 as pdfium

    found = ""
    for _ in range(_TRIES):
        try:
            one = _pages(before, stamp)
        except pdfium.PdfiumError as error:
            return f"not drawn: {error}"
        two = _pages(after, stamp)
        if one.keys() != two.keys():
            return "another number of pages"
        differing = [number + 1 for number in one if one[number] != two[number]]
        found = f"other pages: {differing}" if differing else "same"
        if not differing:
            break
    return found


def _pages(path: str, stamp: list[float] | None) -> dict[int, _Picture | None]:
    """Return pictures of some pages: the first, the last, and two between."""
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(path) as document:
        document.init_forms()
        count = len(document)
        sample = {0, count // 3, count * 2 // 3, count - 1} if count else set()
        drawn = {n: _drawn(document, n, stamp if n == 0 else None) for n in sorted(sample)}
        return {**drawn, count: None}


def _drawn(document: Any, number: int, hidden: list[float] | None) -> _Picture | None:
    """Return size and pixels of a page, small, with the place of the stamp wiped out."""
    import pypdfium2 as pdfium
    from PIL import ImageDraw

    try:
        page = document[number]
        scale = _LONGEST_SIDE / max(1, *page.get_size())
        picture = page.render(scale=scale).to_pil()
    except (pdfium.PdfiumError, ValueError, SystemError):
        return None
    if hidden is not None:
        corners = [_pixel(page, picture.size, *hidden[at : at + 2]) for at in (0, 2)]
        left, right = sorted(x for x, _ in corners)
        upper, lower = sorted(y for _, y in corners)
        wiped = (left - _MARGIN, upper - _MARGIN, right + _MARGIN, lower + _MARGIN)
        ImageDraw.Draw(picture).rectangle(wiped, fill=0)
    return picture.size, picture.tobytes()


def _pixel(page: Any, size: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    import ctypes

    from pypdfium2 import raw

    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, across, down)
    return across.value, down.value


def main() -> None:
    """Answer every question on standard input by a line on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    for line in sys.stdin:
        print(json.dumps(_compared(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
