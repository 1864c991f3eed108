"""What single entries of a form and of its fields make of a change: one test an entry."""

from collections.abc import Callable

import pytest

from antin.verifier.changes import skeleton
from antin.verifier.changes.filling import leans_on_defaults
from antin.verifier.changes.graph import Budget
from antin.verifier.changes.page_rules import judge_annotation_lists
from antin.verifier.changes.skeletons import Skeletons
from antin.verifier.changes.step import Step
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.report import ChangeLevel
from tests.pdfs import FORM, appended, letter, opened, stream
from tests.unit.verifier.test_change_limits import (
    CHANGED_BOTH,
    FILLED,
    REDRAWN,
    SEAL,
    VALUE,
    WIDGET,
    after,
    form,
    found,
    signed,
    stamped_by,
)
from tests.unit.verifier.test_change_places import at, told

PERSON = VALUE % b"adbe.pkcs7.detached"
STAMP = VALUE % b"ETSI.RFC3161"
SIGNED = ("signature_added", "info")


def step_of(data: bytes) -> Step:
    """Return what the last revision touched, with both skeletons made."""
    document = opened(data)
    step = StepClassifier(document).step(document.revisions)
    _ = (step.before, step.after)
    return step


def listed(data: bytes, fields: bytes) -> bytes:
    """Return the form (30) of ``data`` with other fields before the signature's."""
    number = opened(data).signatures[0].field_number or 0
    return b"<</Fields[%b %d 0 R]/SigFlags 3>>" % (fields, number)


PUSHED = b"<</FT/Btn/T(a)/V(%d)%b%b>>"


@pytest.mark.parametrize(("was", "now"), [(b"", b"/Ff 65536"), (b"/Ff 65536", b"")])
def test_button_that_becomes_one_that_keeps_nothing(was: bytes, now: bytes) -> None:
    """Neither such a button nor what becomes one is filled in: only its look is another."""
    base = form({20: PUSHED % (1, was, WIDGET)})
    assert found(appended(base, {20: PUSHED % (2, now, WIDGET), **CHANGED_BOTH})) == REDRAWN


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (b"/Ff 0", FILLED),
        (b"/Ff 1", FILLED),
        (b"/Ff 7", FILLED),
        (b"/Ff 8", REDRAWN),
        (b"/Ff 8192", REDRAWN),
    ],
)
def test_flags_of_a_field(now: bytes, expected: set[tuple[str, str]]) -> None:
    """To lock a field is part of filling it in; to show it as a password is another look."""
    base = form({20: b"<</FT/Tx/T(a)/V(1)%b>>" % WIDGET})
    assert found(appended(base, {20: b"<</FT/Tx/T(a)/V(1)%b%b>>" % (now, WIDGET)})) == expected
    filled = b"<</FT/Tx/T(a)/V(2)%b%b>>" % (now, WIDGET)
    assert found(appended(base, {20: filled})) == FILLED
    turned = form({20: b"<</FT/Tx/T(a)/V(1)%b%b>>" % (now, WIDGET)})
    assert found(appended(turned, {20: b"<</FT/Tx/T(a)/V(1)%b>>" % WIDGET})) == expected


@pytest.mark.parametrize(
    ("was", "now", "level"),
    [
        (b"/F 2", b"/F 2", ChangeLevel.FORM_FILLING),
        (b"/F 34", b"/F 3", ChangeLevel.FORM_FILLING),
        (b"/F 2", b"/F 4", ChangeLevel.OTHER),
        (b"/F 4", b"/F 2", ChangeLevel.OTHER),
        (b"/F 1", b"", ChangeLevel.OTHER),
        (b"", b"/F 32", ChangeLevel.OTHER),
    ],
)
@pytest.mark.parametrize("below", [False, True])
def test_hidden_field_filled_in(was: bytes, now: bytes, level: ChangeLevel, *, below: bool) -> None:
    """It may be filled in while it stays hidden; to hide or to show it is more."""

    def objects(value: int, flags: bytes) -> dict[int, bytes]:
        own, kid = (b"", flags + WIDGET) if below else (flags + WIDGET, b"")
        kids = b"/Kids[22 0 R]" if below else b""
        field = b"<</FT/Tx/T(a)/V(%d)%b%b>>" % (value, kids, own)
        return {20: field, **({22: b"<</Parent 20 0 R%b>>" % kid} if below else {})}

    base = form(objects(1, was), annots=b"22 0 R" if below else b"20 0 R")
    result = after(appended(base, objects(2, now)))
    assert result.level is level
    codes = [one.code for one in result.findings]
    filled = level is ChangeLevel.FORM_FILLING
    assert codes == ["form_field_filled" if filled else "form_field_changed"]


