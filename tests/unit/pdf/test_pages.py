"""Pages by their index, from either end, in trees that lie or go round in circles."""

import pytest

from antin.core.errors import InputError
from antin.pdf import pages
from antin.pdf.pages import nth_page
from tests.pdfs import assembled, letter, opened


def tree(**nodes: bytes) -> dict[int, bytes]:
    return {int(name[1:]): body for name, body in nodes.items()}


NESTED = tree(
    n1=b"<</Type/Catalog/Pages 2 0 R>>",
    n2=b"<</Type/Pages/Kids[3 0 R 12 0 R 4 0 R]/Count 99>>",
    n3=b"<</Type/Pages/Kids[10 0 R 11 0 R]/Count 0/Parent 2 0 R>>",
    n4=b"<</Kids[13 0 R 2 0 R 3 0 R]/Count -1>>",
    n10=b"<</Type/Page>>",
    n11=b"<</Type/Page>>",
    n12=b"<</Type/Page>>",
    n13=b"<</Type/Page>>",
)


@pytest.mark.parametrize(
    ("index", "number"),
    [
        (0, 10),
        (1, 11),
        (2, 12),
        (3, 13),
        (4, None),
        (-1, 13),
        (-4, 10),
        (-5, None),
        (10**30, None),
        (-(10**30), None),
    ],
)
def test_counts_are_not_believed_and_loops_walked_once(index: int, number: int | None) -> None:
    assert nth_page(opened(assembled(NESTED)).final_view, index) == number


def test_both_ends_agree_on_a_sound_tree() -> None:
    view = opened(letter(4)).final_view
    assert [nth_page(view, n) for n in range(4)] == [10, 11, 12, 13]
    assert [nth_page(view, n) for n in range(-4, 0)] == [10, 11, 12, 13]


def test_no_pages() -> None:
    bare = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[9 0 R]/Count 1>>"}
    assert nth_page(opened(assembled(bare)).final_view, 0) is None


def test_the_walk_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_NODES", 3)
    view = opened(letter(4)).final_view
    assert nth_page(view, 1) == 11
    with pytest.raises(InputError) as caught:
        nth_page(view, 3)
    assert caught.value.code == "pdf_too_complex"
