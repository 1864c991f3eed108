"""What is told of forms and of objects with two uses: every key, and nothing but what differs."""

import pytest

from tests.pdfs import appended, letter, opened, signed, stream
from tests.unit.verifier.test_change_edges import listed
from tests.unit.verifier.test_change_limits import OTHER_LOOK, WIDGET, form
from tests.unit.verifier.test_change_places import at, told

LEANING = b"<</FT/Tx/T(a)/V(1)/Subtype/Widget/Rect[0 0 9 9]>>"
"""A field whose value is drawn with the defaults of the form."""


@pytest.mark.parametrize(
    ("was", "more", "keys"),
    [
        (LEANING, b"/CO[20 0 R]/DA(/F 9 Tf)", "/CO, /DA"),
        (LEANING, b"/CO[20 0 R]", "/CO"),
        (LEANING, b"/DA(/F 9 Tf)", "/DA"),
        (LEANING, b"/Q 2/DA(/F 9 Tf)", "/DA, /Q"),
    ],
)
def test_what_differs_in_a_form_is_told(was: bytes, more: bytes, keys: str) -> None:
    base = form({20: was})
    now = listed(base, b"20 0 R")[:-2] + more + b">>"
    assert told(appended(base, {30: now})) == [("form_changed", None, at(30, keys=keys))]


def test_form_that_becomes_a_stream() -> None:
    base = form({20: LEANING})
    now = stream(b"x", listed(base, b"20 0 R")[2:-2])
    assert told(appended(base, {30: now})) == [
        ("form_changed", None, at(30, keys="/Length, /stream"))
    ]


def test_parts_of_fields_are_judged_behind_what_is_none() -> None:
    """The page's content has the lower number."""
    base = form({20: b"<</FT/Tx/T(a)/V(1)%b>>" % WIDGET, 19: stream(b"q"), 110: b"19 0 R"})
    assert told(appended(base, {19: stream(b"q 1 Q"), 21: OTHER_LOOK})) == [
        ("form_field_changed", 1, at(20, field="a", keys="/AP")),
        ("page_content_changed", 1, at(19, keys="/Contents")),
    ]


def test_look_that_two_fields_share_is_told_with_its_key() -> None:
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[24 0 R]>>",
        22: b"<</FT/Tx/T(b)/V(1)/Kids[24 0 R]>>",
        24: b"<<%b>>" % WIDGET,
    }
    base = form(objects, fields=b"20 0 R 22 0 R", annots=b"24 0 R")
    assert told(appended(base, {21: OTHER_LOOK})) == [
        ("form_field_changed", 1, at(20, field="a", keys="/AP"))
    ]


@pytest.mark.parametrize(
    ("drawn", "codes"),
    [
        (b"/AP<</N 11 0 R>>", ["object_overwritten"]),
        (b"/AP<</P 11 0 R>>", ["object_overwritten"]),
        (b"/AP[11 0 R]", ["object_overwritten"]),
        (b"/OC[11 0 R]", ["object_overwritten"]),
        (b"/Popup[11 0 R]", []),
    ],
)
def test_page_that_a_note_is_drawn_with(drawn: bytes, codes: list[str]) -> None:
    """By a key that draws, whatever leads on from there to the page."""
    page = b"<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 11%d 0 R/Annots[%b]>>"
    note = b"<</Subtype/Stamp/Rect[0 0 9 9]%b>>"
    more = {10: page % (0, b"41 0 R"), 11: page % (1, b""), 41: note % drawn, 44: note % b""}
    data = appended(signed(letter(more=more)), {11: page % (1, b"44 0 R")})
    assert [code for code, _, _ in told(data)] == ["annotation_added", *codes]


@pytest.mark.parametrize("key", [b"AP", b"Extra"])
def test_page_in_an_array_that_no_note_is_drawn_with(key: bytes) -> None:
    """An element of an array is no dictionary of names, under whatever key the array stands."""
    page = b"<</Type/Page/Parent 2 0 R/Resources 45 0 R/Contents 11%d 0 R%b>>"
    more = {10: page % (0, b""), 11: page % (1, b""), 44: b"<</Subtype/Text>>"}
    base = signed(letter(more={**more, 45: b"<</Font<</F 3 0 R>>/%b[11 0 R]>>" % key}))
    data = appended(base, {11: page % (1, b"/Annots[44 0 R]")})
    assert told(data) == [("annotation_added", 2, at(44))]


@pytest.mark.parametrize(("kids", "field"), [(b"[40 0 R]", "z"), (b"31 0 R", "group.z")])
def test_list_of_fields_in_an_object_of_its_own(kids: bytes, field: str) -> None:
    """The list that a form refers to, which a field may have for its own as well."""
    objects = {
        20: b"<</T(group)/Kids %b>>" % kids,
        22: b"<</FT/Tx/T(a)>>",
        31: b"[20 0 R 22 0 R]",
        40: b"<</FT/Tx/T(b)/Parent 20 0 R>>",
    }
    more = {30: b"<</Fields 31 0 R>>", **objects}
    base = signed(letter(1, catalog=b"/AcroForm 30 0 R", more=more))
    number = opened(base).signatures[0].field_number or 0
    now = b"[20 0 R 22 0 R %d 0 R 50 0 R]" % number
    found = told(appended(base, {31: now, 50: b"<</FT/Sig/T(z)>>"}))
    assert found[0] == ("signature_field_added", None, at(50, field=field))
    assert {code for code, _, _ in found} == {"signature_field_added"}


def test_list_of_fields_behind_another_object() -> None:
    """What is no list has the lower number."""
    more = {22: b"<</FT/Tx/T(a)>>", 30: b"<</Fields 31 0 R>>", 31: b"[22 0 R]", 19: b"(a)"}
    base = signed(letter(1, catalog=b"/AcroForm 30 0 R", page=b"/Extra 19 0 R", more=more))
    number = opened(base).signatures[0].field_number or 0
    now = b"[22 0 R %d 0 R 50 0 R]" % number
    assert told(appended(base, {19: b"(b)", 31: now, 50: b"<</FT/Sig/T(z)>>"})) == [
        ("signature_field_added", None, at(50, field="z")),
        ("page_content_changed", 1, at(19, keys="/Extra")),
    ]


def test_list_of_a_form_that_is_not_of_its_fields() -> None:
    """In a form that the catalogue holds itself, each list is a list of the catalogue's."""
    more = {22: b"<</FT/Tx/T(a)>>", 31: b"[22 0 R]", 32: b"[22 0 R]"}
    form_of_two = b"/AcroForm<</Fields 31 0 R/CO 32 0 R>>"
    base = signed(letter(1, catalog=form_of_two, more=more))
    assert told(appended(base, {32: b"[]"})) == [("object_overwritten", None, at(32))]


def test_list_of_fields_that_a_page_has_as_well() -> None:
    more = {22: b"<</FT/Tx/T(a)>>", 31: b"[22 0 R]"}
    form_of_one = b"/AcroForm<</Fields 31 0 R>>"
    base = signed(letter(1, catalog=form_of_one, page=b"/Extra 31 0 R", more=more))
    number = opened(base).signatures[0].field_number or 0
    now = b"[22 0 R %d 0 R 50 0 R]" % number
    assert told(appended(base, {31: now, 50: b"<</FT/Sig/T(z)>>"})) == [
        ("signature_field_added", None, at(50, field="z")),
        ("page_content_changed", 1, at(31, keys="/Extra")),
    ]
