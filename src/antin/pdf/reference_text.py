"""Where text says ``n g R``, found at near the cost of reading the bytes once.

Every reference ends in an R behind white space. Text is cut at each R by one call, and only the few
bytes before it are looked at. What is found is more than there is (text in strings, in pictures),
never less.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import accumulate, count, repeat
from operator import add, lshift, or_
from typing import Final

from antin.pdf.lexer import WHITE

LOOK_BEHIND: Final = 4 << 10
"""Longest reference whose target is told, comments and white space in it included."""
UNKNOWN: Final = -1
"""Stands for a target that can't be told from the text at hand."""
_NEAR: Final = 40
_SIGN: Final = ord("%")
_MAX_SIGNS: Final = 64
_ENDS: Final = frozenset(bytes([code]) for code in WHITE)
_DIGITS: Final = b"0123456789"
_MAX_DIGITS: Final = 10
_NEXT: Final = frozenset({b"", *(bytes([code]) for code in b"\0\t\n\x0c\r ()<>[]{}/%")})
"""What may follow the R; nothing, at the end."""
_NUMBER: Final = re.compile(rb"\d{1,10}\Z")


_SPACES: Final = bytes.maketrans(WHITE, b" " * len(WHITE))
_SPACES_IN_LINES: Final = bytes.maketrans(b"\0\t\x0c", b"   ")
_USUAL: Final = b" 0 R"
_R_BEHIND_PIECE: Final = partial(count, len(_USUAL) - 1, len(_USUAL))
"""How far each R is behind the end of its piece: by all usual ends before it as well."""
_AFTER_WHITE: Final = (b" R", b"\nR", b"\rR")
_MAX_UNUSUAL: Final = 2_000
_NONE: Final = -2
_NO_NUMBER: Final = b"-2"
"""Stands where a usual end has no number before it; such places are looked at singly."""


class BulkReferences:
    """What :func:`textual_references` finds, and perhaps more, at a fraction of its cost.

    Nearly all references end in `` 0 R``: the text is cut there, and only what is written in
    another way is looked at singly. Indexes are worked out when asked for.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        # Where there may be comments, the two numbers of a usual reference must be on one line.
        spaces, marks = (_SPACES_IN_LINES, _AFTER_WHITE) if b"%" in data else (_SPACES, (b" R",))
        plain = data[:end].translate(spaces)
        pieces = plain.split(_USUAL)
        self._places = array("q", map(add, accumulate(map(len, pieces)), _R_BEHIND_PIECE()))
        digits = [(tail := p[-_MAX_DIGITS:])[len(tail.rstrip(_DIGITS)) :] for p in pieces]
        digits.pop()
        odd = []
        if b"" in digits:
            odd = [self._places[i] for i, number in enumerate(digits) if not number]
            digits = [number or _NO_NUMBER for number in digits]
        ends = sum(map(plain.count, marks))
        for i, piece in enumerate(pieces if ends >= len(pieces) else ()):
            if any(end in piece for end in marks):
                odd += _ends_in(piece, self._places[i] + 1 - len(_USUAL) - len(piece))
        self._places.pop()
        self._odd: dict[int, list[int]] = {}
        self._usual = array("q")
        if len(odd) > _MAX_UNUSUAL:
            for target, at in textual_references(data, start, end):
                self._odd.setdefault(target, []).append(at)
            return
        self._usual = array("q", map(int, digits))
        first = bisect_left(self._places, start)
        self._usual[:first] = array("q", [_NONE] * first)
        for at in odd:
            if at >= start and data[at + 1 : at + 2] in _NEXT:
                for target in wide_targets(data, at):
                    self._odd.setdefault(target, []).append(at)

    def __len__(self) -> int:
        return len(self._usual) + len(self._odd)

    def targets(self) -> set[int]:
        """Return the numbers of all objects that seem to be referred to."""
        return {*self._usual, *self._odd} - {_NONE}

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield (target, index) of each R."""
        for target, at in zip(self._usual, self._places, strict=False):
            if target != _NONE:
                yield target, at
        yield from self._unusual()

    def packed(self, base: int, shift: int, unknown: int) -> Iterator[int]:
        """Yield what :meth:`items` does as one number each: target, ``shift`` bits of offset.

        Indexes count from ``base``; ``unknown`` stands for the target that can't be told. Some
        numbers are negative, and mean nothing.
        """
        usual = map(lshift, self._usual, repeat(shift))
        yield from map(or_, usual, map(add, self._places, repeat(base)))
        for target, at in self._unusual():
            yield (unknown if target == UNKNOWN else target) << shift | (base + at)

    def _unusual(self) -> Iterator[tuple[int, int]]:
        for target, places in self._odd.items():
            for at in places:
                yield target, at


def _ends_in(piece: bytes, base: int) -> list[int]:
    """Return where an R stands behind white space in ``piece``, which begins at ``base``."""
    places = accumulate(len(part) + 1 for part in piece.split(b"R"))
    return [base + at - 1 for at in [*places][:-1] if piece[at - 2 : at - 1] in _ENDS]


def textual_references(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (target, index) for each R of a reference at an index from ``start`` up to ``end``.

    ``data`` has what precedes ``start``, up to ``LOOK_BEHIND`` bytes, and the byte after ``end``,
    if there are any.
    """
    low = max(0, start - 1)
    at = low - 1
    for piece in data[low:end].split(b"R"):
        at += len(piece) + 1
        if piece[-1:] not in _ENDS or not start <= at < end or data[at + 1 : at + 2] not in _NEXT:
            continue
        near = piece[-_NEAR:]
        if b"\n" in near or b"\r" in near:
            near = near[max(near.rfind(b"\n"), near.rfind(b"\r")) :]
        words = near.rsplit(None, 2)
        number = words[-2][len(words[-2].rstrip(_DIGITS)) :] if len(words) > 1 else b""
        cut = near is piece and at - len(piece) == low > 0  # its beginning is not at hand
        begun = len(words) == 3 or near[:1] in _ENDS or (len(piece) <= _NEAR and not cut)
        if begun and number and words[-1].isdigit():
            yield int(number[-_MAX_DIGITS:]), at  # on one line: no comment is in it
        else:
            for target in wide_targets(data, at):
                yield target, at


def wide_targets(data: bytes, at: int) -> list[int]:
    """Return the numbers of the objects that the R at ``at`` may refer to.

    Comments, line ends and much white space may be in the reference.
    """
    window = data[max(0, at - LOOK_BEHIND) : at]
    whole = len(window) < LOOK_BEHIND
    targets: list[int] = []
    for second in _number_ends(window, len(window), whole=whole):
        generation = _number_before(window, second)
        if generation is None:
            return [UNKNOWN]
        for first in _number_ends(window, generation.start(), whole=whole):
            number = _number_before(window, first)
            targets.append(UNKNOWN if number is None else int(number[0]))
    return targets


def _number_before(window: bytes, end: int) -> re.Match[bytes] | None:
    if end == UNKNOWN:
        return None
    return _NUMBER.search(window, max(0, end - _MAX_DIGITS), end)


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
