"""Where text says ``n g R``, found at near the cost of reading the bytes once.

Every reference ends in an R behind white space. Text is cut at each R by one call, and only the few
bytes before it are looked at. What is found is more than there is (text in strings, in pictures),
never less.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from antin.pdf.lexer import REGULAR, WHITE

LOOK_BEHIND: Final = 4 << 10
"""Longest reference whose target is told, comments and white space in it included."""
UNKNOWN: Final = -1
"""Stands for a target that can't be told from the text at hand."""
_NEAR: Final = 40
_SIGN: Final = ord("%")
_MAX_SIGNS: Final = 64
_ENDS: Final = frozenset(bytes([code]) for code in WHITE)
_REFERENCE: Final = re.compile(rb"(\d{1,10}+)[\x00\t\n\x0c\r ]++\d{1,10}+[\x00\t\n\x0c\r ]++\Z")
_REGULAR: Final = re.compile(REGULAR)
_NUMBER: Final = re.compile(rb"\d{1,10}\Z")


def textual_references(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (target, index) for each R of a reference at an index from ``start`` up to ``end``.

    ``data`` has what precedes ``start``, up to ``LOOK_BEHIND`` bytes, and the byte after ``end``,
    if there are any.
    """
    low = max(0, start - 1)
    pieces = data[low:end].split(b"R")
    ends = accumulate(map(len, pieces), lambda at, length: at + 1 + length, initial=low - 1)
    next(ends)
    marks = [at for piece, at in zip(pieces, ends, strict=True) if piece[-1:] in _ENDS]
    for at in marks:
        if start <= at < end and not _REGULAR.match(data, at + 1):
            for target in _targets(data, at):
                yield target, at


def _targets(data: bytes, at: int) -> list[int]:
    """Return the numbers of the objects that the R at ``at`` may refer to."""
    near = max(0, at - _NEAR)
    found = _REFERENCE.search(data[near:at])
    if found is not None and (found.start() > 0 or near == 0):
        return [int(found[1])]
    window = data[max(0, at - LOOK_BEHIND) : at]
    whole = len(window) < LOOK_BEHIND
    targets: list[int] = []
    for second in _number_ends(window, len(window), whole=whole):
        generation = _NUMBER.search(window, 0, second) if second != UNKNOWN else None
        if generation is None:
            return [UNKNOWN]
        for first in _number_ends(window, generation.start(), whole=whole):
            number = _NUMBER.search(window, 0, first) if first != UNKNOWN else None
            targets.append(UNKNOWN if number is None else int(number[0]))
    return targets


def _number_ends(window: bytes, at: int, *, whole: bool) -> list[int]:
    """Return the indexes where a number may end with only white space and comments up to ``at``.

    ``UNKNOWN`` is among them if that can't be told; ``whole``: nothing stands before the window.
    A comment ends with its line, but any percent sign of a line may be the one that begins it.
    """
    found: list[int] = []
    pending = [at]
    while pending:
        behind = pending.pop()
        before = window[:behind].rstrip(WHITE)
        end = len(before)
        if before[-1:].isdigit() and end < at:
            found.append(end)
        line = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        gap = window[end:behind]
        ends_line = b"\n" in gap or b"\r" in gap
        if (not before or (ends_line and line == 0)) and not whole:
            found.append(UNKNOWN)
        signs = [at for at in range(line, end) if before[at] == _SIGN] if ends_line else []
        if len(signs) > _MAX_SIGNS:
            found.append(UNKNOWN)
        pending.extend(signs[:_MAX_SIGNS])
    return found
