"""The digests of all byte ranges of a file, and of the file itself, in one pass.

Each signature covers the file from its start to its own gap, and a little after it: one running
digest is forked at each gap, so that twenty signatures cost little more than one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK, Digest, new_digest

ByteRange = tuple[int, ...]
_WHOLE: Final = "sha256"
_BUDGET_FACTOR: Final = 16
_BUDGET_FLOOR: Final = 256 << 20
"""Bytes hashed behind gaps, at most: this much and sixteen times the file."""


@dataclass(frozen=True)
class Wanted:
    """One digest: algorithm as ``new_digest`` names it, and the byte range."""

    algorithm: str
    byte_range: ByteRange


@dataclass(frozen=True)
class Digests:
    """What one pass over a file gave."""

    whole: bytes
    """SHA-256 of all of it."""
    ranges: dict[Wanted, bytes]


def digests(source: ByteSource, wanted: Iterable[Wanted], size: int) -> Digests:
    """Return the SHA-256 of ``source`` and the digest of each of ``wanted`` whose range is sound.

    The other ranges are missing. Sound: two parts, the first at offset 0, both inside the first
    ``size`` bytes, the second behind the first. Ranges whose tails add up to an absurd amount of
    work are left out as well.
    """
    sound = {one for one in wanted if _is_sound(one.byte_range, size)}
    running = {name: new_digest(name) for name in {_WHOLE, *(one.algorithm for one in sound)}}
    budget = _BUDGET_FACTOR * source.size + _BUDGET_FLOOR
    found: dict[Wanted, bytes] = {}
    position = 0
    for one in sorted(sound, key=lambda w: (w.byte_range[1], w.byte_range[3])):
        _, gap, behind, length = one.byte_range
        _feed(source, position, gap, running.values())
        position = gap
        budget -= length
        if budget >= 0:
            forked = running[one.algorithm].copy()
            _feed(source, behind, behind + length, (forked,))
            found[one] = forked.digest()
    _feed(source, position, source.size, (running[_WHOLE],))
    return Digests(running[_WHOLE].digest(), found)


def _is_sound(byte_range: ByteRange, size: int) -> bool:
    if len(byte_range) != 4 or min(byte_range) < 0 or byte_range[0] != 0:
        return False
    _, gap, behind, length = byte_range
    return gap <= behind and behind + length <= size


def _feed(source: ByteSource, start: int, end: int, states: Iterable[Digest]) -> None:
    states = tuple(states)
    while start < end:
        chunk = source.pread(start, min(CHUNK, end - start))
        if not chunk:
            return
        for state in states:
            state.update(chunk)
        start += len(chunk)
