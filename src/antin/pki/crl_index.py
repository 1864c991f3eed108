"""Where each serial number stands in a CRL: built once, by C-speed passes over the raw bytes.

Runs of entries of the usual shapes are validated by one regular expression and cut by it; the rest
is read value by value. Kept are four bytes for each entry's place and four for its number: 16 bits
of the serial's CRC and its place within a block of 16,384, sorted, so that a look-up bisects each
block. No object per entry outlives its block.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, repeat
from operator import lshift, or_
from typing import Final
from zlib import crc32

from antin.core.errors import InputError
from antin.pki.der_read import INTEGER, SEQUENCE, Cursor
from antin.pki.der_write import integer
from antin.pki.extensions import read_extensions

CODE: Final = "revocation_malformed"
MAX_ODD: Final = 200_000
"""Entries of unusual shape that are read one by one."""
REASON: Final = "2.5.29.21"
INVALIDITY_DATE: Final = "2.5.29.24"
_BITS: Final = 14
_BLOCK: Final = 1 << _BITS
_MASK: Final = 0xFFFF
_KNOWN: Final = frozenset({REASON, INVALIDITY_DATE, "2.5.29.23"})
_NO_EXTENSIONS: Final = (0, rb"")
_REASON_ONLY: Final = (14, rb"0\x0c0\x0a\x06\x03U\x1d\x15\x04\x03\x0a\x01[\x00-\x0a]")
_MINIMAL: Final = rb"(?!\x00[\x00-\x7f]|\xff[\x80-\xff])"


def _shape(octets: int, extensions: tuple[int, bytes]) -> bytes:
    """Return a pattern of entries whose serial has ``octets`` bytes, after their SEQUENCE tag."""
    size, pattern = extensions
    minimal = _MINIMAL if octets > 1 else b""
    return b"%s\x02%s%s.{%d}\x17\x0d[0-9]{12}Z%s" % (
        re.escape(bytes((2 + octets + 15 + size,))),
        re.escape(bytes((octets,))),
        minimal,
        octets,
        pattern,
    )


_SHAPES: Final = [_shape(n, e) for n in range(1, 22) for e in (_NO_EXTENSIONS, _REASON_ONLY)]
_ANY: Final = rb"0(?:" + b"|".join(_SHAPES) + rb")"


@cache
def _patterns() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return those of a run of entries and of one; made when needed: they take 25 ms."""
    run = re.compile(rb"(?:" + _ANY + rb"){1,%d}+" % _BLOCK, re.DOTALL)
    return run, re.compile(_ANY, re.DOTALL)


@dataclass(frozen=True)
class CrlIndex:
    """The entries of one CRL; what it holds are plain arrays, so that it can be kept elsewhere."""

    data: bytes = field(repr=False)
    starts: "array[int]" = field(repr=False)
    """Offset of each entry, in their order."""
    blocks: tuple["array[int]", ...] = field(repr=False)
    """For each 16,384 entries: CRC and number within the block, sorted."""

    def find(self, serial: int) -> tuple[bytes, ...]:
        """Return the entries about ``serial``, as DER."""
        wanted = integer(serial)
        key = (crc32(wanted) & _MASK) << _BITS
        found = []
        for number, block in enumerate(self.blocks):
            at = bisect_left(block, key)
            while at < len(block) and block[at] ^ key < _BLOCK:
                start = self.starts[number * _BLOCK + (block[at] & (_BLOCK - 1))]
                cursor = Cursor(self.data, CODE, start)
                entry = cursor.raw()
                if Cursor(entry, CODE).enter(SEQUENCE).raw(INTEGER) == wanted:
                    found.append(entry)
                at += 1
        return tuple(found)


def index_entries(data: bytes, start: int, stop: int) -> CrlIndex:
    """Index the revokedCertificates whose content lies from ``start`` to ``stop`` in ``data``.

    Error: ``revocation_malformed`` for what is no list of entries, for a critical extension of an
    entry that is not known (RFC 5280 §5.3: such a CRL tells nothing), and past limits.
    """
    a_run, an_entry = _patterns()
    found = _Found()
    at, odd = start, 0
    while at < stop:
        run = a_run.match(data, at, stop)
        if run is not None:
            entries = an_entry.findall(data, at, run.end())
            starts = accumulate(map(len, entries[:-1]), initial=at)
            found.take(starts, [entry[2 : 4 + entry[3]] for entry in entries])
            at = run.end()
            continue
        odd += 1
        if odd > MAX_ODD:
            raise InputError(CODE, detail=f"more than {MAX_ODD} unusual entries", offset=at)
        end, serial = _read_odd(data, at, stop)
        found.take((at,), (serial,))
        at = end
    return found.finished(data)


class _Found:
    """Entries as they are found, cut into blocks."""

    def __init__(self) -> None:
        self._starts = array("I")
        self._blocks: list[array[int]] = []
        self._pending: list[bytes] = []
        """Serials of the block that is not full yet."""

    def take(self, starts: Iterable[int], serials: Iterable[bytes]) -> None:
        self._starts.extend(starts)
        self._pending += serials
        while len(self._pending) >= _BLOCK:
            self._close(_BLOCK)

    def finished(self, data: bytes) -> CrlIndex:
        self._close(len(self._pending))
        return CrlIndex(data, self._starts, tuple(self._blocks))

    def _close(self, count: int) -> None:
        serials, self._pending = self._pending[:count], self._pending[count:]
        keys = map(lshift, map(_MASK.__and__, map(crc32, serials)), repeat(_BITS))
        # Below 2 to the 30th, where the sort compares machine words.
        self._blocks.append(array("I", sorted(map(or_, keys, range(count)))))


def _read_odd(data: bytes, at: int, stop: int) -> tuple[int, bytes]:
    """Check an entry of unusual shape; return where it ends, and its serial as DER."""
    cursor = Cursor(data, CODE, at, stop)
    entry = cursor.enter(SEQUENCE)
    begin = entry.at
    entry.integer()
    serial = data[begin : entry.at]
    entry.time()
    if entry:
        extensions = read_extensions(entry.enter(SEQUENCE))
        unknown = [oid for oid, (critical, _) in extensions.items() if critical]
        if not _KNOWN.issuperset(unknown):
            raise entry.wrong(f"unknown critical extension {unknown[0]} of an entry", at)
    entry.finish()
    return cursor.at, serial
