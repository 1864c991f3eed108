"""Shadow attacks, pages, what pages draw with, annotations and stamps."""

from antin.pdf.objects import Dictionary, Name, Ref
from tests.attacks.bases import PLACEHOLDER, by_pyhanko, completed, office
from tests.attacks.letter import (
    COLOURS,
    COVER,
    FIELD,
    FIELD_LOOK,
    FONT,
    FORM_XOBJECT,
    IMAGE,
    LAYER,
    NOTE,
    NOTE_LOOK,
    OTHER_PAGE,
    OTHER_PAGES,
    OTHER_TEXT,
    PAGE_1,
    PAGE_2,
    PAGE_3,
    PAGES,
    PATTERN,
    SHARED,
    STATE,
    STORED,
    TEXT_2,
)
from tests.attacks.registry import attack
from tests.attacks.update import Update
from tests.pdfs import stream

_SHADOW = "shadow attack (NDSS 2021)"
_WHOLE = (0, 0, 595, 842)
_BLANK = stream(
    b"1 g 0 0 595 842 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<>>"
)


@attack("covering picture freed", "shadow_hide", _SHADOW)
def cover_freed(data: bytes) -> bytes:
    return Update(data).free(COVER).data


@attack("covering picture emptied", "shadow_hide", _SHADOW)
def cover_emptied(data: bytes) -> bytes:
    return Update(data).redraw(COVER, b"").data


@attack("covering picture renamed", "resources_redirected", _SHADOW)
def cover_renamed(data: bytes) -> bytes:
    update = Update(data)
    font, nothing = {"F": Ref(FONT)}, update.add(stream(b"", b"/Subtype/Form/BBox[0 0 1 1]"))
    drawn = {"Fm": Ref(FORM_XOBJECT), "Cover": nothing}
    return update.edit(PAGE_1, Resources={"Font": font, "XObject": drawn}).data


@attack("covering annotation removed", "shadow_hide", _SHADOW)
def note_removed(data: bytes) -> bytes:
    return Update(data).edit(PAGE_2, Annots=None).data


@attack("covering annotation hidden", "shadow_hide", _SHADOW)
def note_hidden(data: bytes) -> bytes:
    return Update(data).edit(NOTE, F=2).data


@attack("look of a field exchanged, not its value", "shadow_replace", _SHADOW)
def field_redrawn(data: bytes) -> bytes:
    return Update(data).redraw(FIELD_LOOK, b"BT /F 9 Tf (B) Tj ET").data


