"""Who refers to whom: the answer from the text is the answer of a walk over all objects."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.pdf import reference_index, reference_text
from antin.pdf.document import PdfDocument, open_pdf
from antin.pdf.history import Unreadable, View
from antin.pdf.objects import references
from antin.pdf.reference_index import COMMENTS, STRINGS, ends_itself, hidden_end
from antin.pdf.reference_text import (
    LOOK_BEHIND,
    UNKNOWN,
    textual_references,
    unusual_references,
    usual_references,
)
from antin.pdf.references import TRAILER, References
from tests.corpus.outcomes import CORPUS, files
from tests.pdf_forms import Form, add_revision
from tests.pdfs import letter, opened, stream

Parents = dict[int, set[tuple[int, str]]]


def naive(view: View) -> Parents:
    """Parse every object of ``view`` and note what it refers to."""
    found: Parents = {}
    for key, ref in references(view.trailer):
        found.setdefault(ref.number, set()).add((TRAILER, key))
    for number in view.history.numbers():
        value = None if view.place(number) is None else view.object(number)
        if not isinstance(value, Unreadable):
            for key, ref in references(value):
                found.setdefault(ref.number, set()).add((number, key))
    return found


def assert_agrees(document: PdfDocument) -> None:
    found = References(document.history)
    for revision in range(1, document.revisions + 1):
        view = document.view(revision)
        expected = naive(view)
        for number in {*expected, *document.history.numbers(), 9_999_999}:
            assert found.parents(view, number) == expected.get(number, set()), number


GAPS = (
    b" ",
    b"\n",
    b"\r\n  ",
    b"%c\n",
    b" % 5\n",
    b" % 5 0 R\r ",
    b"\0\t\x0c",
    b" " * 50,
    b"%" + b"x" * 60 + b"\n",
)


@st.composite
def references_in_text(draw: st.DrawFn) -> bytes:
    number, generation = draw(st.integers(1, 12)), draw(st.sampled_from([b"0", b"00", b"1"]))
    one, two = draw(st.sampled_from(GAPS)), draw(st.sampled_from(GAPS))
    zeros = b"0" * draw(st.integers(0, 3))
    return zeros + b"%d" % number + one + generation + two + b"R"


NOISE = st.sampled_from(
    [
        b"(5 0 R)",
        b"(a\\)5 0 R)",
        b"((x) 6 0 R)",
        b"/R",
        b"/N 7 0 ",
        b"<4142>",
        b"% 8 0 R\n",
        b"null",
        b"(%)",
        b"5 0 Rx",
    ]
)
BODIES = st.lists(references_in_text() | NOISE, max_size=5).map(
    lambda parts: b"[" + b" ".join(parts) + b" ]"
)
STREAMS = st.tuples(BODIES, st.binary(max_size=40)).map(
    lambda p: stream(p[0] + p[1], b"/X " + p[0])
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["table", "stream", "objstm", "hybrid"]),
            st.dictionaries(st.integers(3, 12), BODIES, max_size=5),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_text_and_objects_agree(drawn: list[tuple[Form, dict[int, bytes]]]) -> None:
    data = b""
    for step, (form, bodies) in enumerate(drawn):
        first = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Kids[]>>"} if step == 0 else {}
        data = add_revision(data, form, first | bodies, extra=900 + 2 * step)
    assert_agrees(opened(data))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.integers(3, 12), BODIES | STREAMS, min_size=2, max_size=6))
def test_text_in_streams_is_nobodys(bodies: dict[int, bytes]) -> None:
    assert_agrees(opened(letter(more=bodies)))


def with_entries(data: bytes, places: dict[int, int]) -> bytes:
    """Return ``data`` with an update whose table says that objects are at ``places``."""
    start = len(data)
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % item for item in sorted(places.items()))
    previous = data.rsplit(b"startxref", 1)[1].split()[0]
    trailer = b"trailer\n<</Size 200/Root 1 0 R/Prev %b>>\nstartxref\n%d\n%%%%EOF\n" % (
        previous,
        start,
    )
    return data + b"xref\n" + rows + trailer


HOLLOW = {
    "in a string": b"[(text\n7 0 obj\n<</A 5 0 R>>\nendobj\n) 6 0 R]",
    "in a string that a comment closes": b"[(text\n7 0 obj\n[ % )\n 5 0 R ]",
    "in a comment": b"[ % 7 0 obj [\n 5 0 R ]",
    "in an odd hex string": b"[<\n7 0 obj\n[ % >\n 5 0 R ]",
    "in an odd hex string on one line": b"[<41 endobj 7 0 obj> 5 0 R]",
    "in the midst of a dictionary": b"<</A 4 0 R/B 7 0 obj/C 5 0 R>>",
    "at a number": b"<</A [7 0 5 0 R]/C 6 0 R>>",
    "after a name that looks like an end": b"<</A/endobj\n7 0 /C 5 0 R>>",
    "right after what looks like an end": b"<</A<41>endobj7 0 /C 5 0 R>>",
    "after an end in a comment": b"[ % ]endobj 7 0 obj [\n 5 0 R ]",
    "after an end in a string": b"[(\\)\n]endobj\n7 0 obj []\nendobj ) 5 0 R]",
}
PIECES = (17, 1 << 20)


def hollow(body: bytes) -> bytes:
    data = letter(more={50: body, 52: b"[5 0 R]"})
    return with_entries(data, {7: data.index(b"7 0", data.index(b"50 0 obj") + 5)})


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("name", HOLLOW)
def test_object_that_begins_inside_another(
    name: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry may point anywhere; what the outer object refers to stays what it refers to."""
    monkeypatch.setattr(reference_index, "CHUNK", piece)
    assert_agrees(opened(hollow(HOLLOW[name])))


