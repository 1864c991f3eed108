"""Each change is told with its page, its object, its field and the keys that differ."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from antin.verifier.changes import changes_after
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.policy import default_policy
from tests.pdfs import FORM, appended, form_letter, letter, opened, signed, stream

Told = tuple[str, int | None, dict[str, Any]]
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)/AP<</N 42 0 R>>>>"
PAGE_2 = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R%b>>"
TREE = b"<</Type/Pages/Kids[10 0 R 11 0 R]/Count 2/MediaBox[0 0 595 842]>>"
WIDE = {20: FORM[20].replace(b"[10 10 90 30]", b"[0 0 595 842]")}
DRAWN = stream(b"1 g", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")


@cache
def plain() -> bytes:
    return signed(letter(page=b"/Extra 90 0 R"))


@cache
def named() -> bytes:
    more = {50: b"<</Dests 51 0 R>>", 51: b"<<>>"}
    return signed(letter(catalog=b"/Names 50 0 R", more=more))


@cache
def noted() -> bytes:
    """Both pages show the notes 41 and 43, of which 41 draws 42; a third waits."""
    more = {40: b"[41 0 R 43 0 R]", 41: NOTE, 42: FORM[21], 43: NOTE, 44: NOTE}
    return signed(letter(page=b"/Annots 40 0 R", more=more))


@cache
def form() -> bytes:
    return signed(form_letter())


def told(data: bytes) -> list[Told]:
    """Return (code, page, values) of findings, but for dates that pyHanko may or may not set."""
    document = opened(data)
    signature = next(one for one in document.signatures if one.revision is not None)
    every = changes_after(document, signature, default_policy()).findings
    return [
        (one.code, one.page, {"number": one.object_number, **dict(one.values)})
        for one in every
        if one.code != "metadata_changed"
    ]


def at(number: int | None, **more: str) -> dict[str, Any]:
    """Return what a finding about object ``number`` holds."""
    return {"number": number, **({} if number is None else {"object": number}), **more}


CASES: dict[str, tuple[Callable[[], bytes], dict[int, bytes], list[Told]]] = {
    "page added": (
        plain,
        {2: TREE.replace(b"11 0 R", b"50 0 R 11 0 R"), 50: b"<</Type/Page/Parent 2 0 R>>"},
        [("page_added", 2, at(50))],
    ),
    "page removed": (plain, {2: TREE.replace(b" 11 0 R", b"")}, [("page_removed", 2, at(11))]),
    "page twice": (
        plain,
        {2: TREE.replace(b"11 0 R", b"11 0 R 11 0 R").replace(b"/Count 2", b"/Count 3")},
        [("page_tree_changed", None, at(2, keys="/Count, /Kids"))],
    ),
    "pages miscounted": (
        plain,
        {2: TREE.replace(b"/Count 2", b"/Count 3")},
        [("page_tree_changed", None, at(2, keys="/Count"))],
    ),
    "pages swapped": (
        plain,
        {2: TREE.replace(b"10 0 R 11 0 R", b"11 0 R 10 0 R")},
        [("pages_reordered", None, at(None))],
    ),
    "inherited": (
        plain,
        {2: TREE.replace(b"842", b"400")},
        [("page_tree_changed", None, at(2, keys="/MediaBox"))],
    ),
    "content": (
        plain,
        {111: stream(b"BT ET")},
        [("page_content_changed", 2, at(111, keys="/Contents"))],
    ),
    "page": (
        plain,
        {11: PAGE_2 % b"/Extra 90 0 R/Rotate 90"},
        [("page_content_changed", 2, at(11, keys="/Rotate"))],
    ),
    "page no more": (
        plain,
        {11: b"[1 2 3]"},
        [
            ("page_removed", 2, at(11)),
            (
                "page_content_changed",
                2,
                at(11, keys="/Contents, /Extra, /Parent, /Resources, /Type, /stream"),
            ),
        ],
    ),
    "field become a stream": (
        form,
        {20: stream(b"x", FORM[20][2:-2])},
        [("form_field_changed", 1, at(20, field="name", keys="/Length, /stream"))],
    ),
    "widget of no field": (
        plain,
        {
            11: PAGE_2 % b"/Extra 90 0 R/Annots[50 0 R]",
            50: b"<</Subtype/Widget/Rect[0 0 9 9]/AP<</N 51 0 R>>>>",
        },
        [("annotation_added", 2, at(50))],
    ),
    "font": (
        plain,
        {3: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"},
        [("page_content_changed", n, at(3, keys="/Resources")) for n in (1, 2)],
    ),
    "planted": (plain, {90: b"<<>>"}, [("dangling_reference_filled", None, at(90))]),
    "used elsewhere": (named, {51: b"<</A 1>>"}, [("object_overwritten", None, at(51))]),
    "note changed": (
        noted,
        {41: NOTE.replace(b"paid", b"owed")},
        [("annotation_changed", 1, at(41))],
    ),
    "note drawn anew": (noted, {42: DRAWN}, [("annotation_changed", 1, at(42))]),
    "value": (
        form,
        {20: FORM[20].replace(b"/V()", b"/V(A)")},
        [("form_field_filled", 1, at(20, field="name", keys="/V"))],
    ),
    "appearance": (
        form,
        {21: DRAWN},
        [("form_field_changed", 1, at(20, field="name", keys="/AP"))],
    ),
    "place": (form, WIDE, [("form_field_changed", 1, at(20, field="name", keys="/Rect"))]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_told_with_its_place(name: str) -> None:
    base, objects, expected = CASES[name]
    assert told(appended(base(), objects)) == expected


@pytest.mark.parametrize(
    ("base", "number", "expected"),
    [
        (plain, 111, ("page_content_changed", 2, at(111, keys="/Contents"))),
        (named, 51, ("object_removed", None, at(51))),
        (noted, 42, ("annotation_changed", 1, at(42))),
        (form, 21, ("form_field_changed", 1, at(20, field="name", keys="/AP"))),
    ],
)
def test_an_object_taken_away_is_told_with_its_place(
    base: Callable[[], bytes], number: int, expected: Told
) -> None:
    assert told(appended(base(), {}, freed=[number])) == [expected]


def listed(change: Callable[[bytes], bytes]) -> list[Told]:
    """Return what is told of the list of annotations once it is changed."""
    data = noted()
    start = data.rindex(b"\n40 0 obj") + len(b"\n40 0 obj")
    was = data[start : data.index(b"endobj", start)].strip()
    assert change(was) != was
    return told(appended(data, {40: change(was)}))


def test_lists_of_annotations() -> None:
    """Two pages share one list: both of them show another one now."""
    added = listed(lambda was: was.replace(b"43 0 R", b"43 0 R 44 0 R"))
    assert added == [("annotation_added", n, at(44)) for n in (1, 2)]
    removed = listed(lambda was: was.replace(b"43 0 R", b""))
    assert removed == [("annotation_removed", n, at(43)) for n in (1, 2)]
    turned = listed(lambda was: was.replace(b"41 0 R 43 0 R", b"43 0 R 41 0 R"))
    assert turned == [("annotation_changed", n, at(None)) for n in (1, 2)]


def test_a_list_that_stays_as_it_is_hides_no_other() -> None:
    more = {60: NOTE, 61: NOTE}
    data = signed(letter(page=b"/Annots[60 0 R]", more=more))
    listed = PAGE_2 % b"/Annots[60 0 R 61 0 R]"
    assert told(appended(data, {60: NOTE.replace(b"paid", b"owed"), 11: listed})) == [
        ("annotation_added", 2, at(61)),
        ("annotation_changed", 1, at(60)),
    ]


def catalog(more: bytes = b"", fields: bytes = b"", extra: bytes = b"") -> bytes:
    """Return the catalogue of ``form`` with more in it, in its fields, or in its form."""
    number = opened(form()).signatures[0].field_number or 0
    inner = b"/Fields[20 0 R %d 0 R%b]/DA(/F 12 Tf)/SigFlags 3%b" % (number, fields, extra)
    return b"<</Type/Catalog/Pages 2 0 R/AcroForm<<%b>>%b>>" % (inner, more)


def test_the_document_as_a_whole() -> None:
    action = catalog(b"/OpenAction[10 0 R/Fit]/Lang(vi)")
    assert told(appended(form(), {1: action})) == [
        ("catalog_changed", None, at(1, keys="/Lang, /OpenAction"))
    ]
    calculated = catalog(extra=b"/CO[20 0 R]/XFA(x)")
    assert told(appended(form(), {1: calculated})) == [
        ("form_changed", None, at(None, keys="/CO, /XFA"))
    ]


SEAL = b"<</FT/Sig/T(seal)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 11 0 R%b>>"
SEALED = b"<</Type/Sig/SubFilter/ETSI.%b/ByteRange[0 1 2 3]/Contents<00>>>"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (SEAL % b"", b"", "signature_field_added"),
        (SEAL % b"/V 51 0 R", SEALED % b"CAdES.detached", "signature_added"),
        (SEAL % b"/V 51 0 R", SEALED % b"RFC3161", "timestamp_added"),
        (SEAL.replace(b"/Sig", b"/Tx") % b"", b"", "form_field_added"),
    ],
)
def test_a_field_added_is_told_with_its_name(field: bytes, value: bytes, code: str) -> None:
    objects = {1: catalog(fields=b" 50 0 R"), 50: field} | ({51: value} if value else {})
    objects[11] = PAGE_2 % b"/Annots[20 0 R 50 0 R]"
    found = told(appended(form(), objects))
    assert (code, 2, at(50, field="seal")) in found


def test_a_field_removed_is_told_with_its_name() -> None:
    removed = catalog().replace(b"20 0 R ", b"")
    found = told(appended(form(), {1: removed}))
    assert found == [("form_field_removed", 1, at(20, field="name"))]


def test_a_field_taken_off_its_page_is_told_with_the_page_it_was_on() -> None:
    removed = catalog().replace(b"20 0 R ", b"")
    bare = (PAGE_2 % b"").replace(b"111", b"110")
    found = told(appended(form(), {1: removed, 10: bare, 11: PAGE_2 % b""}))
    assert ("form_field_removed", 1, at(20, field="name")) in found


@pytest.mark.parametrize("was", [b"<</Type/Catalog/Pages 2 0 R >>", None])
def test_a_catalogue_that_is_a_stream_is_told_of_by_its_number(was: bytes | None) -> None:
    """What its bytes say, nobody knows; that they are others is told even where no key is."""
    catalogue = b"/Type/Catalog/Pages 2 0 R"
    data = appended(letter(), {1: was or stream(b"x", catalogue)})
    document = opened(appended(data, {1: stream(b"y", catalogue)}))
    found = StepClassifier(document).result(3)
    told_of = [(one.code, one.object_number, one.keys) for one in found.changes]
    by_key = [("catalog_changed", 1, ("Length",))] if was else []
    assert told_of == [*by_key, ("object_overwritten", 1, ())]


STORED = {60: b"<</Certs[61 0 R]>>", 61: stream(b"one"), 62: b"<</A 63 0 R>>", 63: stream(b"two")}
VALIDATION_DATA: Told = ("validation_data_added", None, at(None))


def test_of_validation_data_it_is_told_that_they_are_others() -> None:
    """Taken away or put into a place that waited for them, and shared with extensions."""
    data = signed(letter(catalog=b"/DSS 60 0 R/Extensions 62 0 R", more=STORED))
    assert told(appended(data, {61: stream(b"other")})) == [VALIDATION_DATA]
    assert told(appended(data, {}, freed=[61])) == [VALIDATION_DATA]
    assert told(appended(data, {63: stream(b"other")})) == []
    waiting = {60: STORED[60], 62: b"<</A 61 0 R>>"}
    data = signed(letter(catalog=b"/DSS 60 0 R/Extensions 62 0 R", more=waiting))
    assert told(appended(data, {61: stream(b"other")})) == [VALIDATION_DATA]
