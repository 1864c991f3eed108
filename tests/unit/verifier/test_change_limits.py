"""Where form filling, stamps and metadata end: one test a boundary."""

import pytest

from antin.core.errors import InputError
from antin.pdf.objects import Ref
from antin.pdf.serialise import serialised
from antin.verifier.changes import changes_after, kinds
from antin.verifier.changes.attacks import is_undone
from antin.verifier.changes.change import Change
from antin.verifier.changes.graph import Budget
from antin.verifier.changes.kinds import kind_of
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter
from tests.attacks.bases import by_antin, office
from tests.pdfs import appended, letter, opened, stream

LOOK = stream(b"q Q", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")
OTHER_LOOK = stream(b"q 1 Q", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")
WIDGET = b"/Type/Annot/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R/AP<</N 21 0 R>>"


def signed(data: bytes) -> bytes:
    """Return ``data`` signed by a program that writes no metadata."""
    return by_antin(data, office().officer, "Sig1", shown=False)


def after(data: bytes) -> ChangesAfter:
    document = opened(data)
    first = next(field for field in document.signatures if field.name == "Sig1")
    return changes_after(document, first, default_policy())


def found(data: bytes) -> set[tuple[str, str]]:
    return {(f.code, str(f.severity)) for f in after(data).findings}


def names(data: bytes) -> set[str]:
    return {f.code for f in after(data).attacks}


def form(objects: dict[int, bytes], fields: bytes = b"20 0 R", annots: bytes = b"20 0 R") -> bytes:
    """Return a signed letter with these fields; 21 is how they look."""
    catalog = b"/AcroForm 30 0 R"
    more = {21: LOOK, 30: b"<</Fields[%b]>>" % fields, **objects}
    return signed(letter(1, catalog=catalog, page=b"/Annots[%b]" % annots, more=more))


VALUE = b"<</Type/Sig/SubFilter/%b/Contents<00>/ByteRange[0 1 2 3]>>"
FILLED, REDRAWN = {("form_field_filled", "info")}, {("form_field_changed", "error")}
CHANGED_BOTH = {21: OTHER_LOOK}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (b"/FT/Tx/T(a)/V(1)", b"/FT/Tx/T(a)/V(2)", FILLED),
        (b"/FT/Tx/T(a)/V(1)", b"/FT/Tx/T(a)/V(1)", REDRAWN),
        (b"/FT/Tx/T(a)", b"/FT/Tx/T(a)", REDRAWN),
        (b"/FT/Tx/T(a)", b"/FT/Tx/T(a)/V(2)", FILLED),
        (b"/FT/Btn/T(a)/V/Off/AS/Off", b"/FT/Btn/T(a)/V/On/AS/On", FILLED),
        (b"/FT/Btn/T(a)/V/Off/AS/Off", b"/FT/Btn/T(a)/V/Off/AS/On", REDRAWN),
        (b"/FT/Tx/T(a)/V(1)/F 4", b"/FT/Tx/T(a)/V(2)/F 2", REDRAWN | FILLED),
        (b"/FT/Tx/T(a)/V(1)/DA(/F 9 Tf)", b"/FT/Tx/T(a)/V(1)/DA(/F 1 Tf)", REDRAWN),
    ],
)
def test_filled_in_or_redrawn(was: bytes, now: bytes, expected: set[tuple[str, str]]) -> None:
    base = form({20: b"<<%b%b>>" % (was, WIDGET)})
    assert found(appended(base, {20: b"<<%b%b>>" % (now, WIDGET), **CHANGED_BOTH})) == expected


@pytest.mark.parametrize(
    "field", [b"/T(a)", b"/FT/Sig/T(a)", b"/FT/Btn/Ff 65536/T(a)", b"/FT/Odd/T(a)"]
)
def test_field_that_takes_no_value_is_never_filled_in(field: bytes) -> None:
    """What it shows follows from no value: whoever gives it one only wants to redraw it."""
    base = form({20: b"<<%b%b>>" % (field, WIDGET)})
    assert found(appended(base, CHANGED_BOTH)) == REDRAWN
    drawn = {20: b"<<%b/V(2)%b>>" % (field, WIDGET.replace(b"21 0 R", b"22 0 R")), 22: OTHER_LOOK}
    assert found(appended(base, drawn)) == REDRAWN


