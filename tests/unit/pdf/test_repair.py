"""The tolerant manner: damaged files read as if they were whole, and every repair has a name."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pdf import landmarks as landmarks_module
from antin.pdf import scan as scan_module
from antin.pdf.document import Manner, PdfDocument, open_pdf
from antin.verifier.report import Severity
from antin.verifier.structure import file_findings
from tests.corpus.structure.facts import Facts
from tests.corpus.structure.ours import facts_of
from tests.damage import ANY_FORM, GOOD, WITH_TABLE, Damage
from tests.pdfs import appended, letter, opened, stream

good = cache(lambda form: GOOD[form]())


def tolerant(data: bytes) -> PdfDocument:
    return open_pdf(MemorySource(data), Manner.TOLERANT)


def facts(document: PdfDocument) -> Facts:
    """Return pages and objects; signatures are told by offsets, which damage moves."""
    found = facts_of(document)
    return Facts(found.pages, found.objects)


def codes(document: PdfDocument) -> set[str]:
    return {repair.code for repair in document.repairs}


def objections(data: bytes) -> set[tuple[str, bool]]:
    """Return by which codes the strict manner refuses a file, or marks it, and if with a place."""
    try:
        document = opened(data)
    except InputError as error:
        return {(error.code, error.values.get("offset") is not None)}
    revisions = range(1, document.revisions + 1)
    odd = {(found.code, found.offset) for n in revisions for found in document.brought_by(n)}
    findings = file_findings(document)
    marks = {(f.code, f.offset) for f in findings if f.severity is Severity.ERROR}
    return {(code, offset is not None) for code, offset in odd | marks}


@pytest.mark.parametrize("form", list(GOOD))
def test_a_whole_file_needs_no_repair(form: str) -> None:
    document = tolerant(good(form))
    assert document.repairs == ()
    assert facts_of(document) == facts_of(opened(good(form)))


CASES = [
    *((form, name, damage) for form in GOOD for name, damage in ANY_FORM.items()),
    *(
        (form, name, damage)
        for form in ("plain", "linear", "updated")
        for name, damage in WITH_TABLE.items()
    ),
]


@pytest.mark.parametrize(
    ("form", "damage"),
    [pytest.param(form, damage, id=f"{form}-{name}") for form, name, damage in CASES],
)
def test_a_damaged_file_reads_as_the_whole_one(form: str, damage: Damage) -> None:
    damaged = damage.inflict(good(form))
    assert damaged != good(form)
    document = tolerant(damaged)
    assert facts(document) == facts(opened(good(form)))
    assert damage.repair in codes(document)
    assert all(repair.offset is None or repair.offset >= 0 for repair in document.repairs)
    assert objections(damaged) & {
        ("not_a_pdf", True),
        ("pdf_malformed", True),
        ("pdf_truncated", True),
        ("pdf_object_unreadable", True),
        ("trailing_bytes", True),
    }


def test_repairs_are_named_with_their_places() -> None:
    whole = good("plain")
    size, table, tail = len(whole), whole.rindex(b"xref\n0"), whole.rindex(b"startxref")
    expected = {
        "junk-before": [("pdf_header_moved", 19)],
        "header-lost": [("pdf_header_missing", 0)],
        "startxref-wrong": [("pdf_xref_rebuilt", table + 7)],
        "startxref-zero": [("pdf_xref_rebuilt", 0)],
        "startxref-beyond": [("pdf_xref_rebuilt", 99_999_999)],
        "startxref-lost": [("pdf_xref_rebuilt", 0)],
        "end-cut-off": [("pdf_eof_missing", tail), ("pdf_xref_rebuilt", 0)],
        "eof-lost": [("pdf_eof_missing", size - 6)],
    }
    for name, damage in ANY_FORM.items():
        found = tolerant(damage.inflict(whole)).repairs
        assert [(repair.code, repair.offset) for repair in found] == expected[name], name


OBJECT_DAMAGE = {
    "endobj-lost": (b"]\nendobj", b"]\n", "pdf_endobj_missing"),
    "length-long": (b"/Length 59", b"/Length 69", "pdf_stream_length_wrong"),
    "length-short": (b"/Length 59", b"/Length 9", "pdf_stream_length_wrong"),
    "length-none": (b"/Length 59", b"", "pdf_stream_length_wrong"),
    "endstream-lost": (b"in it\nendstream", b"in it", "pdf_endstream_missing"),
    "garbage-between": (
        b"endobj\n61 0 obj",
        b"endobj\n@@ 1 0 ob (( <<\n61 0 obj",
        "pdf_xref_rebuilt",
    ),
    "lines-dos": (b"\n", b"\r\n", "pdf_xref_rebuilt"),
    "lines-mac": (b"\n", b"\r", "pdf_stream_odd"),
}


@pytest.mark.parametrize("name", list(OBJECT_DAMAGE))
def test_damaged_objects_read_as_whole_ones(name: str) -> None:
    before, after, code = OBJECT_DAMAGE[name]
    whole = good("plain")
    assert before in whole
    document = tolerant(whole.replace(before, after))
    assert facts(document) == facts(opened(whole))
    assert code in codes(document) | {odd.code for odd in document.brought_by(1)}
    assert ("pdf_xref_rebuilt" in codes(document)) is (len(before) != len(after))


def test_without_any_trailer_the_catalog_is_found_by_its_type() -> None:
    for form in ("plain", "packed"):
        whole = good(form)
        damaged = re.sub(rb"trailer|startxref|/Type ?/XRef", lambda m: b"#" * len(m[0]), whole)
        document = tolerant(damaged)
        found, expected = facts(document), facts(opened(whole))
        assert found.pages == expected.pages
        assert (expected.objects or {}).items() <= (found.objects or {}).items()
        assert {"pdf_trailer_rebuilt", "pdf_xref_rebuilt"} <= codes(document)


def test_without_any_catalog_there_is_nothing_to_repair() -> None:
    with pytest.raises(InputError) as caught:
        tolerant(b"%PDF-1.7\n1 0 obj\n<</Type/Pages/Kids[]>>\nendobj\n")
    assert (caught.value.code, caught.value.values["offset"]) == ("pdf_malformed", 0)


@pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"%PDF-1.7", b"%PDF-1.7\n%%EOF\n"])
def test_what_is_no_pdf_is_refused_in_both_manners(data: bytes) -> None:
    for manner in Manner:
        with pytest.raises(InputError) as caught:
            open_pdf(MemorySource(data), manner)
        assert caught.value.code in {"empty_file", "not_a_pdf", "pdf_truncated", "pdf_malformed"}


def test_the_last_definition_counts_but_not_one_inside_a_stream() -> None:
    inner = b"60 0 obj\n(planted in a stream)\nendobj\n"
    data = letter(1, more={60: b"(old)", 61: stream(inner)})
    data = ANY_FORM["startxref-lost"].inflict(data + b"60 0 obj\n(new)\nendobj\n")
    assert tolerant(data).final_view.object(60) == b"new"


def test_an_entry_whose_object_is_nowhere_is_no_reason_to_rebuild() -> None:
    whole = letter(2, more={60: b"(here)"})
    document = tolerant(whole.replace(b"60 0 obj", b"69 0 obj"))
    assert document.repairs == ()
    assert document.final_view.value(60) is None


def test_a_freed_object_stays_freed_where_nothing_needs_repair() -> None:
    data = appended(letter(2, more={60: b"(old)"}), {61: b"(new)"}, freed=[60])
    document = tolerant(data)
    assert (document.repairs, document.final_view.place(60)) == ((), None)


def test_offsets_are_from_the_header_on() -> None:
    junk = b"Content-Type: application/pdf\r\n\r\n"
    document = tolerant(junk + good("updated"))
    (repair,) = document.repairs
    assert (repair.code, repair.offset) == ("pdf_header_moved", len(junk))
    whole = opened(good("updated"))
    assert facts_of(document) == facts_of(whole)
    assert [document.revision_end(n) for n in (1, 2, 3)] == [
        whole.revision_end(n) for n in (1, 2, 3)
    ]


def test_a_rebuilt_file_has_one_revision_and_no_end_of_it() -> None:
    document = tolerant(ANY_FORM["startxref-wrong"].inflict(good("updated")))
    assert document.revisions == 1
    assert document.revision_list[0].end is None
    assert [field.revision for field in document.signatures] == [None, None]


def test_every_repair_is_an_error_to_whoever_judges_the_file() -> None:
    document = tolerant(ANY_FORM["startxref-wrong"].inflict(good("updated")))
    errors = {f.code for f in file_findings(document) if f.severity is Severity.ERROR}
    assert {repair.code for repair in document.repairs} <= errors


def test_rebuilding_stops_where_looking_for_objects_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "MAX_OBJECTS", 5)
    damaged = ANY_FORM["startxref-lost"].inflict(good("plain"))
    with pytest.raises(InputError) as caught:
        tolerant(damaged)
    assert caught.value.code == "pdf_too_complex"


@given(data=st.data(), form=st.sampled_from(list(GOOD)))
@settings(max_examples=150, deadline=None)
def test_the_tolerant_manner_opens_whatever_the_strict_one_does(
    data: st.DataObject, form: str
) -> None:
    damaged = bytearray(good(form))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        length = data.draw(st.integers(0, 20))
        damaged[at : at + length] = data.draw(st.binary(max_size=20))
    outcomes: dict[Manner, int | str] = {}
    for manner in Manner:
        try:
            outcomes[manner] = open_pdf(MemorySource(bytes(damaged)), manner).page_count
        except InputError as error:
            outcomes[manner] = error.code
    if isinstance(outcomes[Manner.STRICT], int):
        assert isinstance(outcomes[Manner.TOLERANT], int)


@given(cut=st.floats(0.1, 1), form=st.sampled_from(["plain", "updated"]))
@settings(max_examples=60, deadline=None)
def test_a_cut_off_file_keeps_every_object_before_the_cut(cut: float, form: str) -> None:
    whole = good(form)
    size = int(len(whole) * cut)
    found, parser = tolerant(whole[:size]), opened(whole).history.parser
    places = [(number, place) for number, place in parser.index.all_places()]
    whole_ones = {number for number, place in places if parser.end_of(number, place) <= size}
    assert whole_ones <= {
        n for n in found.history.numbers() if found.final_view.value(n) is not None
    }


def without_end(data: bytes) -> bytes:
    """Return ``data`` without its last startxref, so that objects have to be looked for."""
    return ANY_FORM["startxref-lost"].inflict(data)


PACKED = stream(b"7 0 (packed)", b"/Type/ObjStm/N 1/First 4")
"""An object stream with object 7."""


def seven(more: dict[int, bytes], behind: bytes = b"") -> object:
    """Return object 7 of a file whose objects have to be looked for."""
    document = tolerant(without_end(letter(1, more=more) + behind))
    assert "pdf_xref_rebuilt" in codes(document)
    return document.final_view.value(7)


def test_the_later_one_counts_of_objects_within_and_without_object_streams() -> None:
    assert seven({80: PACKED}) == b"packed"
    assert seven({7: b"(before)", 80: PACKED}) == b"packed"
    assert seven({80: PACKED}, b"7 0 obj\n(behind)\nendobj\n") == b"behind"


def test_an_object_stream_that_was_replaced_holds_nothing_any_more() -> None:
    assert seven({80: PACKED}, b"80 0 obj\n(another)\nendobj\n") is None


@pytest.mark.parametrize("root", [b"/Root 3 0 R", b"/Root 999 0 R", b"/Root 4", b""])
def test_a_trailer_that_names_no_catalog_does_not_count(root: bytes) -> None:
    data = letter(2)
    document = tolerant(data.replace(b"/Root 1 0 R", root))
    assert document.page_count == 2
    assert codes(document) == {"pdf_xref_rebuilt", "pdf_trailer_rebuilt"}


def test_what_cannot_be_rebuilt_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = WITH_TABLE["entry-wrong"].inflict(good("plain"))
    monkeypatch.setattr(scan_module, "MAX_OBJECTS", 5)
    document = tolerant(damaged)
    assert document.repairs == ()
    assert document.final_view.value(3) is None


def test_endless_garbage_behind_a_file_is_no_cause_for_alarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landmarks_module, "MAX_LANDMARKS", 50)
    data = good("plain") + b" obj" * 60
    assert tolerant(data).page_count == opened(data).page_count


def test_an_entry_that_a_later_revision_replaced_may_be_wrong() -> None:
    damaged = WITH_TABLE["entry-wrong"].inflict(good("plain"))
    document = tolerant(appended(damaged, {3: b"(written anew)"}))
    assert (document.repairs, document.final_view.value(3)) == ((), b"written anew")
