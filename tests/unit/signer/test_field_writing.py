"""Where a new signature hangs in documents of other people's making."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError
from antin.pdf.document import PdfDocument
from antin.pdf.history import View
from antin.pdf.objects import Name, Ref, Value, integer
from antin.pdf.restrictions import FieldLock
from antin.pki.cms_read import parse_signature
from antin.signer import fields, pades
from antin.signer.request import Stamp
from antin.verifier.changes.steps import StepClassifier
from tests.pdfbases import KINDS, base
from tests.pdfs import letter, opened, stream
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    field_taken_in,
    pdfsig,
    qpdf_is_content,
    request_for,
    seal_image,
    signed,
)

ANNOTATION = b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(note)>>"
TEXT_FIELD = b"<</FT/Tx/T(text)/V(old)>>"
LONG = bool(os.environ.get("ANTIN_SOAK"))
STAMP = Stamp(1, 20, 20, 30, 20, seal_image(60))


class Desk:
    """Signs, and looks at what came out."""

    def __init__(self, folder: Path, world: TrustWorld) -> None:
        self._folder, self._key = folder, world.officer_a

    def sign(
        self,
        data: bytes,
        field: str | None = None,
        stamp: Stamp | None = None,
        changes: str = "signature_added",
        *,
        poppler_finds_it: bool = True,
        pyhanko_reads_it: bool = True,
    ) -> PdfDocument:
        """Return ``data`` signed, having seen that nothing but a signature was added."""
        request = request_for(self._key, field=field, stamp=stamp)
        made = signed(data, self._folder, self._key, request)
        path = self._folder / "out.pdf"
        path.write_bytes(made)
        assert made.startswith(data)
        if poppler_finds_it:
            assert pdfsig(path)[-1] == "Signature is Valid."
        if pyhanko_reads_it:
            assert pyhanko_finds_it_whole(path)
        assert qpdf_is_content(path)
        document = opened(made)
        step = document.annex(StepClassifier).result(document.revisions)
        assert {change.code for change in step.changes} == {changes}
        return document

    def refusal(self, data: bytes, field: str | None = None, stamp: Stamp | None = None) -> str:
        with pytest.raises(AntinError) as caught:
            signed(data, self._folder, self._key, request_for(self._key, field=field, stamp=stamp))
        return caught.value.code


def pyhanko_finds_it_whole(path: Path) -> bool:
    with path.open("rb") as file:
        newest = PdfFileReader(file, strict=False).embedded_signatures[-1]
        newest.compute_integrity_info()
        covered: SignatureCoverageLevel = newest.coverage
        digest = newest.compute_digest()
        attributes = newest.signer_info["signed_attrs"]
        (signed_digest,) = (
            a["values"][0] for a in attributes if a["type"].native == "message_digest"
        )
        whole: bool = digest == signed_digest.native
        return whole and covered is SignatureCoverageLevel.ENTIRE_FILE


@pytest.fixture
def desk(tmp_path: Path, trust_world: TrustWorld) -> Desk:
    return Desk(tmp_path, trust_world)


pytestmark = [pytest.mark.real("pdfsig"), pytest.mark.real("qpdf")]


def touched(document: PdfDocument) -> set[int]:
    """Return the numbers of existing objects that the last revision rewrote."""
    before, after = document.view(document.revisions - 1), document.final_view
    return {
        n for n in after.history.numbers() if before.place(n) and before.place(n) != after.place(n)
    }


def form_of(view: View) -> Mapping[str, Value]:
    return view.dictionary(view.catalog.get("AcroForm"))


def field_named(document: PdfDocument, name: str) -> Mapping[str, Value]:
    (field,) = (one for one in document.fields if one.name == name)
    return field.dictionary


def annotations(document: PdfDocument, page: int) -> tuple[Value, ...]:
    view = document.final_view
    return view.array(view.dictionary(Ref(document.pages.pages[page])).get("Annots"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_of_cross_reference(desk: Desk, kind: str) -> None:
    document = desk.sign(base(kind), stamp=STAMP)
    in_stream = kind in {"stream", "object-streams"}
    assert document.newest_section.kind == ("stream" if in_stream else "table")
    (field,) = document.fields
    assert annotations(document, 0) == (Ref(field.number or 0),)
    assert field.dictionary["P"] == Ref(document.pages.pages[0])
    assert integer(form_of(document.final_view)["SigFlags"]) == 3


def test_only_catalog_and_page_are_rewritten(desk: Desk) -> None:
    assert touched(desk.sign(letter(3))) == {1, 10}


FORMS = {
    "direct": (b"/AcroForm<</Fields[20 0 R]/DA(/F 9 Tf)/NeedAppearances true>>", {}, {1}),
    "indirect": (
        b"/AcroForm 30 0 R",
        {30: b"<</Fields[20 0 R]/DA(/F 9 Tf)/NeedAppearances true>>"},
        {30},
    ),
    "indirect list": (
        b"/AcroForm<</Fields 31 0 R/DA(/F 9 Tf)/NeedAppearances true>>",
        {31: b"[20 0 R]"},
        {1},
    ),
    "both indirect": (
        b"/AcroForm 30 0 R",
        {30: b"<</Fields 31 0 R/DA(/F 9 Tf)/NeedAppearances true>>", 31: b"[20 0 R]"},
        {30},
    ),
}


@pytest.mark.parametrize("where", FORMS)
def test_a_form_is_extended_where_it_lies(desk: Desk, where: str) -> None:
    catalog, more, holder = FORMS[where]
    document = desk.sign(letter(2, catalog=catalog, more={20: TEXT_FIELD, **more}))
    assert touched(document) == {10, *holder}
    form = form_of(document.final_view)
    assert [field.name for field in document.fields] == ["text", "Signature1"]
    assert (form["DA"], form["NeedAppearances"]) == (b"/F 9 Tf", True)
    assert form["SigFlags"] == 3


@pytest.mark.parametrize("form", [b"/AcroForm null", b"/AcroForm 99 0 R", b"/AcroForm<<>>"])
def test_a_form_that_is_not_there_is_made(desk: Desk, form: bytes) -> None:
    document = desk.sign(letter(1, catalog=form))
    assert [field.name for field in document.fields] == ["Signature1"]


def test_other_signature_flags_stay(desk: Desk) -> None:
    document = desk.sign(letter(1, catalog=b"/AcroForm<</Fields[]/SigFlags 4>>"))
    assert form_of(document.final_view)["SigFlags"] == 7


LISTS = {
    "missing": (b"", ()),
    "direct": (b"/Annots[40 0 R]", (Ref(40),)),
    "indirect": (b"/Annots 41 0 R", (Ref(40),)),
    "null": (b"/Annots null", ()),
    "gone": (b"/Annots 99 0 R", ()),
}


@pytest.mark.parametrize("listed", LISTS)
def test_pages_list_their_annotations_in_any_way(desk: Desk, listed: str) -> None:
    """All pages of this letter have the same list: the widget must show on one only."""
    page, before = LISTS[listed]
    data = letter(3, page=page, more={40: ANNOTATION, 41: b"[40 0 R]"})
    document = desk.sign(data, stamp=Stamp(2, 20, 20, 30, 20, seal_image(60)))
    assert 41 not in touched(document)
    assert annotations(document, 0) == annotations(document, 2) == before
    assert annotations(document, 1)[:-1] == before
    (field,) = document.fields
    assert annotations(document, 1)[-1] == Ref(field.number or 0)


def test_what_a_page_inherits_it_keeps_inheriting(desk: Desk) -> None:
    document = desk.sign(letter(1), stamp=STAMP)
    page = document.final_view.dictionary(Ref(10))
    assert page.keys() == {"Type", "Parent", "Resources", "Contents", "Annots"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": b"/Annots(text)"},
        {"page": b"/Annots 40 0 R", "more": {40: b"[ << "}},
        {"catalog": b"/AcroForm 40 0 R", "more": {40: b"<< /Fields "}},
        {"catalog": b"/AcroForm 40 0 R", "more": {40: stream(b"x", b"/Fields[]")}},
        {"catalog": b"/AcroForm[]"},
        {"catalog": b"/AcroForm<</Fields<<>>>>"},
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_not_overwritten(desk: Desk, wrong: dict[str, bytes]) -> None:
    assert desk.refusal(letter(1, **wrong)) == "pdf_malformed"  # type: ignore[arg-type]  # as above


EMPTY = b"<</FT/Sig/T(Ky)/Type/Annot/Subtype/Widget/Rect[%b]/F %d/P 11 0 R%b>>"


def with_empty_field(field: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    catalog = b"/AcroForm<</Fields[20 0 R]/SigFlags 3>>"
    return letter(2, catalog=catalog, more={20: field, **(more or {})})


def test_an_empty_field_is_filled_and_nothing_else(desk: Desk) -> None:
    document = desk.sign(with_empty_field(EMPTY % (b"0 0 0 0", 132, b"")), "Ky")
    assert touched(document) == {20}
    assert document.signatures[0].name == "Ky"


def test_an_empty_field_keeps_its_own_place(desk: Desk) -> None:
    field = EMPTY % (b"100 100 200 150", 2 | 32 | 128, b"/AP 50 0 R")
    data = with_empty_field(field, {50: b"<</N 51 0 R>>", 51: stream(b"", b"/BBox[0 0 1 1]")})
    document = desk.sign(data, "Ky", STAMP)
    held = field_named(document, "Ky")
    assert held["Rect"] == (100, 100, 200, 150)
    assert held["F"] == 4 | 128, "a stamp that was asked for is neither hidden nor left unprinted"
    drawn = document.final_view.dictionary(document.final_view.dictionary(held["AP"])["N"])
    assert drawn["BBox"] == (0, 0, 100, 50)
    assert touched(document) == {20}


def test_an_invisible_field_gets_the_stamp_on_its_own_page(desk: Desk) -> None:
    """The field says that it is on the second page, which is turned."""
    turned = b"<</Type/Page/Parent 2 0 R/Rotate 90>>"
    data = with_empty_field(EMPTY % (b"0 0 0 0", 132, b""), {11: turned})
    document = desk.sign(data, "Ky", STAMP, "form_field_changed")
    view, held = document.final_view, field_named(document, "Ky")
    left, bottom, right, top = (float(str(side)) for side in view.array(held["Rect"]))
    assert right - left == pytest.approx(20 * 72 / 25.4, abs=0.01)
    assert top - bottom == pytest.approx(30 * 72 / 25.4, abs=0.01)
    drawn = view.dictionary(view.dictionary(held["AP"])["N"])
    assert drawn["Matrix"] == (0, 1, -1, 0, 0, 0)


def test_an_invisible_field_stays_so_once_there_is_a_signature(desk: Desk) -> None:
    """The verifier lets a field that was signed around take a value, but no other place."""
    first = desk.sign(with_empty_field(EMPTY % (b"0 0 0 0", 132, b"")))
    data = first.source.pread(0, first.source.size)
    assert desk.refusal(data, "Ky", STAMP) == "field_invalid"
    assert len(desk.sign(data, "Ky").signatures) == 2


KID = b"<</Type/Annot/Subtype/Widget/Parent 20 0 R/Rect[9 9 99 99]/F 132/P 10 0 R>>"


def test_a_field_whose_widget_is_its_kid(desk: Desk) -> None:
    data = with_empty_field(b"<</FT/Sig/T(Ky)/Kids[21 0 R]>>", {21: KID})
    document = desk.sign(data, "Ky", STAMP, poppler_finds_it=False)  # nor what others sign so
    assert touched(document) == {20, 21}
    assert "AP" not in field_named(document, "Ky")
    assert "AP" in document.final_view.dictionary(Ref(21))


def test_a_field_that_shows_in_several_places_takes_no_stamp(desk: Desk) -> None:
    data = with_empty_field(b"<</FT/Sig/T(Ky)/Kids[21 0 R 22 0 R]>>", {21: KID, 22: KID})
    assert desk.refusal(data, "Ky", STAMP) == "field_invalid"
    assert touched(desk.sign(data, "Ky", poppler_finds_it=False)) == {20}


@pytest.mark.parametrize(
    ("lock", "meant"),
    [
        (b"<</Type/SigFieldLock/Action/All>>", FieldLock("All", frozenset())),
        (b"<</Action/Include/Fields[(a)(b.c)]>>", FieldLock("Include", frozenset({"a", "b.c"}))),
        (b"60 0 R", FieldLock("Exclude", frozenset({"Sau"}))),
    ],
    ids=["all", "include", "exclude"],
)
def test_the_lock_of_a_field_becomes_the_signatures_own(
    desk: Desk, lock: bytes, meant: FieldLock
) -> None:
    field = EMPTY % (b"0 0 0 0", 132, b"/Lock " + lock)
    data = with_empty_field(field, {60: b"<</Action/Exclude/Fields 61 0 R>>", 61: b"[(Sau)]"})
    document = desk.sign(data, "Ky")
    (signature,) = document.signatures
    assert signature.restrictions.locks == (meant,)
    value = document.final_view.dictionary(field_named(document, "Ky")["V"])
    (reference,) = document.final_view.array(value["Reference"])
    assert document.final_view.dictionary(reference)["Data"] == Ref(1)
    again = document.source.pread(0, document.source.size)
    for name in ("a", "b.c.d", "Sau", "x"):
        if meant.covers(name):
            assert desk.refusal(again, name) == "field_locked"
        else:
            assert len(desk.sign(again, name).signatures) == 2


@pytest.mark.parametrize(
    "lock", [b"<</Action/Some>>", b"<</X 1>>", b"<</Action/Include/Fields[1]>>"]
)
def test_a_lock_that_says_nothing_clear_is_refused(desk: Desk, lock: bytes) -> None:
    field = EMPTY % (b"0 0 0 0", 132, b"/Lock " + lock)
    assert desk.refusal(with_empty_field(field), "Ky") == "pdf_malformed"


def test_a_field_of_another_kind_is_not_signed(desk: Desk) -> None:
    data = letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more={20: b"<</FT/Tx/T(text)>>"})
    assert desk.refusal(data, "text") == "field_invalid"
    direct = letter(1, catalog=b"/AcroForm<</Fields[<</FT/Sig/T(Ky)>>]>>")
    assert desk.refusal(direct, "Ky") == "field_invalid"


def test_a_full_stop_parts_the_names_of_nested_fields(desk: Desk) -> None:
    document = desk.sign(letter(1), "Phòng.Tổ.Ký")
    assert [field.name for field in document.fields] == ["Phòng", "Phòng.Tổ", "Phòng.Tổ.Ký"]
    top, middle, last = document.fields
    assert (top.parent, middle.parent, last.parent) == (None, top.number, middle.number)
    assert last.dictionary["Parent"] == Ref(middle.number or 0)
    assert document.signatures[0].name == "Phòng.Tổ.Ký"
    again = desk.sign(document.source.pread(0, document.source.size), "Phòng.Ký")
    assert len(form_fields := again.final_view.array(form_of(again.final_view)["Fields"])) == 1
    assert form_fields == (Ref(top.number or 0),)
    assert {field.name for field in again.signatures} == {"Phòng.Tổ.Ký", "Phòng.Ký"}
    assert touched(again) == {10, top.number}


def test_an_existing_group_takes_a_kid(desk: Desk) -> None:
    more = {20: b"<</T(a)/Kids 22 0 R>>", 21: b"<</FT/Tx/T(b)/Parent 20 0 R>>", 22: b"[21 0 R]"}
    document = desk.sign(letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more=more), "a.c")
    assert [field.name for field in document.fields] == ["a", "a.b", "a.c"]
    assert touched(document) == {1, 10, 20}


@pytest.mark.parametrize(
    "terminal", [b"<</FT/Tx/T(a)>>", b"<</FT/Tx/T(a)/Kids[21 0 R]>>", b"<</FT/Sig/T(a)/V<<>>>>"]
)
def test_a_field_that_is_no_group_takes_no_kid(desk: Desk, terminal: bytes) -> None:
    more = {20: terminal, 21: KID}
    data = letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more=more)
    assert desk.refusal(data, "a.b") == "field_invalid"


@pytest.mark.parametrize("page", [b"/T(a)", b"/T(a)/Kids[]", b"/T(a)/Parent 20 0 R"])
def test_a_page_that_is_listed_as_a_field_stays_a_page(desk: Desk, page: bytes) -> None:
    """With /Kids it would be a node of the tree of pages, and show nothing."""
    fields = b"/AcroForm<</Fields[10 0 R]>>"
    assert desk.refusal(letter(1, catalog=fields, page=page), "a.b") == "field_invalid"


@pytest.mark.parametrize(
    ("above", "is_one"), [(b"/Parent 20 0 R", True), (b"", True), (b"/Parent 2 0 R", False)]
)
def test_a_group_says_what_it_is_in(desk: Desk, above: bytes, *, is_one: bool) -> None:
    more = {20: b"<</T(a)/Kids[21 0 R]>>", 21: b"<</T(b)/Kids[]%b>>" % above}
    data = letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more=more)
    if is_one:
        assert desk.sign(data, "a.b.c").signatures[0].name == "a.b.c"
    else:
        assert desk.refusal(data, "a.b.c") == "field_invalid"


def test_a_signed_field_can_lock_the_whole_document(desk: Desk) -> None:
    """By /P of its lock, which PDF 2.0 added (ISO 32000-2 table 236)."""
    for permission, code in ((1, "signing_forbidden"), (2, None)):
        lock = b"/Lock<</Action/Include/Fields[]/P %d>>" % permission
        first = desk.sign(with_empty_field(EMPTY % (b"0 0 0 0", 132, lock)), "Ky")
        data = first.source.pread(0, first.source.size)
        if code:
            assert desk.refusal(data) == code
        else:
            assert len(desk.sign(data).signatures) == 2


def test_there_is_an_end_of_signature_fields(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_empty_field(EMPTY % (b"0 0 0 0", 132, b""))
    monkeypatch.setattr(fields, "MAX_SIGNATURES", 1)
    assert desk.refusal(data) == "signing_forbidden"
    monkeypatch.setattr(fields, "MAX_SIGNATURES", 2)
    desk.sign(data)


@pytest.mark.parametrize("name", [".", "a.", ".a", "a..b", "a. .b"])
def test_names_with_an_empty_part_are_none(name: str) -> None:
    with pytest.raises(AntinError) as caught:
        field_taken_in(letter(1), name)
    assert caught.value.code == "field_invalid"


INLINE = (
    b"<</FT/Sig/T(a)/V<</Type/Sig/Filter/X/SubFilter/ETSI.CAdES.detached"
    b"/ByteRange[0 1 2 3]/Contents<30>>>>>"
)


def test_an_earlier_signature_is_never_rewritten(desk: Desk) -> None:
    """Its value lies directly in its field; where that lies in the form, signing would move it."""
    data = letter(1, catalog=b"/AcroForm<</Fields[%b]>>" % INLINE)
    assert desk.refusal(data, "new") == "signing_forbidden"
    data = letter(1, catalog=b"/AcroForm<</Fields[20 0 R]>>", more={20: INLINE})
    document = desk.sign(data, "new", pyhanko_reads_it=False)
    assert {one.name for one in document.signatures} == {"a", "new"}
    assert 20 not in touched(document)


def test_two_signatures_that_pyhanko_finds_whole(desk: Desk, tmp_path: Path) -> None:
    """Another program's analysis of what came after the first signature."""
    data = letter(2, page=b"/Annots 41 0 R", more={40: ANNOTATION, 41: b"[40 0 R]"})
    first = desk.sign(data, stamp=STAMP)
    desk.sign(
        first.source.pread(0, first.source.size), stamp=Stamp(1, 90, 90, 30, 20, seal_image(60))
    )
    with (tmp_path / "out.pdf").open("rb") as file:
        one, _ = PdfFileReader(file).embedded_signatures
        one.compute_integrity_info()
        difference = one.evaluate_modifications(DEFAULT_DIFF_POLICY)
        assert isinstance(difference, DiffResult)
        assert difference.modification_level <= ModificationLevel.FORM_FILLING


