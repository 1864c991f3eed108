"""The index of a CRL against reading it value by value, and what makes it give up."""

import random
from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.pki import crl_index
from antin.pki.crl_index import index_entries
from antin.pki.der_write import integer, sequence, tlv
from antin.pki.der_write import oid as der_oid

WHEN = core.UTCTime(datetime(2026, 1, 1, tzinfo=UTC)).dump()
LATE = core.GeneralizedTime(datetime(2051, 1, 1, tzinfo=UTC)).dump()


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = b"\x01\x01\xff" if critical else b""
    return sequence(der_oid(oid), flag, tlv(0x04, value))


REASON = extension("2.5.29.21", b"\x0a\x01\x01")
INVALID = extension("2.5.29.24", LATE)
SHAPES = {
    "bare": (WHEN, ()),
    "reason": (WHEN, (REASON,)),
    "late": (LATE, (REASON,)),
    "invalidity": (WHEN, (REASON, INVALID)),
    "private": (WHEN, (extension("1.3.6.1.4.1.99999.3", b"\x05\x00"),)),
}


def entry(serial: int, shape: str) -> bytes:
    when, extensions = SHAPES[shape]
    return sequence(integer(serial), when, sequence(*extensions) if extensions else b"")


ENTRIES = st.lists(
    st.tuples(
        st.one_of(st.integers(-5, 300), st.integers(-(1 << 167), 1 << 167)),
        st.sampled_from(sorted(SHAPES)),
    ),
    max_size=60,
)


@given(ENTRIES, st.integers(1, 4), st.binary(max_size=5))
@settings(max_examples=150)
def test_finds_what_a_naive_reader_finds(
    listed: list[tuple[int, str]], bits: int, before: bytes
) -> None:
    ders = [entry(serial, shape) for serial, shape in listed]
    data = before + b"".join(ders) + b"behind"
    with pytest.MonkeyPatch.context() as patch:
        # Small blocks, so that a few entries make several.
        patch.setattr(crl_index, "_BITS", bits)
        patch.setattr(crl_index, "_BLOCK", 1 << bits)
        index = index_entries(data, len(before), len(data) - 6)
        assert len(index.starts) == len(listed)
        asked = {serial for serial, _ in listed} | {0, 1, -1, 255, 256, 1 << 167}
        for serial in asked:
            naive = [d for d, (s, _) in zip(ders, listed, strict=True) if s == serial]
            assert sorted(index.find(serial)) == sorted(naive)


def test_many_entries_take_eight_bytes_each() -> None:
    chance = random.Random(7)  # noqa: S311 — the same serials in each run
    serials = [chance.getrandbits(chance.choice((15, 63, 127, 159))) for _ in range(50_000)]
    data = b"".join(
        entry(serial, "reason" if number % 2 else "bare") for number, serial in enumerate(serials)
    )
    index = index_entries(data, 0, len(data))
    held = index.starts.itemsize * len(index.starts)
    held += sum(block.itemsize * len(block) for block in index.blocks)
    assert held == 8 * len(serials)
    for serial in serials[::997]:
        assert index.find(serial)
    assert index.find(chance.getrandbits(200)) == ()


@pytest.mark.parametrize(
    "odd",
    [
        sequence(integer(5)),
        sequence(WHEN, integer(5)),
        sequence(tlv(0x02, b"\x00\x05"), WHEN),
        sequence(tlv(0x02, b"\xff\x85"), WHEN),
        sequence(tlv(0x02, b""), WHEN),
        sequence(integer(5), WHEN, sequence(REASON, REASON)),
        sequence(integer(5), WHEN, sequence(REASON), WHEN),
        sequence(integer(5), tlv(0x17, b"261301000000Z"), sequence(REASON, INVALID)),
        sequence(integer(5), WHEN, sequence(extension("2.5.29.29", b"\x30\x00", critical=True))),
        sequence(integer(5), WHEN) + b"\x00",
        b"\x30\x50" + sequence(integer(5), WHEN)[2:],
    ],
    ids=range(11),
)
def test_one_bad_entry_spoils_the_list(odd: bytes) -> None:
    good = entry(1, "reason")
    for data in (odd, good + odd, odd + good, good * 50 + odd + good):
        with pytest.raises(InputError) as caught:
            index_entries(data, 0, len(data))
        assert caught.value.code == "revocation_malformed"


def test_unusual_entries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_index, "MAX_ODD", 10)
    data = entry(1, "late") * 10
    assert len(index_entries(data, 0, len(data)).find(1)) == 10
    with pytest.raises(InputError):
        index_entries(data + entry(1, "late"), 0, len(data) + len(entry(1, "late")))
