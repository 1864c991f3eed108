"""Universal signature forgery, and what else is done to a signature in its place."""

import re
from collections.abc import Callable
from functools import partial

from antin.pdf.objects import Name, Ref
from antin.pdf.serialise import serialised
from tests.attacks.bases import by_antin, office
from tests.attacks.letter import TEXT_1
from tests.attacks.registry import attack
from tests.attacks.update import Update
from tests.pdfs import letter, opened, stream

_FORGERY = "universal signature forgery (CCS 2019)"
_RANGE = re.compile(rb"/ByteRange\s*\[([^\]]*)\]")


def _in_place(data: bytes, old: bytes, new: bytes) -> bytes:
    """Overwrite the last ``old`` by something no longer, padded with blanks."""
    assert len(new) <= len(old)
    at = data.rindex(old)
    return data[:at] + new.ljust(len(old)) + data[at + len(old) :]


def _range(data: bytes, change: Callable[[int, int, int], str]) -> bytes:
    found = list(_RANGE.finditer(data))[-1]
    _, end, again, rest = map(int, found[1].split())
    new = b"/ByteRange" + change(end, again, rest).encode()
    return data[: found.start()] + new.ljust(len(found[0])) + data[found.end() :]


def _contents(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    start, end = opened(data).signatures[-1].contents_span or (0, 0)
    new = change(data[start:end])
    assert len(new) <= end - start
    return data[:start] + new.ljust(end - start) + data[end:]


@attack("byte range missing", "signature_forgery", _FORGERY)
def byte_range_missing(data: bytes) -> bytes:
    return _in_place(data, b"/ByteRange", b"/ByteRangX")


@attack("byte range null", "signature_forgery", _FORGERY)
def byte_range_null(data: bytes) -> bytes:
    return _range(data, lambda _end, _again, _rest: " null")


@attack("byte range empty", "signature_forgery", _FORGERY)
def byte_range_empty(data: bytes) -> bytes:
    return _range(data, lambda _end, _again, _rest: "[]")


@attack("byte range of three numbers", "signature_forgery", _FORGERY)
def byte_range_odd(data: bytes) -> bytes:
    return _range(data, lambda end, again, _rest: f"[0 {end} {again}]")


@attack("byte range with a negative number", "signature_forgery", _FORGERY)
def byte_range_negative(data: bytes) -> bytes:
    return _range(data, lambda end, again, _rest: f"[0 {end} {again} -1]")


@attack("byte range of words", "signature_forgery", _FORGERY)
def byte_range_words(data: bytes) -> bytes:
    return _range(data, lambda end, again, _rest: f"[0 {end} {again} /a]")


@attack("byte range overlapping itself", "signature_forgery", _FORGERY)
def byte_range_overlapping(data: bytes) -> bytes:
    return _range(data, lambda end, again, rest: f"[0 {again} {end} {rest}]")


@attack("byte range over the whole file", "signature_forgery", _FORGERY)
def byte_range_whole(data: bytes) -> bytes:
    return _range(data, lambda _end, again, rest: f"[0 {again + rest} 0 0]")


@attack("byte range beyond the end", "signature_forgery", _FORGERY)
def byte_range_beyond(data: bytes) -> bytes:
    return _range(data, lambda end, again, rest: f"[0 {end} {again} {rest + 9}]")


@attack("byte range from later on", "signature_forgery", _FORGERY)
def byte_range_late(data: bytes) -> bytes:
    return _range(data, lambda end, again, rest: f"[9 {end - 9} {again} {rest}]")


@attack("contents missing", "signature_forgery", _FORGERY, "signature_wrapping")
def contents_missing(data: bytes) -> bytes:
    start, _ = opened(data).signatures[-1].contents_span or (0, 0)
    at = data.rindex(b"/Contents", 0, start)
    return data[:at] + b"/Contentx" + data[at + 9 :]


@attack("contents null", "signature_forgery", _FORGERY, "signature_wrapping")
def contents_null(data: bytes) -> bytes:
    return _contents(data, lambda _: b" null")


@attack("contents empty", "signature_forgery", _FORGERY, "signature_wrapping")
def contents_empty(data: bytes) -> bytes:
    return _contents(data, lambda _: b"<>")


@attack("contents zero", "signature_forgery", _FORGERY, "signature_wrapping")
def contents_zero(data: bytes) -> bytes:
    return _contents(data, lambda was: b"<" + b"0" * (len(was) - 2) + b">")


@attack("contents a number", "signature_forgery", _FORGERY, "signature_wrapping")
def contents_number(data: bytes) -> bytes:
    return _contents(data, lambda _: b" 0")


@attack("contents cut off", "signature_forgery", _FORGERY)
def contents_cut(data: bytes) -> bytes:
    return _contents(data, lambda was: was[:100] + b"0" * (len(was) - 101) + b">")


@attack("contents of other bytes", "signature_forgery", _FORGERY)
def contents_garbage(data: bytes) -> bytes:
    return _contents(data, lambda was: b"<ff" + was[3:])


@attack("byte range spoiled by an update", "signature_forgery", _FORGERY, "signature_hidden")
def byte_range_updated(data: bytes) -> bytes:
    update = Update(data)
    number = update.signature_number
    return update.edit(number, ByteRange=None).data


@attack(
    "contents spoiled by an update",
    "signature_forgery",
    _FORGERY,
    "signature_wrapping",
    "signature_hidden",
)
def contents_updated(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.signature_number, Contents=b"\0\0").data


@attack(
    "words of the signature overwritten in place",
    "signed_bytes",
    "/Reason is part of the signed bytes",
)
def reason_in_place(data: bytes) -> bytes:
    return _in_place(data, b"Approved", b"Rejected")


@attack("text overwritten in place", "signed_bytes", "a byte flipped on its way")
def text_in_place(data: bytes) -> bytes:
    return _in_place(data, b"Pay ten", b"Pay all")


@attack("signature of another document", "signed_bytes", "a signature is only worth its document")
def copied_signature(data: bytes) -> bytes:
    other = by_antin(letter(1), office().officer)
    cms = opened(other).signatures[0].contents.rstrip(b"\0")

    def exchanged(was: bytes) -> bytes:
        return b"<" + cms.hex().encode().ljust(len(was) - 2, b"0") + b">"

    return _contents(data, exchanged)


def _claiming(key: str, value: bytes, data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.signature_number, **{key: value}).data


for _what, _key, _value in (
    ("words of the signature", "Reason", b"Rejected"),
    ("time of the signature", "M", b"D:20200101000000Z"),
    ("name in the signature", "Name", b"Tran Thi B"),
    ("place in the signature", "Location", b"Hue"),
):
    attack(
        f"{_what} overwritten",
        "signature_entries",
        f"an update that changes /{_key} only",
        "signature_wrapping",
        "signature_hidden",
    )(partial(_claiming, _key, _value))


def _look(update: Update) -> int:
    field = update.get(update.field_number)
    normal = update.document.final_view.dictionary(field.get("AP")).get("N")
    assert isinstance(normal, Ref)
    return normal.number


@attack(
    "appearance of the signature redrawn",
    "signature_appearance",
    "the stream that the signature shows is overwritten",
)
def appearance_redrawn(data: bytes) -> bytes:
    update = Update(data)
    return update.redraw(_look(update), b"0 0 9 9 re f 1 1 1 rg 9 9 9 9 re f").data


@attack(
    "appearance of the signature exchanged",
    "signature_appearance",
    "the field shows another stream",
)
def appearance_exchanged(data: bytes) -> bytes:
    update = Update(data)
    look = stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    field = update.field_number
    return update.edit(field, AP={"N": update.add(look)}).data


@attack("signature field unlinked", "signature_hidden", "the form does not list it any more")
def field_unlinked(data: bytes) -> bytes:
    update = Update(data)
    field = Ref(update.field_number)
    kept = tuple(item for item in update.listed(update.form(), "Fields") if item != field)
    return update.edit(update.form(), Fields=kept).data


@attack("signature taken off its page", "shadow_hide", "the page does not list it any more")
def widget_unlinked(data: bytes) -> bytes:
    update = Update(data)
    field = Ref(update.field_number)
    page = update.document.pages.pages[0]
    kept = tuple(item for item in update.listed(page, "Annots") if item != field)
    return update.edit(page, Annots=kept).data


@attack("signature field renamed", "signature_field", "another name is shown for it")
def field_renamed(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.field_number, T=b"Director").data


@attack("signature field moved", "signature_field", "it stands beside another text")
def field_moved(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.field_number, Rect=(300, 700, 400, 740)).data


@attack("signature field resized", "signature_field", "its stamp covers the page")
def field_resized(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.field_number, Rect=(0, 0, 595, 842)).data


@attack("signature field hidden", "signature_field", "viewers don't show it any more")
def field_hidden(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.field_number, F=2).data


@attack("signature field put under another", "signature_field", "its full name is another one")
def field_grouped(data: bytes) -> bytes:
    update = Update(data)
    field = update.field_number
    group = update.add(b"<</T(Ministry)/Kids[%d 0 R]>>" % field)
    listed = update.listed(update.form(), "Fields")
    update.edit(field, Parent=group)
    fields = tuple(group if item == Ref(field) else item for item in listed)
    return update.edit(update.form(), Fields=fields).data


@attack(
    "two fields with one signature",
    "signature_field",
    "a further field shows the signature of another person as its own",
)
def shared_signature(data: bytes) -> bytes:
    update = Update(data)
    value = update.signature_number
    twin = update.add(b"<</FT/Sig/T(Director)/V %d 0 R>>" % value)
    fields = update.listed(update.form(), "Fields")
    return update.edit(update.form(), Fields=(*fields, twin)).data


@attack("signature removed", "signature_hidden", "its field is empty again")
def value_removed(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.field_number, V=None).data


@attack("signature made something else", "signature_hidden", "its field is a text field now")
def value_exchanged(data: bytes) -> bytes:
    update = Update(data)
    field = update.field_number
    return update.edit(field, V=b"signed", FT=Name("Tx")).data


@attack(
    "signature dictionary rewritten",
    "signature_wrapping",
    "the dictionary is repeated behind what it signs (CCS 2019)",
)
def dictionary_rewritten(data: bytes) -> bytes:
    update = Update(data)
    number = update.signature_number
    return update.put(number, serialised({**update.get(number)})).data


@attack(
    "signature copied with new content",
    "signature_wrapping",
    "an incremental update with a copy of the signature (CCS 2019)",
    "incremental_saving",
)
def copied_with_content(data: bytes) -> bytes:
    update = Update(data)
    copy = update.add(serialised({**update.get(update.signature_number)}))
    update.edit(update.field_number, V=copy)
    return update.redraw(TEXT_1, b"BT /F 12 Tf 72 700 Td (Pay all) Tj ET").data
