"""Updates that other programs read otherwise than we do: none of them may be judged harmless."""

import re

import pytest

from antin.pdf.objects import Ref, Stream
from antin.pdf.serialise import serialised
from antin.verifier.changes import changes_after
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter
from antin.verifier.structure import file_findings
from tests.pdf_forms import add_revision
from tests.pdfs import appended, letter, opened, signed, stream

EVIL = stream(b"BT /F 12 Tf 72 700 Td (Pay all) Tj ET")
PAGES = {
    901: b"<</Type/Pages/Kids[902 0 R]/Count 1>>",
    902: b"<</Type/Page/Parent 901 0 R/MediaBox[0 0 595 842]/Contents 903 0 R>>",
    903: EVIL,
}
"""Another page tree, for whoever reads it."""


def after(data: bytes) -> ChangesAfter:
    document = opened(data)
    return changes_after(document, document.signatures[0], default_policy())


def codes(data: bytes) -> tuple[ChangeLevel | None, set[str]]:
    found = after(data)
    return found.level, {finding.code for finding in found.findings}


def brought(data: bytes) -> set[str]:
    """Return what is odd about the newest revision."""
    document = opened(data)
    return {note.code for note in document.brought_by(document.revisions)}


def body(number: int, value: bytes) -> bytes:
    return b"%d 0 obj\n%b\nendobj\n" % (number, value)


def with_store(data: bytes, more: bytes = b"") -> dict[int, bytes]:
    """Return the objects of an update that adds validation data; ``more`` goes to the catalogue."""
    view = opened(data).final_view
    root = view.trailer["Root"]
    assert isinstance(root, Ref)
    catalog = serialised({**view.catalog, "DSS": Ref(600, 0)})
    store = {600: b"<</Certs[601 0 R]>>", 601: stream(b"one")}
    return {root.number: catalog.removesuffix(b">>") + more + b">>", **store}


def by_stream(data: bytes, objects: dict[int, bytes], packed: dict[int, tuple[int, int]]) -> bytes:
    """Return ``data`` and an update with a cross-reference stream; ``packed`` lie in streams."""
    out = bytearray(data)
    rows = {
        number: b"\2%b%b" % (at.to_bytes(4), i.to_bytes(2)) for number, (at, i) in packed.items()
    }
    for number, value in objects.items():
        rows[number] = b"\1%b\0\0" % len(out).to_bytes(4)
        out += body(number, value)
    start = len(out)
    rows[950] = b"\1%b\0\0" % start.to_bytes(4)
    shape = b"/Type/XRef/W[1 4 2]/Index[%b]/Size 951" % b" ".join(b"%d 1" % n for n in sorted(rows))
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    root = opened(data).final_view.trailer["Root"]
    assert isinstance(root, Ref)
    trailer = b"%b/Root %d 0 R/Prev %b" % (shape, root.number, previous)
    out += body(950, stream(b"".join(rows[n] for n in sorted(rows)), trailer))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


@pytest.mark.parametrize(
    ("table", "count", "level"),
    [
        (b"%(root)d 0 ", 1, ChangeLevel.LTA_UPDATES),
        (b"%(root)d %%0 777\n%(evil)d ", 1, None),
        (b"%(root)d 0 %(root)d %(evil)d ", 2, None),
        (b"%(root)d 0.%(evil)d ", 1, None),
    ],
)
def test_table_of_an_object_stream(table: bytes, count: int, level: ChangeLevel | None) -> None:
    """Of a comment in the table we saw the numbers, and others what stands behind it."""
    data = signed(letter(1))
    objects = with_store(data)
    root, catalog = next(iter(objects.items()))
    del objects[root]
    evil = b"<</Type/Catalog/Pages 901 0 R>>"
    head = table % {b"root": root, b"evil": len(catalog) + 1}
    shape = b"/Type/ObjStm/N %d/First %d" % (count, len(head))
    objects |= PAGES | {900: stream(head + catalog + b"\n" + evil, shape)}
    assert codes(by_stream(data, objects, {root: (900, 0)}))[0] is level


def updated_with(between: bytes) -> bytes:
    """Return a signed letter, an update of validation data, and ``between`` before its table."""
    data = signed(letter(1))
    root = opened(data).final_view.trailer["Root"]
    assert isinstance(root, Ref)
    data = appended(data, with_store(data), b"/Root %d 0 R" % root.number)
    head, keyword, tail = data.rpartition(b"\nxref\n")
    at = len(head) + 1 + len(between)
    table = tail[: tail.rindex(b"startxref")]
    return b"%b\n%b%b%bstartxref\n%d\n%%%%EOF\n" % (head, between, keyword[1:], table, at)


