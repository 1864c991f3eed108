"""Which words two texts do not share, in order or, of long texts, without it."""

import pytest

from antin.verifier.changes.word_difference import words_changed

FEW, MANY = "w " * 1_498, "w " * 1_499


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (FEW + "a b", FEW + "b a", ("b", "b")),
        (MANY + "a b", MANY + "b a", ("–", "–")),
        (FEW + "a b", MANY + "b a", ("–", "w")),
        (MANY + "b a", FEW + "a b", ("w", "–")),
        (MANY + "b b b", MANY + "b", ("b … b", "–")),
        (MANY + "a a b", MANY + "b b a", ("a", "b")),
    ],
)
def test_long_texts_are_compared_without_their_order(
    was: str, now: str, words: tuple[str, str]
) -> None:
    assert words_changed(was, now) == words


@pytest.mark.parametrize("count", [29, 30])
def test_all_of_few_words_are_shown(count: int) -> None:
    words = " ".join(f"w{n}" for n in range(count))
    assert words_changed(words, "") == (words, "–")
    assert words_changed("", words) == ("–", words)


def test_of_many_words_the_first_are_shown() -> None:
    words = [f"w{n}" for n in range(31)]
    assert words_changed(" ".join(words), "w") == (" ".join(words[:30]) + " …", "w")


def test_words_that_stand_very_often_count_like_others() -> None:
    often = "w " * 300
    assert words_changed(often + "a", "a " + often) == ("a", "a")
