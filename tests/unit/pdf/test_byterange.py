"""Each byte-range rule by itself, on a sound signature with another range claimed for it."""

from dataclasses import replace

import pytest

from antin.pdf import byterange
from antin.pdf.byterange import Rule, deviations
from tests.pdfs import letter, opened, signed

DATA = signed(letter())
DOCUMENT = opened(DATA)
FIELD = DOCUMENT.signatures[0]
A, B, C, D = FIELD.byte_range


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
    found = rule(DOCUMENT, replace(FIELD, byte_range=claimed))
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("rule", "span", "code"),
    [
        (byterange.parts_in_order, None, "byte_range_malformed"),
        (byterange.gap_is_hex_string, (B - 1, C), "byte_range_gap"),
        (byterange.gap_is_hex_string, (0, 2 << 30), "byte_range_gap"),
        (byterange.gap_is_own_contents, (B - 1, C), "byte_range_gap_elsewhere"),
        (byterange.lies_in_revision, (B, len(DATA) + 1), "byte_range_gap_elsewhere"),
    ],
)
def test_rule_on_the_gap(rule: Rule, span: tuple[int, int] | None, code: str) -> None:
    found = rule(DOCUMENT, replace(FIELD, contents_span=span))
    assert found is not None
    assert found.code == code


def test_rule_on_the_end() -> None:
    found = byterange.ends_at_revision(DOCUMENT, replace(FIELD, revision=None))
    assert found is not None
    assert found.code == "byte_range_end"


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
