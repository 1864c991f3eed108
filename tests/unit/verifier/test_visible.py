"""Foreign text is shown so that nothing hides in it and nothing is endless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.verifier.writers.visible import MAX_TEXT, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Văn A", "Nguyễn Văn A"),
        (unicodedata.normalize("NFD", "Nguyễn Văn A"), "Nguyễn Văn A"),
        ("a\u202efdp.exe", "a[U+202E]fdp.exe"),
        ("A\u200bB\u2060C\ufeffD", "A[U+200B]B[U+2060]C[U+FEFF]D"),
        ("a\x00b\x1b[2J", "a[U+0000]b[U+001B][2J"),
        ("one\n two\t\u00a0three", "one two three"),
        ("\u3164Hangul\u2800", "[U+3164]Hangul[U+2800]"),
        ("x\ufe0f\U000e0101\u180b", "x[U+FE0F][U+E0101][U+180B]"),
        ("\ud800", "[U+D800]"),
        ("\ue000\U0010ffff", "[U+E000][U+10FFFF]"),
        ("a" + "\u0335" * 5, "a" + "\u0335" * 3 + "[U+0335]" * 2),
        (12, "12"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_code_point(text: object, shown: str) -> None:
    assert visible(text) == shown


def test_endless_text_is_cut() -> None:
    assert visible("x" * 10_000_000) == "x" * MAX_TEXT + "…"
    assert visible("abc", 2) == "ab…"
    assert visible("abc", 3) == "abc"


@given(st.text(alphabet=st.characters(), max_size=40))
def test_nothing_unseen_is_left(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(letter)[0] != "C" for letter in shown)
    shown.encode()
    assert visible(shown) == shown
