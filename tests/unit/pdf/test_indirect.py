"""Indirect objects where they lie: windows, stream ends, what is odd, what is refused."""

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pdf.budget import Budget
from antin.pdf.indirect import IndirectObject, read_indirect
from antin.pdf.objects import Ref, Stream


def read(data: bytes, offset: int = 0, lengths: dict[int, int] | None = None) -> IndirectObject:
    found = lengths or {}
    source = MemorySource(data)
    return read_indirect(source, offset, Budget(len(data)), lambda ref: found.get(ref.number))


def codes(found: IndirectObject) -> list[str]:
    return [note.code for note in found.notes]


@pytest.mark.parametrize("before", [0, 1, 2_000, 2_047, 2_048, 40_000])
@pytest.mark.parametrize("inner", [0, 1_900, 2_040, 2_047, 2_050, 300_000])
def test_object_of_any_length_anywhere(before: int, inner: int) -> None:
    head = b"x" * before
    data = head + b"7 3 obj\n(" + b"a" * inner + b")\nendobj\n8 0 obj 9 endobj"
    found = read(data, before)
    assert (found.number, found.generation, found.value) == (7, 3, b"a" * inner)
    assert (found.start, found.end) == (before, data.index(b"endobj") + 6)
    assert codes(found) == []


@pytest.mark.parametrize("inner", range(1_950, 2_060))
def test_window_that_ends_inside_a_reference(inner: int) -> None:
    found = read(b"7 0 obj[(" + b"a" * inner + b") 12 0 R]endobj" + b" " * 99)
    assert isinstance(found.value, tuple)
    assert found.value[1] == Ref(12)
    assert codes(found) == []


def a_stream(length: bytes, data: bytes, eol: bytes = b"\n", end: bytes = b"\nendstream") -> bytes:
    return b"7 0 obj <</Length " + length + b">>stream" + eol + data + end + b" endobj\n"


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("end", [b"\nendstream", b"\r\nendstream", b"endstream", b"\r endstream"])
def test_stream(eol: bytes, end: bytes) -> None:
    data = b"one endstream two"
    found = read(a_stream(b"%d" % len(data), data, eol, end))
    assert isinstance(found.value, Stream)
    assert found.value.raw.read() == data
    assert codes(found) == []


def test_length_elsewhere() -> None:
    found = read(a_stream(b"12 0 R", b"data"), lengths={12: 4})
    assert isinstance(found.value, Stream)
    assert found.value.raw.read() == b"data"
    assert codes(found) == []


@pytest.mark.parametrize("length", [b"0", b"3", b"8", b"99999999", b"-4", b"/X", b"13 0 R"])
def test_wrong_length_is_noted(length: bytes) -> None:
    found = read(a_stream(length, b"data"))
    assert isinstance(found.value, Stream)
    assert found.value.raw.read() == b"data"
    assert codes(found) == ["pdf_stream_length_wrong"]


@pytest.mark.parametrize("eol", [b"\r", b"", b" ", b" \n", b"\t\r\n"])
def test_stream_that_begins_oddly(eol: bytes) -> None:
    found = read(a_stream(b"4", b"data", eol))
    assert isinstance(found.value, Stream)
    assert found.value.raw.read() == b"data"
    assert codes(found) == ["pdf_stream_odd"]


@pytest.mark.parametrize(
    "data",
    [
        b"7 0 obj 12\n8 0 obj 9 endobj",
        b"7 0 obj <</A 1>>",
        b"7 0 obj <</Length 1>>stream\nxendstream 8 0 obj",
        b"7 0 obj (a) stream\nx\nendstream",
    ],
)
def test_missing_endobj_is_noted(data: bytes) -> None:
    assert codes(read(data)) == ["pdf_endobj_missing"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"trailer",
        b"7 0 R",
        b"7 0 obj",
        b"7 0 obj endobj",
        b"7 0 obj <</A",
        b"7 0 obj <</Length 4>>stream\ndata",
        b"99999999999 0 obj 1 endobj",
        b"%" + b"x" * 5_000,
    ],
)
def test_no_object(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.code == "pdf_malformed"
    assert isinstance(caught.value.values["offset"], int)


def test_no_object_is_as_long_as_that() -> None:
    with pytest.raises(InputError) as caught:
        read(b"7 0 obj (" + b"a" * (33 << 20) + b") endobj")
    assert caught.value.code == "pdf_too_complex"


def test_search_for_ends_is_paid_for() -> None:
    """Thousands of streams without ends would each be searched up to the end of the file."""
    data = b"7 0 obj <<>>stream\n" + b"x" * (4 << 20)
    source, budget = MemorySource(data), Budget(len(data))
    seen = set()
    for _ in range(40):
        with pytest.raises(InputError) as caught:
            read_indirect(source, 0, budget, lambda _: None)
        seen.add(caught.value.code)
    assert seen == {"pdf_malformed", "pdf_too_complex"}
