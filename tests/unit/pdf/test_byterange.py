"""Each byte-range rule by itself, on a sound signature with another range claimed for it."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from antin.core.bytesource import MemorySource
from antin.pdf import byterange
from antin.pdf.byterange import Rule, deviations
from antin.pdf.deviations import Deviation
from antin.pdf.document import PdfDocument
from tests.pdf_forms import add_revision
from tests.pdfs import letter, opened, signed

DATA = signed(letter())
DOCUMENT = opened(DATA)
FIELD = DOCUMENT.signatures[0]
A, B, C, D = FIELD.byte_range
ELSEWHERE = Deviation("byte_range_gap_elsewhere", B)


@pytest.mark.parametrize(
    ("rule", "claimed", "code"),
    [
        (byterange.four_integers, (A, B, C), "byte_range_malformed"),
        (byterange.four_integers, (A, B, C, D, C + D, 9), "byte_range_malformed"),
        (byterange.no_negatives, (A, B, C, -D), "byte_range_malformed"),
        (byterange.starts_at_zero, (1, B, C, D), "byte_range_start"),
        (byterange.inside_file, (A, B, C, D + 1), "byte_range_outside"),
    ],
)
def test_rule_on_the_numbers(rule: Rule, claimed: tuple[int, ...], code: str) -> None:
    assert rule(DOCUMENT, replace(FIELD, byte_range=claimed)) == Deviation(code)


@pytest.mark.parametrize(
    ("rule", "span", "code"),
    [
        (byterange.parts_in_order, None, "byte_range_malformed"),
        (byterange.gap_is_hex_string, None, "byte_range_gap"),
        (byterange.gap_is_hex_string, (B - 1, C), "byte_range_gap"),
        (byterange.gap_is_hex_string, (B, C + 1), "byte_range_gap"),
        (byterange.gap_is_hex_string, (0, 2 << 30), "byte_range_gap"),
        (byterange.gap_is_own_contents, None, "byte_range_malformed"),
        (byterange.gap_is_own_contents, (B - 1, C), "byte_range_gap_elsewhere"),
        (byterange.gap_is_own_contents, (B, C - 1), "byte_range_gap_elsewhere"),
        (byterange.gap_is_own_contents, (B, 2 << 30), "byte_range_gap_elsewhere"),
        (byterange.lies_in_revision, (B, len(DATA) + 1), "byte_range_gap_elsewhere"),
    ],
)
def test_rule_on_the_gap(rule: Rule, span: tuple[int, int] | None, code: str) -> None:
    found = rule(DOCUMENT, replace(FIELD, contents_span=span))
    assert found == Deviation(code, span[0] if span else None)


def test_rule_on_the_end() -> None:
    found = byterange.ends_at_revision(DOCUMENT, replace(FIELD, revision=None))
    assert found == Deviation("byte_range_end", C + D)


def test_gap_may_reach_to_the_end_of_its_revision() -> None:
    assert (
        byterange.lies_in_revision(DOCUMENT, replace(FIELD, contents_span=(B, len(DATA)))) is None
    )


def beside(*spans: tuple[int, int] | None) -> PdfDocument:
    """Return a document that has signatures with these gaps besides ``FIELD``."""
    others = [replace(FIELD, contents_span=span) for span in spans]
    return cast("PdfDocument", SimpleNamespace(signatures=(*others, FIELD)))


@pytest.mark.parametrize("span", [(B - 9, B + 1), (C - 1, C + 9), (B, C), (B + 1, C - 1)])
def test_gaps_that_share_a_byte(span: tuple[int, int]) -> None:
    found = byterange.apart_from_others(beside(None, (1, 2), span), FIELD)
    assert found == Deviation("byte_range_shared", span[0])


def test_gaps_that_touch_share_nothing() -> None:
    assert byterange.apart_from_others(beside((B - 9, B), (C, C + 9), None), FIELD) is None
    without = replace(FIELD, contents_span=None)
    assert byterange.apart_from_others(beside((B, C), None), without) is None


def test_gap_of_the_greatest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    def codes(most: int) -> list[str]:
        monkeypatch.setattr(byterange, "_MAX_GAP", most)
        document = opened(DATA)
        return [one.code for one in deviations(document, document.signatures[0])]

    assert codes(C - B) == []
    assert codes(C - B - 1) == ["byte_range_gap", "byte_range_gap_elsewhere"]


class Counted(MemorySource):
    """Counts how often it is read."""

    reads = 0

    def pread(self, offset: int, length: int) -> bytes:
        self.reads += 1
        return super().pread(offset, length)


def gaps(data: bytes) -> tuple[byterange._Gaps, Counted]:
    source = Counted(data)
    return byterange._Gaps(cast("PdfDocument", SimpleNamespace(source=source))), source


@pytest.mark.parametrize(
    ("gap", "digits"),
    [
        (b"<>", b""),
        (b"<30aF>", b"30aF"),
        (b"<3 0\n\x00\t\x0c\r>", b"3 0\n\x00\t\x0c\r"),
        (b"<30", None),
        (b"30>", None),
        (b"3<0>", None),
        (b"<3>0", None),
        (b">30<", None),
        (b"<<30>>", None),
        (b"<3g>", None),
        (b"<30\x0b>", None),
        (b"<", None),
    ],
)
def test_gap_is_one_hex_string_and_nothing_else(gap: bytes, digits: bytes | None) -> None:
    found, _ = gaps(b"ab" + gap + b"00>")
    assert found.digits((2, 2 + len(gap))) == digits


def test_a_gap_is_read_once_and_another_anew() -> None:
    found, source = gaps(b"<30><31>")
    assert [found.digits(span) for span in ((0, 4), (0, 4), (4, 8), None)] == [
        b"30",
        b"30",
        b"31",
        None,
    ]
    assert source.reads == 2


@pytest.mark.parametrize(
    ("digits", "contents", "same"),
    [
        (b"30aF", b"\x30\xaf", True),
        (b"3 0\nA f\x00", b"\x30\xaf", True),
        (b"30a", b"\x30\xa0", True),
        (b"3 0 a", b"\x30\xa0", True),
        (b"30af00", b"\x30\xaf", False),
        (b"30ae", b"\x30\xaf", False),
        (b"", b"", True),
    ],
)
def test_what_hex_digits_stand_for(digits: bytes, contents: bytes, same: bool) -> None:  # noqa: FBT001 — what is expected
    assert byterange._stand_for(digits, contents) is same


def test_gap_as_far_from_the_start_of_its_object_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    distance = B - DATA.rindex(b"%d 0 obj" % (FIELD.object_number or 0), 0, B)
    monkeypatch.setattr(byterange, "_MAX_BEFORE", distance)
    assert byterange.gap_is_own_contents(DOCUMENT, FIELD) is None
    monkeypatch.setattr(byterange, "_MAX_BEFORE", distance - 1)
    assert byterange.gap_is_own_contents(DOCUMENT, FIELD) == ELSEWHERE


def test_every_digit_of_the_gap_belongs_to_the_signature() -> None:
    """Where the container is full, its last digits count as much as the first."""
    document = opened(DATA[: C - 3] + b"f7" + DATA[C - 1 :])
    full = document.signatures[0]
    assert full.contents.endswith(b"\xf7")
    assert deviations(document, full) == ()
    assert byterange.gap_is_own_contents(DOCUMENT, full) == ELSEWHERE


def test_gap_in_the_object_behind_is_not_its_own() -> None:
    """The object that lies before the signature's is near enough, and ends before the gap."""
    start = DATA.rindex(b"%d 0 obj" % (FIELD.object_number or 0), 0, B)
    before = int(re.findall(rb"(\d+) 0 obj", DATA[:start])[-1])
    assert DOCUMENT.final_view.place(before) is not None
    moved = replace(FIELD, object_number=before)
    assert byterange.gap_is_own_contents(DOCUMENT, moved) == ELSEWHERE


