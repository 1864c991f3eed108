"""How a page looked and looks, as pictures for people; no verdict is made from these values."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Picture:
    """A drawn page, as PNG."""

    png: bytes = field(repr=False)
    width: int
    """In pixels, as is the height."""
    height: int
    sha256: str


@dataclass(frozen=True)
class PagePictures:
    """A page as it was signed and as it is now; None: there is no such page."""

    renderer: str
    """Program and version: another one draws other pixels."""
    page_before: int | None
    """1-based, in the revision that was signed."""
    page_after: int | None
    """1-based, in the whole file."""
    before: Picture | None
    after: Picture | None
    difference: Picture | None
    """What looks different, in colour; None where there are not two states."""