SCRAPS = (
    [b"(", b")", b"\\", b"%", b"\n", b"<41", b">", b"[", b"]", b"/A ", b"endobj", b"]endobj "]
    + [b"\nendobj\n", b"stream\n", b"5 0 R ", b"6 0 R\n"]
    + [b"%d 0 obj " % number for number in (7, 7, 8, 9)]
)


@settings(max_examples=150, deadline=None)
@example([b"(", b"]endobj ", b"7 0 obj ", b")", b"5 0 R "], 0, 17)
@given(
    st.lists(st.sampled_from(SCRAPS), min_size=4, max_size=16),
    st.integers(-2, 1),
    st.sampled_from(PIECES),
)
def test_objects_that_begin_anywhere(scraps: list[bytes], shift: int, piece: int) -> None:
    """Or before their numbers, or in them, and the text is searched in pieces of any size."""
    data = letter(more={50: b"[" + b"".join(scraps) + b"]", 52: b"[5 0 R]"})
    start = data.index(b"50 0 obj") + 10
    found = {n: data.find(b"%d 0 obj" % n, start) for n in (7, 8, 9)}
    places = {n: at + shift for n, at in found.items() if at >= 0}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reference_index, "CHUNK", piece)
        assert_agrees(opened(with_entries(data, {52: data.index(b"52 0 obj") - 1, **places})))


@pytest.mark.parametrize("inner", [b")5 0 R]", b") 5 0 R ]endobj"])
def test_object_that_ends_inside_a_stream(inner: bytes) -> None:
    """Its string swallows another object up to the midst of that one's data."""
    data = letter(more={50: b"[(text", 51: stream(inner + b"\nendobj")})
    assert_agrees(opened(data))


@settings(max_examples=60, deadline=None)
@given(BODIES)
def test_text_may_be_searched_in_parts(text: bytes) -> None:
    """Wherever the parts meet, nothing is missed or found twice."""
    data = b"x" * (LOOK_BEHIND + 50) + text + b"(end)"
    whole = list(textual_references(data, 0, len(data)))
    for cut in range(LOOK_BEHIND + 50, len(data)):
        low = cut - LOOK_BEHIND
        first = list(textual_references(data[: cut + 1], 0, cut))
        second = textual_references(data[low:], LOOK_BEHIND, len(data) - low)
        assert first + [(target, at + low) for target, at in second] == whole


@settings(max_examples=200, deadline=None)
@given(
    BODIES,
    st.integers(0, 60),
    st.sampled_from([b"", b"%\n", b"[10 0 R 100 0 R 1000000 0 R 30]"]),
    st.sets(st.integers(1, 110), min_size=1, max_size=12),
)
def test_text_read_in_bulk_tells_as_much(
    text: bytes, start: int, before: bytes, wanted: set[int]
) -> None:
    """And what it tells more does not end like a reference."""
    data = before + text + b" "
    start = min(start, len(text))
    usual = list(usual_references(data, start, len(data)))
    bulk = {*usual, *unusual_references(data, start, len(data))}
    singly = set(textual_references(data, start, len(data)))
    assert singly <= bulk
    assert all(data[at + 1 : at + 2].isalnum() for _, at in bulk - singly)
    found = list(usual_references(data, start, len(data), wanted))
    assert found == [one for one in usual if one[0] in wanted]