def test_button_that_is_pressed_by_the_word_of_a_field_above_it() -> None:
    objects = {
        20: b"<</FT/Btn/Ff 65536/T(a)/Kids[22 0 R]>>",
        22: b"<</T(b)/Parent 20 0 R%b>>" % WIDGET,
    }
    base = form(objects, annots=b"22 0 R")
    given = {22: objects[22].replace(b"/T(b)", b"/T(b)/V(2)")}
    assert found(appended(base, given | CHANGED_BOTH)) == REDRAWN | FILLED


@pytest.mark.parametrize("first", [b"20 0 R 22 0 R", b"22 0 R 20 0 R"])
def test_widget_that_two_fields_show(first: bytes) -> None:
    """Filling in the one must not redraw the other, which may be locked or signed."""
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[24 0 R]>>",
        22: b"<</FT/Tx/T(b)/V(1)/Kids[24 0 R]>>",
        24: b"<<%b>>" % WIDGET,
    }
    base = form(objects, fields=first, annots=b"24 0 R")
    filled = objects[20].replace(b"(1)", b"(2)")
    assert found(appended(base, {20: filled})) == FILLED
    assert found(appended(base, {20: filled, **CHANGED_BOTH})) > REDRAWN


def test_widget_that_the_form_lists_besides_its_field() -> None:
    objects = {20: b"<</FT/Tx/T(a)/V(1)/Kids[24 0 R]>>", 24: b"<<%b>>" % WIDGET}
    base = form(objects, fields=b"20 0 R 24 0 R", annots=b"24 0 R")
    filled = objects[20].replace(b"(1)", b"(2)")
    assert found(appended(base, {20: filled, **CHANGED_BOTH})) == FILLED


@pytest.mark.parametrize(("value", "expected"), [(b"(2)", FILLED), (b"(1)", REDRAWN)])
def test_value_above_its_widgets(value: bytes, expected: set[tuple[str, str]]) -> None:
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[22 0 R 23 0 R]>>",
        22: b"<</Parent 20 0 R%b>>" % WIDGET,
        23: b"<</Parent 20 0 R%b>>" % WIDGET,
    }
    base = form(objects, annots=b"22 0 R 23 0 R")
    filled = objects[20].replace(b"(1)", value)
    assert found(appended(base, {20: filled, **CHANGED_BOTH})) == expected


def test_value_of_a_field_further_up() -> None:
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[22 0 R]>>",
        22: b"<</T(b)/Parent 20 0 R%b>>" % WIDGET,
    }
    base = form(objects, annots=b"22 0 R")
    assert found(appended(base, CHANGED_BOTH)) == REDRAWN
    assert (
        found(appended(base, {20: objects[20].replace(b"(1)", b"(2)"), **CHANGED_BOTH})) == FILLED
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [(b"", FILLED), (b"/DA(/F 1 Tf)", REDRAWN), (b"/Ff 8192", REDRAWN), (b"/Q 2", REDRAWN)],
)
def test_look_that_a_group_hands_down(more: bytes, expected: set[tuple[str, str]]) -> None:
    """The field below keeps its value, and is drawn otherwise."""
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[22 0 R]>>",
        22: b"<</T(b)/V(kept)/Parent 20 0 R/Subtype/Widget/Rect[0 0 9 9]>>",
    }
    base = form(objects, annots=b"22 0 R")
    filled = objects[20].replace(b"/V(1)", b"/V(2)" + more)
    assert found(appended(base, {20: filled})) == expected


def test_one_of_several_widgets_hidden() -> None:
    objects = {
        20: b"<</FT/Tx/T(a)/V(1)/Kids[22 0 R]>>",
        22: b"<</Parent 20 0 R/F 4%b>>" % WIDGET,
    }
    base = form(objects, annots=b"22 0 R")
    hidden = {20: objects[20].replace(b"(1)", b"(2)"), 22: objects[22].replace(b"/F 4", b"/F 6")}
    assert found(appended(base, hidden)) == REDRAWN
    assert after(appended(base, hidden)).level is ChangeLevel.OTHER


