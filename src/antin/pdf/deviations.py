"""What a file does otherwise than ISO 32000-2 asks, named by a code of the list of findings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deviation:
    """One rule that a file breaks, and where; the code is one of ``core.codes.FINDINGS``."""

    code: str
    offset: int | None = None
    """Bytes from the start of the file, or of an object stream's data; None: nowhere in it."""