def test_many_odd_references_are_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"1 0  R 2 0 R 3\t1 R (4 0\nR) "
    expected = set(textual_references(data, 0, len(data)))
    assert {target for target, _ in expected} == {1, 2, 3, 4}
    assert set(unusual_references(data, 0, len(data))) == expected - {(2, 11)}
    monkeypatch.setattr(reference_text, "_MAX_UNUSUAL", 0)
    assert set(unusual_references(data, 0, len(data))) == expected


def test_some_are_looked_for_and_then_all() -> None:
    """Whoever asks, however often, is told the same."""
    bodies = {n: b"[%d 0 R 0%d 0 R]" % (n + 1, n + 2) for n in range(20, 40)}
    document = opened(letter(more=bodies))
    found = References(document.history, expected=(25, 999))
    expected = naive(document.final_view)
    for number in (25, 30, 25, *range(15, 45)):
        assert found.parents(document.final_view, number) == expected.get(number, set()), number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"[(a) (ended) (\\)e)] % end\n", None),
        (b"[(an endobj) 1]", 1),
        (b"[(a(b)) 1]", 1),
        (b"(a) (b", 4),
        (b"(a\\", 0),
        (b"[ % endobj\n% b", 2),
        (b"%\n% b", 2),
    ],
)
def test_strings_and_comments_that_may_hide_an_end(text: bytes, expected: int | None) -> None:
    found = [hidden_end(pattern, text, 0) for pattern in (STRINGS, COMMENTS)]
    assert [one for one in found if one is not None] == ([] if expected is None else [expected])


def test_reference_across_chunks() -> None:
    start = letter(1, more={50: b"(", 51: b"[7 0 R]"}).index(b"51 0 obj")
    for shift in range(8, 24):
        padding = b"(" + b"x" * ((1 << 20) - start - shift) + b")"
        assert_agrees(opened(letter(1, more={50: padding, 51: b"[7 0 R 12345 0 R]"})))


@settings(deadline=None)
@example(b"12 0 R")
@example(b"1 %\n0 R")
@given(st.text("12 0R%\n\r(/", max_size=30).map(str.encode))
def test_text_never_misses_a_reference(text: bytes) -> None:
    data = b"[" + text + b" ]"
    try:
        document = opened(letter(more={50: data}))
        value = document.final_view.value(50)
    except InputError:
        value = None
    targets = {target for target, _ in textual_references(data, 0, len(data))}
    assert UNKNOWN in targets or {ref.number for _, ref in references(value)} <= targets


def test_reference_too_long_to_be_told_is_not_missed() -> None:
    long = b"7%" + b"c" * LOOK_BEHIND + b"\n0 R"
    assert [target for target, _ in textual_references(long + b" ", 0, len(long))] == [UNKNOWN]
    assert_agrees(opened(letter(more={50: b"[" + long + b"]", 51: b"[" + long + b" 8 0 R]"})))


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (b"7 0 obj [1] endobj\n", True),
        (b"7 0 obj [(a) (b(c))] endobj\r", True),
        (b"7 0 obj [1] endobj", False),
        (b"7 0 obj <<>>\nstream\n((((\nendstream", True),
        (b"7 0 obj [1] endob", False),
        (b"7 0 obj [/endobj", False),
        (b"7 0 obj [(a endobj ", False),
        (b"7 0 obj [(a\\) (] endobj ", False),
        (b"7 0 obj [(a] % )\n endobj ", False),
        (b"7 0 obj (>>stream) endobj", False),
        (b"7 0 obj (>>stream endobj", False),
        (b"7 0 obj [<41 endobj", False),
        (b"7 0 obj [<41 >]\t endobj\n", True),
    ],
)
def test_ends_itself(text: bytes, *, ends: bool) -> None:
    assert ends_itself(text) is ends


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
def test_corpus() -> None:
    """The same on real files, those with many objects left out."""
    checked = 0
    for _, path in files():
        with FileSource(path) as source:
            try:
                document = open_pdf(source)
            except InputError:
                continue
            if len(document.history.numbers()) < 300:
                assert_agrees(document)
                checked += 1
    assert checked > 200