@pytest.mark.parametrize(
    ("now", "expected"),
    [(b"/V(2)/AP<</N 22 0 R>>", FILLED), (b"/V(1)/AP<</N 22 0 R>>", REDRAWN)],
)
def test_field_in_the_list_itself(now: bytes, expected: set[tuple[str, str]]) -> None:
    base = form({}, fields=b"<</FT/Tx/T(a)/V(1)/AP<</N 21 0 R>>>>", annots=b"")
    number = opened(base).signatures[0].field_number or 0
    fields = b"<</FT/Tx/T(a)%b>> %d 0 R" % (now, number)
    made = appended(base, {30: b"<</Fields[%b]/SigFlags 3>>" % fields, 22: OTHER_LOOK})
    assert found(made) == expected


@pytest.mark.parametrize(
    ("field", "allowed"),
    [
        (b"/FT/Tx/T(a)/V(1)", False),
        (b"/FT/Ch/T(a)/V(1)", False),
        (b"/FT/Tx/T(a)/V(1)/AP<</N 21 0 R>>", True),
        (b"/FT/Tx/T(a)/V()", True),
        (b"/FT/Tx/T(a)", True),
        (b"/FT/Btn/T(a)/V/Off", True),
    ],
)
def test_defaults_may_come_where_nothing_leans_on_them(field: bytes, *, allowed: bool) -> None:
    base = form({20: b"<<%b/Subtype/Widget/Rect[0 0 9 9]>>" % field})
    number = opened(base).signatures[0].field_number or 0
    extended = b"<</Fields[20 0 R %d 0 R]/SigFlags 3/DA(/F 9 Tf)>>" % number
    assert ("form_changed" in {f.code for f in after(appended(base, {30: extended})).findings}) is (
        not allowed
    )


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        (b"<</Font<<>>>>", True),
        (b"<<>>", True),
        (b"<</Font<<>>/XObject<</F 3 0 R>>>>", False),
        (b"<</Font 50 0 R>>", False),
        (b"[]", False),
    ],
)
def test_lists_of_no_fonts_draw_nothing(resources: bytes, *, allowed: bool) -> None:
    text = b"<</Subtype/FreeText/DA(/F 9 Tf)/Rect[0 0 9 9]/Contents(a)>>"
    base = form({20: b"<</FT/Tx/T(a)>>", 40: text}, annots=b"40 0 R")
    number = opened(base).signatures[0].field_number or 0
    extended = b"<</Fields[20 0 R %d 0 R]/SigFlags 3/DR%b>>" % (number, resources)
    made = appended(base, {30: extended, 50: b"<</F 3 0 R>>"})
    assert ("form_changed" in {f.code for f in after(made).findings}) is not allowed


@pytest.mark.parametrize(
    ("note", "allowed"),
    [
        (b"/Subtype/FreeText/DA(/F 9 Tf)", False),
        (b"/Subtype/FreeText/DA(/F 9 Tf)/AP<</N 21 0 R>>", True),
        (b"/Subtype/FreeText", True),
    ],
)
def test_defaults_that_a_note_leans_on(note: bytes, *, allowed: bool) -> None:
    """A note without an appearance is drawn with the form's fonts."""
    text = b"<<%b/Rect[0 0 9 9]/Contents(a)>>" % note
    base = form({20: b"<</FT/Tx/T(a)>>", 40: text}, annots=b"40 0 R")
    number = opened(base).signatures[0].field_number or 0
    fonts = b"<</Fields[20 0 R %d 0 R]/SigFlags 3/DR<</Font<</F 3 0 R>>>>>>" % number
    assert ("form_changed" in {f.code for f in after(appended(base, {30: fonts})).findings}) is (
        not allowed
    )


def stamped(rect: bytes, page: bytes = b"", tree: bytes = b"[0 0 100 100]") -> ChangesAfter:
    """Return what a further signature, shown at ``rect``, does to a page of 100 by 100."""
    base = signed(letter(1, page=page).replace(b"[0 0 595 842]", tree))
    document = opened(base)
    first = document.signatures[0].field_number or 0
    field = b"<</FT/Sig/T(z)/V 91 0 R/Subtype/Widget/Rect%b/AP<</N 92 0 R>>>>" % rect
    listed = b"<</Fields[%d 0 R 90 0 R]/SigFlags 3>>" % first
    body = b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % listed
    value = VALUE % b"adbe.pkcs7.detached"
    return after(appended(base, {1: body, 90: field, 91: value, 92: LOOK}))


