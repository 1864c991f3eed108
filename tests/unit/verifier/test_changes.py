"""What later revisions did, named and located: one test a kind of change."""

import logging
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
)

from antin.pdf.document import PdfDocument
from antin.pdf.objects import Ref, Stream
from antin.verifier.changes import changes_after
from antin.verifier.changes import graph as graph_module
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter, Severity
from tests.pdfs import (
    FORM,
    appended,
    assembled,
    form_letter,
    letter,
    opened,
    qpdf,
    signed,
    signer,
    stream,
    timestamped,
    updated,
    with_validation_data,
)

PAGE_2 = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents %b>>"
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)>>"
DATES = {"information_changed", "metadata_changed"}
Located = tuple[str, str, int | None]


def after(data: bytes, which: int = 0) -> ChangesAfter:
    document = opened(data)
    return changes_after(document, document.signatures[which], default_policy())


def found(data: bytes, which: int = 0) -> list[Located]:
    """Return findings without those on dates, which pyHanko's writer may or may not set."""
    every = after(data, which).findings
    return [(f.code, str(f.severity), f.page) for f in every if f.code not in DATES]


def level(data: bytes, which: int = 0) -> ChangeLevel | None:
    return after(data, which).level


def test_nothing_after() -> None:
    assert after(signed(letter())) == ChangesAfter(ChangeLevel.NONE)


def test_further_signature() -> None:
    data = signed(signed(letter()), "Seal", box=(10, 10, 90, 50))
    assert level(data) is ChangeLevel.FORM_FILLING
    assert found(data) == [("signature_added", "info", 1)]
    assert after(data, 1) == ChangesAfter(ChangeLevel.NONE)


def test_signature_in_a_field_that_was_ready() -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("Seal", box=(10, 10, 90, 50)))

    data = signed(signed(updated(letter(), add)), "Seal")
    assert (level(data), found(data)) == (
        ChangeLevel.FORM_FILLING,
        [("signature_added", "info", 1)],
    )


def test_validation_data_and_timestamp() -> None:
    data = timestamped(with_validation_data(signed(letter()), b"one"))
    assert level(data) is ChangeLevel.LTA_UPDATES
    assert [code for code, _, _ in found(data)] == ["validation_data_added", "timestamp_added"]
    again = timestamped(with_validation_data(data, b"one", b"two"))
    assert level(again) is ChangeLevel.LTA_UPDATES


def stored(page: bytes = b"") -> bytes:
    """Return a signed letter that has a validation store (60, 61) and document information (62)."""
    more = {60: b"<</Certs[61 0 R]>>", 61: stream(b"one"), 62: b"<</Title(a)>>"}
    data = letter(catalog=b"/DSS 60 0 R", page=page, more=more)
    return signed(data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 62 0 R"))


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ({60: b"<</Certs[61 0 R 63 0 R]>>", 63: stream(b"two")}, "validation_data_added"),
        ({61: stream(b"two")}, "validation_data_added"),
        ({62: b"<</Title(a)/ModDate(D:2026)/Producer(b)>>"}, "information_changed"),
    ],
)
def test_what_nobody_sees_is_an_update(objects: dict[int, bytes], code: str) -> None:
    result = after(appended(stored(), objects, b"/Root 1 0 R/Info 62 0 R"))
    assert [(f.code, str(f.severity)) for f in result.findings] == [(code, "info")]
    assert result.level is ChangeLevel.LTA_UPDATES


def test_validation_data_that_a_page_uses_are_the_pages() -> None:
    data = appended(stored(b"/Thumb 61 0 R"), {61: stream(b"two")}, b"/Root 1 0 R/Info 62 0 R")
    assert ("page_content_changed", "error", 1) in found(data)


def test_other_information_dictionary() -> None:
    data = appended(stored(), {70: b"<</Title(b)>>"}, b"/Root 1 0 R/Info 70 0 R")
    assert [f.code for f in after(data).findings] == ["information_changed"]