@pytest.mark.parametrize(
    ("objects", "allowed"),
    [
        ({20: b"<</FT/Tx/T(a)/DA(/F 9 Tf)/Subtype/Widget>>"}, True),
        ({20: b"<</FT/Tx/T(a)/V(1)/Kids[22 0 R]>>", 22: b"<</Parent 20 0 R%b>>" % WIDGET}, True),
        (
            {
                20: b"<</FT/Tx/T(a)/V(1)/AP<</N 21 0 R>>/Kids[22 0 R 23 0 R]>>",
                22: b"<</Parent 20 0 R%b>>" % WIDGET,
                23: b"<</Parent 20 0 R/Subtype/Widget/Rect[0 0 9 9]>>",
            },
            False,
        ),
    ],
)
def test_who_leans_on_the_defaults_of_the_form(objects: dict[int, bytes], *, allowed: bool) -> None:
    """A value that a viewer has to draw by itself, in any of its widgets."""
    base = form(objects)
    extended = listed(base, b"20 0 R")[:-2] + b"/DA(/F 9 Tf)>>"
    assert found(appended(base, {30: extended})) == (
        set() if allowed else {("form_changed", "error")}
    )


def spent(step: Step, act: Callable[[Step], object]) -> int:
    """Return what ``act`` takes off the budget."""
    before = step.before.graph.budget.links
    act(step)
    return before - step.before.graph.budget.links


def test_reading_notes_has_its_price() -> None:
    """Pages may share a list of them, which each page is read with."""
    more = dict.fromkeys(range(40, 45), b"<</Subtype/Text>>")
    data = letter(7, page=b"/Annots 60 0 R", more={60: b"[40 0 R 41 0 R 42 0 R 43 0 R]", **more})
    step = step_of(appended(signed(data), {60: b"[43 0 R 42 0 R 40 0 R]"}))
    assert not leans_on_defaults(step)
    assert spent(step, leans_on_defaults) == 7 * (20 + 4 * 4) + 4  # and the signature, on page 1
    found, followed = (spent(step, one) for one in (Step.touched_pages, lambda at: at.entries(60)))
    assert spent(step, judge_annotation_lists) == found + 6 * (followed + 4 + 3)


def test_actions_of_a_new_field_are_told() -> None:
    base = form({20: b"<</FT/Tx/T(a)>>"})
    field = b"<</FT/Sig/T(z)/AA<<>>/A<<>>>>"
    data = appended(base, {30: listed(base, b"20 0 R 50 0 R"), 50: field})
    assert told(data) == [("form_field_added", None, at(50, field="z", keys="/A, /AA"))]


def test_signed_field_behind_an_object_that_is_a_mere_reference() -> None:
    """Both of what it was and what it is now are followed: the signature is gone."""
    base = form({20: b"24 0 R", 24: b"<</FT/Sig/T(old)/V 25 0 R>>", 25: PERSON})
    data = appended(base, {20: b"26 0 R", 26: b"<</FT/Sig/T(old)>>"})
    assert told(data) == [("signature_removed", 1, at(20, field="old", keys="/V, /stream"))]


def test_group_that_gets_another_field() -> None:
    """What is new in its list is judged by itself; the group is as it was."""
    kid = b"<</FT/Sig/T(%b)/Parent 20 0 R>>"
    base = form({20: b"<</T(group)/Kids[22 0 R]>>", 22: kid % b"a"})
    data = appended(base, {20: b"<</T(group)/Kids[22 0 R 23 0 R]>>", 23: kid % b"b"})
    assert told(data) == [("signature_field_added", None, at(23, field="group.b"))]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (b"/FT/Sig", PERSON, {SIGNED, *FILLED}),
        (b"/FT/Sig", STAMP, {("timestamp_added", "error"), *FILLED}),
        (b"", STAMP, REDRAWN),
        (b"", PERSON, REDRAWN),
        (b"/FT/Btn/Ff 65536", STAMP, REDRAWN),
        (b"/FT/Tx", STAMP, FILLED),
    ],
)
def test_look_that_lies_ready_and_is_drawn_when_it_is_signed(
    kind: bytes, value: bytes, expected: set[tuple[str, str]]
) -> None:
    """Who signs draws his stamp in a place for signatures, and nothing else that takes no value."""
    base = form({20: b"<<%b/T(a)%b>>" % (kind, WIDGET)})
    now = b"<<%b/T(a)/V 91 0 R%b>>" % (kind, WIDGET)
    made = appended(base, {20: now, 91: value, **CHANGED_BOTH})
    assert {(code, severity) for code, severity in found(made)} >= expected
    assert {code for code, _ in found(made)} - {code for code, _ in expected} <= {
        "form_field_filled"
    }