@pytest.mark.parametrize(("rect", "allowed"), [(b"[0 0 9 9]", True), (b"[0 0 500 800]", False)])
def test_stamp_of_a_field_in_the_list_itself(rect: bytes, *, allowed: bool) -> None:
    base = signed(letter())
    first = opened(base).signatures[0].field_number or 0
    field = b"<</FT/Sig/T(z)/V 91 0 R/Subtype/Widget/Rect%b/AP<</N 92 0 R>>>>" % rect
    body = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%d 0 R %b]/SigFlags 3>>>>"
    value = VALUE % b"adbe.pkcs7.detached"
    result = after(appended(base, {1: body % (first, field), 91: value, 92: LOOK}))
    assert [str(f.severity) for f in result.findings if f.code == "signature_added"] == [
        "info" if allowed else "error"
    ]


FULL_SIZE = b"[0 0 100 100]".ljust(len(b"[0 0 595 842]"))


@pytest.mark.parametrize(
    ("rect", "allowed"),
    [
        (b"[0 0 50 50]", True),
        (b"[50 50 0 0]", True),
        (b"[0 0 50 50.1]", False),
        (b"[-50 -50 0.5 0]", False),
        (b"[0 0 0 100]", True),
        (b"[0 0 /a 1]", False),
        (b"[0 0 true 1]", False),
    ],
)
def test_stamp_of_a_quarter_of_the_page(rect: bytes, *, allowed: bool) -> None:
    result = stamped(rect, tree=FULL_SIZE)
    codes = {(f.code, str(f.severity)) for f in result.findings}
    assert codes == {("signature_added", "info" if allowed else "error")}
    assert {f.code for f in result.attacks} == (set() if allowed else {"attack_sneaky_signature"})


SEAL = b"/Subtype/Widget/AP<</N 92 0 R>>/Rect"


def stamped_by(
    fields: bytes, objects: dict[int, bytes], annotations: dict[int, bytes]
) -> ChangesAfter:
    """Return what a signature (91) does that ``fields`` show on pages of 100, 100 and 1000."""
    large = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1000 1000]/Contents 112 0 R>>"
    base = signed(letter(3, more={12: large}).replace(b"[0 0 595 842]", FULL_SIZE))
    document = opened(base)
    first = document.signatures[0].field_number or 0
    for number, listed in annotations.items():
        page = dict(document.final_view.dictionary(Ref(document.pages.pages[number - 1])))
        before = document.final_view.array(page.get("Annots"))
        refs = tuple(Ref(int(one)) for one in listed.split())
        objects[document.pages.pages[number - 1]] = serialised({**page, "Annots": (*before, *refs)})
    listed = b"<</Fields[%d 0 R %b]/SigFlags 3>>" % (first, fields)
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % listed
    objects[91] = VALUE % b"adbe.pkcs7.detached"
    return after(appended(base, {**objects, 92: LOOK}))


def pieces(*boxes: bytes) -> dict[int, bytes]:
    return {
        200 + n: b"<</FT/Sig/T(z%d)/V 91 0 R%b%b>>" % (n, SEAL, box) for n, box in enumerate(boxes)
    }


@pytest.mark.parametrize(
    ("boxes", "allowed"),
    [
        ((b"[0 0 50 25]", b"[0 25 50 50]"), True),
        ((b"[0 0 50 25]", b"[0 25 50 51]"), False),
        ((b"[0 0 1 1]",) * 100, True),
        ((b"[0 0 1 1]",) * 101, False),
    ],
)
def test_stamp_cut_in_pieces(boxes: tuple[bytes, ...], *, allowed: bool) -> None:
    """One signature that several fields show covers what they cover together."""
    fields = pieces(*boxes)
    numbers = b" ".join(b"%d 0 R" % n for n in fields)
    result = stamped_by(numbers, fields, {1: b" ".join(b"%d" % n for n in fields)})
    assert result.level is (ChangeLevel.FORM_FILLING if allowed else ChangeLevel.ANNOTATIONS)


