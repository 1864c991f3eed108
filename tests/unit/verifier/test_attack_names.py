"""What each change beyond form filling is called: the attack that it looks like."""

from collections.abc import Callable, Mapping
from functools import cache

import pytest

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.history import View
from antin.verifier.changes.attacks import attacks_in, is_undone
from antin.verifier.changes.change import Change
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.report import ChangeLevel
from tests.pdfs import FORM, appended, form_letter, letter, opened, stream, timestamped

Names = dict[tuple[str, int | None], tuple[str, ...]]
Case = tuple[Callable[[], bytes], Mapping[int, bytes | None], Names]

TREE = b"<</Type/Pages/Kids[%b]/Count %d/MediaBox[0 0 595 %d]>>"
PAGE = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents %b>>"
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)%b>>"
LONG = stream(b"BT /F 12 Tf 72 700 Td (Something else) Tj ET")
WIDGET = b"<</FT/%b/T(seal)/Subtype/Widget/Rect[9 9 99 99]%b>>"
CLAIMS = b"/Name(A)/Reason(paid)/M(D:20260601)/ByteRange[0 1 2 3]/Contents<00>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R%b>>"


def changed(data: bytes, objects: Mapping[int, bytes | None], trailer: bytes = b"") -> bytes:
    """Return ``data`` with ``objects`` anew; those that are None are freed."""
    now = {number: body for number, body in objects.items() if body is not None}
    freed = [number for number, body in objects.items() if body is None]
    return appended(data, now, trailer or b"/Root 1 0 R", freed=freed)


def named(data: bytes) -> Names:
    """Return how the changes of the last revision are named, by their codes and objects."""
    document = opened(data)
    attacks = StepClassifier(document).result(document.revisions).attacks
    return {
        (change.code, change.object_number): tuple(one.removeprefix("attack_") for one in codes)
        for change, codes in attacks.items()
    }


@cache
def plain() -> bytes:
    """Objects 60 and 61 lie in it, and nothing leads there."""
    return letter(more={60: PAGE % b"110 0 R", 61: LONG})


@cache
def stored() -> bytes:
    """The validation store lists what page 1 shows."""
    return letter(catalog=b"/DSS<</Certs[110 0 R]>>")


@cache
def noted() -> bytes:
    """Page 1 shows the notes 40 and 41, of which 41 draws 42; 43 lies beside, as does 44."""
    ways = b"/Annots[40 0 R 41 0 R]"
    drawn = stream(b"0 0 1 rg 0 0 300 300 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 300 300]")
    more = {40: NOTE % b"", 41: NOTE % b"/AP<</N 42 0 R>>", 42: drawn, 43: NOTE % b"", 44: b"<<>>"}
    return letter(1, page=ways, more=more)


@cache
def form() -> bytes:
    return form_letter()


@cache
def sealed() -> bytes:
    """A field 30 that holds the signature 31, one without one (32), a text field (33)."""
    fields = b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R]>>"
    more = {
        30: WIDGET % (b"Sig", b"/V 31 0 R"),
        31: b"<</Type/Sig/SubFilter/ETSI.CAdES.detached%b>>" % CLAIMS,
        32: WIDGET % (b"Sig", b"/AP<</N 34 0 R>>/F 4"),
        33: WIDGET % (b"Tx", b"/V(a)"),
        34: FORM[21],
        35: WIDGET % (b"Sig", b"/AP<</N 34 0 R>>"),
    }
    return letter(2, catalog=fields, page=b"/Annots[30 0 R 33 0 R]", more=more)


@cache
def attached() -> bytes:
    """Name trees for files (50), places (52) and scripts, in the catalogue's /Names."""
    names = b"/Names<</EmbeddedFiles 50 0 R/Dests 52 0 R>>"
    more = {50: b"<</Names[(a)51 0 R]>>", 51: b"<</Type/Filespec/F(a)>>", 52: b"<<>>"}
    return letter(catalog=names, more=more)


def sheet(more: bytes) -> bytes:
    return (PAGE % b"110 0 R").replace(b"/Parent", b"%b/Parent" % more)


def in_catalog(more: bytes) -> bytes:
    return CATALOG % more


