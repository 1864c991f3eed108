"""One process that draws pages, as who asks sees it: started, asked, killed.

What it answers is foreign: native code that read hostile bytes may say anything. So its sizes are
held against the same bounds as its limits, and its pixels are pixels, of no format to be parsed.
"""

import json
import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

_MODULE: Final = "antin.infra.page_worker"
_MAX_LINE: Final = 1 << 20
_MAX_PIXELS: Final = 4_200_000
"""A little more than the worker's own bound: sides are rounded up."""
_RENDERER: Final = re.compile(r"[a-z]+ [0-9.]{1,80}")
_PIECE: Final = 1 << 18
_ENDS_WITHIN: Final = 5.0
_NO_MEMORY: Final = 3
Json = dict[str, Any]


class DrawingFailedError(Exception):
    """The process could not, or did not in time, answer; its argument says why."""


@dataclass(frozen=True)
class Drawn:
    """A page as drawn: 8-bit RGB."""

    pixels: bytes
    width: int
    height: int
    stride: int
    """Bytes in a row."""
    boxes: tuple[tuple[int, int, int, int], ...]
    """Left, top, right, bottom in pixels, in no order; may lie outside."""
    text: str


class PageProcess:
    """A running ``antin.infra.page_worker``, about one open file."""

    def __init__(self, file: int, memory: int, seconds: int) -> None:
        """Start it; ``memory`` in bytes, processor ``seconds``. Error: ``DrawingFailedError``."""
        try:
            theirs, self._requests, self._answers, answers = _pipes()
        except OSError as error:
            raise _not_started(error) from error
        os.set_blocking(self._requests, False)
        try:
            # It gets no setting and no address of ours: not as argument, not as variable.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, str(file), str(memory), str(seconds)],
                pass_fds=(file,),
                stdin=theirs,
                stdout=answers,
                stderr=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if not k.startswith("ANTIN_")},
            )
        except OSError as error:
            os.close(self._requests)
            os.close(self._answers)
            raise _not_started(error) from error
        finally:
            os.close(theirs)
            os.close(answers)
        self._left = b""

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def count(self, end: int, seconds: float) -> tuple[int, str]:
        """Return how many pages the first ``end`` bytes have, and the renderer's name."""
        answer = self._ask({"do": "count", "end": end}, time.monotonic() + seconds)
        pages, renderer = answer.get("pages"), answer.get("renderer")
        if type(pages) is not int or pages < 0 or not isinstance(renderer, str):
            raise DrawingFailedError(_NONSENSE)
        if not _RENDERER.fullmatch(renderer):
            raise DrawingFailedError(_NONSENSE)
        return pages, renderer

    def compare(self, request: Json, seconds: float) -> tuple[Drawn | None, Drawn | None] | None:
        """Return both states of a page; None when they are the same to the pixel."""
        until = time.monotonic() + seconds
        answer = self._ask({"do": "compare", **request}, until)
        asked = [request["before"] is not None, request["after"] is not None]
        if answer.get("same") is True and all(asked):
            return None
        sides = answer.get("sides")
        if not isinstance(sides, list) or [side is not None for side in sides] != asked:
            raise DrawingFailedError(_NONSENSE)
        states = zip(sides, (request["before"], request["after"]), strict=True)
        before, after = (
            None if side is None else self._drawn(side, len(state["boxes"]), until)
            for side, state in states
        )
        return before, after

    def _drawn(self, side: Json, boxes_asked: int, until: float) -> Drawn:
        try:
            width, height, stride = map(int, side["size"])
            boxes = tuple(_corners(box) for box in side["boxes"])
            text = str(side["text"]).encode(errors="replace").decode()
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DrawingFailedError(_NONSENSE) from error
        if len(boxes) != boxes_asked:
            raise DrawingFailedError(_NONSENSE)
        fits = width > 0 and height > 0 and width * height <= _MAX_PIXELS
        if not fits or not 3 * width <= stride <= 3 * width + 3:
            raise DrawingFailedError(_NONSENSE)
        return Drawn(self._exactly(stride * height, until), width, height, stride, boxes, text)

    def _ask(self, request: Json, until: float) -> Json:
        try:
            self._send(json.dumps(request).encode() + b"\n", until)
            answer = json.loads(self._line(until))
        except OSError as error:
            raise DrawingFailedError(self._how_it_ended()) from error
        except (ValueError, RecursionError) as error:
            raise DrawingFailedError(_NONSENSE) from error
        if not isinstance(answer, dict):
            raise DrawingFailedError(_NONSENSE)
        if "error" in answer:
            raise PageRefusedError("pdfium can't read it")
        return answer

    def _send(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._requests, select.POLLOUT, until)
            with suppress(BlockingIOError):
                rest = rest[os.write(self._requests, rest[:_PIECE]) :]

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._left:
            if len(self._left) > _MAX_LINE:
                raise DrawingFailedError(_NONSENSE)
            self._left += self._piece(_PIECE, until)
        line, _, self._left = self._left.partition(b"\n")
        return line

    def _exactly(self, count: int, until: float) -> bytes:
        found = bytearray(self._left[:count])
        self._left = self._left[count:]
        while len(found) < count:
            found += self._piece(min(_PIECE, count - len(found)), until)
        return bytes(found)

    def _piece(self, most: int, until: float) -> bytes:
        self._wait(self._answers, select.POLLIN, until)
        piece = os.read(self._answers, most)
        if not piece:
            raise DrawingFailedError(self._how_it_ended())
        return piece

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        ready = select.poll()
        ready.register(descriptor, event)
        left = until - time.monotonic()
        if left <= 0 or not ready.poll(1000 * left):
            raise TooSlowError("drawing it takes too long")

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            return "the program that draws pages stopped answering"
        if code == _NO_MEMORY:
            return "drawing it takes too much memory"
        return f"the program that draws pages broke off ({code})"

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN)
        for descriptor in (self._requests, self._answers):
            os.close(descriptor)


def _pipes() -> tuple[int, int, int, int]:
    """Return the ends of two pipes, or none of them: to read and write, to read and write."""
    one = os.pipe()
    try:
        return *one, *os.pipe()
    except OSError:
        for descriptor in one:
            os.close(descriptor)
        raise


def _not_started(error: OSError) -> DrawingFailedError:
    return DrawingFailedError(f"no process could be started ({error.strerror})")


def _corners(box: list[Any]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = map(int, box)
    return x1, y1, x2, y2


class TooSlowError(DrawingFailedError):
    """There was no answer in time; there would be none the next time."""


class PageRefusedError(DrawingFailedError):
    """pdfium can't read the file or the page; the process goes on."""


_NONSENSE: Final = "the program that draws pages answered nonsense"