@pytest.mark.parametrize(
    ("first", "second", "large", "allowed"),
    [
        (b"[0 0 50 50]", b"[0 0 50 50]", b"[0 0 500 500]", True),
        (b"[0 0 51 50]", b"[0 0 5 5]", b"[0 0 5 5]", False),
        (b"[0 0 5 5]", b"[0 0 51 50]", b"[0 0 5 5]", False),
        (b"[0 0 5 5]", b"[0 0 5 5]", b"[0 0 501 500]", False),
    ],
)
def test_stamps_on_pages_of_two_sizes(
    first: bytes, second: bytes, large: bytes, *, allowed: bool
) -> None:
    """Each page counts by itself: a large one makes no stamp small."""
    kids = {
        200 + n: b"<</Parent 199 0 R%b%b>>" % (SEAL, r)
        for n, r in enumerate((large, first, second))
    }
    field = {199: b"<</FT/Sig/T(z)/V 91 0 R/Kids[200 0 R 201 0 R 202 0 R]>>"}
    result = stamped_by(b"199 0 R", field | kids, {1: b"201", 2: b"202", 3: b"200"})
    assert result.level is (ChangeLevel.FORM_FILLING if allowed else ChangeLevel.ANNOTATIONS)


@pytest.mark.parametrize(
    ("page", "tree"),
    [
        (b"/CropBox[0 0 50 50]", FULL_SIZE),
        (b"/MediaBox[0 0 50 50]", FULL_SIZE),
        (b"", b"/a".ljust(len(FULL_SIZE))),
    ],
)
def test_what_of_the_page_is_shown_counts(page: bytes, tree: bytes) -> None:
    assert stamped(b"[0 0 50 50]", page, tree).level is ChangeLevel.ANNOTATIONS


def packet(inside: str, about: str = "") -> bytes:
    rdf = f'<rdf:RDF><rdf:Description rdf:about="{about}">{inside}</rdf:Description></rdf:RDF>'
    data = f'<?xpacket begin=""?><x:xmpmeta xmlns:x="a">{rdf}</x:xmpmeta><?xpacket end="w"?>'
    return stream(data.encode(), b"/Type/Metadata/Subtype/XML")


TITLE = "<dc:title><rdf:Alt><rdf:li>Letter</rdf:li></rdf:Alt></dc:title>"
DATED = "<xmp:ModifyDate>2026</xmp:ModifyDate><xmpMM:InstanceID>1</xmpMM:InstanceID>"
BY_ATTRIBUTES = '<rdf:Description dc:title="Letter" xmp:ModifyDate=\'2026\' xmlns:dc="b"/>'


