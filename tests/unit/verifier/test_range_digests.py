"""Forked digests equal those computed one by one; odd ranges are left out."""

import hashlib

import pytest

from antin.core.bytesource import MemorySource
from antin.verifier import range_digests
from antin.verifier.range_digests import Wanted, digests

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
    found = digests(MemorySource(DATA), wanted, len(DATA))
    assert found.ranges == {one: naive(one) for one in wanted}
    assert found.whole == hashlib.sha256(DATA).digest()


def test_unsound_ranges_are_left_out() -> None:
    size = len(DATA)
    ranges = [(), (0, 1), (1, 1, 2, 3), (0, -1, 2, 3), (0, 9, 5, 1), (0, 1, 2, size), (0,) * 5]
    found = digests(MemorySource(DATA), [Wanted("sha384", one) for one in ranges], size)
    assert found.ranges == {}
    assert found.whole == hashlib.sha256(DATA).digest()


def test_ranges_end_where_the_pdf_does_and_the_file_where_it_does() -> None:
    ranges = [Wanted("sha256", (0, 1, 2, rest)) for rest in (98, 99)]
    found = digests(MemorySource(DATA), ranges, 100)
    assert found.ranges == {ranges[0]: naive(ranges[0])}
    assert found.whole == hashlib.sha256(DATA).digest()


class CountedSource(MemorySource):
    """Counts the bytes that are read of it."""

    read = 0

    def pread(self, offset: int, length: int) -> bytes:
        data = super().pread(offset, length)
        self.read += len(data)
        return data


def test_the_file_is_read_once() -> None:
    source = CountedSource(DATA)
    gaps = range(2_000_000, 2_900_000, 100_000)
    wanted = [Wanted("sha256", (0, gap, gap + 9, 1000)) for gap in gaps]
    digests(source, wanted, source.size)
    assert source.read == len(DATA) + 1000 * len(gaps)


def test_absurd_amounts_of_work_are_left_out() -> None:
    source = MemorySource(bytes(4 << 20))
    rest = source.size - 2000
    wanted = [Wanted("sha256", (0, gap, 2000, rest)) for gap in range(200)]
    assert 0 < len(digests(source, wanted, source.size).ranges) < 200


def test_work_ends_where_the_budget_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many times the file, and a floor for small ones; the last byte of it may be used."""
    monkeypatch.setattr(range_digests, "_BUDGET_FACTOR", 2)
    monkeypatch.setattr(range_digests, "_BUDGET_FLOOR", 500)
    source = MemorySource(DATA[:1000])

    def counted(*lengths: int) -> int:
        wanted = [Wanted("sha256", (0, n, 10, length)) for n, length in enumerate(lengths)]
        return len(digests(source, wanted, source.size).ranges)

    assert counted(990, 990, 520) == 3
    assert counted(990, 990, 521) == 2


class Cut(MemorySource):
    """A file that was cut after its size was asked for."""

    @property
    def size(self) -> int:
        return 2 * super().size


def test_a_file_that_ends_sooner_than_it_said() -> None:
    source = Cut(DATA[:1000])
    one = Wanted("sha256", (0, 10, 20, 1500))
    found = digests(source, [one], source.size)
    assert found.whole == hashlib.sha256(DATA[:1000]).digest()
    assert found.ranges == {one: hashlib.sha256(DATA[:10] + DATA[20:1000]).digest()}
