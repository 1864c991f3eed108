"""What is written reads back as it was, by our reader and by others."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from antin.core.errors import InputError
from antin.pdf.dates import format_date, parse_date
from antin.pdf.objects import Name, Ref, Stream, Value, numbers, same, text, text_string
from antin.pdf.serialise import NewStream, compressed, serialised, serialised_name
from tests.pdfs import assembled, opened
from tests.values import VALUES, of_pyhanko


def read_back(written: bytes) -> Value:
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}
    return opened(assembled({**objects, 3: written})).final_view.value(3)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_our_reader_gets_the_same_value(value: Value) -> None:
    assert same(read_back(serialised({"V": value})), {"V": value})


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_pyhanko_reads_the_same_value(value: Value) -> None:
    written = BytesIO(serialised((value,)) + b" ")
    nowhere = generic.TrailerReference(None)
    assert same(of_pyhanko(generic.read_object(written, nowhere)), (value,))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E+3"), b"1000.0"),
        (Decimal("1E-7"), b"0.0000001"),
        (Decimal("-0.50"), b"-0.50"),
        (Decimal(4), b"4.0"),
        (True, b"true"),
        (1, b"1"),
        (None, b"null"),
        (b"(\\)", b"(\\(\\\\\\))"),
        (b"a\rb", b"<610d62>"),
        (b"", b"()"),
        (Name("A B#(/%\x00\xff"), b"/A#20B#23#28#2F#25#00#FF"),
        ((1, (Ref(3, 7),)), b"[1 [3 7 R]]"),
        ({"A": {}}, b"<</A <<>>>>"),
    ],
    ids=repr,
)
def test_each_kind_has_one_form(value: Value, written: bytes) -> None:
    assert serialised(value) == written


def test_every_byte_of_a_name_comes_back() -> None:
    name = "".join(map(chr, range(1, 256)))
    written = serialised_name(name)
    assert written.isascii()
    assert bytes.fromhex(written[1:7].replace(b"#", b"").decode()) == b"\x01\x02"
    assert len({serialised_name(chr(byte)) for byte in range(256)}) == 256


def test_a_stream_says_its_own_length() -> None:
    data = b"endstream endobj\n" * 3
    found = read_back(serialised(NewStream({"Length": 1, "A": 2}, data)))
    assert isinstance(found, Stream)
    assert found.dictionary == {"Length": len(data), "A": 2}
    assert compressed({}, data) == compressed({}, data)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (Decimal("1E+99999999"), "pdf_malformed"),
        (Decimal("1E-99999999"), "pdf_malformed"),
        (Decimal("NaN"), "pdf_malformed"),
        (10**5000, "pdf_malformed"),
    ],
    ids=["huge", "tiny", "none", "digits"],
)
def test_numbers_that_nobody_reads_are_refused(value: Value, code: str) -> None:
    with pytest.raises(InputError) as caught:
        serialised(value)
    assert caught.value.code == code


def test_depth_is_bounded() -> None:
    value: Value = ()
    for _ in range(200):
        value = (value,)
    with pytest.raises(InputError) as caught:
        serialised(value)
    assert caught.value.code == "pdf_too_complex"


def test_the_data_of_an_old_stream_are_never_lost_silently() -> None:
    found = read_back(serialised(NewStream({}, b"data")))
    with pytest.raises(AssertionError):
        serialised(found)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_text_comes_back(content: str) -> None:
    assert text(text_string(content)) == content


def test_text_that_is_none_is_marked() -> None:
    assert text(text_string("a\ud800")) == "a?"


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))  # noqa: DTZ001 — ZONES
def test_dates_name_the_moment(moment: datetime) -> None:
    assert parse_date(format_date(moment).decode()) == moment.replace(microsecond=0)


def test_measures_are_numbers_of_four_places() -> None:
    assert numbers(0, 1.5, 841.88976, 3.0) == (0, Decimal("1.5000"), Decimal("841.8898"), 3)
