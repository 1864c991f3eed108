"""Incremental saving, signature wrapping, and tricks of the cross-reference."""

import re

from antin.pdf.objects import Ref
from antin.pdf.serialise import serialised
from tests.attacks.letter import (
    FONT,
    MISSING,
    OTHER_CATALOG,
    OTHER_PAGES,
    PAGE_1,
    TEXT_1,
)
from tests.attacks.registry import attack
from tests.attacks.update import Update
from tests.pdf_forms import add_revision
from tests.pdfs import appended, opened, stream

_SAVING = "incremental saving (CCS 2019)"
_WRAPPING = "signature wrapping (CCS 2019)"
_EVIL = stream(b"BT /F 12 Tf 72 700 Td (Pay all) Tj ET")
_BODY = b"%d 0 obj\n%b\nendobj\n" % (TEXT_1, _EVIL)


@attack("content saved again", "incremental_saving", _SAVING)
def content_saved(data: bytes) -> bytes:
    return Update(data).put(TEXT_1, _EVIL).data


@attack("content appended without a cross-reference", "incremental_saving", _SAVING)
def body_only(data: bytes) -> bytes:
    return data + _BODY


@attack("content appended without a trailer", "incremental_saving", _SAVING)
def without_trailer(data: bytes) -> bytes:
    table = b"xref\n%d 1\n%010d 00000 n \n" % (TEXT_1, len(data))
    return data + _BODY + table


@attack("content appended without a table", "incremental_saving", _SAVING)
def without_table(data: bytes) -> bytes:
    return data + _BODY + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


@attack("comment appended", "incremental_saving", _SAVING)
def comment_appended(data: bytes) -> bytes:
    return data + b"% (Pay all)\n"


