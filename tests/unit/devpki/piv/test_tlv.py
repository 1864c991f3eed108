"""Data objects of smart cards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devpki.piv import tlv

TAGS = st.sampled_from([0x4F, 0x53, 0x70, 0x7C, 0x7E, 0x5F2F, 0x5FC105, 0x5FC10A])


@given(st.dictionaries(TAGS, st.binary(max_size=70_000), max_size=4))
def test_what_was_written_is_read(objects: dict[int, bytes]) -> None:
    small = {tag: value[:65_536] for tag, value in objects.items()}
    assert tlv.decode(b"".join(tlv.encode(tag, value) for tag, value in small.items())) == small


@pytest.mark.parametrize(
    "broken", ["70", "7001", "7080", "5F", "5FC1", "5FC1818101", "7082", "70820100", "70007000"]
)
def test_what_is_cut_off_indefinite_or_twice_is_refused(broken: str) -> None:
    with pytest.raises(tlv.TlvError):
        tlv.decode(bytes.fromhex(broken))


@given(st.binary(max_size=200))
def test_any_bytes_are_objects_or_refused(data: bytes) -> None:
    try:
        found = tlv.decode(data)
    except tlv.TlvError:
        return
    assert sum(map(len, found.values())) <= len(data)
