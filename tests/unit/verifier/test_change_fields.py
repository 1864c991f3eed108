"""What counts as seen, as signed and as filled in: the form's rules, key by key."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from antin.pdf.objects import Dictionary, dictionary_of
from antin.verifier.changes.form_rules import shows
from antin.verifier.changes.step import Step
from tests.pdfs import FORM, appended, letter, opened, signed
from tests.unit.verifier.test_change_places import at, catalog, form, told
from tests.unit.verifier.test_change_rules import (
    CHOICE,
    CHOSEN,
    READY,
    SEALED,
    WIDGET,
    after,
    with_fields,
)

DRAWN = b"/AP<</N 90 0 R>>"


def seen(widget: bytes) -> bool:
    view = opened(letter(more={50: b"<<%b>>" % widget})).final_view
    step = cast("Step", SimpleNamespace(new=view))
    return shows(step, cast("Dictionary", dictionary_of(view.value(50))))


@pytest.mark.parametrize(
    ("widget", "expected"),
    [
        (b"/Rect[0 0 9 9]" + DRAWN, True),
        (b"/Rect[0 9 9 20]" + DRAWN, True),
        (b"/Rect[9 0 20 9]" + DRAWN, True),
        (b"/Rect[5 0 5 9]" + DRAWN, False),
        (b"/Rect[0 5 9 5]" + DRAWN, False),
        (b"/Rect[0 0 9]" + DRAWN, False),
        (DRAWN, False),
        (b"/Rect[0 0 9 9]", False),
        (b"/Rect[0 0 9 9]/MK<</R 90>>", False),
        (b"/Rect[0 0 9 9]/MK<</BC[1]>>", True),
        (b"/Rect[0 0 9 9]/MK<</CA(x)>>", True),
        (b"/Rect[0 0 9 9]/F 4" + DRAWN, True),
        (b"/Rect[0 0 9 9]/F 2" + DRAWN, False),
        (b"/Rect[0 0 9 9]/F 32" + DRAWN, False),
        (b"/Rect[0 0 9 9]/F 38" + DRAWN, False),
    ],
)
def test_what_a_reader_sees_of_a_widget(widget: bytes, *, expected: bool) -> None:
    assert seen(widget) is expected


SEEN = b"/Subtype/Widget/Rect[0 0 99 99]/AP<</N 21 0 R>>"


@pytest.mark.parametrize(
    ("objects", "severity"),
    [
        ({50: b"<</FT/Sig/T(z)%b>>" % SEEN}, "error"),
        ({50: b"<</FT/Sig/T(z)/Kids[51 0 R]>>", 51: b"<<%b/Parent 50 0 R>>" % SEEN}, "error"),
        ({50: b"<</FT/Sig/T(z)/Kids[51 0 R]>>", 51: b"<</Subtype/Widget/Parent 50 0 R>>"}, "info"),
    ],
)
def test_an_empty_signature_field_that_shows_something(
    objects: dict[int, bytes], severity: str
) -> None:
    result = after(appended(form(), {1: catalog(fields=b" 50 0 R"), **objects}))
    assert ("signature_field_added", severity) in [
        (one.code, str(one.severity)) for one in result.findings
    ]


@pytest.mark.parametrize("field", [b"<</T(z)/V(x)>>", b"<</T(z)>>", b"<</T(z)/V(x)/Kids[51 0 R]>>"])
def test_a_field_without_a_type_is_a_field(field: bytes) -> None:
    """Only what merely groups other fields is passed over."""
    kid = b"<</FT/Sig/T(s)/Parent 50 0 R>>"
    data = appended(form(), {1: catalog(fields=b" 50 0 R"), 50: field, 51: kid})
    assert ("form_field_added", None, at(50, field="z")) in told(data)


def body(data: bytes, number: int) -> bytes:
    start = data.rindex(b"\n%d 0 obj" % number) + len(b"\n%d 0 obj" % number)
    return data[start : data.index(b"endobj", start)].strip()


def test_the_field_of_a_signature_changed() -> None:
    signature = opened(form()).signatures[0]
    number = signature.field_number or 0
    data = appended(form(), {number: body(form(), number)[:-2] + b"/TU(x)>>"})
    (found,) = told(data)
    assert (found[0], found[2]) == ("form_field_changed", at(number, field="Sig1", keys="/TU"))
    value = signature.object_number or 0
    twice = signed(form(), "Sig2")
    second = next(one for one in opened(twice).signatures if one.object_number != value)
    gone = told(appended(twice, {second.object_number or 0: b"<</Type/Sig>>"}))
    assert ("signature_removed", at(second.field_number, field="Sig2", keys="/V")) in [
        (code, values) for code, _, values in gone
    ]


@pytest.mark.parametrize(
    ("objects", "code", "keys"),
    [
        ({20: READY.replace(b"0 0 9 9", b"0 0 595 842") % b""}, "form_field_changed", "/Rect"),
        ({20: READY % b"/AP<</N 21 0 R>>"}, "form_field_changed", "/AP"),
        ({20: READY % b"/V %d 0 R"}, "form_field_changed", "/V"),
    ],
)
def test_keys_of_a_signature_field_that_was_ready(
    objects: dict[int, bytes], code: str, keys: str
) -> None:
    base = with_fields(b"20 0 R", {20: READY % b"", 21: FORM[21]})
    number = b"%d" % (opened(base).signatures[0].object_number or 0)
    found = told(appended(base, {n: one.replace(b"%d", number) for n, one in objects.items()}))
    assert [(one[0], one[2]) for one in found] == [(code, at(20, field="ready", keys=keys))]


FILLING = b"/AP<</N 21 0 R>>/AS/On/DA(/F 9 Tf)/F 4/Ff 1/I[0]/M(D:2026)/Q 1/RV(x)/TI 1/Type/Annot/V"


def test_everything_that_filling_in_touches() -> None:
    bare = b"<</FT/Tx/T(all)/Subtype/Widget/Rect[0 0 9 9]%b>>"
    base = with_fields(b"20 0 R", {20: bare % b"", 21: FORM[21]})
    (found,) = told(appended(base, {20: bare % (FILLING + b"(x)")}))
    assert found[0] == "form_field_filled"
    assert found[2]["keys"].count("/") == 12
    empty = bare.replace(b"/Tx", b"/Sig")
    base = with_fields(b"20 0 R", {20: empty % b"", 21: FORM[21]})
    sealed = FILLING + b" 22 0 R/MK<<>>/P 10 0 R"
    (found,) = told(appended(base, {20: empty % sealed, 22: SEALED}))
    assert found[0] == "signature_added"


def test_widgets_of_one_field() -> None:
    base = with_fields(b"20 0 R", CHOICE)
    moved, switched = WIDGET.replace(b"[0 0", b"[5 5"), WIDGET.replace(b"/Off", b"/On")
    (found,) = told(appended(base, {30: switched, 31: moved}))
    assert found == ("form_field_changed", None, at(20, field="choice", keys="/Rect"))
    (found,) = told(appended(base, {20: CHOSEN, 30: switched, 31: switched}))
    assert found == ("form_field_filled", None, at(20, field="choice", keys="/AS, /V"))
    (found,) = told(appended(base, {30: moved, 31: switched}))
    assert found == ("form_field_changed", None, at(20, field="choice", keys="/Rect"))
    codes: list[Any] = [one[0] for one in told(appended(base, {}, freed=[30]))]
    assert codes == ["form_field_changed"]


def test_a_list_of_annotations_that_is_something_else_besides() -> None:
    page = b"/Annots 40 0 R/Extra 40 0 R"
    base = signed(letter(page=page, more={40: b"[41 0 R]", 41: b"<</Subtype/Text>>", 44: b"<<>>"}))
    data = appended(base, {40: body(base, 40)[:-1] + b" 44 0 R]"})
    assert "page_content_changed" in {one[0] for one in told(data)}


NOTED = (
    b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R/Annots[44 0 R]>>"
)
TREE = b"<</Type/Pages/Kids[10 0 R 11 0 R]/Count 2/MediaBox[0 0 595 842]%b>>"


def noted_later(tree: bytes, page: bytes = b"") -> list[str]:
    """Return codes where page 2 gets a note, whatever else refers to that page."""
    base = signed(letter(page=page, more={2: TREE % tree, 44: b"<</Subtype/Text>>"}))
    added = NOTED[:-2] + page + b">>"
    return [code for code, _, _ in told(appended(base, {11: added}))]


def test_a_page_that_is_a_dictionary_of_names_as_well() -> None:
    """A note's key can be the name of a font; so no page may lead to it but as a bookmark does."""
    assert noted_later(b"") == ["annotation_added"]
    assert noted_later(b"/Resources<</Font 11 0 R>>") == ["annotation_added", "object_overwritten"]
    assert "page_content_changed" in noted_later(b"", b"/Extra[11 0 R]")
    assert "page_content_changed" in noted_later(b"", b"/Extra<</Font 11 0 R>>")


@pytest.mark.parametrize(
    ("value", "code"), [(SEALED, "signature_added"), (b"<</A 1>>", "form_field_added")]
)
def test_a_signature_is_one_whatever_its_field_says(value: bytes, code: str) -> None:
    field = b"<</FT/Tx/T(z)/V 51 0 R>>"
    data = appended(form(), {1: catalog(fields=b" 50 0 R"), 50: field, 51: value})
    assert (code, None, at(50, field="z")) in told(data)


def test_a_field_is_on_the_page_of_its_widgets() -> None:
    fields = b"/AcroForm<</Fields[20 0 R]>>"
    base = signed(letter(catalog=fields, page=b"/Annots[31 0 R]", more=CHOICE))
    (found,) = told(appended(base, {20: CHOSEN, 30: WIDGET.replace(b"/Off", b"/On")}))
    assert found == ("form_field_filled", 1, at(20, field="choice", keys="/AS, /V"))