def test_pdftotext_reads_the_same_pages(desk: Desk, tmp_path: Path) -> None:
    data = base("object-streams")
    (tmp_path / "in.pdf").write_bytes(data)
    desk.sign(data)
    texts = [
        subprocess.run(["pdftotext", str(tmp_path / name), "-"], capture_output=True, check=True)
        for name in ("in.pdf", "out.pdf")
    ]
    assert texts[0].stdout == texts[1].stdout
    assert b"Page 2" in texts[0].stdout


def test_the_value_says_who_may_read_it(desk: Desk) -> None:
    document = desk.sign(letter(1))
    value = document.final_view.dictionary(field_named(document, "Signature1")["V"])
    assert value["Filter"] == Name("Adobe.PPKLite")


@pytest.mark.soak
@settings(max_examples=5_000 if LONG else 60, deadline=None)
@given(
    kind=st.sampled_from(["form", *KINDS]),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)
def test_mutants_are_signed_whole_or_refused_with_a_code(
    trust_world: TrustWorld,
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[float, int]],
    cut: float | None,
) -> None:
    data = bytearray(with_everything() if kind == "form" else base(kind))
    for where, byte in changes:
        data[int(where * (len(data) - 1))] = byte
    if cut is not None:
        del data[int(cut * len(data)) :]
    key, folder = trust_world.officer_a, tmp_path_factory.getbasetemp() / "mutants"
    folder.mkdir(exist_ok=True)
    output = folder / "out.pdf"
    request = request_for(key, field="a.Ky", stamp=STAMP)
    try:
        pades.sign(MemorySource(bytes(data)), output, key, request, None, None)
    except AntinError:
        return
    made = output.read_bytes()
    output.unlink()
    assert made.startswith(data)
    (field,) = (one for one in opened(made).signatures if one.covers_whole_file)
    (start, before, after, rest) = field.byte_range
    assert (start, after + rest) == (0, len(made))
    digest = hashlib.sha256(made[:before] + made[after:]).digest()
    assert parse_signature(field.contents).message_digest == digest


def with_everything() -> bytes:
    """Return a document in which signing has much to read."""
    more = {
        20: b"<</T(a)/Kids 22 0 R>>",
        21: b"<</FT/Sig/T(Ky)/Parent 20 0 R/Lock 60 0 R/Type/Annot/Subtype/Widget"
        b"/Rect[10 10 90 90]/F 132/P 10 0 R/AP 50 0 R>>",
        22: b"[21 0 R]",
        30: b"<</Fields 31 0 R/SigFlags 1/DA(/F 9 Tf)>>",
        31: b"[20 0 R]",
        40: ANNOTATION,
        41: b"[40 0 R 21 0 R]",
        50: b"<</N null>>",
        60: b"<</Action/Include/Fields[(x)]>>",
    }
    return letter(2, catalog=b"/AcroForm 30 0 R", page=b"/Annots 41 0 R/UserUnit 2", more=more)
