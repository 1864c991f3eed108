"""The port for looking at pages: who draws them stands outside (``infra/page_looks.py``).

Drawing needs a process and a clock, which a verdict may not lean on. Whoever verifies hands in
somebody who can tell whether a page looks the same in two states of the file. His answer only ever
adds findings: a page that he calls the same is not thereby believed to be unchanged.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from antin.core.bytesource import ByteSource
from antin.verifier.pictures import PagePictures

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in the units of the page."""


class Look(StrEnum):
    """How a page compares in two states."""

    SAME = "same"
    AS_ALLOWED = "as-allowed"
    """It differs inside the boxes only."""
    COVERED = "covered"
    """The same, but something that could be read there is hidden now."""
    DIFFERENT = "different"


@dataclass(frozen=True)
class PageState:
    """One page in one state of the file."""

    end: int
    """The state is the first so many bytes."""
    index: int
    """0-based."""
    boxes: tuple[Box, ...] = ()
    """Where it may look different."""


@dataclass(frozen=True)
class Comparison:
    """What was seen; pictures and texts only where there is a difference."""

    look: Look
    pictures: PagePictures | None = None
    """None also when there are too many of them by now."""
    text_before: str = ""
    text_after: str = ""


@dataclass(frozen=True)
class Unseen:
    """Why a page could not be compared, to be continued after a colon."""

    reason: str


class PageLooks(Protocol):
    """Compares the pages of one file; asked the same again, it answers the same."""

    def pages(self, end: int) -> int | Unseen:
        """Return how many pages the first ``end`` bytes of the file have."""
        ...

    def compare(self, before: PageState | None, after: PageState | None) -> Comparison | Unseen:
        """Compare a page in two states; None: there is no such page (not in both)."""
        ...


class PageRenderer(Protocol):
    """Gives somebody who looks at the pages of a file, for as long as that is needed."""

    def __call__(self, source: ByteSource, /) -> AbstractContextManager[PageLooks]: ...
