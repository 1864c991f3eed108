"""Which pages are looked at after a change, and what is made of what was seen there."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.infra.page_looks import looks_at
from antin.pdf.document import Manner, open_pdf
from antin.pdf.objects import Ref
from antin.verifier import building_blocks as blocks
from antin.verifier.changes import changes_after
from antin.verifier.changes.looks import look_findings
from antin.verifier.changes.word_difference import words_changed
from antin.verifier.constraints import Action, Constraints
from antin.verifier.looks import Box, Comparison, Look, PageLooks, PageState, Unseen
from antin.verifier.pictures import PagePictures, Picture
from antin.verifier.policy import Policy, default_policy
from antin.verifier.report import (
    ChangeLevel,
    ChangesAfter,
    Conclusion,
    Finding,
    Indication,
    Severity,
)
from antin.verifier.verify import verify
from tests.pdfs import (
    FORM,
    appended,
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
from tests.signedpdf import blank_pdf, sign
from tests.smallpki import NOW
from tests.unit.verifier.conftest import Office

NODE = b"<</Type/Pages/Kids[%b]/Count %d/MediaBox[0 0 595 842]%b>>"
PAGE = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents %b>>"
CONTENT = stream(b"BT /F 12 Tf 72 700 Td (other) Tj ET")
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)%b>>"
PICTURE = Picture(b"\x89PNG", 1, 1, "0" * 64)
SHOWN = PagePictures("fake 1", 1, 1, PICTURE, PICTURE, PICTURE)
SAME = Comparison(Look.SAME)
DIFFERENT = Comparison(Look.DIFFERENT, SHOWN, "pay 100", "pay 900")
ANNOTATIONS = replace(default_policy(), allowed_changes=ChangeLevel.ANNOTATIONS)
Shown = tuple[int | None, int | None]


class Watcher:
    """Notes which pages it is shown, and where they may differ; says what it is told to say."""

    def __init__(
        self, answer: Comparison | Unseen = SAME, pages: int | Unseen | None = None
    ) -> None:
        self.answer = answer
        self.count = pages
        self.shown: list[Shown] = []
        self.boxes: list[tuple[tuple[Box, ...], tuple[Box, ...]]] = []
        self.ends: set[tuple[int, int]] = set()
        self.source = b""

    def pages(self, end: int) -> int | Unseen:
        return opened(self.source[:end]).page_count if self.count is None else self.count

    def compare(self, before: PageState | None, after: PageState | None) -> Comparison | Unseen:
        indexes = [None if state is None else state.index for state in (before, after)]
        self.shown.append((indexes[0], indexes[1]))
        self.boxes.append((before.boxes if before else (), after.boxes if after else ()))
        self.ends.add((before.end if before else 0, after.end if after else 0))
        return self.answer


def after(
    data: bytes, looks: PageLooks | None, policy: Policy | None = None, which: int = 0
) -> ChangesAfter:
    document = opened(data)
    if isinstance(looks, Watcher):
        looks.source = data
    return changes_after(document, document.signatures[which], policy or default_policy(), looks)


def looked_at(data: bytes, policy: Policy | None = None) -> list[Shown]:
    watcher = Watcher()
    after(data, watcher, policy)
    return watcher.shown


def seen(data: bytes, answer: Comparison | Unseen) -> list[Finding]:
    """Return only the findings that are about looks."""
    without = after(data, None).findings
    return [found for found in after(data, Watcher(answer)).findings if found not in without]


def base(page: bytes = b"", more: Mapping[int, bytes] | None = None) -> bytes:
    return signed(letter(3, page=page, more=more))


BOTH = [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("objects", "shown"),
    [
        pytest.param({111: CONTENT}, [(1, 1)], id="content"),
        pytest.param({11: PAGE % b"112 0 R"}, [(1, 1)], id="page"),
        pytest.param({3: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}, BOTH, id="font"),
        pytest.param({2: NODE % (b"10 0 R 11 0 R 12 0 R", 3, b"/Rotate 90")}, BOTH, id="inherited"),
        pytest.param(
            {2: NODE % (b"10 0 R 12 0 R", 2, b"")}, [(0, 0), (2, 1), (1, None)], id="removed"
        ),
        pytest.param(
            {2: NODE % (b"70 0 R 10 0 R 11 0 R 12 0 R", 4, b""), 70: PAGE % b"110 0 R"},
            [(None, 0), (0, 1), (1, 2), (2, 3)],
            id="added",
        ),
        pytest.param(
            {2: NODE % (b"10 0 R 70 0 R 12 0 R", 3, b""), 70: PAGE % b"112 0 R"},
            BOTH,
            id="replaced",
        ),
        pytest.param(
            {2: NODE % (b"12 0 R 11 0 R 10 0 R", 3, b"")}, [(2, 0), (1, 1), (0, 2)], id="reordered"
        ),
        pytest.param(
            {11: PAGE % b"111 0 R/Annots[70 0 R]", 70: NOTE % b""}, [(1, 1)], id="annotation"
        ),
        pytest.param({11: PAGE % b"111 0 R/Annots[70 0 R]", 70: NOTE % b"/F 2"}, [], id="hidden"),
        pytest.param({11: PAGE % (b"111 0 R/Annots[%b]" % (NOTE % b""))}, [(1, 1)], id="direct"),
        pytest.param({11: PAGE % b"111 0 R/AA<<>>/PieceInfo<<>>"}, [], id="not drawn"),
        pytest.param({99: b"<<>>"}, [], id="unused"),
    ],
)
def test_pages_that_a_change_reaches(objects: dict[int, bytes], shown: list[Shown]) -> None:
    assert looked_at(appended(base(), objects)) == shown


def test_objects_that_are_freed_or_supplied_reach_the_pages_that_name_them() -> None:
    assert looked_at(appended(base(), {}, freed=[111])) == [(1, 1)]
    assert looked_at(appended(base(b"/XX 61 0 R"), {61: CONTENT})) == BOTH


def test_what_pages_inherit_reaches_all_of_them() -> None:
    node = NODE % (b"10 0 R 11 0 R 12 0 R", 3, b"/Resources 60 0 R")
    data = signed(appended(letter(3), {2: node, 60: b"<<>>"}))
    assert looked_at(appended(data, {60: b"<</Font<<>>>>"})) == BOTH


def test_a_widget_is_of_its_fields_kind() -> None:
    objects = {
        11: PAGE % b"111 0 R/Annots[70 0 R]",
        70: b"<</Type/Annot/Subtype/Widget/Rect[9 9 99 99]/Parent 71 0 R>>",
    }
    for kind, shown in ((b"Sig", []), (b"Tx", [(1, 1)])):
        field = b"<</FT/%b/T(x)/Kids[70 0 R]>>" % kind
        assert looked_at(appended(base(), {**objects, 71: field})) == shown


@pytest.mark.real("qpdf")
def test_another_encryption_reaches_every_page(tmp_path: Path) -> None:
    writer = IncrementalPdfFileWriter(
        BytesIO(qpdf(letter(3), tmp_path, "--encrypt", "", "owner", "256", "--"))
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
    watcher = Watcher(pages=3)
    after(other, watcher)
    assert watcher.shown == BOTH


def test_a_file_that_had_to_be_repaired_is_not_compared() -> None:
    data = appended(base(), {111: CONTENT})
    at = data.rindex(b"startxref") + 10
    document = open_pdf(MemorySource(data[:at] + b"7" + data[at:]), Manner.TOLERANT)
    assert document.repairs
    watcher = Watcher()
    (found,) = look_findings(document, 1, (), watcher)
    assert (found.code, watcher.shown) == ("pictures_unavailable", [])


def test_each_page_that_shows_an_annotation_is_reached() -> None:
    data = signed(form_letter())
    assert looked_at(appended(data, {21: CONTENT})) == [(0, 0), (1, 1)]
    assert looked_at(appended(data, {20: FORM[20].replace(b"/V()", b"/V(a)")})) == [(0, 0), (1, 1)]


def test_shared_lists_of_annotations() -> None:
    data = base(b"/Annots 60 0 R", {60: b"[61 0 R]", 61: NOTE % b"", 62: NOTE % b"/C[1 0 0]"})
    assert looked_at(appended(data, {60: b"[61 0 R 62 0 R]"})) == BOTH
    assert looked_at(appended(data, {61: NOTE % b"/C[0 1 0]"})) == BOTH


def test_layers_reach_every_page() -> None:
    more = {60: b"<</OCGs[61 0 R]/D<</OFF[61 0 R]>>>>", 61: b"<</Type/OCG/Name(a)>>"}
    data = signed(letter(3, catalog=b"/OCProperties 60 0 R", more=more))
    assert looked_at(appended(data, {60: b"<</OCGs[61 0 R]/D<<>>>>"})) == BOTH


def test_defaults_of_all_fields_reach_every_page() -> None:
    more = {20: FORM[20], 21: FORM[21], 60: b"<</F 3 0 R>>", 61: b"<</Font 60 0 R>>"}
    catalog = b"/AcroForm<</Fields[20 0 R]/DA(/F 12 Tf)/DR 61 0 R>>"
    data = signed(letter(catalog=catalog, page=b"/Annots[20 0 R]", more=more))
    assert looked_at(appended(data, {60: b"<</F 3 0 R/G 3 0 R>>"})) == [(0, 0), (1, 1)]
    number = opened(data).fields[-1].number or 0
    form = b"/Fields[20 0 R %d 0 R]/DA(/F 99 Tf)/DR 61 0 R" % number
    root = b"<</Type/Catalog/Pages 2 0 R/AcroForm<<%b>>>>" % form
    assert looked_at(appended(data, {1: root})) == [(0, 0), (1, 1)]


def test_nothing_is_drawn_for_what_nobody_can_see() -> None:
    for data in (
        base(),
        timestamped(with_validation_data(base(), b"one")),
        signed(base(), "Seal"),
    ):
        watcher = Watcher(pages=Unseen("asked for"))
        assert after(data, watcher) == after(data, None)
        assert watcher.shown == []


def test_a_visible_signature_may_show_in_its_place_only() -> None:
    data = signed(base(), "Seal", box=(10, 20, 90, 50))
    watcher = Watcher()
    after(data, watcher)
    assert watcher.shown == [(0, 0)]
    assert watcher.boxes == [((), ((10, 20, 90, 50),))]


def test_both_states_are_the_signed_revision_and_the_whole_file() -> None:
    was = base()
    now = appended(appended(was, {110: CONTENT}), {111: CONTENT})
    watcher = Watcher()
    after(now, watcher)
    assert (watcher.shown, watcher.ends) == ([(0, 0), (1, 1)], {(len(was), len(now))})


def test_a_filled_field_may_show_in_its_place_only() -> None:
    filled = FORM[20].replace(b"/V()", b"/V(a)")
    watcher = Watcher()
    after(appended(signed(form_letter()), {20: filled, 21: CONTENT}), watcher)
    assert watcher.boxes == [(((10, 10, 90, 30),),) * 2] * 2


def test_what_is_not_allowed_may_show_nowhere() -> None:
    locked = signed(form_letter(), certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    watcher = Watcher()
    after(appended(locked, {21: CONTENT}), watcher)
    assert watcher.boxes == [((), ())] * 2
    note = appended(base(), {11: PAGE % b"111 0 R/Annots[70 0 R]", 70: NOTE % b""})
    for policy, boxes in (
        (default_policy(), ((), ())),
        (ANNOTATIONS, ((), ((0, 0, 300, 300),))),
    ):
        watcher = Watcher()
        after(note, watcher, policy)
        assert watcher.boxes == [boxes]


def test_a_field_that_was_ready_is_part_of_both_states() -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("Seal", box=(10, 20, 90, 50)))

    data = signed(signed(updated(letter(), add)), "Seal")
    assert looked_at(data) == [(0, 0)]


def test_what_cannot_be_judged_is_looked_at_whole() -> None:
    data = appended(base(), {111: CONTENT}) + b"1 0 obj null endobj"
    broken = appended(base(), {111: CONTENT.replace(b"endstream", b"endstre")})
    assert after(broken, None).level is None
    assert looked_at(broken) == BOTH
    assert looked_at(data)


def test_pages_without_end_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    data = appended(base(), {111: CONTENT})
    monkeypatch.setattr("antin.pdf.pages.MAX_NODES", 2)
    watcher = Watcher(pages=3)
    found = [f for f in after(data, watcher).findings if f.code == "pictures_unavailable"]
    assert [(f.severity, dict(f.values)["count"]) for f in found] == [(Severity.WARNING, 1)]
    assert watcher.shown == []


def test_where_it_takes_too_long_to_tell_every_page_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tired(step: object) -> bool:
        raise InputError("pdf_too_complex", detail="it has too many references to follow")

    monkeypatch.setattr("antin.verifier.changes.pages._whole_changed", tired)
    assert looked_at(appended(base(), {111: CONTENT})) == BOTH


@pytest.mark.parametrize(
    ("rectangle", "shown"),
    [
        (b"[0 0 300 300]", [(1, 1)]),
        (b"[300 300 0 0]", [(1, 1)]),
        (b"[0 0 300 0]", []),
        (b"[5 0 5 300]", []),
        (b"[0 0 300]", [(1, 1)]),
        (b"[0 0 true 300]", [(1, 1)]),
        (b"[0 0 /a 300]", [(1, 1)]),
        (b"[0 0 99999999999 300]", [(1, 1)]),
        (b" 7", [(1, 1)]),
    ],
)
def test_an_annotation_without_area_is_not_seen(rectangle: bytes, shown: list[Shown]) -> None:
    note = b"<</Type/Annot/Subtype/FreeText/Rect%b>>" % rectangle
    assert looked_at(appended(base(), {11: PAGE % b"111 0 R/Annots[70 0 R]", 70: note})) == shown


def test_an_annotation_that_was_there_and_is_hidden_now_is_reached() -> None:
    data = base(b"/Annots[60 0 R]", {60: NOTE % b""})
    assert looked_at(appended(data, {60: NOTE % b"/F 2"})) == BOTH


def test_a_signature_field_that_only_brings_colours_is_seen() -> None:
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(x)/Rect[9 9 99 99]%b>>"
    for extra, shown in ((b"", []), (b"/MK<</BG[1 0 0]>>", [(1, 1)]), (b"/AP<<>>", [(1, 1)])):
        objects = {11: PAGE % b"111 0 R/Annots[70 0 R]", 70: field % extra}
        assert looked_at(appended(base(), objects)) == shown


def test_findings_of_what_was_seen() -> None:
    data = appended(base(), {111: CONTENT})
    (same,) = seen(data, Comparison(Look.SAME))
    assert (same.code, same.severity, dict(same.values)) == (
        "pages_look_same",
        Severity.INFO,
        {"count": 1},
    )
    (allowed,) = seen(data, Comparison(Look.AS_ALLOWED, SHOWN))
    assert (allowed.code, allowed.severity, allowed.page, allowed.pictures) == (
        "page_look_as_allowed",
        Severity.INFO,
        2,
        SHOWN,
    )
    (covered,) = seen(data, Comparison(Look.COVERED, SHOWN))
    assert (covered.code, covered.severity, covered.page, covered.pictures) == (
        "content_covered",
        Severity.WARNING,
        2,
        SHOWN,
    )
    (changed,) = seen(data, DIFFERENT)
    assert (changed.code, changed.severity, changed.page, changed.pictures) == (
        "page_look_changed",
        Severity.ERROR,
        2,
        SHOWN,
    )
    assert dict(changed.values) == {"before": "100", "after": "900"}
    (unseen,) = seen(data, Unseen("drawing it takes too long"))
    assert (unseen.code, unseen.severity, unseen.page) == (
        "pictures_unavailable",
        Severity.WARNING,
        2,
    )


def test_many_pages_are_counted_where_there_are_no_pictures_of_them() -> None:
    data = appended(base(), {3: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"})
    (more,) = seen(data, Comparison(Look.DIFFERENT))
    assert (more.code, more.severity, dict(more.values)) == (
        "more_pages_look_changed",
        Severity.ERROR,
        {"count": 3},
    )
    (unseen,) = seen(data, Unseen("no"))
    assert (dict(unseen.values)["count"], unseen.page) == (3, 1)


def test_pages_that_are_counted_otherwise_are_not_compared() -> None:
    data = appended(base(), {111: CONTENT})
    for count in (2, Unseen("no reader")):
        watcher = Watcher(DIFFERENT, pages=count)
        found = [f for f in after(data, watcher).findings if f.code == "pictures_unavailable"]
        assert (len(found), watcher.shown) == (1, [])


def test_the_policy_weighs_what_was_seen() -> None:
    data = signed(base(), "Seal", box=(10, 20, 90, 50))
    lenient = replace(default_policy(), constraints=Constraints({"page_look_changed": Action.WARN}))
    strict = replace(
        default_policy(), constraints=Constraints({"pictures_unavailable": Action.FAIL})
    )
    no_cover = replace(default_policy(), constraints=Constraints({"content_covered": Action.FAIL}))
    unseen, covered = Watcher(Unseen("no")), Watcher(Comparison(Look.COVERED, SHOWN))
    for policy, looks, indication in (
        (default_policy(), Watcher(), Indication.PASSED),
        (default_policy(), Watcher(DIFFERENT), Indication.FAILED),
        (lenient, Watcher(DIFFERENT), Indication.PASSED),
        (default_policy(), unseen, Indication.PASSED),
        (strict, unseen, Indication.INDETERMINATE),
        (default_policy(), covered, Indication.PASSED),
        (no_cover, covered, Indication.INDETERMINATE),
    ):
        block = blocks.changes(after(data, looks, policy), policy)
        assert blocks.weighed([block], policy).indication is indication


def test_a_look_that_nothing_explains_fails_the_signature(office: Office) -> None:
    """The net below the rules: to them, the later signature is all that happened."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("Seal", box=(10, 20, 90, 50)))

    data = sign(sign(updated(blank_pdf(), add), office.officer), office.officer, "Seal")
    for answer, conclusion in (
        (DIFFERENT, Conclusion.FAILED),
        (Comparison(Look.AS_ALLOWED, SHOWN), Conclusion.PASSED),
        (Unseen("no"), Conclusion.PASSED),
    ):
        watcher = Watcher(answer)
        watcher.source = data
        report = verify(MemorySource(data), "a.pdf", office.trust(), NOW, default_policy(), watcher)
        assert report.conclusion is conclusion
        assert report.signatures[0].changes_after.level is ChangeLevel.FORM_FILLING
    assert watcher.shown == [(0, 0)]


