import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core import digests
from antin.core.bytesource import MemorySource

# FIPS 180-4, example B.1 ("abc")
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_known_digest() -> None:
    assert digests.sha256_hex(b"abc") == ABC
    assert digests.digest_source(MemorySource(b"abc")).hex() == ABC


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "sha3_256"])
def test_every_algorithm_reads_the_whole_source(algorithm: str) -> None:
    data = b"x" * (digests.CHUNK + 17)
    assert (
        digests.digest_source(MemorySource(data), algorithm)
        == hashlib.new(algorithm, data).digest()
    )


@given(
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 250), st.integers(0, 250)), max_size=4),
    st.integers(1, 50),
)
def test_ranges_are_hashed_one_after_another(
    data: bytes, ranges: list[tuple[int, int]], chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digests, "CHUNK", chunk)
        found = digests.digest_ranges(MemorySource(data), ranges)
    expected = b"".join(data[offset : offset + length] for offset, length in ranges)
    assert found == hashlib.sha256(expected).digest()


def test_comparing() -> None:
    assert digests.same(b"one", b"one")
    assert not digests.same(b"one", b"two")
    assert not digests.same(b"one", b"on")