@pytest.mark.parametrize(
    "between",
    [
        body(110, EVIL),
        b"110 % a remark\n0 % another\n" + body(110, EVIL).removeprefix(b"110 0 "),
        b"110\x800\xff" + body(110, EVIL).removeprefix(b"110 0 "),
        b"% 110 0 obj",
        b"trailer <</Root 900 0 R>>\n",
        b"trailer % a remark\n<</Root 900 0 R>>\n",
    ],
)
def test_what_no_cross_reference_names(between: bytes) -> None:
    """Who can't find the cross-reference, or does without it, finds this."""
    assert codes(updated_with(b""))[0] is ChangeLevel.LTA_UPDATES
    assert codes(updated_with(b"% a remark on objects and a trailer\n"))[0] is not None
    made = updated_with(between + b"\n")
    assert codes(made) == (None, {"changes_undetermined"})
    assert "pdf_object_unlisted" in brought(made)


def test_object_inside_the_data_of_another() -> None:
    data = signed(letter(1))
    objects = with_store(data) | {601: stream(b"\n" + body(110, EVIL))}
    assert codes(by_stream(data, objects, {}))[0] is None


def test_number_that_is_the_end_of_another() -> None:
    """The object that is listed as 56 is 656 to who looks for objects."""
    data = signed(letter(1))
    made = by_stream(data, with_store(data) | {656: stream(b"one")}, {})
    at = made.index(b"656 0 obj")
    moved = made.replace(at.to_bytes(4), (at + 1).to_bytes(4)).replace(b" 656 1 ", b" 56 1 ")
    assert codes(made)[0] is ChangeLevel.LTA_UPDATES
    assert isinstance(opened(moved).final_view.value(56), Stream)
    assert codes(moved)[0] is None


@pytest.mark.parametrize("more", [b"/Type/XRef/Root 900 0 R", b"/Type/ObjStm/N 1/First 6"])
def test_stream_that_is_more_than_it_is_listed_as(more: bytes) -> None:
    data = signed(letter(1))
    objects = with_store(data) | {700: stream(b"110 0 (Pay all)", more)}
    assert codes(by_stream(data, objects, {}))[0] is None


def test_trailer_without_root() -> None:
    data = signed(letter(1))
    made = appended(data, with_store(data), b"")
    assert codes(made)[0] is None
    assert "pdf_trailer_incomplete" in brought(made)


def test_hybrid_update_of_what_is_there() -> None:
    """Some programs take the table's word, some the stream's, some the older file's."""
    base = add_revision(b"", "table", {1: b"<</Type/Catalog/Pages 2 0 R>>"})
    whole = add_revision(base, "hybrid", {1: b"<</Type/Catalog/Pages 3 0 R>>"}, extra=910)
    fresh = add_revision(base, "hybrid", {5: b"<<>>"}, extra=910)
    assert {note.code for note in opened(whole).brought_by(2)} == {"pdf_object_hidden"}
    assert not opened(fresh).brought_by(2)


@pytest.mark.parametrize("name", [b"/Page#6K", b"/Pages\x80", b"/Pages\xff", b"/Pages#00"])
def test_name_that_is_another_to_others(name: bytes) -> None:
    data = signed(letter(1))
    objects = with_store(data) | {600: b"<</Certs[601 0 R]%b 901 0 R>>" % name}
    assert codes(by_stream(data, objects, {}))[0] is None


def test_number_glued_to_its_keyword() -> None:
    data = signed(letter(1))
    made = by_stream(data, with_store(data) | {700: b"true"}, {})
    assert codes(made.replace(b"700 0 obj\ntrue\n", b"700 0 objtrue\n\n"))[0] is None


@pytest.mark.parametrize(("count", "is_error"), [(700, False), (1100, True)])
def test_white_space_that_hides_the_end(count: int, *, is_error: bool) -> None:
    """Programs look for startxref near the end of a file, and else in their own way."""
    found = file_findings(opened(signed(letter(1)) + b"\n" * count))
    assert [finding.code for finding in found] == [
        "trailing_bytes" if is_error else "trailing_white_space"
    ]


def test_white_space_before_the_end_marker() -> None:
    data = updated_with(b"").removesuffix(b"%%EOF\n") + b"\n" * 1100 + b"%%EOF\n"
    assert codes(data)[0] is None


ODD_PAGE = (
    b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R /Rotate 90/Rotate 0"
)


@pytest.mark.parametrize(
    ("page", "level"),
    [
        (ODD_PAGE + b"/PZ 1>>", ChangeLevel.OTHER),
        (ODD_PAGE + b"/PZ 1/PZ 2>>", None),
        (ODD_PAGE + b"/Rotate 0>>", None),
        (ODD_PAGE.replace(b"90", b"180") + b">>", None),
    ],
)
def test_what_was_odd_before_stays_so_in_the_same_words_only(
    page: bytes, level: ChangeLevel | None
) -> None:
    """Whoever adds to it can't write it otherwise; what is added has to be clean."""
    data = signed(letter(2, page=b"/Rotate 90/Rotate 0"))
    assert ODD_PAGE + b">>" in data
    assert codes(appended(data, {11: page}))[0] is level
