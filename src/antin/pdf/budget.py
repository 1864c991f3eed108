"""How much work one file may cost.

It is counted, not timed, so that a file ends alike on any machine: in bytes, and a token that
becomes a value counts as some bytes more (``lexer.TOKEN_COST``).
"""

from typing import Final

from antin.core.errors import InputError

_PARSED: Final = 96 << 20
_SEARCHED: Final = 64 << 20
_SEARCHED_RATIO: Final = 6
_INFLATED: Final = 96 << 20
_INFLATED_RATIO: Final = 50
MAX_STREAM: Final = 64 << 20
"""Largest stream, decoded, that is held in memory at once."""


class Budget:
    """What is left for one file; every step that costs takes its bytes off beforehand."""

    def __init__(self, size: int) -> None:
        self._parsed = _PARSED
        self._searched = _SEARCHED + _SEARCHED_RATIO * size
        self._inflated = _INFLATED + _INFLATED_RATIO * size

    def parse(self, count: int) -> None:
        """Take off the cost of turning bytes into values; ``pdf_too_complex`` at the end."""
        self._parsed -= count
        if self._parsed < 0:
            raise InputError("pdf_too_complex", detail="it has too much to parse")

    @property
    def parsed(self) -> int:
        """What parsing has cost so far."""
        return _PARSED - self._parsed

    def search(self, count: int) -> None:
        """Take off ``count`` bytes that are searched for a word."""
        self._searched -= count
        if self._searched < 0:
            raise InputError("pdf_too_complex", detail="its streams have no proper ends")

    def inflate(self, count: int) -> None:
        """Take off ``count`` bytes that came out of a filter."""
        self._inflated -= count
        if self._inflated < 0:
            raise InputError("pdf_too_complex", detail="its streams inflate too much")

    @property
    def largest(self) -> int:
        """How many bytes the next stream may inflate to."""
        return max(0, min(MAX_STREAM, self._inflated))
