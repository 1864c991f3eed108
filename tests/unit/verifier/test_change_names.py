"""What names of attacks go by: what an object is, what became of it, and which keys differ."""

from pathlib import Path

import pytest

from antin.pdf.objects import Name, Ref, Stream, Value
from antin.verifier.changes import kinds
from antin.verifier.changes.attacks import is_undone, names_of
from antin.verifier.changes.change import Change
from antin.verifier.changes.step import Step
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.findings import finding
from antin.verifier.report import ChangeLevel, Finding, Severity
from tests.pdfs import FORM, appended, form_letter, letter, opened, qpdf, stream

SIXTEEN = stream(b"0123456789abcdef")


def step_to(data: bytes) -> Step:
    document = opened(data)
    return StepClassifier(document).step(document.revisions)


def changed(was: bytes | None, now: bytes | None, **more: bytes) -> Step:
    """Return a step that makes ``now`` of object 60, which was ``was``."""
    others = {int(key[1:]): body for key, body in more.items()}
    base = letter(more=others if was is None else {60: was, **others})
    return step_to(appended(base, {} if now is None else {60: now}, freed=[] if now else [60]))


def body(data: bytes, number: int) -> bytes:
    start = data.rindex(b"\n%d 0 obj" % number) + len(b"\n%d 0 obj" % number)
    return data[start : data.index(b"endobj", start)].strip()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"Subtype": Name("Image")}, "picture"),
        ({"Type": Name("Font")}, "font"),
        ({"Subtype": Name("Form"), "Type": Name("Font")}, "picture"),
        ({"Subtype": Name("Type1"), "Type": Name("Font")}, "font"),
        ({"Subtype": Name("Type1"), "BaseFont": Name("A")}, "font"),
        ({"JS": b"x", "Title": b"x"}, "action"),
        ({"Type": Name("Page")}, None),
        ({}, None),
        ((Name("Indexed"), 1), "colours"),
        ((1, Name("Indexed")), None),
        ((Name("Page"),), None),
        ((), None),
        (5, None),
        (None, None),
        (Name("Indexed"), None),
    ],
)
def test_what_an_object_is(value: Value, kind: str | None) -> None:
    assert kinds.kind_of(value) == kind


def test_what_a_leaf_of_a_name_tree_lists() -> None:
    step = changed(b"<</Type/Filespec>>", b"<<>>")
    assert kinds.listed_kind(step, {"Names": (b"a", Ref(60))}) == "file"
    assert kinds.listed_kind(step, {"Names": (b"a", {"JS": b""}, b"b", Ref(60))}) == "action"
    assert kinds.listed_kind(step, {"Names": (Ref(60),)}) is None
    assert kinds.listed_kind(step, {"Kids": (b"a", Ref(60))}) is None
    assert kinds.listed_kind(step, None) is None


@pytest.mark.parametrize(
    ("was", "now", "does"),
    [
        (b"<<>>", b"<</A<<>>>>", True),
        (b"<</A<</S/GoTo>>>>", b"<</A<</S/Named>>>>", True),
        (b"<</A<</S/GoTo>>>>", b"<</A<</S/GoTo>>/F 4>>", False),
        (b"<</A<</S/GoTo>>>>", b"<<>>", False),
        (b"<</S/URI/URI(a)>>", b"<</S/URI/URI(b)>>", True),
        (b"<</S/Launch/F(a)>>", b"<</S/Launch/F(b)>>", True),
        (b"<</S/Launch/F(a)>>", b"<</S/Launch/F(a)>>", False),
        (b"<</S/GoTo/D(a)>>", b"<</S/GoTo/D(b)>>", False),
        (b"<</S/GoTo>>", b"<</S 61 0 R>>", True),
        (b"<<>>", b"<</F 4>>", False),
        (None, b"<</AA<<>>>>", True),
        (b"<</AA<<>>>>", None, False),
    ],
)
def test_whether_an_object_acts(was: bytes | None, now: bytes | None, does: bool) -> None:  # noqa: FBT001 — a row of the table
    assert kinds.acts(changed(was, now, _61=b"/Launch"), 60) is does


@pytest.mark.parametrize(
    ("was", "now", "gone"),
    [
        (b"<<>>", None, True),
        (None, None, False),
        (None, b"<</F 2>>", True),
        (b"<<>>", b"<</F 1>>", True),
        (b"<<>>", b"<</F 32>>", True),
        (b"<</F 4>>", b"<</F 6>>", True),
        (b"<</F 2>>", b"<</F 34>>", False),
        (b"<</F 2>>", b"<</F 4>>", False),
        (b"<<>>", b"<</F 4>>", False),
        (stream(b"drawn" * 9), SIXTEEN, True),
        (stream(b"drawn" * 9), stream(b"0123456789abcdefg"), False),
        (stream(b"drawn"), SIXTEEN, False),
        (stream(b"0123456789ABCDEF"), SIXTEEN, False),
        (b"<<>>", SIXTEEN, False),
        (stream(b"drawn" * 9), b"<<>>", False),
        (stream(b"drawn" * 9), b"<</F 2>>", True),
    ],
)
def test_whether_an_object_is_taken_away(
    was: bytes | None,
    now: bytes | None,
    gone: bool,  # noqa: FBT001 — a row of the table
) -> None:
    assert kinds.is_taken_away(changed(was, now), 60) is gone


