"""pdfium's pictures of a page before and after signing, made in a process of its own."""

from pathlib import Path
from typing import Any, Final

from tests.corpus.answering import Answering, NoAnswerError, answer_all

_TRIES: Final = 3
_LONGEST_SIDE: Final = 300
_MARGIN: Final = 2
"""Pixels around the stamp that smoothing may touch."""
_Picture = tuple[tuple[int, int], bytes]
"""Size and pixels."""


class Pictures(Answering):
    """A process that compares pages."""

    def __init__(self) -> None:
        super().__init__(__name__)

    def differ(self, before: Path, after: Path, stamp: tuple[float, ...] | None) -> str:
        """Return ``same``, or which pages look different outside of ``stamp``, on the first page.

        ``stamp`` is left, bottom, right, top in user space. A file that pdfium can't open before it
        is signed is ``not drawn``; so is one that it does not get through with.
        """
        try:
            return str(self.ask([str(before), str(after), stamp]))
        except NoAnswerError as error:
            return f"not drawn: {error}"


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


if __name__ == "__main__":
    answer_all(lambda question: _compared(*question))