def shown_by(values: bytes, boxes: tuple[bytes, ...]) -> ChangeLevel | None:
    """Return what signing does where fields written into the list show it at ``boxes``."""
    seal = b"<</FT/Sig/T(z)/V %b%b%b>>"
    fields = b" ".join(seal % (values, SEAL, box) for box in boxes)
    return stamped_by(fields, {}, {}).level


@pytest.mark.parametrize("value", [b"91 0 R", PERSON])
def test_stamp_of_a_signature_written_into_its_field(value: bytes) -> None:
    assert shown_by(value, (b"[0 0 50 50]",)) is ChangeLevel.FORM_FILLING
    assert shown_by(value, (b"[0 0 50 51]",)) is ChangeLevel.ANNOTATIONS


def test_pieces_that_are_written_into_the_list_count_together() -> None:
    assert shown_by(b"91 0 R", (b"[0 0 50 25]", b"[0 25 50 50]")) is ChangeLevel.FORM_FILLING
    assert shown_by(b"91 0 R", (b"[0 0 50 30]", b"[0 25 50 50]")) is ChangeLevel.ANNOTATIONS


@pytest.mark.parametrize(
    ("box", "level"),
    [(b"[0 0 50 50]", ChangeLevel.FORM_FILLING), (b"[0 0 50 51]", ChangeLevel.ANNOTATIONS)],
)
def test_widget_that_two_fields_of_a_signature_share_counts_once(
    box: bytes, level: ChangeLevel
) -> None:
    field = b"<</FT/Sig/T(z%d)/V 91 0 R/Kids[202 0 R]>>"
    objects = {200: field % 0, 201: field % 1, 202: b"<</Parent 200 0 R%b%b>>" % (SEAL, box)}
    assert stamped_by(b"200 0 R 201 0 R", objects, {1: b"202"}).level is level


@pytest.mark.parametrize(("count", "allowed"), [(100, True), (101, False), (150, False)])
def test_signature_of_too_many_fields_is_no_stamp(count: int, *, allowed: bool) -> None:
    """However few of them are seen: one that covers the page can stand behind the others."""
    fields = {200 + n: b"<</FT/Sig/T(z%d)/V 91 0 R>>" % n for n in range(count)}
    numbers = b" ".join(b"%d 0 R" % n for n in fields)
    level = stamped_by(numbers, dict(fields), {}).level
    assert level is (ChangeLevel.FORM_FILLING if allowed else ChangeLevel.ANNOTATIONS)
    last = fields[199 + count][:-2] + SEAL + b"[0 0 100 100]>>"
    covered = stamped_by(numbers, {**fields, 199 + count: last}, {1: b"%d" % (199 + count)})
    assert covered.level is ChangeLevel.ANNOTATIONS