def test_visible_timestamp_is_more_than_an_update() -> None:
    base = signed(letter())
    stamp = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(t)/Rect[0 0 500 %d]/AP<</N 90 0 R>>/V 91 0 R>>"
    form = b"<</Fields[%d 0 R 92 0 R]/SigFlags 3>>" % (opened(base).fields[0].number or 0)
    more = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form,
        90: FORM[21],
        91: b"<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161>>",
    }
    assert level(appended(base, more | {92: stamp % 500})) is ChangeLevel.ANNOTATIONS
    assert level(appended(base, more | {92: stamp % 0})) is ChangeLevel.LTA_UPDATES


COVER = b"/Type/Annot/Subtype/Widget/Rect[0 0 595 842]/P 11 0 R/AP<</N 90 0 R>>"
"""Hides all of page 2 behind what object 90 draws."""
COVERS: dict[str, tuple[bytes, dict[int, bytes], int]] = {
    # The fields added to the form, objects, and the one that page 2 shows.
    "empty signature field": (b"92 0 R", {92: b"<</FT/Sig/T(z)%b>>" % COVER}, 92),
    "coloured, without an appearance": (
        b"92 0 R",
        {92: b"<</FT/Sig/T(z)%b/MK<</BG[1]>>>>" % COVER.replace(b"/AP<</N 90 0 R>>", b"")},
        92,
    ),
    "another field's signature": (b"92 0 R", {92: b"<</FT/Sig/T(z)/V %%d 0 R%b>>" % COVER}, 92),
    "kid of a field without type": (
        b"92 0 R",
        {92: b"<</T(z)/Kids[93 0 R]>>", 93: b"<<%b>>" % COVER},
        93,
    ),
    "stamp called a widget": (
        b"92 0 R",
        {92: b"<</FT/Sig/T(z)/Kids[93 0 R]>>", 93: b"<<%b>>" % COVER.replace(b"Widget", b"Stamp")},
        93,
    ),
    "field hidden by its namesake": (
        b"<</FT/Tx/T(z)/Kids[93 0 R]>> <</FT/Sig/T(z)>>",
        {93: b"<<%b>>" % COVER},
        93,
    ),
}


@pytest.mark.parametrize("name", COVERS)
def test_page_covered_by_what_nobody_signed(name: str) -> None:
    added, objects, shown = COVERS[name]
    base = signed(letter())
    signature = opened(base).signatures[0]
    objects = {
        n: b.replace(b"%d", b"%d" % (signature.object_number or 0)) for n, b in objects.items()
    }
    form = b"<</Fields[%d 0 R %b]/SigFlags 3>>" % (signature.field_number or 0, added)
    data = appended(
        base,
        {
            1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %b>>" % form,
            11: PAGE_2[:-2] % b"111 0 R" + b"/Annots[%d 0 R]>>" % shown,
            90: stream(b"1 g 0 0 595 842 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"),
            **objects,
        },
    )
    assert level(data) in {ChangeLevel.ANNOTATIONS, ChangeLevel.OTHER}
    assert ("annotation_added", "error", 2) in found(data)


