"""Single rules on later changes, at the edges where one kind of change becomes another."""

import re
from dataclasses import replace

import pytest

from antin.verifier.changes import changes_after, steps
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.skeletons import Skeletons
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter
from tests.pdfs import FORM, appended, form_letter, letter, opened, signed, stream

NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)/AP<</N 42 0 R>>>>"
WIDGET = b"<</Type/Annot/Subtype/Widget/Parent 20 0 R/Rect[0 0 9 9]/AS/Off>>"
SEALED = b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>"
Located = tuple[str, str, int | None]


def after(data: bytes) -> ChangesAfter:
    """Return what came after the signature that pyHanko made."""
    document = opened(data)
    signature = next(one for one in document.signatures if one.revision is not None)
    return changes_after(document, signature, default_policy())


def found(data: bytes) -> list[Located]:
    """Return findings without those on dates, which pyHanko's writer may or may not set."""
    every = after(data).findings
    return [(f.code, str(f.severity), f.page) for f in every if f.code != "metadata_changed"]


def body(data: bytes, number: int) -> bytes:
    """Return what object ``number`` is in the newest revision that has it."""
    start = data.rindex(b"\n%d 0 obj" % number) + len(b"\n%d 0 obj" % number)
    return data[start : data.index(b"endobj", start)].strip()


def with_fields(fields: bytes, more: dict[int, bytes], form: bytes = b"") -> bytes:
    """Return a signed letter with these fields in its form besides the signature's."""
    return signed(letter(catalog=b"/AcroForm<</Fields[%b]%b>>" % (fields, form), more=more))


def test_catalogue_that_becomes_a_stream() -> None:
    base = signed(letter())
    data = appended(base, {1: stream(b"x", body(base, 1)[2:-2])})
    assert after(data).level in {None, ChangeLevel.OTHER}
    assert not all(severity == "info" for _, severity, _ in found(data))


def test_extensions_say_nothing_that_is_seen() -> None:
    base = signed(letter(catalog=b"/Extensions 60 0 R", more={60: b"<</ADBE<<>>>>"}))
    assert after(appended(base, {60: b"<</ADBE 1>>"})) == ChangesAfter(ChangeLevel.NONE)


GROUP = {92: b"<</T(group)/Kids[93 0 R]>>", 93: b"<</FT/Sig/T(seal)/Parent 92 0 R>>"}


def test_field_laid_ready_in_a_group_of_its_own() -> None:
    base = signed(letter())
    number = opened(base).signatures[0].field_number or 0
    form = b"<</Fields[%d 0 R 92 0 R]/SigFlags 3>>" % number
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form
    data = appended(base, {1: catalog, **GROUP})
    assert found(data) == [("signature_field_added", "info", None)]
    assert after(data).level is ChangeLevel.FORM_FILLING


@pytest.mark.parametrize("more", [b"/AA<</PO<</S/JavaScript/JS(x)>>>>", b"/A<</S/URI/URI(x)>>"])
@pytest.mark.parametrize("holder", [92, 93, 94])
def test_field_laid_ready_that_does_something(holder: int, more: bytes) -> None:
    """A page that is opened starts what a widget on it does, drawn or not."""
    objects = {
        92: GROUP[92],
        93: GROUP[93].replace(b"/Parent", b"/Kids[94 0 R]/Parent"),
        94: b"<</Type/Annot/Subtype/Widget/Parent 93 0 R/Rect[0 0 0 0]>>",
    }
    base = signed(letter())
    number = opened(base).signatures[0].field_number or 0
    form = b"<</Fields[%d 0 R 92 0 R]/SigFlags 3>>" % number
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form
    objects[holder] = objects[holder][:-2] + more + b">>"
    assert ("form_field_added", "error", None) in found(appended(base, objects))
    assert after(appended(base, objects)).level is ChangeLevel.OTHER


CHOSEN = b"<</FT/Btn/T(choice)/V/On/Kids[30 0 R 31 0 R]>>"
CHOICE = {20: b"<</FT/Btn/T(choice)/Kids[30 0 R 31 0 R]>>", 30: WIDGET, 31: WIDGET}


@pytest.mark.parametrize(
    ("objects", "code", "level"),
    [
        (
            {20: CHOSEN, 30: WIDGET.replace(b"/Off", b"/On")},
            "form_field_filled",
            ChangeLevel.FORM_FILLING,
        ),
        ({30: WIDGET.replace(b"/Off", b"/On")}, "form_field_changed", ChangeLevel.ANNOTATIONS),
        ({30: WIDGET.replace(b"[0 0", b"[5 5")}, "form_field_changed", ChangeLevel.OTHER),
        (
            {20: CHOICE[20].replace(b" 31 0 R", b"")},
            "form_field_changed",
            ChangeLevel.OTHER,
        ),
    ],
)
def test_field_of_several_widgets(objects: dict[int, bytes], code: str, level: ChangeLevel) -> None:
    result = after(appended(with_fields(b"20 0 R", CHOICE), objects))
    assert [one.code for one in result.findings] == [code]
    assert result.level is level