def test_signature_that_no_object_holds() -> None:
    for number in (None, 9_999):
        nowhere = replace(FIELD, object_number=number, field_number=number)
        assert byterange.gap_is_own_contents(DOCUMENT, nowhere) == ELSEWHERE


def test_signature_inside_an_object_stream() -> None:
    packed = opened(add_revision(letter(), "objstm", {50: b"null"}))
    moved = replace(FIELD, object_number=50)
    assert byterange.gap_is_own_contents(packed, moved) == ELSEWHERE


def test_signature_that_lies_in_its_field() -> None:
    """Its bytes are in the field's object."""
    value = b"<</Type/Sig/ByteRange[%010d %010d %010d %010d]/Contents<01>>>"
    body = b"<</FT/Sig/T(direct)/V%b>>"

    def made(*numbers: int) -> bytes:
        catalog = b"/AcroForm<</Fields[20 0 R]>>"
        return letter(catalog=catalog, more={20: body % (value % numbers)})

    blank = made(0, 0, 0, 0)
    gap = blank.index(b"<01>")
    document = opened(made(0, gap, gap + 4, len(blank) - gap - 4))
    field = document.signatures[0]
    assert (field.object_number, field.field_number) == (None, 20)
    assert deviations(document, field) == ()


@pytest.mark.parametrize("rule", byterange._RULES)
def test_sound_signature_keeps_every_rule(rule: Rule) -> None:
    assert rule(DOCUMENT, FIELD) is None


@pytest.mark.parametrize(
    "name",
    [
        "four_integers",
        "no_negatives",
        "starts_at_zero",
        "parts_in_order",
        "inside_file",
        "gap_is_hex_string",
        "gap_is_own_contents",
        "lies_in_revision",
        "ends_at_revision",
        "apart_from_others",
    ],
)
def test_rule_is_applied(name: str) -> None:
    assert getattr(byterange, name) in byterange._RULES


@pytest.mark.parametrize("claimed", [(), (0,), (0, 1, 2, 3, 4, 5), (0, -1, -2, 3), (9, 1, 2, 3)])
def test_odd_ranges_never_raise(claimed: tuple[int, ...]) -> None:
    odd = replace(FIELD, byte_range=claimed, contents_span=None, revision=None)
    assert deviations(DOCUMENT, odd)
