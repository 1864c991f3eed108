"""What is said where the looks of pages could not be compared, and where they may differ."""

import pytest

from antin.core.bytesource import MemorySource
from antin.pdf.document import Manner, open_pdf
from antin.verifier.changes.looks import look_findings
from antin.verifier.changes.pages import pages_reached
from antin.verifier.changes.step import Step
from antin.verifier.looks import Unseen
from antin.verifier.report import Finding, Severity
from tests.pdfs import FORM, appended, letter, signed, with_validation_data
from tests.unit.verifier.test_looks import (
    ANNOTATIONS,
    CONTENT,
    DIFFERENT,
    NODE,
    NOTE,
    PAGE,
    SAME,
    Watcher,
    after,
    base,
    seen,
)


def unavailable(found: Finding) -> tuple[int | None, str | int, str | int]:
    """Return the page, the number of pages and the reason that are told."""
    assert (found.code, found.severity) == ("pictures_unavailable", Severity.WARNING)
    values = dict(found.values)
    assert values.keys() == {"count", "reason"}
    return found.page, values["count"], values["reason"]


def told(data: bytes, watcher: Watcher) -> list[tuple[int | None, str | int, str | int]]:
    found = after(data, watcher).findings
    return [unavailable(one) for one in found if one.code == "pictures_unavailable"]


def test_of_a_file_that_had_to_be_repaired() -> None:
    data = appended(base(), {111: CONTENT})
    at = data.rindex(b"startxref") + 10
    document = open_pdf(MemorySource(data[:at] + b"7" + data[at:]), Manner.TOLERANT)
    (found,) = look_findings(document, 1, (), Watcher())
    assert unavailable(found) == (None, 1, "it can be read in more than one way")


def test_of_pages_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = appended(base(), {111: CONTENT})
    monkeypatch.setattr("antin.pdf.pages.MAX_NODES", 2)
    reason = "The PDF exceeds a limit: more than 2 pages"
    assert told(data, Watcher(pages=3)) == [(None, 1, reason)]


def test_of_pages_that_are_counted_otherwise() -> None:
    data = appended(base(), {3: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"})
    odd = "its pages can be counted in more than one way"
    assert told(data, Watcher(DIFFERENT, pages=2)) == [(1, 3, odd)]
    assert told(data, Watcher(DIFFERENT, pages=Unseen("no reader"))) == [(1, 3, "no reader")]
    fewer = appended(data, {2: NODE % (b"11 0 R 12 0 R", 2, b"")})
    assert told(fewer, Watcher(DIFFERENT, pages=3)) == [(1, 3, odd)]


def test_of_pages_that_could_not_be_drawn() -> None:
    data = appended(base(), {111: CONTENT})
    assert told(data, Watcher(Unseen("drawing takes too long"))) == [
        (2, 1, "drawing takes too long")
    ]


def test_what_was_changed_before_the_signature_is_not_compared() -> None:
    data = appended(signed(appended(letter(3), {110: CONTENT})), {111: CONTENT})
    watcher = Watcher()
    after(data, watcher)
    assert watcher.shown == [(1, 1)]


def test_updates_for_the_long_term_are_not_followed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many of them follow a signature that is kept; none can be seen."""
    followed: list[int] = []

    def reach(step: Step) -> frozenset[int] | None:
        followed.append(step.revision)
        return pages_reached(step)

    monkeypatch.setattr("antin.verifier.changes.looks.pages_reached", reach)
    data = appended(with_validation_data(base(), b"one"), {111: CONTENT})
    after(data, Watcher())
    assert followed == [4]


def test_beside_a_field_that_was_filled_in_a_note_stays_as_it_was() -> None:
    note = b"<</Type/Annot/Subtype/FreeText/Rect[50 50 99 99]/Contents(seen)>>"
    more = {20: FORM[20], 21: FORM[21], 22: note}
    catalog, page = b"/AcroForm<</Fields[20 0 R]>>", b"/Annots[20 0 R 22 0 R]"
    data = signed(letter(1, catalog=catalog, page=page, more=more))
    filled = {20: FORM[20].replace(b"/V()", b"/V(a)"), 21: CONTENT}
    watcher = Watcher()
    after(appended(data, filled), watcher)
    assert watcher.boxes == [(((10, 10, 90, 30),),) * 2]


def test_annotations_may_show_on_their_own_page_only() -> None:
    """One that lies in the page itself has no number, and may show like any other."""
    direct = NOTE % b""
    data = signed(letter(2, page=b"/Annots[60 0 R]", more={60: NOTE % b"/C[1]"}))
    page = PAGE % (b"111 0 R/Annots[60 0 R%b]" % direct)
    watcher = Watcher()
    after(appended(data, {11: page, 110: CONTENT}), watcher, ANNOTATIONS)
    whole = (0, 0, 300, 300)
    assert watcher.boxes == [((), ()), ((whole,), (whole, whole))]


def test_pages_that_look_the_same_are_counted() -> None:
    data = appended(base(), {3: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"})
    (found,) = seen(data, SAME)
    assert (found.code, dict(found.values)) == ("pages_look_same", {"count": 3})