HIDING = (
    '<xmp:ModifyDate a="x>"/><!-- <dc:title>Letter</dc:title> -->'
    '<dc:title a="/>"><rdf:Alt><rdf:li>Contract</rdf:li></rdf:Alt></dc:title>'
)
"""A title that is said to be a date by whoever takes the first > for the end of a tag."""


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (packet(TITLE), True),
        (packet(TITLE, "uuid:1"), True),
        (packet(TITLE + DATED), True),
        (packet(BY_ATTRIBUTES), True),
        (packet(TITLE.replace("Letter", "&#76;etter")), True),
        (packet(TITLE + "<dc:subject>Told before</dc:subject>"), True),
        (packet(TITLE + "<!-- kept > by others -->"), True),
        (packet(TITLE + "<xmp:ModifyDate>></xmp:ModifyDate>"), True),
        (packet(TITLE + "</b></b></b></b></b></b>"), False),
        (packet(TITLE + "</rdf:Description></rdf:RDF><rdf:RDF></a>"), False),
        (packet(TITLE + "<a>"), False),
        (stream(b"<a><dc:title>Letter</dc:title>", b"/Type/Metadata/Subtype/XML"), False),
        (stream(b"<dc:title>Letter</dc:title>", b"/Type/Metadata/Subtype/XML"), True),
        (packet(TITLE + "<!DOCTYPE a>"), False),
        (packet(TITLE + "<![CDATA[a]]>"), False),
        (packet(f"<!-- {TITLE} -->" + TITLE.replace("Letter", "Contract")), False),
        (packet(TITLE + HIDING), False),
        (packet(TITLE + "<dc:subject>New</dc:subject>"), False),
        (packet(TITLE.replace("Letter", "Contract")), False),
        (packet(TITLE.replace("title", "creator")), False),
        (packet(DATED), False),
        (packet(BY_ATTRIBUTES.replace("Letter", "Contract")), False),
        (stream(b"\xff\xfe", b"/Type/Metadata/Subtype/XML"), False),
        (stream(b"x" * (1 << 20) + b"x", b"/Type/Metadata/Subtype/XML"), False),
        (stream(b"x", b"/Filter/None"), False),
        (packet(TITLE + "<a/>" * 20_001), False),
        (packet(TITLE + "<a/>" * 10_000), True),
        (b"<</Type/Metadata>>", False),
        (b"null", False),
    ],
)
def test_what_saving_writes_into_metadata(now: bytes, *, allowed: bool) -> None:
    more = {60: packet(TITLE), 61: b"<</Subject(Told before)>>"}
    base = letter(1, catalog=b"/Metadata 60 0 R", more=more)
    base = signed(base.replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 61 0 R"))
    made = appended(base, {60: now}, b"/Root 1 0 R/Info 61 0 R")
    level = after(made).level
    assert level in (
        {ChangeLevel.LTA_UPDATES, ChangeLevel.NONE} if allowed else {ChangeLevel.OTHER}
    )
    assert names(made) == (set() if allowed else {"attack_metadata_altered"})


def test_titles_that_change_their_languages() -> None:
    titles = (
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Letter</rdf:li>'
        '<rdf:li xml:lang="vi">Contract</rdf:li></rdf:Alt></dc:title>'
    )
    swapped = titles.replace("Letter", "-").replace("Contract", "Letter").replace("-<", "Contract<")
    base = signed(letter(1, catalog=b"/Metadata 60 0 R", more={60: packet(titles)}))
    assert after(appended(base, {60: packet(titles + DATED)})).level is ChangeLevel.LTA_UPDATES
    assert after(appended(base, {60: packet(swapped)})).level is ChangeLevel.OTHER


def test_metadata_that_a_page_uses_are_the_pages() -> None:
    more = {60: packet(TITLE)}
    base = signed(letter(1, catalog=b"/Metadata 60 0 R", page=b"/Metadata 60 0 R", more=more))
    made = appended(base, {60: packet(TITLE + DATED)})
    assert ("page_content_changed", "error") in found(made)


@pytest.mark.parametrize(
    ("was", "now", "allowed"),
    [
        (b"<</Title(a)>>", b"<</Title(a)/Producer(b)/ModDate(c)>>", True),
        (b"<</Title(a)/Producer(b)>>", b"<</Title(a)>>", True),
        (b"<</Title(a)>>", b"<</Title(a)/CreationDate(c)>>", False),
        (b"<</Title(a)>>", b"<<>>", False),
        (b"<</Title 62 0 R>>", b"<</Title(a)>>", True),
        (b"<<>>", b"<</Producer(b)/CreationDate(c)>>", True),
        (b"<<>>", b"<</Author(b)>>", False),
        (b"<</Title(a)>>", b"<</Title 1>>", False),
        (b"<</Title(a)>>", b"<</Title(a)/Trapped/True>>", False),
        (b"<</Title(a)>>", b"<</Title(a)/Fields[]/SigFlags 3>>", True),
    ],
)
def test_what_saving_writes_into_information(was: bytes, now: bytes, *, allowed: bool) -> None:
    trailer = b"/Root 1 0 R/Info 61 0 R"
    base = letter(1, more={61: was, 62: b"(a)"}).replace(b"/Root 1 0 R", trailer)
    level = after(appended(signed(base), {61: now}, trailer)).level
    assert level in (
        {ChangeLevel.LTA_UPDATES, ChangeLevel.NONE} if allowed else {ChangeLevel.OTHER}
    )


def test_word_of_the_information_that_lies_elsewhere() -> None:
    trailer = b"/Root 1 0 R/Info 61 0 R"
    more = {61: b"<</Title 62 0 R>>", 62: b"(a)"}
    base = signed(letter(1, more=more).replace(b"/Root 1 0 R", trailer))
    assert found(appended(base, {62: b"(b)"}, trailer)) == {("information_changed", "error")}


def test_naming_is_at_nobodys_expense() -> None:
    budget = Budget(7)
    with pytest.raises(InputError), budget.aside():
        budget.spend(10_000_000)
    assert (budget.links, budget.set_aside) == (7, 0)
    budget.spend(7)


def test_what_goes_wrong_in_naming_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    data = appended(signed(letter()), {111: stream(b"BT /F 12 Tf (Another text) Tj ET")})
    assert names(data) == {"attack_incremental_saving"}

    def fails(*_: object) -> None:
        raise InputError("pdf_too_complex", detail="in a test")

    monkeypatch.setattr(kinds, "is_stored", fails)
    assert (names(data), after(data).level) == (set(), ChangeLevel.OTHER)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, None), ((), None), ((1,), None), ({"BaseFont": 1}, "font"), ({"X": 1}, None)],
)
def test_kind_of_an_object(value: object, kind: str | None) -> None:
    assert kind_of(value) == kind  # type: ignore[arg-type]  # a PDF value