def test_widgets_of_signatures_have_their_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields that share a hundred widgets, and a signature, are no work without end."""
    kids = {300 + n: b"<</Subtype/Widget>>" for n in range(100)}
    shared = b"[%b]" % b" ".join(b"%d 0 R" % n for n in kids)
    fields = {200 + n: b"<</FT/Sig/T(z%d)/V 91 0 R/Kids 199 0 R>>" % n for n in range(8)}
    numbers = b" ".join(b"%d 0 R" % n for n in fields)

    def level() -> ChangeLevel | None:
        return stamped_by(numbers, {**fields, **kids, 199: shared}, {}).level

    assert level() is ChangeLevel.FORM_FILLING
    monkeypatch.setattr(Budget.__init__, "__defaults__", (8 * 8 * 100 * 4,))
    assert level() is None


@pytest.mark.parametrize(
    ("holder", "keys"),
    [
        (b"<</Font 11 0 R>>", ["/Resources"]),
        (b"<</Font<</F 3 0 R>>/XObject<</P 3 0 R/X 11 0 R>>>>", ["/Resources"]),
        (b"<</Font<</F 3 0 R>>/P 11 0 R>>", []),
        (b"<</Font<</F 3 0 R>>/Dest[11 0 R/Fit]>>", []),
        (b"<</Font<</F 3 0 R>>/Pg 11 0 R/D[/Fit 11 0 R]>>", []),
    ],
)
def test_page_that_other_objects_refer_to(holder: bytes, keys: list[str]) -> None:
    """A new note is no name of a font, unless the page may be a dictionary of these."""
    page = b"<</Type/Page/Parent 2 0 R/Resources 45 0 R/Contents 11%d 0 R%b>>"
    more = {5: b"(a)", 10: page % (0, b""), 11: page % (1, b""), 45: holder}
    base = signed(letter(more={**more, 44: b"<</Subtype/Text>>"}))
    data = appended(base, {5: b"(nobody's)", 11: page % (1, b"/Annots[44 0 R]")})
    drawn = [("page_content_changed", n, at(11, keys=key)) for n in (1, 2) for key in keys]
    assert told(data) == [("annotation_added", 2, at(44)), *drawn]


def test_an_attack_is_told_with_its_place() -> None:
    (told_of,) = after(
        appended(signed(letter()), {111: stream(b"BT (Another text) Tj ET")})
    ).attacks
    place = (told_of.revision, told_of.page, told_of.object_number)
    assert (told_of.code, *place) == ("attack_incremental_saving", 3, 2, 111)


def test_page_that_a_note_is_drawn_with() -> None:
    page = b"<</Type/Page/Parent 2 0 R/Resources<<>>/Contents 11%d 0 R/Annots[%b]>>"
    note = b"<</Subtype/Stamp/Rect[0 0 9 9]/%b<</N 11 0 R>>>>"
    for key, drawn in ((b"AP", ["object_overwritten"]), (b"X", [])):
        more = {10: page % (0, b"41 0 R"), 11: page % (1, b""), 41: note % key, 44: note % b"Y"}
        data = appended(signed(letter(more=more)), {11: page % (1, b"44 0 R")})
        assert [code for code, _, _ in told(data)] == ["annotation_added", *drawn]


def test_field_that_a_page_lists_besides() -> None:
    """Only pages are referred to by harmless arrays; a field may be part of what is drawn."""
    more = {20: FORM[20], 21: FORM[21], 45: b"[20 0 R]", 30: b"<</Fields[20 0 R]>>"}
    base = signed(letter(1, catalog=b"/AcroForm 30 0 R", page=b"/Extra 45 0 R", more=more))
    data = appended(base, {20: FORM[20].replace(b"/V()", b"/V(A)")})
    assert ("page_content_changed", 1, at(20, keys="/Extra")) in told(data)


def test_changes_that_are_kept() -> None:
    """Two hundred of a kind, and word of it that there were more."""
    numbers = range(1000, 1201)
    fields = {n: b"<</FT/Tx/T(f%d)>>" % n for n in numbers}
    base = form(fields, fields=b" ".join(b"%d 0 R" % n for n in numbers), annots=b"")
    filled = {n: one[:-2] + b"/V(A)>>" for n, one in fields.items()}
    for count, is_whole in ((200, True), (201, False)):
        document = opened(appended(base, dict(list(filled.items())[:count])))
        result = StepClassifier(document).result(document.revisions)
        assert (len(result.changes), result.is_whole) == (200, is_whole)


def test_lists_of_notes_in_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that holds itself has an end; lists are followed up to a bound."""
    more = {41: b"<</Subtype/Text>>", 50: b"[41 0 R 51 0 R]", 51: b"[50 0 R]"}
    document = opened(letter(1, page=b"/Annots 50 0 R", more=more))
    assert Skeletons(document).of(1).annotation_pages.get(41) == 1
    for most, page in ((1, 1), (0, None)):
        monkeypatch.setattr(skeleton, "_MAX_LISTS", most)
        assert Skeletons(document).of(1).annotation_pages.get(41) == page


def test_roles_of_a_field_and_its_widget() -> None:
    more = {20: b"<</FT/Tx/T(a)/Kids[22 0 R]>>", 22: b"<</Parent 20 0 R%b>>" % WIDGET}
    document = opened(letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more=more))
    roles = Skeletons(document).of(1).roles
    assert (roles[20], roles[22]) == (skeleton.Role.FIELD, skeleton.Role.WIDGET)
    with pytest.raises(KeyError, match="110"):
        roles[110]
