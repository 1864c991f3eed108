"""Objects that programs read in different ways are never written anew in words of our own."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from antin.core.errors import InputError
from antin.pdf.objects import Ref
from antin.pdf.verbatim import is_extended
from antin.pdf.writer import Update
from tests.pdfs import appended, assembled, letter, opened, stream

ODD = {
    "a number that is none": b"/Rotate --90",
    "two numbers in one": b"/MediaBox[0 0 595-3 842]",
    "another radix": b"/MediaBox[0 0 1e3 842]",
    "a key twice": b"/Rotate 90/Rotate 0",
    "an escape that is none": b"/A#nnots 5",
}
"""More entries of a page."""
PAGE = 10


def pixels(data: bytes) -> bytes:
    """Return the first page as pdfium draws it."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    bitmap = document[0].render(scale=0.3)
    return b"%d %d " % (bitmap.width, bitmap.height) + bytes(bitmap.buffer)


def with_annotation(data: bytes) -> bytes:
    """Return ``data`` with a list of annotations on its page: what signing changes there."""
    update = Update(opened(data))
    held = update.dictionary(Ref(PAGE))
    update.replace(PAGE, {**held, "Annots": (*update.items(held.get("Annots")), Ref(2))})
    return data + update.appendix().data


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        with_annotation(data)
    return caught.value.code


@pytest.mark.parametrize("odd", ODD)
def test_an_entry_is_added_and_the_rest_copied(odd: str) -> None:
    data = letter(1, page=ODD[odd])
    made = with_annotation(data)
    assert ODD[odd] in made[len(data) :]
    before, after = opened(data).final_view, opened(made).final_view
    held = after.dictionary(Ref(PAGE))
    assert held == {**before.dictionary(Ref(PAGE)), "Annots": (Ref(2),)}
    assert pixels(made) == pixels(data)


@pytest.mark.parametrize("odd", ODD)
def test_an_entry_that_is_there_is_not_replaced(odd: str) -> None:
    assert refused(letter(1, page=ODD[odd] + b"/Annots[]")) == "pdf_malformed"


def test_nothing_is_taken_out_or_becomes_something_else() -> None:
    document = opened(letter(1, page=ODD["a key twice"]))
    held = document.final_view.dictionary(Ref(PAGE))
    without = {key: value for key, value in held.items() if key != "Rotate"}
    for value in (without, {**held, "Rotate": 180}, (1, 2), None):
        with pytest.raises(InputError) as caught:
            Update(document).replace(PAGE, value)
        assert caught.value.code == "pdf_malformed"


@pytest.mark.parametrize("odd", [b"/Rotate", b"5/Rotate 90", b"/Rotate 9 0"])
def test_what_is_no_row_of_pairs_takes_no_entry(odd: bytes) -> None:
    assert refused(letter(1, page=odd)) == "pdf_malformed"


def test_a_list_that_is_read_differently_is_not_copied() -> None:
    plain = letter(1, page=b"/Annots 40 0 R", more={40: b"[2 0 R]"})
    assert opened(with_annotation(plain)).final_view.dictionary(Ref(PAGE))["Annots"]
    assert refused(plain.replace(b"[2 0 R]", b"[2 0 x]")) == "pdf_malformed"


def test_annotations_behind_two_references_stay_unseen() -> None:
    """PDFium does not follow the second one: a list in the page itself it would draw."""
    mark = b"<</Type/Annot/Subtype/Square/F 4/Rect[0 0 500 500]/AP<</N 43 0 R>>>>"
    more = {
        40: b"41 0 R",
        41: b"[42 0 R]",
        42: mark,
        43: stream(b"0 0 500 500 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 500 500]"),
    }
    hidden = letter(1, page=b"/Annots 40 0 R", more=more)
    assert pixels(hidden) == pixels(letter(1))
    assert pixels(hidden) != pixels(letter(1, page=b"/Annots 41 0 R", more=more))
    assert refused(hidden) == "pdf_malformed"


