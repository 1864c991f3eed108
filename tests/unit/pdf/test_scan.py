"""Finding objects where no cross-reference says where they are."""

from types import ModuleType
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pdf import landmarks as landmarks_module
from antin.pdf import scan as scan_module
from antin.pdf.budget import Budget
from antin.pdf.indirect import read_indirect
from antin.pdf.landmarks import Landmark, landmarks
from antin.pdf.scan import Scan, scan
from tests.pdfs import letter, stream


def scanned(data: bytes) -> Scan:
    return scan(MemorySource(data), Budget(len(data)))


def marks(data: bytes) -> list[Landmark]:
    return list(landmarks(MemorySource(data)))


PIECES = (
    b"1 0 obj",
    b"23 00004 obj ",
    b"\n",
    b" ",
    b"endobj",
    b"<<>>stream\n",
    b"endstream",
    b"trailer",
    b"/Catalog",
    b"12345678901 0 obj",
    b"x1 0 obj",
    b"object",
    b"%",
    b"7\r\n0\tobj<<",
)


def test_landmarks_are_the_words_of_the_structure() -> None:
    data = b"1 0 obj<</Type/Catalog>>endobj2 7 obj <<>>stream\nendstreamendobj\ntrailer<<>>"
    found = [(kind.name, start, number) for kind, start, _, number, _ in marks(data)]
    assert found == [
        ("OBJECT", 0, 1),
        ("CATALOG", 14, 0),
        ("END_OBJECT", 24, 0),
        ("OBJECT", 30, 2),
        ("STREAM", 42, 0),
        ("END_STREAM", 49, 0),
        ("END_OBJECT", 58, 0),
        ("TRAILER", 65, 0),
    ]
    assert marks(data)[3][4] == 7, "the generation"


@pytest.mark.parametrize(
    "data", [b"x1 0 obj", b"12345678901 0 obj", b"1 0 object", b"1 obj", b"obj", b"/Catalogue"]
)
def test_what_only_looks_like_a_landmark_is_none(data: bytes) -> None:
    assert marks(data) == []


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60), chunk=st.integers(20, 90))
@settings(max_examples=150, deadline=None)
def test_landmarks_do_not_depend_on_where_chunks_end(pieces: list[bytes], chunk: int) -> None:
    data = b"".join(pieces)
    whole = marks(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landmarks_module, "CHUNK", chunk)
        assert marks(data) == whole


def test_all_objects_of_a_good_file_are_found() -> None:
    data = letter(3)
    found = scanned(data)
    assert sorted(found.offsets) == [1, 2, 3, 10, 11, 12, 110, 111, 112]
    assert all(data.startswith(b"%d 0 obj" % n, at) for n, at in found.offsets.items())
    assert (found.catalogs, found.repairs) == ([1], [])
    assert found.trailers[0][1]["Size"] == 113


def test_the_last_definition_counts() -> None:
    data = b"1 0 obj 5 endobj 2 3 obj 6 endobj 1 2 obj 7 endobj 2 0 obj 8 endobj"
    found = scanned(data)
    assert found.offsets == {1: data.index(b"1 2 obj"), 2: data.index(b"2 0 obj")}
    assert found.generations == {1: 2}


INNER = letter(1, more={77: b"(inner)"})


@pytest.mark.parametrize(
    "more",
    [
        {70: stream(INNER)},
        {70: b"<</Length 71 0 R>>\nstream\n" + INNER + b"\nendstream", 71: b"%d" % len(INNER)},
        {60: b"%d" % len(INNER), 70: b"<</Length 60 0 R>>stream\r\n" + INNER + b"\nendstream"},
        {70: b"(a 77 0 obj 5 endobj)"},
        {70: b"<</A[(77 0 obj)]/B 5>>"},
    ],
    ids=["direct-length", "length-later", "length-before", "string", "array"],
)
def test_what_stands_inside_an_object_is_no_object(more: dict[int, bytes]) -> None:
    found = scanned(letter(1, more=more))
    assert 77 not in found.offsets
    assert sorted(found.offsets) == sorted({1, 2, 3, 10, 110, *more})
    assert (len(found.trailers), found.catalogs, found.repairs) == (1, [1], [])


def test_missing_ends_are_named() -> None:
    data = (
        b"1 0 obj <</A 1>> 2 0 obj [3] endobj 3 0 obj <<>>stream\nabc\nendstream 4 0 obj 1 endobj"
    )
    found = scanned(data)
    assert sorted(found.offsets) == [1, 2, 3, 4]
    codes = [(repair.code, repair.offset) for repair in found.repairs]
    assert ("pdf_endobj_missing", 0) in codes
    assert ("pdf_stream_length_wrong", data.index(b"abc")) in codes


def test_a_stream_that_never_ends_takes_the_rest() -> None:
    data = b"1 0 obj 5 endobj 2 0 obj <</Length 9>>stream\n 3 0 obj 5 trailer <</Size 3>>"
    found = scanned(data)
    assert sorted(found.offsets) == [1]
    assert found.trailers == []
    assert [repair.code for repair in found.repairs] == ["pdf_object_unreadable"]


def test_a_stream_without_its_end_ends_with_its_object() -> None:
    data = b"1 0 obj <</Length 9>>stream\n 7 0 obj 5 endobj 2 0 obj 6 endobj trailer <</Size 3>>"
    found = scanned(data)
    assert sorted(found.offsets) == [1, 2]
    assert [trailer for _, trailer in found.trailers] == [{"Size": 3}]


def test_object_and_cross_reference_streams_are_told() -> None:
    one, two = stream(b"7 0 (x)", b"/Type/ObjStm/N 1/First 4"), stream(b"", b"/Type/XRef/Size 9")
    data = letter(1, more={80: one, 81: two})
    found = scanned(data)
    assert found.containers == [(data.index(b"80 0 obj"), 80)]
    assert [at for at, _ in found.trailers] == [data.index(b"81 0 obj"), data.index(b"trailer")]


@pytest.mark.parametrize(
    ("module", "limit", "most"),
    [
        (scan_module, "MAX_OBJECTS", 7),
        (scan_module, "_MAX_READS", 2),
        (scan_module, "_MAX_TRAILERS", 1),
        (landmarks_module, "MAX_LANDMARKS", 20),
    ],
)
def test_there_is_an_end_of_everything(
    module: ModuleType, limit: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = letter(2)
    monkeypatch.setattr(module, limit, most)
    assert len(scanned(data).offsets) == 7
    monkeypatch.setattr(module, limit, most - 1)
    with pytest.raises(InputError) as caught:
        scanned(data)
    assert caught.value.code == "pdf_too_complex"


def test_objects_are_not_read_in_vain_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b"%d 0 obj (\n" % n for n in range(1, 100))
    read = Mock(wraps=read_indirect)
    monkeypatch.setattr(scan_module, "read_indirect", read)
    monkeypatch.setattr(scan_module, "_MAX_FAILURES", 5)
    assert len(scanned(data).offsets) == 99 - 1, "the last one breaks off"
    assert read.call_count == 6


@given(st.lists(st.sampled_from([*PIECES, b"(", b"<</Length 9 0 R>>", b"9 0 obj 5 "]), max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_is_scanned_ends(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    found = scanned(data)
    assert all(0 <= at < len(data) for at in found.offsets.values())
