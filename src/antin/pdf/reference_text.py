"""Where text says ``n g R``, found at near the cost of reading the bytes once.

Nearly all references end in `` 0 R``, with a digit before: those are told by regular expressions
that begin with a literal. Only what ends in another way is looked at singly. What is found is more
than there is (text in strings, in pictures), never less.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
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
_DIGITS: Final = b"0123456789"
_MAX_DIGITS: Final = 10
_NEXT: Final = frozenset({b"", *(bytes([code]) for code in b"\0\t\n\x0c\r ()<>[]{}/%")})
"""What may follow the R; nothing, at the end."""
_NUMBER: Final = re.compile(rb"\d{1,10}\Z")
_USUAL: Final = b" 0 R"
_ALL_USUAL: Final = re.compile(_USUAL + rb"(?<=\d 0 R)")
_UNUSUAL: Final = re.compile(rb"R(?<!\d 0 R)(?<=[\x00\t\n\x0c\r ]R)(?!" + REGULAR + rb")")
_MAX_UNUSUAL: Final = 2_000


def usual_references(
    data: bytes, start: int, end: int, wanted: Collection[int] | None = None
) -> Iterator[tuple[int, int]]:
    """Yield (target, index of its R) for each `` 0 R`` right behind a number.

    With ``wanted``, only those to objects of these numbers. ``data`` as :func:`textual_references`.
    """
    pattern = _ALL_USUAL if wanted is None else _usual_to(wanted)
    for found in pattern.finditer(data, max(0, start + 1 - len(_USUAL)), end):
        behind = found.start()
        digits = data[max(0, behind - _MAX_DIGITS) : behind]
        target = int(digits[len(digits.rstrip(_DIGITS)) :])
        if wanted is None or target in wanted:
            yield target, found.end() - 1


def _usual_to(wanted: Collection[int]) -> re.Pattern[bytes]:
    """Return a pattern for usual references to ``wanted``, and others of about these digits."""
    by_length: dict[int, list[str]] = defaultdict(list)
    for number in wanted:
        by_length[len(str(number))].append(str(number))
    forms = []
    for length, numbers in by_length.items():
        digits = "".join(f"[{''.join(sorted({*column}))}]" for column in zip(*numbers, strict=True))
        longer = (f"(?<![1-9]{'0' * n}{digits} 0 R)" for n in range(_MAX_DIGITS - length))
        forms.append(f"(?<={digits} 0 R){''.join(longer)}")
    return re.compile(_USUAL + f"(?:{'|'.join(forms)})".encode())


def unusual_references(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (target, index of its R) for each reference that is no usual one, and perhaps others.

    ``data`` as :func:`textual_references`.
    """
    places = [found.start() for found in _UNUSUAL.finditer(data, start, end)]
    if len(places) > _MAX_UNUSUAL:
        yield from textual_references(data, start, end)
        return
    for at in places:
        for target in wide_targets(data, at):
            yield target, at


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
