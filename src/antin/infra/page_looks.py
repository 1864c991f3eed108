"""Compares pages by drawing them with pdfium, in a process that may be lost."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Semaphore
from typing import Any, Final, TypeVar

from PIL.Image import Image

from antin.core.bytesource import ByteSource, FileSource
from antin.core.digests import CHUNK
from antin.infra.page_pictures import (
    difference_of,
    difference_picture,
    differs_outside,
    hides_ink,
    image_of,
    picture_of,
)
from antin.infra.page_process import (
    DrawingFailedError,
    Drawn,
    PageProcess,
    PageRefusedError,
    TooSlowError,
)
from antin.verifier.looks import Comparison, Look, PageState, Unseen
from antin.verifier.pictures import PagePictures

T = TypeVar("T")
_Sides = tuple[Drawn | None, Drawn | None]


@dataclass(frozen=True)
class Limits:
    """What drawing the pages of one file may cost, and how much of it is kept."""

    memory: int = 512 << 20
    """Address space of the process, in bytes."""
    page_seconds: float = 20.0
    """For one page in two states."""
    file_seconds: float = 600.0
    """For all pages together: some 40,000 plain ones."""
    starts: int = 6
    """Processes; those that broke off or were killed are followed by another."""
    pictures: int = 50
    """Pages of which pictures are kept; the others are compared all the same."""
    picture_bytes: int = 24 << 20


FOR_STRANGERS: Final = Limits(memory=256 << 20, page_seconds=10.0, file_seconds=20.0)
"""What the service grants to whoever uploads a file."""


@contextmanager
def looks_at(
    source: ByteSource, limits: Limits | None = None, turns: Semaphore | None = None
) -> Iterator["PdfiumLooks"]:
    """Give a :class:`PdfiumLooks` at ``source``; no process is started before it is asked.

    With ``turns``, only so many have a process at the same time.
    """
    looks = PdfiumLooks(source, limits or Limits(), turns)
    try:
        yield looks
    finally:
        looks.close()


class PdfiumLooks:
    """Implements :class:`~antin.verifier.looks.PageLooks`."""

    def __init__(self, source: ByteSource, limits: Limits, turns: Semaphore | None = None) -> None:
        self._source, self._limits, self._turns = source, limits, turns
        self._stack = ExitStack()
        self._file: int | None = None
        self._process: PageProcess | None = None
        self._starts = 0
        self._used = False
        """Whether the process has answered before."""
        self._until: float | None = None
        self._counts: dict[int, int | Unseen] = {}
        self._seen: dict[tuple[PageState | None, PageState | None], Comparison | Unseen] = {}
        self._renderer = ""
        self._kept = 0
        self._kept_bytes = 0

    def pages(self, end: int) -> int | Unseen:
        if end not in self._counts:
            answer = self._try(lambda process, seconds: process.count(end, seconds))
            if isinstance(answer, tuple):
                self._counts[end], self._renderer = answer
            else:
                self._counts[end] = answer
        return self._counts[end]

    def compare(self, before: PageState | None, after: PageState | None) -> Comparison | Unseen:
        key = before, after
        if key not in self._seen:
            request = {"before": _asked(before), "after": _asked(after)}
            answer = self._try(lambda process, seconds: (process.compare(request, seconds),))
            if isinstance(answer, tuple):
                self._seen[key] = self._bounded(before, after, answer[0])
            else:
                self._seen[key] = answer
        return self._seen[key]

    def close(self) -> None:
        """End the process, if there is one."""
        self._drop()
        self._stack.close()
        self._file = None

    def _try(self, ask: Callable[[PageProcess, float], T]) -> T | Unseen:
        """Ask, and once more in a new process: the old one may have been worn out."""
        found = Unseen("")
        for _ in range(2):
            seconds = self._seconds_left()
            if seconds <= 0:
                return Unseen("there was no time left for it")
            try:
                return ask(self._running(), seconds)
            except PageRefusedError as error:
                return Unseen(str(error))
            except DrawingFailedError as error:
                found = Unseen(str(error))
                again = self._used and not isinstance(error, TooSlowError)
                self._drop()
                if not again:
                    break
        return found

    def _seconds_left(self) -> float:
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._limits.file_seconds
        return min(self._until - now, self._limits.page_seconds)

    def _running(self) -> PageProcess:
        if self._process is not None:
            self._used = True
            return self._process
        self._used = False
        if self._starts >= self._limits.starts:
            raise DrawingFailedError("the program that draws pages broke off too often")
        if self._turns is not None:
            self._wait_for_a_turn(self._turns)
        self._starts += 1
        seconds = int(self._limits.file_seconds) + 1
        self._process = PageProcess(self._descriptor(), self._limits.memory, seconds)
        return self._process

    def _wait_for_a_turn(self, turns: Semaphore) -> None:
        if not turns.acquire(timeout=self._seconds_left()):
            raise DrawingFailedError("too many others are drawing pages")
        self._turns = None
        self._stack.callback(turns.release)

    def _descriptor(self) -> int:
        """Return an open file that holds the bytes of the source."""
        if self._file is None and isinstance(self._source, FileSource):
            self._file = self._source.fileno()
        if self._file is None:
            try:
                self._file = self._copy()
            except OSError as error:
                detail = f"no copy of the file could be made ({error.strerror})"
                raise DrawingFailedError(detail) from error
        return self._file

    def _copy(self) -> int:
        copy = tempfile.TemporaryFile()  # noqa: SIM115 — it is closed with this object
        self._stack.enter_context(copy)
        for offset in range(0, self._source.size, CHUNK):
            copy.write(self._source.pread(offset, CHUNK))
        copy.flush()
        return copy.fileno()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.end()
        self._process = None

    def _bounded(
        self,
        before: PageState | None,
        after: PageState | None,
        drawn: _Sides | None,
    ) -> Comparison | Unseen:
        try:
            return self._judged(before, after, drawn)
        except MemoryError:
            return Unseen("comparing it takes too much memory")

    def _judged(
        self,
        before: PageState | None,
        after: PageState | None,
        drawn: _Sides | None,
    ) -> Comparison:
        if drawn is None:
            return Comparison(Look.SAME)
        was, now = (None if side is None else image_of(side) for side in drawn)
        boxes = tuple(box for side in drawn if side is not None for box in side.boxes)
        look, change = Look.DIFFERENT, None
        if was is not None and now is not None:
            mask = difference_of(was, now)
            look = _look(drawn, mask, was, now)
            change = difference_picture(now, mask, boxes)
        numbers = [None if state is None else state.index + 1 for state in (before, after)]
        pictures = self._pictures((numbers[0], numbers[1]), (was, now, change))
        texts = ["" if side is None else side.text for side in drawn]
        return Comparison(look, pictures, *texts)

    def _pictures(
        self,
        numbers: tuple[int | None, int | None],
        images: tuple[Image | None, Image | None, Image | None],
    ) -> PagePictures | None:
        """Return the images as PNG, as long as there is room for more."""
        if self._kept >= self._limits.pictures or self._kept_bytes >= self._limits.picture_bytes:
            return None
        made = [None if image is None else picture_of(image) for image in images]
        self._kept += 1
        self._kept_bytes += sum(len(picture.png) for picture in made if picture is not None)
        return PagePictures(self._renderer, *numbers, *made)


def _look(drawn: _Sides, mask: Image, was: Image, now: Image) -> Look:
    boxes = [() if side is None else side.boxes for side in drawn]
    if differs_outside(mask, (*boxes[0], *boxes[1])):
        return Look.DIFFERENT
    # What a field showed before may be replaced; what lies below a new one should be seen.
    added = [box for box in boxes[1] if box not in boxes[0]]
    return Look.COVERED if hides_ink(was, now, added) else Look.AS_ALLOWED


def _asked(state: PageState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {"end": state.end, "index": state.index, "boxes": state.boxes}