def packed(objects: Mapping[int, bytes]) -> bytes:
    """Return a PDF with its dictionaries in an object stream, as they were written."""
    numbers, bodies = sorted(objects), b""
    heads = []
    for number in numbers:
        heads.append(b"%d %d" % (number, len(bodies)))
        bodies += objects[number] + b" "
    head = b" ".join(heads) + b" "
    held = stream(head + bodies, b"/Type/ObjStm/N %d/First %d" % (len(numbers), len(head)))
    data = b"%%PDF-1.7\n5 0 obj\n%b\nendobj\n" % held
    rows = {5: b"\x01\x00\x09\x00", 6: b"\x01" + len(data).to_bytes(2) + b"\x00"}
    rows |= {n: b"\x02\x00\x05" + bytes([i]) for i, n in enumerate(numbers)}
    table = b"".join(rows.get(n, b"\x00\x00\x00\x00") for n in range(PAGE + 1))
    entries = b"/Type/XRef/Root 1 0 R/Size %d/W[1 2 1]" % (PAGE + 1)
    start = len(data)
    return data + b"6 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        stream(table, entries),
        start,
    )


OBJECTS = {
    1: b"<</Type/Catalog/Pages 2 0 R>>",
    2: b"<</Type/Pages/Kids[10 0 R]/Count 1/MediaBox[0 0 595 842]>>",
    PAGE: b"<</Type/Page/Parent 2 0 R/Resources<<>>%b>>",
}


@pytest.mark.parametrize("put", [packed, assembled])
def test_what_lies_in_an_object_stream_has_no_text_of_its_own(
    put: Callable[[Mapping[int, bytes]], bytes],
) -> None:
    plain = put({**OBJECTS, PAGE: OBJECTS[PAGE] % b""})
    assert "Annots" in opened(with_annotation(plain)).final_view.dictionary(Ref(PAGE))
    odd = put({**OBJECTS, PAGE: OBJECTS[PAGE] % b"/Rotate --90"})
    if put is packed:
        assert refused(odd) == "pdf_malformed"
    else:
        assert pixels(with_annotation(odd)) == pixels(odd)


def test_strings_that_are_encrypted_are_not_copied() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(letter(1))) as pdf:
        pdf.pages[0].obj.Rotate = 0
        pdf.save(out, encryption=pikepdf.Encryption(owner="", user=""))
    data = out.getvalue()
    (page,) = opened(data).pages.pages
    odd = data.replace(b"/Rotate 0", b"/Rotate x")
    for changed, is_refused in ((data, False), (odd, True)):
        update = Update(opened(changed))
        value = {**update.dictionary(Ref(page)), "Annots": ()}
        with pytest.raises(InputError) if is_refused else nullcontext():
            update.replace(page, value)


def extended(before: bytes, after: bytes, number: int = 40) -> bool:
    """Tell whether ``after`` is ``before`` with clean entries; each is object 40's value."""
    data = letter(1, more={number: before})
    history = opened(appended(data, {number: after})).history
    first, second = (history.parser.index.newest(number, section) for section in (0, 1))
    assert first is not None
    assert second is not None
    return is_extended(history, number, first, second)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (b"<</A 1/A --2/B 3>>", True),
        (b"  <</A 1/A --2 /B[(c) << /D /E>> ] % end\n>>", True),
        (b"<</A 1/A --2>>", True),
        (b"<</A 1 /A --2/B 3>>", False),
        (b"<</A 1/A --2/A 3>>", False),
        (b"<</A 1/A --2/B 3/B 3>>", False),
        (b"<</A 1/A --2/B --3>>", False),
        (b"<</A 1/A --2/B>>", False),
        (b"<</A 1/A --2 0 R/B 3>>", False),
        (b"<</A 1/A --23>>", False),
        (b"<</A 1/A --2/B 3>>  >>", False),
        (b"[<</A 1/A --2>>]", False),
        (b"<</A 1/A --2/Length 0>>\nstream\n\nendstream", False),
    ],
)
def test_what_is_the_same_text_with_clean_entries(after: bytes, expected: bool) -> None:  # noqa: FBT001 — a case
    assert extended(b"<</A 1/A --2>>", after) is expected


@pytest.mark.parametrize("before", [b"[1 --2]", b"<</A 1/A --2/B>>", b"<</A 1 (b)>>"])
def test_what_no_entry_can_be_added_to(before: bytes) -> None:
    assert not extended(before, before.replace(b">>", b"/C 3>>"))
