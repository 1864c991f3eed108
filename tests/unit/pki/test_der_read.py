"""The DER cursor: exact, bounded, and what it refuses, with the offset."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.pki import der_write
from antin.pki.der_read import GENERALIZED_TIME, INTEGER, OCTET_STRING, Cursor, dotted, whole

CODE = "cms_malformed"


def cursor(data: bytes) -> Cursor:
    return Cursor(data, CODE)


def refusal(read: Callable[[], Any]) -> int:
    """Return the offset that the refusal names."""
    with pytest.raises(InputError) as caught:
        read()
    assert caught.value.code == CODE
    offset = caught.value.values["offset"]
    assert isinstance(offset, int)
    return offset


@pytest.mark.parametrize(
    "data",
    ["", "30", "3080", "308100", "30817f", "3082007f", "30850000000001", "30ff", "3001", "1f8101"],
)
def test_headers_that_are_not_der(data: str) -> None:
    assert refusal(lambda: cursor(bytes.fromhex(data)).bounds()) == 0


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 24])
def test_every_length_is_read_back(length: int) -> None:
    data = der_write.tlv(OCTET_STRING, bytes(length))
    assert cursor(data).body(OCTET_STRING) == bytes(length)


@given(st.integers(-(1 << 300), 1 << 300))
@settings(max_examples=100)
def test_integers_as_asn1crypto_writes_them(value: int) -> None:
    data = core.Integer(value).dump()
    assert cursor(data).integer() == value
    padded = der_write.tlv(INTEGER, (b"\xff" if value < 0 else b"\x00") + data[2:])
    assert refusal(lambda: cursor(padded).integer()) == 0


def test_integers_that_are_none() -> None:
    for data in (b"\x02\x00", der_write.tlv(INTEGER, b"\x01" * 65)):
        assert refusal(lambda data=data: cursor(data).integer()) == 0  # type: ignore[misc]  # bound now


@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=8), st.sampled_from([0, 1, 2]))
@settings(max_examples=100)
def test_identifiers_as_asn1crypto_writes_them(arcs: list[int], first: int) -> None:
    if first < 2:
        arcs[0] %= 40
    text = ".".join(map(str, (first, *arcs)))
    if first == 2 and arcs[0] > 47:
        arcs[0] %= 48  # asn1crypto writes the first two arcs into one byte
        text = ".".join(map(str, (first, *arcs)))
    assert cursor(core.ObjectIdentifier(text).dump()).oid() == text


@pytest.mark.parametrize("body", ["", "80", "8001", "2a80", "2a8001", "2a" * 65])
def test_identifiers_that_are_none(body: str) -> None:
    assert dotted(bytes.fromhex(body)) is None
    refusal(lambda: cursor(der_write.tlv(6, bytes.fromhex(body))).oid())


def test_remembers_no_identifier_of_megabytes() -> None:
    tracemalloc.start()
    try:
        for last in range(20):
            assert dotted(b"*" * 1_000_000 + bytes((last,))) is None
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 500_000


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x18, "20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
    ],
)
def test_times(tag: int, text: str, moment: datetime) -> None:
    assert cursor(der_write.tlv(tag, text.encode())).time() == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, "4912312359Z"),
        (0x17, "491231235959+0700"),
        (0x17, "490231000000Z"),
        (0x18, "20500101000000"),
        (0x18, "20500101000000.5Z"),
        (0x18, "00000101000000Z"),
        (0x0C, "20500101000000Z"),
    ],
)
def test_times_that_are_none(tag: int, text: str) -> None:
    assert refusal(lambda: cursor(der_write.tlv(tag, text.encode())).time()) == 0


def test_fractions_of_a_second() -> None:
    def read(text: str) -> datetime:
        return cursor(der_write.tlv(GENERALIZED_TIME, text.encode())).precise_time()

    assert read("20260601120000.25Z") == datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert read("20260601120000Z") == datetime(2026, 6, 1, 12, tzinfo=UTC)
    for text in ("20260601120000.250Z", "20260601120000.Z", "20260601120000.5"):
        refusal(lambda text=text: read(text))  # type: ignore[misc]  # bound now


def test_booleans_and_bit_strings() -> None:
    assert cursor(b"\x01\x01\xff").boolean()
    assert not cursor(b"\x01\x01\x00").boolean()
    assert cursor(b"\x03\x02\x00a").bits() == b"a"
    for data in (b"\x01\x01\x01", b"\x01\x00"):
        refusal(cursor(data).boolean)
    for data in (b"\x03\x00", b"\x03\x02\x01a"):
        refusal(cursor(data).bits)


def test_values_stay_inside_their_container() -> None:
    data = bytes.fromhex("3003 0402 61 62")
    assert refusal(lambda: whole(data[:5], CODE).body(OCTET_STRING)) == 2
    assert refusal(lambda: whole(data, CODE)) == 5


def test_what_is_left_is_told() -> None:
    inner = whole(bytes.fromhex("3006 020101 020102"), CODE)
    assert inner.integer() == 1
    assert refusal(inner.finish) == 5
    assert (inner.tag(), inner.integer(), inner.tag(), bool(inner)) == (INTEGER, 2, -1, False)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_split_exactly_or_refused(data: bytes) -> None:
    reader, parts = cursor(data), []
    try:
        while reader:
            parts.append(reader.raw())
    except InputError:
        return
    assert b"".join(parts) == data