def seal(now: bytes) -> bytes:
    """Return the signed field with ``now`` besides its value."""
    return WIDGET % (b"Sig", b"/V 31 0 R" + now)


def signature(was: bytes = b"", now: bytes = b"") -> bytes:
    claims = CLAIMS.replace(was, now, 1) if was else CLAIMS
    return b"<</Type/Sig/SubFilter/ETSI.CAdES.detached%b>>" % claims


CONTENT = ("page_content_changed", 110)
SEAL = ("form_field_changed", 30)
GONE = ("signature_removed", 30)
NAME = ("form_field_changed", 20)
READY = "shadow_hide_and_replace"
NOTE_40, NOTE_43 = ("annotation_changed", 40), ("annotation_added", 43)

CASES: dict[str, Case] = {
    # Pages and what is drawn on them.
    "content": (plain, {110: LONG}, {CONTENT: ("incremental_saving",)}),
    "content emptied": (plain, {110: stream(b" ")}, {CONTENT: ("shadow_hide",)}),
    "content freed": (plain, {110: None}, {CONTENT: ("shadow_hide",)}),
    "content in the store": (stored, {110: LONG}, {CONTENT: ("validation_data_vehicle",)}),
    "content that is a script": (plain, {110: b"<</JS(a)>>"}, {CONTENT: ("action_added",)}),
    "content that leads to what lay ready": (
        plain,
        {110: b"[61 0 R]"},
        {CONTENT: (READY,)},
    ),
    "a font": (
        plain,
        {3: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"},
        {("page_content_changed", 3): ("font_exchanged",)},
    ),
    "a page that is set to be hidden": (
        lambda: letter(1),
        {10: sheet(b"/F 2")},
        {("page_content_changed", 10): ("incremental_saving",)},
    ),
    "a page that acts": (
        lambda: letter(1),
        {10: sheet(b"/AA<<>>/Rotate 90")},
        {("page_content_changed", 10): ("action_added",)},
    ),
    "a page turned and with other resources": (
        lambda: letter(1),
        {10: sheet(b"/Rotate 90/TrimBox[0 0 9 9]/UserUnit 2/Extra 1")},
        {("page_content_changed", 10): ("page_frame",)},
    ),
    "a page with what lay ready": (
        lambda: letter(1, more={61: LONG}),
        {10: PAGE % b"61 0 R"},
        {("page_content_changed", 10): (READY,)},
    ),
    "what pages inherit": (
        plain,
        {2: TREE % (b"10 0 R 11 0 R", 2, 400)},
        {("page_tree_changed", 2): ("page_frame",)},
    ),
    "a page twice": (
        plain,
        {2: TREE % (b"10 0 R 11 0 R 11 0 R", 3, 842)},
        {("page_tree_changed", 2): ("pages_rearranged",)},
    ),
    "a page added": (
        plain,
        {2: TREE % (b"10 0 R 11 0 R 70 0 R", 3, 842), 70: PAGE % b"110 0 R"},
        {("page_added", 70): ("pages_rearranged",)},
    ),
    "a page added that lay there": (
        plain,
        {2: TREE % (b"10 0 R 11 0 R 60 0 R", 3, 842)},
        {("page_added", 60): (READY,)},
    ),
    "a page removed": (
        plain,
        {2: TREE % (b"10 0 R", 1, 842)},
        {("page_removed", 11): ("pages_rearranged",)},
    ),
    "pages swapped": (
        plain,
        {2: TREE % (b"11 0 R 10 0 R", 2, 842)},
        {("pages_reordered", None): ("pages_rearranged",)},
    ),
    # Annotations.
    "a note": (noted, {40: NOTE % b"/C[1]"}, {NOTE_40: ("evil_annotation",)}),
    "a note that is no more": (noted, {40: b"5"}, {NOTE_40: ("evil_annotation",)}),
    "a note hidden": (noted, {40: NOTE % b"/F 2"}, {NOTE_40: ("shadow_hide",)}),
    "a note that acts": (noted, {40: NOTE % b"/A<<>>"}, {NOTE_40: ("action_added",)}),
    "a note that is a file": (
        noted,
        {40: (NOTE % b"/A<<>>").replace(b"FreeText", b"FileAttachment")},
        {NOTE_40: ("file_exchanged",)},
    ),
    "a note drawn as nothing": (
        noted,
        {42: stream(b" ", b"/Type/XObject/Subtype/Form/BBox[0 0 300 300]")},
        {("annotation_changed", 42): ("shadow_hide",)},
    ),
    "a note taken off the list": (
        noted,
        {10: sheet(b"/Annots[41 0 R]")},
        {("annotation_removed", 40): ("shadow_hide",)},
    ),
    "a note of old put on the list": (
        noted,
        {10: sheet(b"/Annots[40 0 R 41 0 R 43 0 R]")},
        {NOTE_43: ("evil_annotation",)},
    ),
    "a note of old put on the list, hidden": (
        noted,
        {10: sheet(b"/Annots[40 0 R 41 0 R 43 0 R]"), 43: NOTE % b"/F 2"},
        {NOTE_43: ("shadow_hide",)},
    ),
    "a new note that is hidden": (
        noted,
        {10: sheet(b"/Annots[40 0 R 41 0 R 70 0 R]"), 70: NOTE % b"/F 2"},
        {("annotation_added", 70): ("evil_annotation",)},
    ),
    # Fields.
    "a field drawn anew": (form, {21: LONG}, {NAME: ("shadow_replace",)}),
    "a field coloured": (
        form,
        {20: FORM[20].replace(b"/V()", b"/V()/MK<</BG[1]>>")},
        {NAME: ("shadow_replace",)},
    ),
    "a field moved and coloured": (
        form,
        {20: FORM[20].replace(b"[10 10 90 30]", b"[0 0 9 9]/MK<</BG[1]>>")},
        {NAME: ("form_altered",)},
    ),
    "a field hidden": (
        form,
        {20: FORM[20].replace(b"/V()", b"/V()/F 2")},
        {NAME: ("shadow_hide",)},
    ),
    "a field that acts": (
        form,
        {20: FORM[20].replace(b"/V()", b"/V()/A<<>>")},
        {NAME: ("action_added",)},
    ),
    "a signed field moved": (
        sealed,
        {30: seal(b"").replace(b"[9 9", b"[0 0")},
        {SEAL: ("signature_field",)},
    ),
    "a signed field moved and drawn": (
        sealed,
        {30: seal(b"/AP<</N 34 0 R>>").replace(b"[9 9", b"[0 0")},
        {SEAL: ("signature_field",)},
    ),
    "a signed field drawn": (
        sealed,
        {30: seal(b"/AP<</N 34 0 R>>/Q 1")},
        {SEAL: ("signature_appearance",)},
    ),
    "a signed field with a tip": (sealed, {30: seal(b"/TU(a)")}, {SEAL: ("form_altered",)}),
    "a signed field that acts": (sealed, {30: seal(b"/A<<>>")}, {SEAL: ("action_added",)}),
    "a signed field hidden": (sealed, {30: seal(b"/F 2")}, {SEAL: ("signature_field",)}),
    "a signature taken away": (
        sealed,
        {30: WIDGET % (b"Sig", b"")},
        {GONE: ("signature_field",)},
    ),
    "another reason": (
        sealed,
        {31: signature(b"paid", b"owed")},
        {GONE: ("signature_entries",), SEAL: ("signature_entries",)},
    ),
    "all that is claimed": (
        sealed,
        {
            31: b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>"
            b"/ContactInfo(a)/Location(b)/Name(B)/Reason(owed)/M(D:20270101)/Prop_Build<<>>>>"
        },
        {GONE: ("signature_entries",), SEAL: ("signature_entries",)},
    ),
    "nothing but a range and what it leaves out": (
        sealed,
        {31: b"<</ByteRange[0 1 2 3]/Contents<00>>>"},
        {GONE: ("signature_wrapping",), SEAL: ("signature_wrapping",)},
    ),
    "another reason and range": (
        sealed,
        {31: signature(b"paid)/M(D:20260601)/ByteRange[0 1", b"owed)/ByteRange[0 2")},
        {GONE: ("signature_wrapping",), SEAL: ("signature_wrapping",)},
    ),
    "a signature without its range": (
        sealed,
        {31: signature(b"/ByteRange[0 1 2 3]", b"")},
        {GONE: ("signature_forgery",), SEAL: ("signature_forgery",)},
    ),
    "another object for a signature": (
        sealed,
        {30: (WIDGET % (b"Sig", b"/V 70 0 R")), 70: signature()},
        {GONE: ("signature_wrapping",)},
    ),
    "a field for a text": (
        sealed,
        {
            1: in_catalog(b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R 70 0 R]>>"),
            70: WIDGET % (b"Tx", b""),
        },
        {("form_field_added", 70): ("form_altered",)},
    ),
    "a field for a text that acts": (
        sealed,
        {
            1: in_catalog(b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R 70 0 R]>>"),
            70: WIDGET % (b"Tx", b"/AA<<>>"),
        },
        {("form_field_added", 70): ("action_added",)},
    ),
    "a field for a signature that acts": (
        sealed,
        {
            1: in_catalog(b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R 70 0 R]>>"),
            70: WIDGET % (b"Sig", b"/AA<<>>"),
        },
        {("form_field_added", 70): ("action_added",)},
    ),
    "a second field for a signature": (
        sealed,
        {
            1: in_catalog(b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R 70 0 R]>>"),
            70: WIDGET % (b"Sig", b"/V 31 0 R"),
        },
        {("form_field_added", 70): ("signature_field",)},
    ),
    "a place for a signature": (
        sealed,
        {
            1: in_catalog(b"/AcroForm<</Fields[30 0 R 32 0 R 33 0 R 70 0 R]>>"),
            70: WIDGET % (b"Sig", b"/AP<</N 34 0 R>>"),
        },
        {("signature_field_added", 70): ("sneaky_signature",)},
    ),
    "a place for a signature put on a page": (
        sealed,
        {10: sheet(b"/Annots[30 0 R 32 0 R 33 0 R]")},
        {("annotation_added", 32): ("sneaky_signature",)},
    ),
    "a text field put on a page": (
        lambda: sealed().replace(b"/Annots[30 0 R 33 0 R]", b"/Annots[30 0 R 99 0 R]"),
        {10: sheet(b"/Annots[30 0 R 33 0 R]"), 33: WIDGET % (b"Tx", b"/V(a)/AP<<>>")},
        {
            ("annotation_removed", 99): ("shadow_hide",),
            ("annotation_added", 33): ("evil_annotation",),
            ("form_field_changed", 33): ("shadow_replace",),
        },
    ),
    # The document as a whole.
    "a language": (
        plain,
        {1: in_catalog(b"/Lang(vi)")},
        {("catalog_changed", 1): ("structure_altered",)},
    ),
    "an action, a language, bookmarks": (
        plain,
        {1: in_catalog(b"/OpenAction<<>>/Lang(vi)/AA<<>>/PageMode/UseNone/Outlines<<>>")},
        {("catalog_changed", 1): ("action_added", "structure_altered", "navigation_altered")},
    ),
    "something unheard of": (
        plain,
        {1: in_catalog(b"/Unheard true")},
        {("catalog_changed", 1): ("incremental_saving",)},
    ),
    "files": (
        plain,
        {1: in_catalog(b"/Names<</EmbeddedFiles<<>>>>")},
        {("catalog_changed", 1): ("file_exchanged",)},
    ),
    "files and scripts": (
        attached,
        {1: in_catalog(b"/Names<</JavaScript<<>>/Dests 52 0 R>>")},
        {("catalog_changed", 1): ("file_exchanged", "action_added")},
    ),
    "places": (
        attached,
        {1: in_catalog(b"/Names<</EmbeddedFiles 50 0 R>>")},
        {("catalog_changed", 1): ("navigation_altered",)},
    ),
    "a leaf of files": (
        attached,
        {50: b"<</Names[(b)51 0 R]>>"},
        {("object_overwritten", 50): ("file_exchanged",)},
    ),
    "a leaf of places": (
        attached,
        {52: b"<</Names[(b)]>>"},
        {("object_overwritten", 52): ("incremental_saving",)},
    ),
    "a tree of pages that lay ready": (
        lambda: letter(more={60: TREE % (b"10 0 R 11 0 R", 2, 842)}),
        {1: in_catalog(b"").replace(b"2 0 R", b"60 0 R")},
        {("catalog_changed", 1): (READY,)},
    ),
    "another tree of pages": (
        plain,
        {
            1: in_catalog(b"").replace(b"2 0 R", b"70 0 R"),
            70: TREE % (b"10 0 R 11 0 R", 2, 842),
        },
        {("catalog_changed", 1): ("pages_rearranged",)},
    ),
    "what lay ready, by another key": (
        plain,
        {1: in_catalog(b"/Lang(vi)/Unheard 61 0 R")},
        {("catalog_changed", 1): ("structure_altered",)},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_change_is_called(name: str) -> None:
    base, objects, expected = CASES[name]
    assert named(changed(base(), objects)) == expected


def test_another_catalogue() -> None:
    data = changed(plain(), {70: in_catalog(b"/Lang(vi)")}, b"/Root 70 0 R")
    assert named(data) == {("catalog_changed", 1): ("catalog_exchanged",)}


STAMP = b"<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161/ByteRange[0 1 2 3]/Contents<00>>>"


def test_what_comes_with_a_time_stamp() -> None:
    """Whatever else its revision changes travels in it."""
    fields = b"/AcroForm<</Fields[70 0 R]>>"
    objects = {1: in_catalog(fields), 70: WIDGET % (b"Sig", b"/V 71 0 R"), 71: STAMP, 110: LONG}
    found = named(changed(plain(), objects))
    assert found[CONTENT] == ("incremental_saving", "timestamp_vehicle")


def test_a_time_stamp_that_shows_something() -> None:
    fields = b"/AcroForm<</Fields[70 0 R]>>"
    field = WIDGET % (b"Sig", b"/V 71 0 R/AP<</N 61 0 R>>")
    page = sheet(b"/Annots[70 0 R]")
    objects = {1: in_catalog(fields), 10: page, 70: field, 71: STAMP}
    found = named(changed(plain(), objects))
    assert found["annotation_added", 70] == ("timestamp_vehicle", "timestamp_vehicle")
    assert found["timestamp_added", 70] == ("timestamp_vehicle", "timestamp_vehicle")


def test_a_time_stamp_alone_is_no_attack() -> None:
    assert named(timestamped(plain())) == {}


def test_what_was_undone() -> None:
    once = appended(letter(more={60: b"1"}), {60: b"2"})
    undone, kept = opened(appended(once, {60: b"1"})), opened(appended(once, {61: b"1"}))
    made = Change("object_overwritten", ChangeLevel.OTHER, 2, object_number=60)
    assert is_undone(undone, 1, made)
    assert not is_undone(kept, 1, made)
    assert not is_undone(undone, 1, Change(made.code, made.level, 2, object_number=10))


def test_what_cannot_be_read_again_is_not_told_to_be_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(document: PdfDocument, revision: int) -> View:
        raise InputError("pdf_too_complex", detail=f"{document} at {revision}")

    undone = opened(appended(appended(letter(more={60: b"1"}), {60: b"2"}), {60: b"1"}))
    monkeypatch.setattr(PdfDocument, "view", refuse)
    assert not is_undone(undone, 1, Change("object_overwritten", ChangeLevel.OTHER, 2, None, 60))


def test_names_that_would_cost_too_much_are_left_out() -> None:
    """What they cost is not taken from what a verdict may cost."""
    step = StepClassifier(opened(changed(plain(), {110: LONG}))).step(2)
    step.report("page_content_changed", ChangeLevel.OTHER, page=1, number=110)
    budget = step.before.graph.budget
    left = budget.links
    assert attacks_in(step)
    assert budget.links == left
    budget.set_aside = 0
    step = StepClassifier(opened(changed(plain(), {110: LONG}))).step(2)
    step.before.graph.budget.set_aside = 0
    step.report("page_content_changed", ChangeLevel.OTHER, page=1, number=110)
    assert attacks_in(step) == {}