OTHER: dict[str, tuple[dict[int, bytes], list[Located]]] = {
    "page added": (
        {
            2: b"<</Type/Pages/Kids[10 0 R 50 0 R 11 0 R]/Count 3/MediaBox[0 0 595 842]>>",
            50: b"<</Type/Page/Parent 2 0 R>>",
        },
        [("page_added", "error", 2)],
    ),
    "page removed": (
        {2: b"<</Type/Pages/Kids[10 0 R]/Count 1/MediaBox[0 0 595 842]>>"},
        [("page_removed", "error", 2)],
    ),
    "page shown twice": (
        {2: b"<</Type/Pages/Kids[10 0 R 11 0 R 11 0 R]/Count 3/MediaBox[0 0 595 842]>>"},
        [("page_tree_changed", "error", None)],
    ),
    "pages swapped": (
        {2: b"<</Type/Pages/Kids[11 0 R 10 0 R]/Count 2/MediaBox[0 0 595 842]>>"},
        [("pages_reordered", "error", None)],
    ),
    "inherited size": (
        {2: b"<</Type/Pages/Kids[10 0 R 11 0 R]/Count 2/MediaBox[0 0 595 400]>>"},
        [("page_tree_changed", "error", None)],
    ),
    "content overwritten": (
        {111: stream(b"BT /F 12 Tf 72 700 Td (Page 9) Tj ET")},
        [("page_content_changed", "error", 2)],
    ),
    "content replaced": (
        {11: PAGE_2 % b"50 0 R", 50: stream(b"BT ET")},
        [("page_content_changed", "error", 2)],
    ),
    "shared font overwritten": (
        {3: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"},
        [("page_content_changed", "error", 1), ("page_content_changed", "error", 2)],
    ),
    "page turned into another type": (
        {11: b"[1 2 3]"},
        [("page_removed", "error", 2), ("page_content_changed", "error", 2)],
    ),
    "action added": (
        {1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>"},
        [("catalog_changed", "error", None), ("signature_removed", "error", None)],
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_change_that_no_rule_allows(name: str) -> None:
    objects, expected = OTHER[name]
    base = signed(letter())
    data = appended(base, objects)
    if name == "action added":
        expected = expected[:1]
        root = b"/OpenAction<</S/JavaScript/JS(x)>>"
        form = b"<</Fields[%d 0 R]/SigFlags 3>>" % (opened(base).fields[0].number or 0)
        data = appended(base, {1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %b%b>>" % (form, root)})
    assert found(data) == expected
    assert level(data) is ChangeLevel.OTHER
    assert all(f.revision == 3 for f in after(data).findings)


def test_object_that_is_freed() -> None:
    data = appended(signed(letter()), {}, freed=[111])
    assert found(data) == [("page_content_changed", "error", 2)]


def test_object_of_no_page_that_is_freed() -> None:
    base = signed(letter(catalog=b"/Names 50 0 R", more={50: b"<</Dests 51 0 R>>", 51: b"<<>>"}))
    data = appended(base, {}, freed=[51])
    assert found(data) == [("object_removed", "error", None)]
    assert level(data) is ChangeLevel.OTHER


def test_object_number_names_the_object() -> None:
    (finding,) = after(appended(signed(letter()), {111: stream(b"x")})).findings
    assert (finding.object_number, finding.page, finding.revision) == (111, 2, 3)


def test_change_and_undo_still_counts() -> None:
    once = appended(signed(letter()), {111: stream(b"x")})
    back = appended(once, {111: stream(b"BT /F 12 Tf 72 700 Td (Page 2) Tj ET")})
    assert [(f.code, f.revision) for f in after(back).findings] == [
        ("page_content_changed", 3),
        ("page_content_changed", 4),
    ]


def test_identical_rewrite_is_no_change() -> None:
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    assert after(appended(signed(letter()), {3: font})) == ChangesAfter(ChangeLevel.NONE)


def test_one_is_not_true() -> None:
    base = signed(letter(page=b"/X 1"))
    page = base[base.rindex(b"10 0 obj") + 8 :].split(b"endobj")[0]
    assert b"/X 1" in page
    data = appended(base, {10: page.replace(b"/X 1", b"/X true").strip()})
    assert found(data) == [("page_content_changed", "error", 1)]


def test_new_object_that_nobody_refers_to_is_no_change() -> None:
    assert level(appended(signed(letter()), {500: b"(left over)"})) is ChangeLevel.NONE


def test_annotation_added() -> None:
    page = PAGE_2[:-2] % b"111 0 R" + b"/Annots[50 0 R]>>"
    data = appended(signed(letter()), {11: page, 50: NOTE})
    assert level(data) is ChangeLevel.ANNOTATIONS
    assert found(data) == [("annotation_added", "error", 2)]


def test_annotations_are_allowed_by_another_policy() -> None:
    page = PAGE_2[:-2] % b"111 0 R" + b"/Annots[50 0 R]>>"
    document = opened(appended(signed(letter()), {11: page, 50: NOTE}))
    lax = replace(default_policy(), allowed_changes=ChangeLevel.ANNOTATIONS)
    result = changes_after(document, document.signatures[0], lax)
    assert [(f.code, f.severity) for f in result.findings] == [("annotation_added", Severity.INFO)]


def noted() -> bytes:
    return signed(letter(page=b"/Annots 40 0 R", more={40: b"[41 0 R]", 41: NOTE}))


@pytest.mark.parametrize(
    ("objects", "code", "reached"),
    [
        ({41: NOTE.replace(b"paid", b"owed")}, "annotation_changed", ChangeLevel.ANNOTATIONS),
        ({40: b"[]"}, "annotation_removed", ChangeLevel.OTHER),
    ],
)
def test_annotation_of_the_signed_page(
    objects: dict[int, bytes], code: str, reached: ChangeLevel
) -> None:
    data = appended(noted(), objects)
    assert code in [item[0] for item in found(data)]
    assert level(data) is reached


def test_annotation_in_an_array_that_two_pages_share() -> None:
    data = appended(noted(), {40: b"[41 0 R 42 0 R]", 42: NOTE})
    codes = [item for item in found(data) if item[0] == "annotation_added"]
    assert len(codes) >= 1


FILLED = FORM[20].replace(b"/V()", b"/V(A)")


@pytest.mark.parametrize(
    "objects",
    [
        {20: FILLED},
        {20: FILLED.replace(b"21 0 R", b"90 0 R"), 90: FORM[21]},
        {20: FILLED, 21: stream(b"q 1 Q", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")},
    ],
)
def test_form_filling(objects: dict[int, bytes]) -> None:
    data = appended(signed(form_letter()), objects)
    assert set(found(data)) == {("form_field_filled", "info", 1)}
    assert level(data) is ChangeLevel.FORM_FILLING


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ({20: FORM[20].replace(b"[10 10 90 30]", b"[0 0 595 842]")}, "form_field_changed"),
        ({20: stream(b"x", FORM[20][2:-2])}, "form_field_changed"),
    ],
)
def test_field_changed_beyond_filling(objects: dict[int, bytes], code: str) -> None:
    data = appended(signed(form_letter()), objects)
    assert (code, "error", 1) in found(data)
    assert level(data) is ChangeLevel.OTHER


def test_appearance_that_a_page_uses_as_well_is_the_pages() -> None:
    catalog = b"/AcroForm<</Fields[20 0 R]/DA(/F 12 Tf)>>"
    page = b"/Annots[20 0 R]/Thumb 21 0 R"
    base = signed(letter(catalog=catalog, page=page, more=FORM))
    data = appended(base, {21: stream(b"forged", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")})
    assert ("page_content_changed", "error", 1) in found(data)
    assert level(data) is ChangeLevel.OTHER


def drawing(
    key: bytes, catalog: bytes, page: bytes, resources: int, more: dict[int, bytes]
) -> bytes:
    """Return a signed file whose second page draws what object ``resources`` has under ``key``."""
    kids = b"<</Type/Pages/Kids[9 0 R 10 0 R]/Count 2/MediaBox[0 0 595 842]>>"
    drawn = b"<</Type/Page/Parent 2 0 R/Resources<</XObject %d 0 R>>/Contents 110 0 R%b>>"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        2: kids,
        9: b"<</Type/Page/Parent 2 0 R/Resources<<>>>>",
        10: drawn % (resources, page),
        110: stream(b"/%b Do" % key),
        21: FORM[21],
    }
    return signed(assembled(objects | more))


DRAWN_BY_THE_SECOND_PAGE = {
    "form field": (b"V", b"/AcroForm<</Fields[20 0 R]>>", b"", 20),
    "page": (b"Annots", b"", b"/Annots 21 0 R", 10),
    "catalogue": (b"DSS", b"/DSS 21 0 R", b"", 1),
}


@pytest.mark.parametrize("name", DRAWN_BY_THE_SECOND_PAGE)
def test_skeleton_that_a_page_draws_with_is_the_pages(name: str) -> None:
    key, catalog, page, number = DRAWN_BY_THE_SECOND_PAGE[name]
    field = {20: b"<</FT/Tx/T(x)/V 21 0 R>>"} if number == 20 else {}
    base = drawing(key, catalog, page, number, field)
    start = base.rindex(b"\n%d 0 obj" % number) + len(b"\n%d 0 obj" % number)
    body = base[start : base.index(b"endobj", start)].strip()
    swapped = re.sub(rb"/%b 21 0 R" % key, b"/%b 22 0 R" % key, body)
    assert swapped != body
    forged = stream(b"1 g 0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]")
    data = appended(base, {number: swapped, 22: forged})
    assert ("page_content_changed", "error", 2) in found(data)
    assert level(data) is ChangeLevel.OTHER


@pytest.mark.parametrize("hops", [1, 2])
def test_page_that_a_page_draws_with_by_an_object_that_is_a_reference(hops: int) -> None:
    """Some programs follow an object that is nothing but a reference to another."""
    chain = {40 + n: b"%d 0 R" % (10 if n == hops - 1 else 41 + n) for n in range(hops)}
    base = drawing(b"Annots", b"", b"/Annots 21 0 R", 40, chain)
    start = base.rindex(b"\n10 0 obj") + len(b"\n10 0 obj")
    body = base[start : base.index(b"endobj", start)].strip()
    swapped = body.replace(b"/Annots 21 0 R", b"/Annots 22 0 R")
    assert swapped != body
    data = appended(base, {10: swapped, 22: stream(b"1 g 0 0 9 9 re f")})
    assert ("page_content_changed", "error", 2) in found(data)


def test_stamp_of_a_signature_redrawn() -> None:
    data = signed(letter(), box=(10, 10, 200, 80))
    document = opened(data)
    field = document.fields[0].dictionary
    appearance = document.final_view.dictionary(field.get("AP")).get("N")
    assert isinstance(appearance, Ref)
    blank = stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]")
    redrawn = appended(data, {appearance.number: blank})
    assert found(redrawn) == [("form_field_changed", "error", 1)]
    assert level(redrawn) is ChangeLevel.OTHER


def test_field_added_that_is_no_signature() -> None:
    data = signed(form_letter())
    extra = b"<</FT/Tx/T(more)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/V(x)>>"
    names = [f.number for f in opened(data).fields]
    kids = b" ".join(b"%d 0 R" % (n or 0) for n in [*names, 90])
    catalog = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]/DA(/F 12 Tf)/SigFlags 3>>>>" % kids
    )
    codes = [item[0] for item in found(appended(data, {1: catalog, 90: extra}))]
    assert "form_field_added" in codes


def with_form(base: bytes, form: bytes, more: dict[int, bytes] | None = None) -> bytes:
    """Return ``base`` with another form; its ``%d`` is the field of the first signature."""
    number = opened(base).signatures[0].field_number or 0
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<<%b>>>>" % form
    return appended(base, {1: catalog.replace(b"%d", b"%d" % number), **(more or {})})


@pytest.mark.parametrize(
    "form",
    [
        b"/Fields[20 0 R %d 0 R]/SigFlags 3/DA(/F 99 Tf)",
        b"/Fields[20 0 R %d 0 R]/SigFlags 3",
        b"/Fields[20 0 R %d 0 R]/SigFlags 3/DA(/F 12 Tf)/NeedAppearances true",
        b"/Fields[20 0 R %d 0 R]/SigFlags 3/DA(/F 12 Tf)/XFA(x)",
        b"/Fields[20 0 R %d 0 R]/SigFlags 3/DA(/F 12 Tf)/CO[20 0 R]",
    ],
)
def test_form_changed_as_a_whole(form: bytes) -> None:
    data = with_form(signed(form_letter()), form)
    assert found(data) == [("form_changed", "error", None)]
    assert level(data) is ChangeLevel.OTHER


def test_empty_signature_field_added() -> None:
    """To lay one ready is form filling, unless it shows something (see the covers above)."""
    field = b"<</FT/Sig/T(Seal)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>"
    data = with_form(signed(letter()), b"/Fields[%d 0 R 92 0 R]/SigFlags 3", {92: field})
    assert found(data) == [("signature_field_added", "info", None)]
    assert level(data) is ChangeLevel.FORM_FILLING


def test_field_removed() -> None:
    data = signed(signed(form_letter()), "Sig2")
    kept = opened(data).signatures[0].field_number or 0
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%d 0 R]/DA(/F 12 Tf)/SigFlags 3>>>>"
    codes = [item[0] for item in found(appended(data, {1: catalog % kept}))]
    assert {"form_field_removed", "signature_removed"} <= set(codes)


def test_signature_replaced() -> None:
    data = signed(signed(letter()), "Sig2")
    number = opened(data).signatures[1].object_number or 0
    codes = [item[0] for item in found(appended(data, {number: b"<</Type/Sig/Contents<00>>>"}))]
    assert "signature_removed" in codes


def test_planted_reference() -> None:
    """The signed page names an object that is not there; it is supplied later."""
    data = appended(signed(letter(page=b"/Extra 90 0 R")), {90: b"<</Font<<>>>>"})
    assert found(data) == [("dangling_reference_filled", "error", None)]
    assert level(data) is ChangeLevel.OTHER


@pytest.mark.real("qpdf")
def test_object_stream_overwritten(tmp_path: Path) -> None:
    """What lies in an object stream changes with it, though no entry of its own does."""
    base = signed(qpdf(letter(5), tmp_path, "--object-streams=generate"))
    document = opened(base)
    container = min(n for n in document.history.numbers() if _is_container(document, n))
    root = document.final_view.trailer["Root"]
    assert isinstance(root, Ref)
    start = base.index(b"%d 0 obj" % container) + len(b"%d 0 obj" % container)
    body = base[start : base.index(b"endobj", start)].strip()
    altered = body.replace(b"/ObjStm", b"/ObjStm/X 1")
    data = appended(base, {container: altered}, b"/Root %d 0 R" % root.number)
    assert found(data) == [("object_overwritten", "error", None)]


def _is_container(document: PdfDocument, number: int) -> bool:
    value = document.final_view.value(number)
    return isinstance(value, Stream) and value.dictionary.get("Type") == "ObjStm"


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [(MDPPerm.NO_CHANGES, False), (MDPPerm.FILL_FORMS, True), (MDPPerm.ANNOTATE, True)],
)
def test_certification_restricts_form_filling(permission: MDPPerm, *, allowed: bool) -> None:
    base = signed(form_letter(), certify=True, docmdp_permissions=permission)
    severity = "info" if allowed else "error"
    assert found(appended(base, {20: FILLED})) == [("form_field_filled", severity, 1)]
    lasting = timestamped(with_validation_data(base, b"one"))
    assert all(item[1] == "info" for item in found(lasting))


@pytest.mark.parametrize(
    ("action", "fields", "locked"),
    [
        (FieldMDPAction.ALL, None, True),
        (FieldMDPAction.INCLUDE, ["name"], True),
        (FieldMDPAction.EXCLUDE, ["name"], False),
    ],
)
def test_locked_fields(action: FieldMDPAction, fields: list[str] | None, *, locked: bool) -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        lock = FieldMDPSpec(action, fields)
        append_signature_field(writer, SigFieldSpec("Sig1", field_mdp_spec=lock))

    data = appended(signed(updated(form_letter(), add)), {20: FILLED})
    locks = [one for one in after(data).findings if one.code == "form_field_locked"]
    told = [(one.revision, one.page, one.object_number, dict(one.values)) for one in locks]
    assert told == ([(4, 1, 20, {"field": "name"})] if locked else [])


def test_encrypted_files_are_judged_as_well(tmp_path: Path) -> None:
    plain = qpdf(form_letter(), tmp_path, "--encrypt", "", "owner", "256", "--")

    def writer_on(data: bytes) -> IncrementalPdfFileWriter:
        writer = IncrementalPdfFileWriter(BytesIO(data))
        writer.encrypt("")
        return writer

    meta = signers.PdfSignatureMetadata(field_name="Sig1")
    data = signers.sign_pdf(writer_on(plain), meta, signer=signer()).getvalue()
    assert after(data) == ChangesAfter(ChangeLevel.NONE)
    writer = writer_on(data)
    page = writer.root["/Pages"]["/Kids"][1]
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    assert ("page_content_changed", "error", 2) in found(out.getvalue())


@pytest.mark.real("qpdf")
def test_other_encryption_dictionary(tmp_path: Path) -> None:
    """Another dictionary can make the same bytes say something else."""
    writer = IncrementalPdfFileWriter(
        BytesIO(qpdf(letter(), tmp_path, "--encrypt", "", "owner", "256", "--"))
    )
    writer.encrypt("")
    meta = signers.PdfSignatureMetadata(field_name="Sig1")
    data = signers.sign_pdf(writer, meta, signer=signer()).getvalue()
    trailer = opened(data).final_view.trailer
    root, encrypt = trailer["Root"], trailer["Encrypt"]
    assert isinstance(root, Ref)
    assert isinstance(encrypt, Ref)
    start = data.index(b"%d 0 obj" % encrypt.number) + len(b"%d 0 obj" % encrypt.number)
    body = data[start : data.index(b"endobj", start)].strip()
    other = appended(data, {500: body}, b"/Root %d 0 R/Encrypt 500 0 R" % root.number)
    assert found(other) == [("trailer_changed", "error", None)]


def test_too_much_to_follow_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    data = appended(signed(letter()), {111: stream(b"x")})
    monkeypatch.setattr(graph_module.Budget.__init__, "__defaults__", (3,))
    result = after(data)
    assert result.level is None
    assert [(f.code, f.severity) for f in result.findings] == [
        ("changes_undetermined", Severity.WARNING)
    ]


def odd_letter() -> bytes:
    """Return a letter whose trailer denies one of its objects."""
    data = letter(more={500: b"(odd)"}).replace(b"/Size 501", b"/Size 400")
    assert opened(data).deviations
    return data


TWICE = PAGE_2[:-2] % b"111 0 R" + b"/Contents 99 0 R>>"


@pytest.mark.parametrize("odd_before", [False, True])
@pytest.mark.parametrize(
    ("objects", "trailer"),
    [({11: TWICE}, b"/Root 1 0 R"), ({}, b"/Root 98 0 R/Root 1 0 R")],
)
def test_update_that_reads_in_two_ways_is_undetermined(
    objects: dict[int, bytes], trailer: bytes, *, odd_before: bool
) -> None:
    """Some readers take the first value of a key that stands twice, others the last."""
    base = odd_letter() if odd_before else letter()
    more = objects | {98: b"<</Type/Catalog/Pages 2 0 R>>", 99: stream(b"BT ET")}
    data = appended(signed(base), more, trailer)
    if not odd_before:  # make the rest of the file readable leniently only, by the update itself
        data = data[::-1].replace(b"/Size 1"[::-1], b"/Size 5 %1"[::-1], 1)[::-1]
        data = re.sub(rb"/Size 5 %\d+", b"/Size 5", data)
    assert opened(data).deviations
    assert level(data) is None


def test_clean_update_of_a_file_that_was_odd_before() -> None:
    data = signed(signed(odd_letter()), "Sig2")
    assert opened(data).deviations
    assert level(data) is ChangeLevel.FORM_FILLING


def test_signature_without_revision_is_undetermined() -> None:
    document = opened(signed(letter()))
    field = replace(document.signatures[0], revision=None)
    result = changes_after(document, field, default_policy())
    assert (result.level, [f.code for f in result.findings]) == (None, ["changes_undetermined"])


def test_thousands_of_bookmarks_end_in_time() -> None:
    """Reading them by recursion fails, or takes quadratic time."""
    marks = {
        1000 + n: b"<</Title(x)/Parent 999 0 R/Dest[10 0 R/Fit]/Next %d 0 R>>" % (1001 + n)
        for n in range(5_000)
    }
    base = letter(catalog=b"/Outlines 999 0 R", more={999: b"<</First 1000 0 R>>", **marks})
    assert level(signed(signed(base), "Sig2")) is ChangeLevel.FORM_FILLING


def test_twenty_signatures() -> None:
    data = letter()
    for number in range(20):
        data = signed(data, f"Sig{number}")
    document: PdfDocument = opened(data)
    levels = [changes_after(document, f, default_policy()).level for f in document.signatures]
    assert levels == [ChangeLevel.FORM_FILLING] * 19 + [ChangeLevel.NONE]


@pytest.mark.real("qpdf")
def test_pyhanko_stays_quiet(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert opened(qpdf(letter(), tmp_path, "--encrypt", "", "owner", "256", "--")).page_count == 2
    assert logging.getLogger("pyhanko").propagate is False
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("white", [b" " * 400, b" " * 5000, b"%" + b"x" * 3000 + b"\n"])
def test_white_space_before_an_object_hides_nothing(white: bytes) -> None:
    """What refers to the content is far behind the offset that the cross-reference names."""
    plain = letter()
    page = plain[plain.index(b"11 0 obj") : plain.index(b"111 0 obj")]
    table = b"xref\n11 1\n%010d 00000 n \n" % len(plain)
    previous = int(re.findall(rb"startxref\s+(\d+)", plain)[-1])
    data = plain + white + page
    end = b"trailer\n<</Size 200/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    data += table + end % (previous, len(data))
    altered = appended(signed(data), {111: stream(b"BT (altered) Tj ET")})
    assert ("page_content_changed", "error", 2) in found(altered)