def test_field_that_lies_in_the_form() -> None:
    """It has no number, so it is known by its name."""
    base = signed(letter())
    number = opened(base).signatures[0].field_number or 0
    form = b"<</Fields[%d 0 R<</FT/Tx/T(direct)/V(a)>>]/SigFlags 3>>" % number
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form
    data = appended(appended(base, {1: catalog}), {1: catalog.replace(b"(a)", b"(b)")})
    document = opened(data)
    later = replace(document.signatures[0], revision=3)
    result = changes_after(document, later, default_policy())
    assert [(one.code, one.object_number) for one in result.findings] == [
        ("form_field_filled", None)
    ]
    assert result.level is ChangeLevel.FORM_FILLING


READY = b"<</FT/Sig/T(ready)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]%b>>"


@pytest.mark.parametrize(
    ("value", "objects", "code", "level"),
    [
        (
            b"",
            {20: READY.replace(b"0 0 9 9", b"0 0 595 842") % b""},
            "form_field_changed",
            ChangeLevel.OTHER,
        ),
        (b"", {20: READY % b"/V(x)"}, "form_field_filled", ChangeLevel.FORM_FILLING),
        *(
            (b"", {20: READY % more}, "form_field_changed", ChangeLevel.ANNOTATIONS)
            for more in (b"/AP<</N 21 0 R>>", b"/AP<</N 21 0 R>>/V(x)", b"/MK<</BG[1]>>", b"/F 4")
        ),
        (b"", {20: READY % b"/V %d 0 R"}, "form_field_changed", ChangeLevel.OTHER),
        (b"", {20: READY % b"/V 22 0 R", 22: SEALED}, "signature_added", ChangeLevel.FORM_FILLING),
        (b"/V 22 0 R", {22: SEALED}, "signature_added", ChangeLevel.FORM_FILLING),
    ],
)
def test_signature_field_that_was_ready(
    value: bytes, objects: dict[int, bytes], code: str, level: ChangeLevel
) -> None:
    """Who signs draws his stamp; nobody draws one without signing."""
    more = {20: READY % value, 21: FORM[21]} | ({22: b"<<>>"} if value else {})
    base = with_fields(b"20 0 R", more)
    (signature,) = opened(base).signatures
    number = b"%d" % (signature.object_number or 0)
    result = after(appended(base, {n: one.replace(b"%d", number) for n, one in objects.items()}))
    assert [one.code for one in result.findings] == [code]
    assert result.level is level


def test_signature_put_where_something_else_points_as_well() -> None:
    """What lay ready was an appearance, too: the page shows another thing now."""
    more = {20: READY % b"/V 22 0 R", 22: b"<<>>"}
    catalog = b"/AcroForm<</Fields[20 0 R]>>"
    base = signed(letter(catalog=catalog, page=b"/Thumb 22 0 R", more=more))
    assert ("page_content_changed", "error", 1) in found(appended(base, {22: SEALED}))


@pytest.mark.parametrize("kids", [False, True])
def test_list_of_fields_that_is_an_object(*, kids: bool) -> None:
    """The list itself is explained; what it has more than before is judged."""
    if kids:
        more = {20: b"<</T(group)/Kids 60 0 R>>", 60: b"[93 0 R]", 93: GROUP[93]}
        base = signed(letter(catalog=b"/AcroForm<</Fields[20 0 R]>>", more=more))
    else:
        base = signed(letter(catalog=b"/AcroForm<</Fields 60 0 R>>", more={60: b"[]"}))
    added = b"<</FT/Sig/T(more)/Rect[0 0 0 0]>>"
    listed = body(base, 60)[:-1] + b" 94 0 R]"
    data = appended(base, {60: listed, 94: added})
    assert found(data) == [("signature_field_added", "info", None)]
    if kids:
        assert after(appended(base, {60: b"<</Fields[]>>"})).level is ChangeLevel.OTHER


FONTS = b"/DR<</Font<</F 3 0 R>>/Encoding 5>>"


@pytest.mark.parametrize(
    ("before", "now", "allowed"),
    [
        (b"", b"/DA(/F 12 Tf)", True),
        (b"", FONTS, True),
        (FONTS, b"/DR<</Font<</F 3 0 R/G 3 0 R>>/Encoding 5/More 1>>", True),
        (FONTS, b"/DR<</Font<</F 4 0 R>>/Encoding 5>>", False),
        (FONTS, b"/DR<</Font<</G 3 0 R>>/Encoding 5>>", False),
        (FONTS, b"/DR<</Font<</F 3 0 R>>/Encoding 6>>", False),
        (FONTS, b"/DR<</Font 3/Encoding 5>>", False),
        (FONTS, b"/DR 7", False),
        (FONTS, b"", False),
        (b"/DR 7", FONTS, False),
        (b"/Q 1", b"/Q 2", False),
        (b"", b"/XFA(x)", False),
    ],
    ids=range(12),
)
def test_defaults_of_the_form(before: bytes, now: bytes, *, allowed: bool) -> None:
    """They may say more than before, never something else."""
    base = with_fields(b"20 0 R", {20: FORM[20], 21: FORM[21]}, before)
    number = opened(base).signatures[0].field_number or 0
    form = b"<</Fields[20 0 R %d 0 R]/SigFlags 3%b>>" % (number, now)
    data = appended(base, {1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form})
    assert found(data) == ([] if allowed else [("form_changed", "error", None)])


