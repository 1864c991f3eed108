"""Opening PDFs: revisions, signatures, pages, validation data."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.pdf.dates import parse_date
from antin.pdf.document import open_pdf
from tests.pdfs import (
    appended,
    assembled,
    form_letter,
    letter,
    opened,
    qpdf,
    signed,
    stream,
    timestamped,
    with_validation_data,
)


def code_of(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        opened(data)
    return caught.value.code


def test_plain_file_has_one_revision_and_no_signature() -> None:
    document = opened(letter(3))
    assert (document.revisions, document.page_count, document.signatures) == (1, 3, ())
    assert document.revision_end(1) == document.source.size


def test_signatures_come_with_their_revisions() -> None:
    first = signed(letter())
    document = opened(signed(first, "Sig2"))
    one, two = document.signatures
    assert (one.name, one.kind, one.subfilter) == ("Sig1", "signature", "ETSI.CAdES.detached")
    assert [(f.revision, f.covers_whole_file) for f in (one, two)] == [(2, False), (3, True)]
    assert document.revision_end(2) == len(first)
    assert one.contents.startswith(b"\x30")
    assert one.problem is None
    assert one.claimed_time is not None
    assert one.claimed_time.tzinfo is UTC


def test_contents_span_is_the_hex_string() -> None:
    data = signed(letter())
    (field,) = opened(data).signatures
    assert field.contents_span is not None
    start, end = field.contents_span
    assert data[start : start + 1] + data[end - 1 : end] == b"<>"
    assert bytes.fromhex(data[start + 1 : end - 1].decode()) == field.contents


def test_document_timestamp_is_told_from_a_signature() -> None:
    document = opened(timestamped(signed(letter())))
    assert [field.kind for field in document.signatures] == ["signature", "document-timestamp"]


def test_validation_data_belong_to_the_revision_that_brought_them() -> None:
    once = with_validation_data(signed(letter()), b"one", b"two")
    document = opened(with_validation_data(once, b"two", b"three"))
    stores = [(store.revision, store.certificates) for store in document.validation_stores]
    assert stores == [(3, (b"one", b"two")), (4, (b"three",))]


def test_nested_field_has_its_full_name() -> None:
    data = signed(signed(letter(), "office.clerk"), "office.head")
    assert [field.name for field in opened(data).signatures] == ["office.clerk", "office.head"]


@pytest.mark.real("qpdf")
@pytest.mark.parametrize(
    "options",
    [
        ("--linearize",),
        ("--object-streams=generate",),
        ("--linearize", "--object-streams=generate"),
        ("--encrypt", "", "owner", "256", "--"),
        ("--allow-weak-crypto", "--encrypt", "", "owner", "128", "--"),
    ],
)
def test_other_ways_to_write_a_file_are_one_revision(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    document = opened(qpdf(letter(5), tmp_path, *options))
    assert (document.revisions, document.page_count, document.deviations) == (1, 5, ())
    assert document.revision_end(1) == document.source.size


@pytest.mark.real("qpdf")
def test_signature_on_a_linearised_file_is_the_second_revision(tmp_path: Path) -> None:
    plain = qpdf(letter(5), tmp_path, "--linearize")
    document = opened(signed(plain))
    assert [field.revision for field in document.signatures] == [2]
    assert document.revision_end(1) == len(plain)


def test_hybrid_file_shows_what_its_table_hides() -> None:
    data = letter()
    hidden = len(data) + len(b"90 0 obj\n<</Hidden true>>\nendobj\n")
    entry = bytes([1]) + len(data).to_bytes(4, "big") + b"\0"
    table = (
        b"<</Type/XRef/Size 92/W[1 4 1]/Index[90 1]/Root 1 0 R/Length 6>>\nstream\n%b\nendstream"
    )
    whole = data + b"90 0 obj\n<</Hidden true>>\nendobj\n"
    whole += b"91 0 obj\n" + table % entry + b"\nendobj\n"
    final = appended(whole, {}, b"/Root 1 0 R/XRefStm %d" % hidden, freed=[90])
    document = opened(final)
    assert document.revisions == 2
    assert document.final_view.value(90) == {"Hidden": True}
    assert document.view(1).value(90) is None


def test_file_on_disk_reads_like_one_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(signed(letter()))
    with FileSource(path) as source:
        assert [field.name for field in open_pdf(source).signatures] == ["Sig1"]


def test_empty_file() -> None:
    assert code_of(b"") == "empty_file"


def test_no_pdf() -> None:
    assert code_of(b"PK\x03\x04 a word document") == "not_a_pdf"


@pytest.mark.parametrize("kept", [20, 300, 500])
def test_cut_file(kept: int) -> None:
    assert code_of(letter()[:kept]) == "pdf_truncated"


@pytest.mark.real("qpdf")
def test_user_password(tmp_path: Path) -> None:
    data = qpdf(letter(), tmp_path, "--encrypt", "secret", "owner", "256", "--")
    assert code_of(data) == "pdf_encrypted"


def test_no_catalog() -> None:
    assert code_of(assembled({1: b"<</Type/Catalog>>"}, b"/Root 9 0 R")) == "pdf_malformed"


def test_bytes_before_the_header() -> None:
    assert code_of(b"hello\n" + letter()) == "pdf_malformed"


def nested(depth: int) -> bytes:
    return b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * depth + b"]" * depth + b">>"


HOSTILE = {
    "nested arrays": assembled({1: nested(5_000)}),
    "comment without end": assembled({1: b"<</Type/Catalog>>"}).replace(
        b"1 0 obj\n<</Type/Catalog>>", b"%" + b"x" * 27
    ),
    "xref loop": appended(letter(), {50: b"null"}, previous=len(letter())),
    "xref of a billion entries": letter().replace(b"xref\n0 1\n", b"xref\n0 999999999\n"),
    "negative startxref": letter().replace(b"startxref\n", b"startxref\n-"),
    "startxref beyond the end": letter().replace(b"startxref\n", b"startxref\n99999"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_ends_in_an_error_of_ours(name: str) -> None:
    assert code_of(HOSTILE[name]) in {"pdf_malformed", "pdf_too_complex"}


@pytest.mark.parametrize("widths", [b"[0 0 0]", b"[1 2 1]", b"[5 -4 0]"])
def test_xref_stream_that_promises_too_much(widths: bytes) -> None:
    data = letter()
    body = b"<</Type/XRef/Size 99999999999/W%b/Index[0 99999999999]/Root 1 0 R/Length 4>>" % widths
    whole = data + b"99 0 obj\n" + body + b"\nstream\n0000\nendstream\nendobj\n"
    whole += b"startxref\n%d\n%%%%EOF\n" % len(data)
    assert code_of(whole) == "pdf_too_complex"


def test_page_tree_in_a_circle_ends() -> None:
    data = appended(letter(), {2: b"<</Type/Pages/Kids[2 0 R 10 0 R 2 0 R]/Count 3>>"})
    assert opened(data).page_count == 1


def test_field_tree_in_a_circle_ends() -> None:
    data = appended(form_letter(), {20: b"<</FT/Tx/T(name)/Kids[20 0 R]>>"})
    assert [field.name for field in opened(data).fields] == ["name"]


@pytest.mark.parametrize(("depth", "refused"), [(3_000, False), (6_000, True)])
def test_fields_whose_names_grow_with_their_depth(depth: int, *, refused: bool) -> None:
    kids = {1000 + n: b"<</FT/Tx/T(a)/Kids[%d 0 R]>>" % (1001 + n) for n in range(depth)}
    data = letter(catalog=b"/AcroForm<</Fields[1000 0 R]>>", more=kids)
    if refused:
        assert code_of(data) == "pdf_too_complex"
    else:
        assert len(opened(data).fields) == depth


def test_a_field_without_type_still_shows_its_signature() -> None:
    data = signed(letter())
    document = opened(data.replace(b"/FT /Sig", b"/XX /Sig"))
    assert [field.name for field in document.signatures] == ["Sig1"]


def test_one_dictionary_under_two_fields_is_one_signature() -> None:
    data = signed(
        letter(catalog=b"/AcroForm<</Fields[30 0 R]>>", more={30: b"<</T(a)/FT/Sig>>"}), "a"
    )
    (field,) = opened(data).signatures
    assert field.object_number is not None
    second = b"<</T(b)/FT/Sig/V %d 0 R>>" % field.object_number
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[30 0 R 31 0 R]>>>>"
    assert len(opened(appended(data, {31: second, 1: form})).signatures) == 1


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("D:20260601150000+07'00'", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("D:20260601080000Z", datetime(2026, 6, 1, 8, tzinfo=UTC)),
        ("D:2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("D:20261399", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(text: str, moment: datetime | None) -> None:
    assert parse_date(text) == moment


def test_unreadable_page_content_does_not_hide_the_rest() -> None:
    data = letter(more={50: stream(b"x")}).replace(b"110 0 obj", b"666 0 obj")
    document = opened(data)
    assert document.page_count == 2
    assert document.final_view.value(110) is None
