"""What hostile files may cost: counted, and ended by a code."""

import zlib
from collections.abc import Callable

import pytest

from antin.core.errors import InputError
from antin.pdf import budget, history
from antin.pdf.fields import MAX_FIELDS, MAX_KIDS
from antin.pdf.references import References
from tests.pdfs import appended, assembled, letter, opened, stream


def code_of(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(data)
    return caught.value.code


def read(data: bytes) -> None:
    document = opened(data)
    _ = (document.page_count, document.fields)


def plain_file(objects: list[bytes]) -> bytes:
    """Return a file of ``objects``, numbered from 1, with one subsection of all of them."""
    out = bytearray(b"%PDF-1.7\n")
    rows = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, 1):
        rows.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(rows),
        b"".join(rows),
        len(rows),
        start,
    )
    return bytes(out)


CATALOG = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]>>", b"<</Type/Page>>"]


def test_many_objects_open_without_being_read() -> None:
    document = opened(plain_file(CATALOG + [b"null"] * 100_000))
    assert document.page_count == 1
    assert document.history.parser.cost < 5_000


def test_bookmarks_in_a_row_are_followed_within_the_budget() -> None:
    marks = [b"<</Title(x)/Next %d 0 R>>" % (n + 5) for n in range(20_000)]
    document = opened(plain_file([*CATALOG, *marks]))
    found = References(document.history)
    assert found.parents(document.final_view, 20_003) == {(20_002, "Next")}


def endless_sections() -> bytes:
    data = bytearray(letter())
    previous = int(bytes(data).rsplit(b"startxref", 1)[1].split()[0])
    for _ in range(4_001):
        start = len(data)
        data += b"xref\n0 0\ntrailer<</Size 112/Root 1 0 R/Prev %d>>\n" % previous
        previous = start
    return bytes(data) + b"startxref\n%d\n%%%%EOF\n" % previous


def wide_sections() -> bytes:
    """Return a small file whose sections, deflated, name a million entries."""
    data = bytearray(letter())
    rows = zlib.compress(bytes(7 * 900))
    previous = int(bytes(data).rsplit(b"startxref", 1)[1].split()[0])
    for _ in range(1_200):
        start = len(data)
        data += b"9 0 obj" + stream(
            rows,
            b"/Filter/FlateDecode/Type/XRef/W[1 4 2]/Index[2000 900]/Size 5000/Root 1 0 R/Prev %d"
            % previous,
        )
        data += b"endobj\nstartxref\n%d\n%%%%EOF\n" % start
        previous = start
    return bytes(data)


def many_subsections() -> bytes:
    data = letter()
    start = len(data)
    rows = b"5 1\n0000000000 00001 f \n" * 101_000
    return data + b"xref\n%btrailer<<>>\nstartxref\n%d\n%%%%EOF\n" % (rows, start)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "sections": endless_sections,
    "sections of many entries": wide_sections,
    "subsections": many_subsections,
    "fields": lambda: letter(
        catalog=b"/AcroForm<</Fields[%b]>>" % (b"<</T(x)>>" * (MAX_FIELDS + 1))
    ),
    "kids that fields share": lambda: letter(
        catalog=b"/AcroForm<</Fields[%b]>>" % (b"<</T(x)/Kids 60 0 R>>" * (MAX_KIDS // 10_000 + 1)),
        more={60: b"[%b]" % (b"null " * 10_000)},
    ),
    "deep catalog": lambda: assembled({1: b"<</Type/Catalog/X" + b"[" * 200 + b"]" * 200 + b">>"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_too_complex(name: str) -> None:
    assert code_of(HOSTILE[name]()) == "pdf_too_complex"


def test_parsing_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    kids = b" ".join(b"%d 0 R" % n for n in range(20, 60))
    nodes = dict.fromkeys(range(20, 60), b"<</Type/Pages/Kids[%b]>>" % (b"0 " * 1000))
    data = appended(letter(), {2: b"<</Type/Pages/Kids[%b]>>" % kids, **nodes})
    assert opened(data).page_count == 0
    monkeypatch.setattr(budget, "_PARSED", 500_000)
    assert code_of(data) == "pdf_too_complex"


def test_odd_objects_are_not_noted_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = appended(letter(), dict.fromkeys(range(20, 40), b"<</A 1/A 1>>"))
    assert len(opened(data).brought_by(2)) == 20
    monkeypatch.setattr(history, "_MAX_ODD", 10)
    with pytest.raises(InputError) as caught:
        opened(data).brought_by(2)
    assert caught.value.code == "pdf_too_complex"


def test_objects_that_weigh_too_much_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    data = letter(more={n: b"[%d]" % n for n in range(200, 300)})
    monkeypatch.setattr(history, "_MAX_KEPT", 1_000)
    view = opened(data).final_view
    for _ in range(2):
        assert [view.value(n) for n in range(200, 300)] == [(n,) for n in range(200, 300)]


def test_lengths_that_lead_in_a_circle() -> None:
    body = b"<</Length %d 0 R>>\nstream\nabc\nendstream"
    data = letter(more={50: body % 51, 51: body % 50, 52: body % 52})
    document = opened(data)
    for number in (50, 51, 52):
        place = document.final_view.place(number)
        assert place is not None
        found = document.history.oddities(number, place)
        assert [note.code for note in found] == ["pdf_stream_length_wrong"]