def test_stamp_where_no_page_tells_its_size() -> None:
    base = signed(letter(1))
    loop = b"<</Type/Page/Parent 10 0 R/Contents 110 0 R>>"
    tree = b"<</Type/Pages/Kids[%b]/Count 1>>"
    number = opened(base).signatures[0].field_number or 0
    form = b"<</Fields[%d 0 R 90 0 R]/SigFlags 3>>" % number
    more = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form,
        90: b"<</FT/Sig/T(z)/V 91 0 R/Subtype/Widget/Rect[0 0 1 1]/AP<</N 92 0 R>>>>",
        91: VALUE % b"adbe.pkcs7.detached",
        92: LOOK,
    }
    for kids, page in ((b"10 0 R", loop), (b"", loop)):
        made = appended(base, {**more, 2: tree % kids, 10: page})
        assert ("signature_added", "error") in found(made)


def test_field_that_is_removed_was_not_filled_in() -> None:
    base = form({20: b"<</FT/Tx/T(a)/V(1)%b>>" % WIDGET})
    number = opened(base).signatures[0].field_number or 0
    made = appended(base, {30: b"<</Fields[%d 0 R]/SigFlags 3>>" % number, **CHANGED_BOTH})
    assert found(made) == {("form_field_removed", "error"), ("form_field_changed", "error")}


def test_field_that_is_its_own_parent() -> None:
    base = form({20: b"<</FT/Tx/T(a)/Parent 20 0 R%b>>" % WIDGET})
    assert found(appended(base, CHANGED_BOTH)) == REDRAWN


def test_metadata_that_is_no_stream_of_its_own() -> None:
    base = signed(letter(1, catalog=b"/Metadata 60 0 R", more={60: packet(TITLE)}))
    number = opened(base).signatures[0].field_number or 0
    rest = b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>/Metadata<<>>" % number
    made = appended(base, {1: b"<</Type/Catalog/Pages 2 0 R%b>>" % rest})
    assert ("metadata_changed", "error") in found(made)


def test_object_set_back_to_an_older_state() -> None:
    """The entry leads to what the object was before the document was signed."""
    first = letter(1)
    base = signed(appended(first, {110: stream(b"BT /F 12 Tf (Pay ten) Tj ET")}))
    row = b"110 1\n%010d 00000 n \n" % first.index(b"110 0 obj")
    head, table = appended(base, {}).rsplit(b"xref\ntrailer", 1)
    older = head + b"xref\n" + row + b"trailer" + table
    assert names(older) == {"attack_shadow_hide_and_replace"}


def test_one_of_two_signatures_removed() -> None:
    base = by_antin(signed(letter(1)), office().other, "Sig2", shown=False)
    number = next(f.field_number for f in opened(base).signatures if f.name == "Sig2") or 0
    made = appended(base, {number: b"<</FT/Sig/T(Sig2)>>"})
    assert names(made) == {"attack_signature_field"}


def test_a_change_that_cannot_be_compared_is_not_told_to_be_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = appended(signed(letter()), {111: stream(b"BT /F 12 Tf (Another) Tj ET")})
    back = appended(once, {111: stream(b"BT /F 12 Tf 72 700 Td (Page 2) Tj ET")})
    document = opened(back)
    change = Change("page_content_changed", ChangeLevel.OTHER, 3, object_number=111)
    assert is_undone(document, 2, change)

    def fails(_: int) -> None:
        raise InputError("pdf_too_complex", detail="in a test")

    monkeypatch.setattr(document, "view", fails)
    assert not is_undone(document, 2, change)
