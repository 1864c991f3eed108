"""Filters and predictors: known vectors, other programs' encoders, and bounds on what comes out."""

import base64
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pdf.budget import MAX_STREAM, Budget
from antin.pdf.filters import decode
from antin.pdf.objects import Dictionary, Name, Span, Stream, Value


def decoded(data: bytes, dictionary: Dictionary, size: int = 1 << 20) -> bytes:
    stream = Stream(dictionary, Span(MemorySource(data), 0, len(data)))
    return decode(stream, data, Budget(size))


def code_of(data: bytes, dictionary: Dictionary) -> str:
    with pytest.raises(InputError) as caught:
        decoded(data, dictionary)
    return caught.value.code


TEXT = b"In ra va dong dau. " * 40


def run_length(data: bytes) -> bytes:
    parts = [data[at : at + 100] for at in range(0, len(data), 100)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts) + b"\xfe!\x80rest"


@pytest.mark.parametrize(
    ("kind", "data", "plain"),
    [
        ("FlateDecode", zlib.compress(TEXT) + b"\nrest", TEXT),
        ("Fl", zlib.compress(TEXT)[:-4], TEXT),
        ("ASCIIHexDecode", TEXT.hex().encode() + b" >rest", TEXT),
        ("AHx", b"48 65\n6c 6C 6f 7>", b"Hellop"),
        ("ASCII85Decode", base64.a85encode(TEXT) + b"~>\n", TEXT),
        ("A85", base64.a85encode(b"abc\0\0\0\0", wrapcol=3) + b"~>", b"abc\0\0\0\0"),
        ("RunLengthDecode", run_length(TEXT), TEXT + b"!!!"),
        ("RL", b"\x02abc\x80", b"abc"),
        # ISO 32000-2 §7.4.4.2, example
        ("LZWDecode", bytes.fromhex("800B6050220C0C8501"), bytes.fromhex("2D2D2D2D2D412D2D2D42")),
        ("Crypt", TEXT, TEXT),
    ],
)
def test_one_filter(kind: str, data: bytes, plain: bytes) -> None:
    assert decoded(data, {"Filter": Name(kind)}) == plain
    assert decoded(data, {"Filter": (Name(kind),), "DecodeParms": (None,)}) == plain


def test_filters_one_after_the_other() -> None:
    data = base64.a85encode(zlib.compress(TEXT)) + b"~>"
    kinds = (Name("ASCII85Decode"), Name("FlateDecode"))
    assert decoded(data, {"Filter": kinds}) == TEXT


def test_no_filter() -> None:
    assert decoded(TEXT, {}) == TEXT


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("FlateDecode", b"no zlib data"),
        ("ASCII85Decode", b"vvvvv~>"),
        ("LZWDecode", b"\xff\xff\xff"),
        ("DCTDecode", b"\xff\xd8"),
        ("JBIG2Decode", b""),
        ("", b""),
    ],
)
def test_data_that_make_no_sense(kind: str, data: bytes) -> None:
    assert code_of(data, {"Filter": Name(kind)}) == "pdf_malformed"


def bomb() -> bytes:
    packer = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range((MAX_STREAM >> 20) + 1)) + packer.flush()


@pytest.mark.parametrize(
    ("kinds", "data"),
    [
        (("FlateDecode",), bomb()),
        (("RunLengthDecode",), b"\x81\0" * (MAX_STREAM // 128 + 1)),
        (("FlateDecode",) * 9, b""),
    ],
    ids=["flate", "run-length", "filters"],
)
def test_bombs(kinds: tuple[str, ...], data: bytes) -> None:
    names: tuple[Value, ...] = tuple(Name(kind) for kind in kinds)
    assert code_of(data, {"Filter": names}) == "pdf_too_complex"


def test_a_file_inflates_only_so_much_in_all() -> None:
    data = zlib.compress(bytes(30 << 20))
    stream = Stream({"Filter": Name("FlateDecode")}, Span(MemorySource(data), 0, len(data)))
    budget = Budget(1000)
    for _ in range(3):
        decode(stream, data, budget)
    with pytest.raises(InputError) as caught:
        decode(stream, data, budget)
    assert caught.value.code == "pdf_too_complex"


def png(rows: list[tuple[int, bytes]], step: int) -> bytes:
    """Encode rows with the PNG filters of the given kinds, byte by byte as the standard says."""
    out = bytearray()
    before = bytes(len(rows[0][1]))
    for kind, row in rows:
        out.append(kind)
        for i, value in enumerate(row):
            left = row[i - step] if i >= step else 0
            corner = before[i - step] if i >= step else 0
            guesses = (0, left, before[i], (left + before[i]) // 2, paeth(left, before[i], corner))
            out.append((value - guesses[kind]) & 255)
        before = row
    return bytes(out)


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    distances = (abs(guess - left), abs(guess - above), abs(guess - corner))
    return (left, above, corner)[distances.index(min(distances))]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 4), st.randoms(use_true_random=False)), min_size=1),
)
def test_png_predictor(colours: int, columns: int, drawn: list[tuple[int, random.Random]]) -> None:
    rows = [(kind, source.randbytes(colours * columns)) for kind, source in drawn]
    parameters: Dictionary = {"Predictor": 15, "Colors": colours, "Columns": columns}
    data = zlib.compress(png(rows, colours))
    found = decoded(data, {"Filter": Name("FlateDecode"), "DecodeParms": parameters})
    assert found == b"".join(row for _, row in rows)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=5, max_size=5), min_size=1, max_size=60))
def test_rows_that_are_all_up(rows: list[bytes]) -> None:
    data = zlib.compress(png([(2, row) for row in rows], 1))
    parameters: Dictionary = {"Predictor": 12, "Columns": 5}
    assert decoded(data, {"Filter": Name("Fl"), "DecodeParms": parameters}) == b"".join(rows)


def test_tiff_predictor() -> None:
    parameters: Dictionary = {"Predictor": 2, "Colors": 2, "Columns": 3}
    data = zlib.compress(bytes([10, 20, 1, 1, 255, 255, 1, 2, 3, 4, 5, 6]))
    found = decoded(data, {"Filter": Name("Fl"), "DecodeParms": parameters})
    assert found == bytes([10, 20, 11, 21, 10, 20, 1, 2, 4, 6, 9, 12])


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Predictor": 12, "Columns": 0}, "pdf_malformed"),
        ({"Predictor": 12, "Columns": 1 << 40}, "pdf_malformed"),
        ({"Predictor": 12, "Colors": -1, "BitsPerComponent": -8}, "pdf_malformed"),
        ({"Predictor": 2, "BitsPerComponent": 4}, "pdf_malformed"),
        ({"Predictor": 15, "Columns": 1}, "pdf_malformed"),
    ],
)
def test_predictors_that_make_no_sense(parameters: dict[str, Value], code: str) -> None:
    found: Dictionary = {"Filter": Name("Fl"), "DecodeParms": parameters}
    assert code_of(zlib.compress(b"\x09\x09" * 8), found) == code


def test_slow_rows_are_paid_for() -> None:
    """A row costs Python, not C, its time: thirty million of them are not decoded."""
    data = zlib.compress(b"\0\1" * (30 << 20))
    parameters: Dictionary = {"Predictor": 15, "Columns": 1}
    found: Dictionary = {"Filter": Name("Fl"), "DecodeParms": parameters}
    assert code_of(data, found) == "pdf_too_complex"