def drawn(data: bytes, which: int = 0) -> list[Finding]:
    with looks_at(MemorySource(data)) as looks:
        return [f for f in after(data, looks, which=which).findings if "look" in f.code]


def test_with_the_real_renderer() -> None:
    (found,) = drawn(appended(base(), {111: CONTENT}))
    assert (found.code, found.page, dict(found.values)) == (
        "page_look_changed",
        2,
        {"before": "Page 2", "after": "other"},
    )
    (found,) = drawn(signed(base(), "Seal", box=(10, 20, 90, 50)))
    assert (found.code, found.page) == ("page_look_as_allowed", 1)
    (found,) = drawn(appended(base(), {111: stream(b"BT /F 12 Tf 72 700 Td (Page 2) Tj ET ")}))
    assert found.code == "pages_look_same"


def test_change_and_undo_looks_the_same_and_is_still_a_change() -> None:
    was = base()
    again = appended(
        appended(was, {111: CONTENT}), {111: stream(b"BT /F 12 Tf 72 700 Td (Page 2) Tj ET")}
    )
    (found,) = drawn(again)
    assert found.code == "pages_look_same"
    assert after(again, None).level is ChangeLevel.OTHER


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("pay 100 now", "pay 900 now", ("100", "900")),
        ("same", "same", ("–", "–")),
        ("", "new words", ("–", "new words")),
        ("a b c", "c", ("a b", "–")),
        ("x " * 2000 + "y", "x " * 2000 + "z", ("y", "z")),
        ("a " * 100, "", (" ".join("a" * 30) + " …", "–")),
        ("a b c d", "1 b c 2", ("a … d", "1 … 2")),
    ],
)
def test_words(was: str, now: str, words: tuple[str, str]) -> None:
    assert words_changed(was, now) == words


def test_two_signatures_learn_of_the_same_pages() -> None:
    """An update for the long term reaches none, and is asked about once."""
    lasting = appended(signed(base(), "Sig2"), {300: b"<<>>"})
    data = appended(lasting, {111: CONTENT})
    document, watchers = opened(data), (Watcher(), Watcher())
    for watcher, one in zip(watchers, document.signatures, strict=True):
        watcher.source = data
        changes_after(document, one, default_policy(), watcher)
    assert [watcher.shown for watcher in watchers] == [[(1, 1)], [(1, 1)]]