def test_what_nothing_uses_may_come_and_go() -> None:
    base = signed(letter(more={500: b"(left over)", 501: b"(left over)"}))
    data = appended(base, {500: b"(something else)"}, freed=[501])
    assert after(data) == ChangesAfter(ChangeLevel.NONE)


def noted(annotations: bytes) -> bytes:
    more = {41: NOTE, 42: FORM[21], 43: NOTE}
    return signed(letter(page=b"/Annots 40 0 R", more={40: annotations, **more}))


@pytest.mark.parametrize(
    ("listed", "was", "now"),
    [
        (b"[41 0 R 43 0 R]", rb"41 0 R\s+43 0 R", b"43 0 R 41 0 R"),
        (b"[<</Subtype/Text>>]", rb"/Text", b"/Stamp"),
    ],
    ids=["another order", "written into the list"],
)
def test_list_of_annotations_changed(listed: bytes, was: bytes, now: bytes) -> None:
    base = noted(listed)
    changed, count = re.subn(was, now, body(base, 40))
    assert count == 1
    result = after(appended(base, {40: changed}))
    assert {one.code for one in result.findings} == {"annotation_changed"}
    assert {one.page for one in result.findings} == {1, 2}
    assert result.level is ChangeLevel.ANNOTATIONS


def test_annotation_drawn_anew() -> None:
    drawn = stream(b"1 g", b"/Subtype/Form/BBox[0 0 9 9]")
    result = after(appended(noted(b"[41 0 R]"), {42: drawn}))
    assert {one.code for one in result.findings} == {"annotation_changed"}
    assert {one.page for one in result.findings} <= {1, 2}
    assert result.level is ChangeLevel.ANNOTATIONS


def test_rule_that_goes_too_deep_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(steps, "_RULES", (deep,))
    result = after(appended(signed(letter()), {111: stream(b"x")}))
    assert result.level is None
    assert [(one.code, one.revision) for one in result.findings] == [("changes_undetermined", 3)]
    assert "nested too deeply" in result.findings[0].detail


def test_object_of_another_generation_is_another_object() -> None:
    base = signed(form_letter())
    start = len(base)
    update = b"111 1 obj\n%b\nendobj\n" % stream(b"BT ET")
    table = b"xref\n111 1\n%010d 00001 n \n" % start
    last = base.rindex(b"startxref") + len(b"startxref")
    previous = int(base[last:].split()[0])
    size = max(opened(base).history.numbers()) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\n" % (size, previous)
    data = base + update + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (start + len(update))
    assert after(data).level is not ChangeLevel.NONE
    assert [severity for _, severity, _ in found(data) if severity == "info"] == []


def test_array_of_a_page_is_no_list_of_fields() -> None:
    base = signed(letter(page=b"/CropBox 50 0 R", more={50: b"[0 0 500 500]"}))
    data = appended(base, {50: b"[0 0 50 50]"})
    assert set(found(data)) == {("page_content_changed", "error", n) for n in (1, 2)}


def test_what_only_refers_to_itself_may_change() -> None:
    base = signed(letter(more={500: b"<</A 501 0 R>>", 501: b"<</B 500 0 R>>"}))
    data = appended(base, {500: b"<</A 501 0 R/C 1>>"})
    assert after(data) == ChangesAfter(ChangeLevel.NONE)


def test_number_that_was_never_used_may_be_freed() -> None:
    data = appended(signed(letter()), {}, freed=[600])
    assert after(data) == ChangesAfter(ChangeLevel.NONE)


def test_object_that_could_not_be_read_is_another_once_it_can() -> None:
    base = signed(letter(page=b"/Extra 500 0 R", more={500: b"]"}))
    data = appended(base, {500: b"(x)"})
    assert ("page_content_changed", "error", 1) in found(data)


def test_catalogue_in_the_trailer() -> None:
    base = signed(letter())
    number = opened(base).signatures[0].field_number or 0
    root = b"/Root<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%d 0 R]/SigFlags 3>>%b>>"
    data = appended(appended(base, {}, root % (number, b"")), {}, root % (number, b"/Lang(vi)"))
    document = opened(data)
    later = replace(document.signatures[0], revision=3)
    result = changes_after(document, later, default_policy())
    assert [(one.code, one.object_number) for one in result.findings] == [("catalog_changed", None)]


def test_objects_without_a_role_have_none() -> None:
    roles = Skeletons(opened(letter())).of(1).roles
    assert (roles[1], roles[2], roles[10]) == (Role.CATALOG, Role.PAGES, Role.PAGE)
    assert 110 not in roles
    with pytest.raises(KeyError):
        roles[110]
