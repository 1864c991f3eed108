"""Looking for requests that come twice among millions.

A part of an export gives a number for each request that begins in it, sorted into groups by one
byte. What two parts have in common is in the same group, and a group is small: looking at all of
them takes a third of what one large set takes, and a fraction of its memory.
"""

import zlib
from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_GROUPS: Final = 256
_TOGETHER: Final = 16
"""Groups in a share."""
_FEW: Final = 10_000
"""Numbers that a group may hold beside twice what it would by chance."""


class Grouped(NamedTuple):
    """Numbers of requests, group after group."""

    numbers: "array[int]"
    counts: "array[int]"
    """How many there are of each group."""


class EveryNumber:
    """The numbers of all parts; 8 bytes each."""

    def __init__(self) -> None:
        self._groups = tuple(array("Q") for _ in range(_GROUPS))

    def add(self, some: Grouped) -> None:
        """Take in those of a part."""
        start = 0
        for group, count in zip(self._groups, some.counts, strict=True):
            group.extend(some.numbers[start : start + count])
            start += count

    def shares(self) -> "Iterator[Share]":
        """Yield shares of them to be looked at by :func:`may_repeat`, each by itself."""
        most = 2 * sum(map(len, self._groups)) // _GROUPS + _FEW
        for start in range(0, _GROUPS, _TOGETHER):
            yield Share(self._groups[start : start + _TOGETHER], most)


class Share(NamedTuple):
    """Some groups; together they have every number that is equal to one of theirs."""

    groups: "Sequence[array[int]]"
    most: int
    """Numbers of a group that can be by chance."""


def may_repeat(share: Share) -> bool:
    """Tell whether two are equal; also if somebody made too many fall into one group."""
    return any(len(one) > share.most or len(set(one)) != len(one) for one in share.groups)


def numbers_of(requests: Sequence[bytes]) -> "array[int]":
    """Return 64 bits for each; unequal ones for unequal requests, mostly."""
    both = array("I", bytes(8 * len(requests)))
    both[0::2] = array("I", map(zlib.crc32, requests))
    both[1::2] = array("I", map(zlib.adler32, requests))
    return array("Q", both.tobytes())


def grouped(numbers: "array[int]") -> Grouped:
    """Sort ``numbers`` into groups."""
    groups = [array("Q") for _ in range(_GROUPS)]
    put = [group.append for group in groups]
    for number, byte in zip(numbers, numbers.tobytes()[:: numbers.itemsize], strict=True):
        put[byte](number)
    together = array("Q")
    for group in groups:
        together += group
    return Grouped(together, array("I", map(len, groups)))