@attack("page content replaced by an update", "incremental_saving", _SAVING)
def contents_replaced(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(PAGE_1, Contents=update.add(_EVIL)).data


@attack("page content put before the signed one", "incremental_saving", _SAVING)
def contents_prefixed(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(PAGE_1, Contents=(update.add(_EVIL), Ref(TEXT_1))).data


@attack(
    "second part of the signed bytes moved",
    "signature_wrapping",
    _WRAPPING,
    "incremental_saving",
    "signed_bytes",
    "signature_hidden",
)
def second_part_moved(data: bytes) -> bytes:
    """Put a cross-reference of one's own where the signed one was, and move that to the end."""
    document = opened(data)
    start, end = document.signatures[0].contents_span or (0, 0)
    table = document.newest_section.start
    closing = data[end : data.index(b"endobj", end) + 7]
    room = 2000
    added = (table - end) + room + len(_BODY)
    rows = {TEXT_1: table + room}
    for number in sorted(document.history.numbers() - {0, TEXT_1}):
        place = document.final_view.place(number)
        assert place is not None
        assert isinstance(place.where, int)
        rows[number] = place.where + (added if place.where > end else 0)
    xref = b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % row for row in sorted(rows.items()))
    xref += b"trailer\n<</Size %d/Root 1 0 R>>\n" % (document.highest_number + 1)
    wrapped = closing.ljust(table - end, b"\n") + xref.ljust(room) + _BODY
    whole = data[:end] + wrapped + data[end:]
    found = re.search(rb"\[0 %d %d \d+\s*\]" % (start, end), whole)
    assert found is not None
    new = b"[0 %d %d %d]" % (start, end + len(wrapped), len(data) - end)
    return whole[: found.start()] + new.ljust(len(found[0])) + whole[found.end() :]


@attack("object in the padding of the signature", "signature_hidden", _WRAPPING)
def object_in_padding(data: bytes) -> bytes:
    _, end = opened(data).signatures[0].contents_span or (0, 0)
    inside = b"\n" + _BODY
    return data[: end - 1 - len(inside)] + inside + data[end - 1 :]


@attack("comment in the room of the signature", "signature_hidden", _WRAPPING)
def comment_in_padding(data: bytes) -> bytes:
    _, end = opened(data).signatures[0].contents_span or (0, 0)
    inside = b"% Pay all\n"
    return data[: end - 1 - len(inside)] + inside + data[end - 1 :]


@attack("two signatures in one room", "signature_wrapping", _WRAPPING)
def shared_room(data: bytes) -> bytes:
    update = Update(data)
    copy = update.add(serialised({**update.get(update.signature_number)}))
    twin = update.add(b"<</FT/Sig/T(Director)/V %d 0 R>>" % copy.number)
    fields = update.listed(update.form(), "Fields")
    return update.edit(update.form(), Fields=(*fields, twin)).data


_TRICK = "programs find another document in the same bytes"


@attack(
    "another catalogue", "catalog_exchanged", _TRICK, "shadow_hide_and_replace", "pages_rearranged"
)
def new_catalog(data: bytes) -> bytes:
    update = Update(data)
    entries = {**update.get(update.catalog()), "Pages": Ref(OTHER_PAGES)}
    update.root = update.add(serialised(entries)).number
    return update.data


@attack("another catalogue without signatures", "signature_hidden", _TRICK)
def other_catalog(data: bytes) -> bytes:
    update = Update(data)
    update.root = OTHER_CATALOG
    return update.data


@attack(
    "update without a way back",
    "incremental_saving",
    "/Prev is missing",
    "signature_wrapping",
    "signature_hidden",
)
def without_previous(data: bytes) -> bytes:
    update = Update(data)
    update.previous = None
    view = update.document.final_view
    for number in sorted(update.document.history.numbers() - {0}):
        place = view.place(number)
        if place is not None and isinstance(place.where, int):
            start = data.index(b"obj", place.where) + 3
            update.put(number, data[start : data.index(b"endobj", start)].strip())
    update.put(TEXT_1, _EVIL)
    return update.data


@attack(
    "object that only some programs see",
    "two_readings",
    "a hybrid file's stream overrides an object of the table",
)
def hybrid_hidden(data: bytes) -> bytes:
    return add_revision(
        data, "hybrid", {FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}, extra=900
    )


@attack(
    "object that no cross-reference names",
    "two_readings",
    "programs that look for objects take the last one",
)
def unlisted_object(data: bytes) -> bytes:
    made = Update(data).put(600, b"(nothing)").data
    at = made.rindex(b"\nxref\n") + 1
    moved = made[:at] + _BODY + made[at:]
    return re.sub(rb"startxref\n%d\n" % at, b"startxref\n%d\n" % (at + len(_BODY)), moved)


@attack("object twice in one table", "two_readings", "the first counts here, the last there")
def listed_twice(data: bytes) -> bytes:
    made = Update(data).put(FONT, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>").data
    at = made.rindex(b"trailer\n<<")
    row = b"%d 1\n%010d 00000 n \n" % (FONT, made.index(b"\n%d 0 obj" % TEXT_1) + 1)
    return made[:at] + row + made[at:]


@attack("object of another generation", "two_readings", "programs differ in which one is meant")
def other_generation(data: bytes) -> bytes:
    made = Update(data).put(TEXT_1, _EVIL).data
    made = made.replace(b"\n%d 0 obj\n%b" % (TEXT_1, _EVIL), b"\n%d 1 obj\n%b" % (TEXT_1, _EVIL))
    at = made.rindex(b"\n%d 1\n" % TEXT_1)
    return made[:at] + made[at:].replace(b" 00000 n", b" 00001 n", 1)


@attack("key that stands twice", "two_readings", "of two values each program takes another")
def key_twice(data: bytes) -> bytes:
    update = Update(data)
    body = serialised({**update.get(PAGE_1)})[:-2]
    contents = update.add(_EVIL)
    return update.put(PAGE_1, body + b"/Contents %d 0 R>>" % contents.number).data


@attack("object freed", "shadow_hide", "a free entry takes the content away")
def freed(data: bytes) -> bytes:
    return Update(data).free(TEXT_1).data


@attack(
    "entry led into a signed stream",
    "two_readings",
    "what was data when it was signed is an object now",
)
def entry_into_stream(data: bytes) -> bytes:
    return _entry(data, TEXT_1, data.index(b"%d 0 obj %% laid ready" % TEXT_1))


def _entry(data: bytes, number: int, offset: int) -> bytes:
    made = Update(data).put(number, b"null").data
    at = made.rindex(b"\n%d 1\n" % number) + len(b"\n%d 1\n" % number)
    return made[:at] + b"%010d" % offset + made[at + 10 :]


@attack(
    "missing object supplied",
    "planted_reference",
    "the signed page names an object that does not exist yet",
)
def missing_supplied(data: bytes) -> bytes:
    look = stream(b"0 0 595 842 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
    return Update(data).put(MISSING, look).data


@attack(
    "missing object supplied as validation data",
    "planted_reference",
    "the same, in the store of certificates",
)
def missing_supplied_as_certificate(data: bytes) -> bytes:
    update = Update(data)
    look = stream(b"0 0 595 842 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
    store = update.document.final_view.catalog["DSS"]
    assert isinstance(store, Ref)
    certificates = (*update.listed(store.number, "Certs"), Ref(MISSING))
    return update.put(MISSING, look).edit(store.number, Certs=certificates).data


@attack(
    "change taken back",
    "change_undone",
    "one state is shown, and then the signed one again",
    "incremental_saving",
)
def change_undone(data: bytes) -> bytes:
    start = data.index(b"\n%d 0 obj\n" % TEXT_1) + len(b"\n%d 0 obj\n" % TEXT_1)
    body = data[start : data.index(b"\nendobj", start)]
    once = Update(data).put(TEXT_1, _EVIL).data
    return appended(once, {TEXT_1: body}, b"/Root 1 0 R/Info 54 0 R")


@attack(
    "stream in place of the table's object",
    "two_readings",
    "the object stream says another thing than the table",
)
def object_stream_against_table(data: bytes) -> bytes:
    """Add an object stream that holds page 1's font, of which the new section does not tell."""
    body = b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"
    held = stream(b"%d 0 " % FONT + body, b"/Type/ObjStm/N 1/First %d" % len(b"%d 0 " % FONT))
    return Update(data).put(600, held).data
