"""Whatever form its cross-references take, a file shows the same objects in each revision."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import InputError
from antin.pdf.objects import Value
from tests.pdf_forms import Form, add_revision
from tests.pdfs import letter, opened

FORMS: tuple[Form, ...] = ("table", "stream", "hybrid", "objstm")
BASE = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}
NUMBERS = range(3, 12)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Form, dict[int, bytes], list[int]]]:
    """Draw revisions: a form, the objects that it writes, the objects that it frees."""
    gone: set[int] = set()
    made: list[tuple[Form, dict[int, bytes], list[int]]] = []
    for _ in range(draw(st.integers(1, 5))):
        left = sorted({*NUMBERS} - gone)
        written = draw(st.sets(st.sampled_from(left), max_size=4)) if left else set()
        rest = sorted({*left} - written)
        freed = draw(st.sets(st.sampled_from(rest), max_size=2)) if rest else set()
        gone |= freed
        bodies = {n: b"[%d(%d)]" % (len(made), n) for n in written}
        made.append((draw(st.sampled_from(FORMS)), bodies, sorted(freed)))
    return made


@settings(max_examples=120, deadline=None)
@given(histories())
def test_every_revision_shows_what_was_written(
    drawn: list[tuple[Form, dict[int, bytes], list[int]]],
) -> None:
    data = b""
    shown: dict[int, Value] = dict.fromkeys(NUMBERS)
    expected: list[dict[int, Value]] = []
    ends: list[int] = []
    odd: list[set[str]] = []
    for step, (form, bodies, freed) in enumerate(drawn):
        in_use = {n for n in bodies if shown[n] is not None}
        odd.append({"pdf_object_hidden"} if form == "hybrid" and in_use else set())
        objects = BASE | bodies if step == 0 else bodies
        data = add_revision(data, form, objects, freed, extra=900 + 2 * step)
        shown |= {n: (step, str(n).encode()) for n in bodies} | dict.fromkeys(freed)
        expected.append(dict(shown))
        ends.append(len(data))
    document = opened(data)
    assert document.revisions == len(drawn)
    assert [document.revision_end(n + 1) for n in range(len(drawn))] == ends
    views = [document.view(n + 1) for n in range(len(drawn))]
    assert [{n: view.value(n) for n in NUMBERS} for view in views] == expected
    assert document.deviations == ()
    brought = [document.brought_by(n + 1) for n in range(len(drawn))]
    assert [{note.code for note in notes} for notes in brought] == odd
    named = [{*bodies, *freed} for _, bodies, freed in drawn]
    found = [document.numbers_in(n + 1) & {*NUMBERS} for n in range(len(drawn))]
    assert found == named


@pytest.mark.parametrize("form", FORMS)
def test_kind_of_section(form: Form) -> None:
    (section,) = opened(add_revision(b"", form, BASE)).history.parser.sections
    assert section.kind == {"objstm": "stream"}.get(form, form)


@pytest.mark.parametrize("form", ["objstm", "hybrid"])
def test_an_object_changes_with_the_stream_that_holds_it(form: Form) -> None:
    """A later revision rewrites the object stream and says nothing of what is in it."""
    data = add_revision(b"", form, {**BASE, 5: b"(old)"})
    other = add_revision(b"", "objstm", {**BASE, 5: b"(new)"}).partition(b"901 0 obj\n")[2]
    body = other.partition(b"\nendobj")[0]
    document = opened(add_revision(data, "table", {901: body}, extra=950))
    assert [document.view(n).value(5) for n in (1, 2)] == [b"old", b"new"]
    places = [document.view(n).place(5) for n in (1, 2)]
    assert places[0] != places[1]


def code_of(data: bytes) -> tuple[str, object]:
    with pytest.raises(InputError) as caught:
        opened(data)
    return caught.value.code, caught.value.values.get("offset")


def test_sections_in_a_circle() -> None:
    data = letter()
    at = int(data.rsplit(b"startxref", 1)[1].split()[0])
    looped = data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % at)
    assert code_of(looped) == ("pdf_malformed", at)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"startxref", b"startyref"),
        (b"trailer", b"tr_iler"),
        (b"xref\n0 1\n", b"xref\n0 7\n"),
        (b"xref\n0 1\n", b"xxxx\n0 1\n"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Prev /X"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Prev 7"),
        (b"/Root 1 0 R", b"/Root 1 0 R/XRefStm 7"),
        (b"/Root 1 0 R", b"/Root 1 0 R/XRefStm (x)"),
        (b"/Root 1 0 R", b"/Root[1 0 R"),
    ],
)
def test_refused_with_its_offset(old: bytes, new: bytes) -> None:
    data = letter()
    head, _, rest = data.rpartition(old)
    code, offset = code_of(head + new + rest)
    assert code == "pdf_malformed"
    assert isinstance(offset, int)
    assert 0 <= offset <= len(data) + len(new)


def deviations(data: bytes) -> list[str]:
    return [found.code for found in opened(data).deviations]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"0000000000 65535 f \n", b"0000000000 65535 f\n", "pdf_xref_row_odd"),
        (b"0000000000 65535 f \n", b"000000000 00255 f    \n", "pdf_xref_row_odd"),
        (b"\n%%EOF", b"\nabc %%EOF", "pdf_startxref_odd"),
        (b"/Size 112", b"/Size 111", "pdf_size_too_small"),
        (b"/Root 1 0 R", b"/Root 1 0 R/A 1/A 2", "pdf_duplicate_key"),
        (b"xref\n0 1\n", b"xref\n0 1\n0000000000 65535 f \n0 1\n", "pdf_xref_overlap"),
    ],
)
def test_deviation_is_named(old: bytes, new: bytes, code: str) -> None:
    data = letter()
    assert deviations(data) == []
    head, _, rest = data.rpartition(old)
    assert deviations(head + new + rest) == [code]


@pytest.mark.parametrize("version", [b"%PDF-9.7", b"%PDF-x.y", b"%PDF-17\n"])
def test_odd_header(version: bytes) -> None:
    assert deviations(letter().replace(b"%PDF-1.7", version)) == ["pdf_header_odd"]


@pytest.mark.parametrize("end", [b" \n", b"\r\n", b" \r"])
def test_rows_may_end_in_three_ways(end: bytes) -> None:
    data = letter()
    table = data.index(b"xref\n0 1\n")
    assert deviations(data[:table] + data[table:].replace(b" \n", end)) == []
    mixed = data[:table] + data[table:].replace(b" \n", end, 1)
    assert deviations(mixed) == []


def brought(data: bytes) -> list[str]:
    return [found.code for found in opened(data).brought_by(2)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<</A 1/A 1>>", "pdf_duplicate_key"),
        (b"<</A>>", "pdf_dictionary_odd"),
        (b"[1-2]", "pdf_token_odd"),
        (b"[", "pdf_object_unreadable"),
        (b"<</Length 9>>stream\nabc\nendstream", "pdf_stream_length_wrong"),
        (b"<</Length 3>>stream abc\nendstream", "pdf_stream_odd"),
    ],
)
def test_what_a_revision_brought_is_looked_at(body: bytes, code: str) -> None:
    assert brought(add_revision(letter(), "table", {50: b"<</A 1>>"})) == []
    assert brought(add_revision(letter(), "table", {50: body})) == [code]
    assert brought(add_revision(add_revision(b"", "table", BASE | {50: body}), "table", {})) == []


def test_entry_of_another_object() -> None:
    data = add_revision(letter(), "table", {50: b"(one)", 51: b"(two)"})
    wrong = data.replace(b"50 0 obj", b"52 0 obj")
    assert brought(wrong) == ["pdf_object_unreadable"]
    assert opened(wrong).final_view.value(50) is None
    assert opened(data).final_view.value(50) == b"one"


def test_object_stream_with_wrong_indexes() -> None:
    data = add_revision(b"", "objstm", BASE)
    swapped = add_revision(data, "stream", {}, extra=940)
    assert brought(swapped) == []
    rows = bytes([2]) + (901).to_bytes(4, "big")
    moved = (
        b"<</Type/XRef/W[1 4 1]/Index[1 1]/Size 950/Root 1 0 R/Length 6/Prev %b>>"
        % (data.rsplit(b"startxref", 1)[1].split()[0])
    )
    start = len(data)
    whole = data + b"940 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (moved, rows + b"\1")
    whole += b"startxref\n%d\n%%%%EOF\n" % start
    assert opened(whole).final_view.value(1) == opened(data).final_view.value(1)
    assert brought(whole) == ["pdf_object_stream_odd"]


@pytest.mark.parametrize(
    ("generation", "codes"),
    [(0, ["pdf_freed_number_used"]), (1, []), (2, ["pdf_freed_number_used"])],
)
def test_freed_number_comes_back(generation: int, codes: list[str]) -> None:
    freed = add_revision(add_revision(b"", "table", BASE | {5: b"(x)"}), "table", {}, freed=[5])
    data = add_revision(freed, "table", {5: b"(y)"})
    data = data.replace(b"5 0 obj\n(y)", b"5 %d obj\n(y)" % generation)
    head, _, rest = data.rpartition(b" 00000 n ")
    document = opened(head + b" %05d n " % generation + rest)
    assert [found.code for found in document.brought_by(3)] == codes


def test_new_object_with_a_generation() -> None:
    data = add_revision(letter(), "table", {5: b"(y)"}).replace(b"5 0 obj\n(y)", b"5 4 obj\n(y)")
    head, _, rest = data.rpartition(b" 00000 n ")
    assert brought(head + b" 00004 n " + rest) == ["pdf_freed_number_used"]


def test_sizes_that_shrink() -> None:
    data = add_revision(letter(), "table", {5: b"(y)"}, extra=60)
    assert brought(data) == ["pdf_size_too_small"]


def test_previous_section_at_zero_is_none() -> None:
    assert opened(letter().replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev 0")).revisions == 1
