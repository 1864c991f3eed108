"""Any sequence of updates reads back as it was meant, here and by other programs."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from antin.core.errors import InputError
from antin.pdf.objects import Name, Ref, Stream, Value, same
from antin.pdf.serialise import NewStream
from antin.pdf.writer import MAX_OBJECTS, Signed, Update
from antin.verifier.structure import file_findings
from tests.pdfbases import KINDS, base
from tests.pdfs import appended, assembled, letter, opened, stream
from tests.values import VALUES, of_pyhanko

PAGES = 2
LONG = bool(os.environ.get("ANTIN_SOAK"))


class Model:
    """What objects should be after each revision."""

    def __init__(self, kind: str) -> None:
        self.data = base(kind)
        self.start = opened(self.data).revisions
        self.states: list[dict[int, Value | NewStream]] = [{}]

    def revise(self, steps: list[tuple[int | None, Value | NewStream]]) -> None:
        update = Update(opened(self.data))
        state = dict(self.states[-1])
        for which, value in steps:
            numbers = sorted(state)
            if which is None or not numbers:
                number = update.add(value).number
            else:
                number = numbers[which % len(numbers)]
                update.replace(number, value)
            state[number] = value
        appendix = update.appendix()
        assert appendix == update.appendix(), "the same changes, other bytes"
        assert update.changed >= state.keys() - self.states[-1].keys()
        self.data += appendix.data
        self.states.append(state)


STREAMS = st.builds(
    NewStream,
    st.dictionaries(st.sampled_from(["A", "B"]), st.integers(0, 9)),
    st.binary(max_size=60),
)
OBJECTS = VALUES.filter(lambda value: not isinstance(value, Ref))
STEPS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 9)), st.one_of(OBJECTS, STREAMS)),
    min_size=1,
    max_size=4,
)


@st.composite
def histories(draw: st.DrawFn) -> Model:
    model = Model(draw(st.sampled_from(KINDS)))
    before = len(model.data)
    for steps in draw(st.lists(STEPS, min_size=1, max_size=4)):
        model.revise(steps)
    # Whatever has that name in it is taken for a hidden signature, a text too.
    assume(b"/ByteRange" not in model.data[before:])
    return model


@pytest.mark.soak
@settings(max_examples=2_000 if LONG else 100, deadline=None)
@given(histories())
def test_k_revisions_read_back_as_k_revisions(model: Model) -> None:
    document = opened(model.data)
    assert model.data.startswith(document.source.pread(0, 9))
    assert file_findings(document) == ()
    assert document.revisions == model.start + len(model.states) - 1
    for added, state in enumerate(model.states):
        view = document.view(model.start + added)
        assert {n for n in view.history.numbers() if view.place(n)} >= state.keys()
        for number, value in state.items():
            assert is_the_same(view.value(number), value)
        for number in model.states[-1].keys() - state.keys():
            assert view.place(number) is None
    assert document.page_count == PAGES


def is_the_same(found: Value, meant: Value | NewStream) -> bool:
    if isinstance(meant, NewStream):
        assert isinstance(found, Stream)
        return same(found.dictionary, {**meant.entries, "Length": len(meant.data)})
    return same(found, meant)


@pytest.mark.real("qpdf")
@pytest.mark.soak
@settings(max_examples=500 if LONG else 20, deadline=None)
@given(histories())
def test_other_programs_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, model: Model
) -> None:
    assert len(pypdfium2.PdfDocument(model.data)) == PAGES
    with pikepdf.open(BytesIO(model.data), attempt_recovery=False) as pdf:
        assert len(pdf.pages) == PAGES
        for number, value in model.states[-1].items():
            compare_with_qpdf(pdf.get_object((number, 0)), value)
    reader = PdfFileReader(BytesIO(model.data), strict=False)
    assert reader.xrefs.total_revisions == model.start + len(model.states) - 1
    for number, value in model.states[-1].items():
        compare_with_pyhanko(reader.get_object(generic.Reference(number, 0, reader)), value)
    path = tmp_path_factory.getbasetemp() / "checked.pdf"
    path.write_bytes(model.data)
    check = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False)
    assert check.returncode == 0, check.stderr


def compare_with_qpdf(found: Any, value: Value | NewStream) -> None:
    """Go along what was meant: qpdf follows references, and would go round in circles."""
    if isinstance(value, NewStream):
        assert found.read_raw_bytes() == value.data
    elif isinstance(value, Mapping):
        entries = {f"/{key.encode('latin-1').decode()}": item for key, item in value.items()}
        assert set(found.keys()) <= entries.keys()
        for key, item in entries.items():
            compare_with_qpdf(found.get(key), item)
    elif isinstance(value, tuple):
        assert len(found) == len(value)
        for one, item in zip(found, value, strict=True):
            compare_with_qpdf(one, item)
    elif not isinstance(value, Ref):
        assert plain_of_qpdf(found) == value


def plain_of_qpdf(found: Any) -> Any:
    if isinstance(found, pikepdf.Name):
        return str(found)[1:].encode().decode("latin-1")
    return bytes(found) if isinstance(found, pikepdf.String) else found


def compare_with_pyhanko(found: Any, value: Value | NewStream) -> None:
    if isinstance(value, NewStream):
        assert found.encoded_data == value.data
    else:
        assert same(of_pyhanko(found), value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cross_reference_has_the_form_of_the_file(kind: str) -> None:
    document = opened(base(kind))
    update = Update(document)
    update.add(1)
    added = update.appendix().data
    in_table = b"\nxref\n" in added
    assert in_table == (document.newest_section.kind != "stream")
    assert (b"/Type /XRef" in added) == (not in_table)
    assert b"/XRefStm" not in added
    again = opened(base(kind) + added)
    assert again.newest_section.kind == ("table" if in_table else "stream")
    assert again.final_view.trailer["Prev"] == document.newest_section.declared


def test_an_object_in_an_object_stream_becomes_an_ordinary_one() -> None:
    data = base("object-streams")
    document = opened(data)
    (page, *_) = document.pages.pages
    place = document.final_view.place(page)
    assert place is not None
    assert isinstance(place.where, tuple)
    update = Update(document)
    update.replace(page, {**update.dictionary(Ref(page)), "Rotate": 90})
    again = opened(data + update.appendix().data)
    place = again.final_view.place(page)
    assert place is not None
    assert isinstance(place.where, int)
    assert again.final_view.dictionary(Ref(page))["Rotate"] == 90
    assert again.page_count == PAGES


def test_generations_are_kept_and_freed_numbers_left_alone() -> None:
    data = letter(1, more={20: b"(old)", 30: b"(freed)"})
    data = data.replace(b"30 0 obj", b"30 0 obj")
    data = appended(data, {}, freed=[30])
    data = data.replace(b"\n20 0 obj", b"\n20 3 obj")
    entry = re.search(rb"\n20 1\n(\d{10}) 00000 n", data)
    assert entry is not None
    data = data.replace(entry[0], entry[0].replace(b" 00000 n", b" 00003 n"))
    update = Update(opened(data))
    assert update.resolve(Ref(20, 3)) == b"old"
    assert update.resolve(Ref(20)) is None
    update.replace(20, b"new")
    added = update.add(b"added")
    again = opened(data + update.appendix().data)
    assert again.final_view.resolve(Ref(20, 3)) == b"new"
    assert added.number not in {0, 20, 30}
    assert again.final_view.place(30) is None
    assert again.final_view.resolve(added) == b"added"


def test_a_size_that_is_too_small_is_not_believed() -> None:
    data = letter(1)
    small = re.sub(rb"/Size \d+", lambda found: b"/Size 3".ljust(len(found[0])), data)
    update = Update(opened(small))
    assert update.reserve().number == opened(data).highest_number + 1


def test_numbers_run_out_with_a_code() -> None:
    for most in (MAX_OBJECTS, MAX_OBJECTS + 5):
        data = letter(1, more={most: b"1"})
        with pytest.raises(InputError) as caught:
            Update(opened(data))
        assert caught.value.code == "pdf_too_complex"
    update = Update(opened(letter(1, more={MAX_OBJECTS - 1: b"1"})))
    update.reserve()
    with pytest.raises(InputError) as caught:
        update.reserve()
    assert caught.value.code == "pdf_too_complex"


def trailer_after(data: bytes) -> Mapping[str, Value]:
    update = Update(opened(data))
    update.add(1)
    return opened(data + update.appendix().data).final_view.trailer


def test_the_trailer_keeps_what_it_said_and_renews_the_second_identifier() -> None:
    said = b"/Root 1 0 R/Info 3 0 R/Private(x)/ID[<0102><0304>]"
    data = assembled(dict(letter_objects()), said)
    trailer = trailer_after(data)
    assert trailer["Private"] == b"x"
    assert trailer["Info"] == Ref(3)
    first, second = trailer["ID"]  # type: ignore[misc]  # two identifiers
    assert first == b"\x01\x02"
    assert second != b"\x03\x04"
    assert isinstance(second, bytes)
    assert len(second) == 16
    assert trailer == trailer_after(data)
    update = Update(opened(data))
    update.add(2)
    other = opened(data + update.appendix().data).final_view.trailer["ID"]
    assert other != trailer["ID"], "other content, the same identifier"


@pytest.mark.parametrize("kind", ["table", "stream"])
def test_what_a_section_says_of_itself_is_not_carried_over(kind: str) -> None:
    """Readers differ in what of a cross-reference stream they count to the trailer."""
    update = Update(opened(base(kind)))
    of_old_section: dict[str, Value] = {
        "W": (1, 1, 1),
        "Index": (0, 1),
        "Filter": Name("FlateDecode"),
        "XRefStm": 7,
        "Length": 5,
        "Size": 1,
        "Prev": 1,
    }
    update.view = replace(update.view, trailer={**update.view.trailer, **of_old_section})
    ref = update.add(b"new")
    added = update.appendix().data
    assert opened(base(kind) + added).final_view.resolve(ref) == b"new"
    assert not re.search(rb"/XRefStm|/Filter|/W \[1 1 1\]|/Index \[0 1\]|/Size 1 ", added)


def letter_objects() -> dict[int, bytes]:
    return {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[10 0 R]/Count 1/MediaBox[0 0 595 842]>>",
        3: b"<</Title(Letter)>>",
        10: b"<</Type/Page/Parent 2 0 R>>",
    }


def test_no_identifier_is_made_up() -> None:
    assert "ID" not in trailer_after(letter(1))
    strange = letter(1).replace(b"/Root 1 0 R", b"/Root 1 0 R/ID 7")
    assert trailer_after(strange)["ID"] == 7


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n", b"\n  "])
def test_nothing_hides_in_the_comment_of_the_end_marker(end: bytes) -> None:
    data = letter(1).rstrip() + end
    update = Update(opened(data))
    update.add(1)
    added = update.appendix().data
    marker = data.rindex(b"%%EOF")
    assert re.match(rb"%%EOF[\r\n]", (data + added)[marker:])
    assert opened(data + added).revisions == 2


def test_what_an_update_holds_is_seen_by_reading_it() -> None:
    update = Update(opened(letter(1)))
    ref = update.add({"A": 1})
    assert update.dictionary(ref) == {"A": 1}
    update.replace(ref.number, (1, 2))
    assert update.array(ref) == (1, 2)
    update.set_catalog_entry("X", ref)
    assert update.resolve(update.catalog["X"]) == (1, 2)
    signed = update.add(Signed({"Type": Name("Sig")}, 4))
    assert update.dictionary(signed) == {"Type": "Sig"}
    assert update.number_of(ref) == ref.number
    assert update.number_of(Ref(999)) is None
    assert update.number_of(5) is None


@pytest.mark.parametrize("target", [b"20 0 R", b"1 0 R", b"999 0 R"])
def test_an_object_that_is_a_mere_reference_is_followed_by_some_programs_only(
    target: bytes,
) -> None:
    update = Update(opened(letter(1, more={20: target})))
    with pytest.raises(InputError) as caught:
        update.resolve(Ref(20))
    assert caught.value.code == "pdf_malformed"


def test_what_cannot_be_read_does_not_pass_for_nothing() -> None:
    update = Update(opened(letter(1, more={20: b"<< /A ", 21: b"[1]", 22: stream(b"data")})))
    attempts: tuple[tuple[Callable[[Value], object], Value], ...] = (
        (update.resolve, Ref(20)),
        (update.dictionary, Ref(21)),
        (update.dictionary, Ref(22)),
        (update.array, b"text"),
    )
    for read, value in attempts:
        with pytest.raises(InputError) as caught:
            read(value)
        assert caught.value.code == "pdf_malformed"


@pytest.mark.parametrize("kind", KINDS)
def test_the_gap_of_a_signature_is_its_container(kind: str) -> None:
    data = base(kind)
    update = Update(opened(data))
    update.add(Signed({"Type": Name("Sig"), "Reason": b"/Contents <00>"}, 50))
    update.add(b"behind")
    appendix = update.appendix()
    whole = data + appendix.data
    assert appendix.byte_range is not None
    start, before, after, rest = appendix.byte_range
    assert (start, after + rest) == (0, len(whole))
    assert whole[before:after] == b"<" + b"0" * 100 + b">"
    assert whole[:before].endswith(b"/Contents ")
    assert b"/ByteRange [0 %d %d %d]" % (before, after, rest) in whole[after:]


def test_two_signatures_in_one_revision_are_a_mistake_of_ours() -> None:
    update = Update(opened(letter(1)))
    update.add(Signed({}, 1))
    update.add(Signed({}, 1))
    with pytest.raises(AssertionError):
        update.appendix()
