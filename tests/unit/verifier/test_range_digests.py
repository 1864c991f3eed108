"""Forked digests equal those computed one by one; odd ranges are left out."""

import hashlib

from antin.core.bytesource import MemorySource
from antin.verifier.range_digests import Wanted, range_digests

DATA = hashlib.shake_256(b"specimen").digest(3_000_000)


def naive(wanted: Wanted) -> bytes:
    start, length, behind, rest = wanted.byte_range
    signed = DATA[start : start + length] + DATA[behind : behind + rest]
    return hashlib.new(wanted.algorithm, signed).digest()


def test_forked_digests_equal_naive_ones() -> None:
    wanted = []
    for number in range(40):
        spread = (number * 700_001, number * 1_300_021, number * 2_900_017)
        gap, behind, end = sorted(one % (len(DATA) + 1) for one in spread)
        wanted.append(Wanted(("sha256", "sha384")[number % 2], (0, gap, behind, end - behind)))
    found = range_digests(MemorySource(DATA), wanted)
    assert found == {one: naive(one) for one in wanted}


def test_unsound_ranges_are_left_out() -> None:
    size = len(DATA)
    ranges = [(), (0, 1), (1, 1, 2, 3), (0, -1, 2, 3), (0, 9, 5, 1), (0, 1, 2, size), (0,) * 5]
    assert range_digests(MemorySource(DATA), [Wanted("sha256", one) for one in ranges]) == {}


def test_absurd_amounts_of_work_are_left_out() -> None:
    source = MemorySource(bytes(4 << 20))
    rest = source.size - 2000
    wanted = [Wanted("sha256", (0, gap, 2000, rest)) for gap in range(200)]
    assert 0 < len(range_digests(source, wanted)) < 200