def test_an_object_that_lay_ready() -> None:
    """Either its entry leads into the bytes before, or it leads to what nobody saw there."""
    base = letter(more={60: b"<<>>", 61: b"<</Hidden true>>"})
    step = step_to(appended(base, {60: b"<</New 61 0 R>>", 70: b"<</New 61 0 R>>", 71: b"<<>>"}))
    assert kinds.lay_ready(step, 60)
    assert kinds.lay_ready(step, 70)
    assert not kinds.lay_ready(step, 71)
    assert not kinds.lay_ready(step, 61)
    assert not kinds.lay_ready(step, 99)
    led = appended(base, {60: b"null", 62: b"<</Own true>>"})
    at = led.rindex(b"\n60 1\n") + 6
    led = led[:at] + b"%010d" % base.index(b"61 0 obj") + led[at + 10 :]
    assert not kinds.lay_ready(step_to(led.replace(b"61 0 obj", b"60 0 obj")), 62)
    assert kinds.lay_ready(step_to(led.replace(b"61 0 obj", b"60 0 obj")), 60)


def test_what_was_referred_to_before_lay_not_ready() -> None:
    base = letter(more={60: b"<</Old 61 0 R>>", 61: b"<</Hidden true>>"})
    now = {60: b"<</Old 61 0 R/Pages 2 0 R/More 70 0 R>>", 70: b"<<>>"}
    assert not kinds.lay_ready(step_to(appended(base, now)), 60)


@pytest.mark.parametrize("key", [b"Certs", b"CRLs", b"OCSPs"])
def test_what_the_validation_store_lists(key: bytes) -> None:
    more = {60: b"<</%b[61 0 R]>>" % key, 61: stream(b"x"), 62: stream(b"y")}
    base = letter(catalog=b"/DSS 60 0 R", more=more)
    for now in (b"<</%b[61 0 R]>>" % key, b"<<>>"):
        step = step_to(appended(base, {60: now}))
        assert kinds.is_stored(step, 61)
        assert not kinds.is_stored(step, 62)
    assert kinds.is_stored(step_to(appended(base, {60: b"<</%b[62 0 R]>>" % key})), 62)


def test_streams_are_told_by_their_dictionaries() -> None:
    found = changed(b"<<>>", stream(b"x", b"/Type/Font")).new.value(60)
    assert isinstance(found, Stream)
    assert kinds.kind_of(found) == "font"


MALFORMED = finding("signature_malformed", Severity.ERROR, reason="odd at byte 12")


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ([], []),
        ([finding("byte_range_end", Severity.ERROR, revision=2)], ["incremental_saving"]),
        ([finding("digest_wrong", Severity.ERROR)], ["signed_bytes"]),
        ([finding("digest_undetermined", Severity.ERROR)], []),
        ([MALFORMED], ["signature_forgery"]),
        ([finding("signature_malformed", Severity.ERROR, reason="two signers")], []),
        ([finding("signature_malformed", Severity.ERROR, reason="at byte 12, or so")], []),
        (
            [finding("byte_range_gap", Severity.ERROR), finding("digest_wrong", Severity.ERROR)],
            ["signature_wrapping", "signed_bytes"],
        ),
    ],
)
def test_what_findings_on_structure_look_like(found: list[Finding], named: list[str]) -> None:
    assert [one.code for one in names_of(found)] == [f"attack_{word}" for word in named]


def test_a_name_stands_where_its_first_finding_does() -> None:
    first = finding("byte_range_gap", Severity.WARNING, revision=2, offset=77)
    second = finding("byte_range_shared", Severity.ERROR, revision=3, offset=88)
    (named,) = names_of([first, second])
    assert named == finding("attack_signature_wrapping", Severity.WARNING, revision=2, offset=77)


def named(data: bytes) -> dict[tuple[str, int | None], tuple[str, ...]]:
    """Return how the changes of the last revision are named, by their codes and objects."""
    document = opened(data)
    attacks = StepClassifier(document).result(document.revisions).attacks
    return {
        (change.code, change.object_number): tuple(one.removeprefix("attack_") for one in codes)
        for change, codes in attacks.items()
    }


def test_filling_in_is_no_attack() -> None:
    assert named(appended(form_letter(), {20: FORM[20].replace(b"/V()", b"/V(a)")})) == {}


def test_of_a_part_with_a_role_the_keys_say_more_than_the_kind() -> None:
    base = letter(1, page=b"/Title(Terms)/Rotate 0")
    turned = appended(base, {10: body(base, 10).replace(b"/Rotate 0", b"/Rotate 90")})
    assert named(turned) == {("page_content_changed", 10): ("page_frame",)}


def test_what_has_no_place_is_not_told_to_be_undone() -> None:
    document = opened(appended(appended(letter(), {60: b"1"}), {60: b"2"}))
    assert not is_undone(document, 1, Change("pages_reordered", ChangeLevel.OTHER, 2))


@pytest.mark.real("qpdf")
def test_an_exchanged_encryption_is_told_by_its_key(tmp_path: Path) -> None:
    data = qpdf(letter(), tmp_path, "--encrypt", "", "owner", "256", "--")
    trailer = opened(data).final_view.trailer
    root, encrypt = trailer["Root"], trailer["Encrypt"]
    assert isinstance(root, Ref)
    assert isinstance(encrypt, Ref)
    start = data.index(b"%d 0 obj" % encrypt.number) + len(b"%d 0 obj" % encrypt.number)
    written_anew = data[start : data.index(b"endobj", start)].strip()
    other = appended(data, {500: written_anew}, b"/Root %d 0 R/Encrypt 500 0 R" % root.number)
    result = StepClassifier(opened(other)).result(2)
    assert result.changes[0] == Change("trailer_changed", ChangeLevel.OTHER, 2, keys=("Encrypt",))
    assert result.attacks[result.changes[0]] == ("attack_encryption_exchanged",)