@attack("field shows another stream, not another value", "shadow_replace", _SHADOW)
def field_look_exchanged(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(FIELD, AP={"N": update.add(_BLANK)}).data


@attack("drawing exchanged", "shadow_replace", _SHADOW)
def drawing_exchanged(data: bytes) -> bytes:
    return Update(data).redraw(FORM_XOBJECT, b"BT /F 12 Tf (Pay all) Tj ET 0 0 595 842 re").data


@attack("picture exchanged", "shadow_replace", _SHADOW)
def picture_exchanged(data: bytes) -> bytes:
    return Update(data).redraw(IMAGE, b"\xff" * 64, Width=8, Height=8).data


@attack("font exchanged", "font_exchanged", _SHADOW)
def font_exchanged(data: bytes) -> bytes:
    return Update(data).edit(FONT, BaseFont=Name("ZapfDingbats")).data


@attack("encoding of the font exchanged", "font_exchanged", _SHADOW)
def encoding_exchanged(data: bytes) -> bytes:
    encoding: Dictionary = {"Type": Name("Encoding"), "Differences": (49, Name("nine"))}
    return Update(data).edit(FONT, Encoding=encoding).data


@attack("pages that lay ready", "shadow_hide_and_replace", _SHADOW, "pages_rearranged")
def pages_that_lay_ready(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.catalog(), Pages=Ref(OTHER_PAGES)).data


@attack("page that lay ready put in", "shadow_hide_and_replace", _SHADOW, "pages_rearranged")
def page_that_lay_ready(data: bytes) -> bytes:
    kids = tuple(map(Ref, (OTHER_PAGE, PAGE_2, PAGE_3)))
    return Update(data).edit(PAGES, Kids=kids).data


@attack("content that lay ready", "shadow_hide_and_replace", _SHADOW)
def content_that_lay_ready(data: bytes) -> bytes:
    return Update(data).edit(PAGE_1, Contents=Ref(OTHER_TEXT)).data


@attack("page added", "pages_rearranged", "a page that nobody signed")
def page_added(data: bytes) -> bytes:
    update = Update(data)
    page = update.add(b"<</Type/Page/Parent 2 0 R/Contents %d 0 R>>" % OTHER_TEXT)
    kids = (Ref(PAGE_1), page, Ref(PAGE_2), Ref(PAGE_3))
    return update.edit(PAGES, Kids=kids, Count=4).data


@attack("page removed", "pages_rearranged", "a signed page is not shown any more")
def page_removed(data: bytes) -> bytes:
    return Update(data).edit(PAGES, Kids=(Ref(PAGE_1), Ref(PAGE_3)), Count=2).data


@attack("page freed", "pages_rearranged", "the same by a free entry", "incremental_saving")
def page_freed(data: bytes) -> bytes:
    return Update(data).free(PAGE_2).data


@attack("pages in another order", "pages_rearranged", "the terms stand elsewhere")
def pages_reordered(data: bytes) -> bytes:
    return Update(data).edit(PAGES, Kids=tuple(map(Ref, (PAGE_2, PAGE_1, PAGE_3)))).data


@attack("page shown twice", "pages_rearranged", "a page is repeated")
def page_twice(data: bytes) -> bytes:
    kids = tuple(map(Ref, (PAGE_1, PAGE_2, PAGE_2, PAGE_3)))
    return Update(data).edit(PAGES, Kids=kids, Count=4).data


@attack("page turned", "page_frame", "/Rotate")
def page_turned(data: bytes) -> bytes:
    return Update(data).edit(PAGE_2, Rotate=180).data


@attack("page cropped", "page_frame", "/CropBox leaves a part out")
def page_cropped(data: bytes) -> bytes:
    return Update(data).edit(PAGE_2, CropBox=(0, 0, 595, 600)).data


@attack("all pages cropped", "page_frame", "the size that pages inherit")
def pages_cropped(data: bytes) -> bytes:
    return Update(data).edit(PAGES, MediaBox=(0, 0, 595, 600)).data


@attack(
    "resources that a page inherits exchanged",
    "resources_redirected",
    "the page itself is untouched",
)
def inherited_resources(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(PAGES, Resources=update.add(b"<</Font<</F 3 0 R>>>>")).data


@attack(
    "resources of a page's own",
    "resources_redirected",
    "an inherited name leads elsewhere for one page",
)
def own_resources(data: bytes) -> bytes:
    update = Update(data)
    other = update.add(b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")
    return update.edit(PAGE_3, Resources={"Font": {"F": other}}).data


@attack(
    "shared resources overwritten", "resources_redirected", "a name leads elsewhere for all pages"
)
def shared_resources(data: bytes) -> bytes:
    update = Update(data)
    other = update.add(b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")
    return update.edit(SHARED, Font={"F": other}).data


@attack("colour space exchanged", "colours_exchanged", "black becomes white")
def colours_exchanged(data: bytes) -> bytes:
    white = b"[/CalGray<</WhitePoint[0.9505 1.0 1.089]/BlackPoint[1 1 1]>>]"
    return Update(data).put(COLOURS, white).data


@attack("pattern exchanged", "colours_exchanged", "a pattern covers or uncovers")
def pattern_exchanged(data: bytes) -> bytes:
    return Update(data).redraw(PATTERN, b"1 g 0 0 2 2 re f 0 0 2 2 re f").data


@attack("content made transparent", "colours_exchanged", "/ca of a graphics state")
def transparency(data: bytes) -> bytes:
    return Update(data).edit(STATE, ca=0).data


@attack("layer renamed", "layers_switched", "another layer is meant")
def layer_renamed(data: bytes) -> bytes:
    return Update(data).edit(LAYER, Intent=Name("Design")).data


_EVIL = "evil annotation (S&P 2021)"


def _annotated(data: bytes, page: int, body: bytes) -> bytes:
    update = Update(data)
    added = update.add(b"<</Type/Annot/Rect[0 0 595 842]%b>>" % body)
    return update.edit(page, Annots=(*update.listed(page, "Annots"), added)).data


@attack("free text over the page", "evil_annotation", _EVIL)
def free_text(data: bytes) -> bytes:
    return _annotated(data, PAGE_2, b"/Subtype/FreeText/Contents(Pay all)/DA(/F 99 Tf)/F 4")


@attack("stamp over the page", "evil_annotation", _EVIL)
def stamp_over(data: bytes) -> bytes:
    return _annotated(data, PAGE_3, b"/Subtype/Stamp/F 4/AP<</N 6 0 R>>")


@attack("redaction of the page", "evil_annotation", _EVIL)
def redaction(data: bytes) -> bytes:
    return _annotated(data, PAGE_1, b"/Subtype/Redact/IC[1 1 1]/OverlayText(Pay all)")


@attack("annotation written anew", "evil_annotation", _EVIL)
def note_rewritten(data: bytes) -> bytes:
    return Update(data).edit(NOTE, Contents=b"Pay all", Rect=_WHOLE).data


@attack("annotation redrawn", "evil_annotation", _EVIL)
def note_redrawn(data: bytes) -> bytes:
    return Update(data).redraw(NOTE_LOOK, b"BT /F 9 Tf (never seen before) Tj ET").data


@attack("annotation in the page's list itself", "evil_annotation", _EVIL)
def direct_annotation(data: bytes) -> bytes:
    direct: Dictionary = {
        "Type": Name("Annot"),
        "Subtype": Name("Square"),
        "Rect": _WHOLE,
        "IC": (1, 1, 1),
    }
    return Update(data).edit(PAGE_3, Annots=(direct,)).data


@attack("link to an address", "action_added", "a click leads elsewhere")
def link_added(data: bytes) -> bytes:
    return _annotated(data, PAGE_2, b"/Subtype/Link/A<</S/URI/URI(http://127.0.0.1/)>>")


@attack("attachment pinned to a page", "file_exchanged", "a file as an annotation")
def attachment_pinned(data: bytes) -> bytes:
    return _annotated(data, PAGE_2, b"/Subtype/FileAttachment/FS 46 0 R")


_SNEAKY = "sneaky signature (S&P 2021)"


@attack("empty signature field over the page", "sneaky_signature", _SNEAKY)
def empty_field_over(data: bytes) -> bytes:
    return _field_over(data, b"")


@attack("signature of a stranger over the page", "sneaky_signature", _SNEAKY)
def stranger_over(data: bytes) -> bytes:
    return by_pyhanko(data, office().stranger, "Stranger", box=_WHOLE)


@attack("signature of an officer over the page", "sneaky_signature", _SNEAKY)
def officer_over(data: bytes) -> bytes:
    """Nobody's certificate is wrong here: only what the stamp does to the page."""
    return by_pyhanko(data, office().other, "Officer", box=_WHOLE)


@attack("signature that is none over the page", "sneaky_signature", _SNEAKY, "signature_forgery")
def forged_over(data: bytes) -> bytes:
    return _field_over(data, b"/V<</Type/Sig/Filter/Adobe.PPKLite/Contents<00>>>")


@attack(
    "empty signature field drawn later",
    "shadow_replace",
    "laid over the page unseen, and then seen",
)
def field_drawn_later(data: bytes) -> bytes:
    first = Update(data)
    field = first.add_field(
        b"<</FT/Sig/T(Seal)/Type/Annot/Subtype/Widget/F 4/P 10 0 R/Rect[0 0 595 842]>>"
    )
    second = Update(first.data)
    return second.edit(field, AP={"N": second.add(_BLANK)}).data


@attack(
    "empty signature field unhidden later",
    "form_altered",
    "laid over the page unseen, and then seen",
)
def field_unhidden_later(data: bytes) -> bytes:
    update = Update(data)
    field = update.add_field(
        b"<</FT/Sig/T(Seal)/Type/Annot/Subtype/Widget/F 2/P 10 0 R/Rect[0 0 595 842]"
        b"/AP<</N %d 0 R>>>>" % update.add(_BLANK).number
    )
    return Update(update.data).edit(field, F=4).data


@attack(
    "script of an empty signature field", "action_added", "opening the page is enough to start it"
)
def field_with_script(data: bytes) -> bytes:
    update = Update(data)
    update.add_field(
        b"<</FT/Sig/T(Seal)/Type/Annot/Subtype/Widget/P 10 0 R/Rect[0 0 0 0]"
        b"/AA<</PO<</S/JavaScript/JS(app.alert(1))>>>>>>"
    )
    return update.data


@attack("stamp of an officer cut in pieces", "sneaky_signature", _SNEAKY)
def stamp_in_pieces(data: bytes) -> bytes:
    """Show one signature by four fields, each of them small enough."""
    update = Update(data)
    value, look = update.add(PLACEHOLDER), update.add(_BLANK)
    fields: list[Ref] = []
    for n in range(4):
        field = update.add(
            b"<</FT/Sig/T(Officer%d)/V %d 0 R/Type/Annot/Subtype/Widget/F 132/P 10 0 R"
            b"/Rect[0 %d 595 %d]/AP<</N %d 0 R>>>>"
            % (n, value.number, 200 * n, 200 * n + 200, look.number)
        )
        fields.append(field)
    form = update.form()
    update.edit(form, Fields=(*update.listed(form, "Fields"), *fields))
    update.edit(PAGE_1, Annots=(*update.listed(PAGE_1, "Annots"), *fields))
    return completed(update.data, office().other)


def _field_over(data: bytes, rest: bytes) -> bytes:
    update = Update(data)
    update.add_field(
        b"<</FT/Sig/T(Seal)/Type/Annot/Subtype/Widget/F 4/P 10 0 R/Rect[0 0 595 842]"
        b"/AP<</N %d 0 R>>%b>>" % (update.add(_BLANK).number, rest)
    )
    return update.data


@attack(
    "time-stamp that shows something",
    "timestamp_vehicle",
    "anybody gets a time-stamp from a trusted authority",
    "signature_forgery",
    "signature_wrapping",
    "incremental_saving",
)
def stamp_shown(data: bytes) -> bytes:
    return _field_over(
        data, b"/V<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 1 2 3]>>"
    )


@attack(
    "stamp of a time-stamp without a name",
    "sneaky_signature",
    "nothing says that it is a time-stamp, which anybody gets",
)
def nameless_stamp(data: bytes) -> bytes:
    update = Update(data)
    value = update.add(PLACEHOLDER.replace(b"/SubFilter/adbe.pkcs7.detached", b""))
    update.add_field(
        b"<</FT/Sig/T(Director)/V %d 0 R/Type/Annot/Subtype/Widget/F 132/P 10 0 R"
        b"/Rect[300 40 400 80]/AP<</N %d 0 R>>>>" % (value.number, update.add(_BLANK).number)
    )
    return completed(update.data, office().tsa, token=True)


@attack(
    "change under a time-stamp",
    "timestamp_vehicle",
    "the time-stamp's own revision changes a page",
    "incremental_saving",
    "signature_forgery",
    "signature_wrapping",
)
def change_under_stamp(data: bytes) -> bytes:
    update = Update(data)
    value = b"<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 1 2 3]>>"
    field = update.add(b"<</FT/Sig/T(Time)/V %b>>" % value)
    update.edit(update.form(), Fields=(*update.listed(update.form(), "Fields"), field))
    return update.redraw(TEXT_2, b"BT /F 12 Tf 72 700 Td (No terms) Tj ET").data


@attack(
    "certificate that a page draws",
    "validation_data_vehicle",
    "an object of the validation store is a drawing as well",
)
def stored_drawing(data: bytes) -> bytes:
    return Update(data).redraw(STORED, b"BT /F 12 Tf (Pay all) Tj ET 0 0 595 842 re").data
