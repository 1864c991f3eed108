"""The form, actions, layers, attached files, metadata, navigation and structure."""

from antin.pdf.objects import Dictionary, Name, Ref, Value
from tests.attacks.letter import (
    ATTACHED,
    BOOKMARK,
    FIELD,
    FILE_DATA,
    FILE_SPEC,
    INFO,
    LAYER,
    NAMES,
    NOTE,
    OUTLINES,
    PAGE_1,
    PARAGRAPH,
    STRUCTURE,
    XMP,
)
from tests.attacks.registry import attack
from tests.attacks.update import Update
from tests.pdfs import stream

_SCRIPT: Dictionary = {"S": Name("JavaScript"), "JS": b"app.alert(1)"}


def _in_catalog(data: bytes, **entries: Value) -> bytes:
    update = Update(data)
    return update.edit(update.catalog(), **entries).data


@attack("appearances to be drawn anew", "form_altered", "/NeedAppearances")
def need_appearances(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.form(), NeedAppearances=True).data


@attack("form of another kind", "form_altered", "/XFA is shown instead of the pages")
def xfa(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(update.form(), XFA=update.add(stream(b"<xdp/>"))).data


@attack("font of a field supplied", "form_altered", "a field names a font that was not there")
def default_font(data: bytes) -> bytes:
    update = Update(data)
    font = update.add(b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>")
    return update.edit(update.form(), DR={"Font": {"Sum": font}}).data


@attack("field added", "form_altered", "a field that nobody signed", "evil_annotation")
def field_added(data: bytes) -> bytes:
    update = Update(data)
    update.add_field(
        b"<</FT/Tx/T(sum)/V(all)/Type/Annot/Subtype/Widget/P 10 0 R/F 4"
        b"/Rect[50 600 500 700]/AP<</N 6 0 R>>>>"
    )
    return update.data


@attack("field removed", "form_altered", "a field that was signed", "shadow_hide")
def field_removed(data: bytes) -> bytes:
    update = Update(data)
    kept = tuple(item for item in update.listed(update.form(), "Fields") if item != Ref(FIELD))
    update.edit(update.form(), Fields=kept)
    annotations = update.listed(PAGE_1, "Annots")
    return update.edit(PAGE_1, Annots=tuple(a for a in annotations if a != Ref(FIELD))).data


@attack("field moved", "form_altered", "what is filled in stands beside another text")
def field_moved(data: bytes) -> bytes:
    return Update(data).edit(FIELD, Rect=(10, 600, 90, 630)).data


@attack("field hidden", "shadow_hide", "what was filled in is not shown any more")
def field_hidden(data: bytes) -> bytes:
    return Update(data).edit(FIELD, F=2).data


@attack("fields of one name", "form_altered", "a namesake shows another value", "evil_annotation")
def namesake_added(data: bytes) -> bytes:
    update = Update(data)
    update.add_field(
        b"<</FT/Tx/T(name)/V(B)/Type/Annot/Subtype/Widget/P 10 0 R/F 4"
        b"/Rect[10 10 90 30]/AP<</N 6 0 R>>>>"
    )
    return update.data


@attack("script at opening", "action_added", "/OpenAction")
def open_action(data: bytes) -> bytes:
    return _in_catalog(data, OpenAction=_SCRIPT)


@attack("script among the names", "action_added", "a document script")
def named_script(data: bytes) -> bytes:
    tree: Dictionary = {"Names": (b"run", _SCRIPT)}
    return Update(data).edit(NAMES, JavaScript=tree).data


@attack("script of other names", "action_added", "another name dictionary", "file_exchanged")
def other_names(data: bytes) -> bytes:
    update = Update(data)
    names = update.add(b"<</JavaScript<</Names[(run)<</S/JavaScript/JS(x)>>]>>>>")
    return update.edit(update.catalog(), Names=names).data


@attack("script before printing", "action_added", "/AA of the catalogue")
def catalog_actions(data: bytes) -> bytes:
    return _in_catalog(data, AA={"WP": _SCRIPT})


@attack("script of a page", "action_added", "/AA of a page")
def page_actions(data: bytes) -> bytes:
    return Update(data).edit(PAGE_1, AA={"O": _SCRIPT}).data


@attack("script of a field", "action_added", "/AA of a form field")
def field_actions(data: bytes) -> bytes:
    return Update(data).edit(FIELD, AA={"F": _SCRIPT}).data


@attack("script of an annotation", "action_added", "/A of an annotation")
def note_action(data: bytes) -> bytes:
    return Update(data).edit(NOTE, A=_SCRIPT).data


@attack("program to be started", "action_added", "/Launch at opening")
def launch(data: bytes) -> bytes:
    return _in_catalog(data, OpenAction={"S": Name("Launch"), "F": b"cmd.exe"})


@attack("bookmark that starts something", "action_added", "/A of a bookmark")
def bookmark_action(data: bytes) -> bytes:
    return Update(data).edit(BOOKMARK, Dest=None, A=_SCRIPT).data


@attack("addresses led elsewhere", "action_added", "/URI of the catalogue")
def base_address(data: bytes) -> bytes:
    return _in_catalog(data, URI={"Base": b"http://127.0.0.1/"})


@attack("layer switched off", "layers_switched", "its content is not shown any more")
def layer_off(data: bytes) -> bytes:
    default = {"OFF": (Ref(LAYER),), "Order": (Ref(LAYER),)}
    return _in_catalog(data, OCProperties={"OCGs": (Ref(LAYER),), "D": default})


@attack("attached file exchanged", "file_exchanged", "the same name, other bytes")
def file_exchanged(data: bytes) -> bytes:
    return Update(data).redraw(FILE_DATA, b"exchanged, and longer than it was").data


@attack("attached file added", "file_exchanged", "one more in the list")
def file_added(data: bytes) -> bytes:
    update = Update(data)
    spec = update.add(b"<</Type/Filespec/F(b.txt)/EF<</F %d 0 R>>>>" % FILE_DATA)
    return update.edit(ATTACHED, Names=(b"a.txt", Ref(FILE_SPEC), b"b.txt", spec)).data


@attack("attached file renamed", "file_exchanged", "another name, the same bytes")
def file_renamed(data: bytes) -> bytes:
    return Update(data).edit(FILE_SPEC, F=b"a.exe").data


@attack("associated file added", "file_exchanged", "/AF of the catalogue")
def associated_file(data: bytes) -> bytes:
    return _in_catalog(data, AF=(Ref(FILE_SPEC),))


@attack("title overwritten", "metadata_altered", "the document information says another title")
def title_overwritten(data: bytes) -> bytes:
    return Update(data).edit(INFO, Title=b"Another letter").data


@attack("other document information", "metadata_altered", "the trailer leads to another one")
def other_information(data: bytes) -> bytes:
    update = Update(data)
    info = update.add(b"<</Title(Another letter)>>")
    made = update.data
    at = made.rindex(b"/Info")
    return made[:at] + made[at:].replace(b"/Info 54 0 R", b"/Info %d 0 R" % info.number, 1)


@attack("metadata overwritten", "metadata_altered", "the XMP packet says another title")
def metadata_overwritten(data: bytes) -> bytes:
    document = Update(data)
    start = data.index(b"<?xpacket begin")
    packet = data[start : data.index(b"\nendstream", start)]
    return document.redraw(XMP, packet.replace(b"Specimen letter", b"Another letter")).data


@attack("title shown or not", "navigation_altered", "/ViewerPreferences")
def viewer_preferences(data: bytes) -> bytes:
    return _in_catalog(data, ViewerPreferences={"HideMenubar": True})


@attack("pages labelled otherwise", "navigation_altered", "/PageLabels")
def page_labels(data: bytes) -> bytes:
    return _in_catalog(data, PageLabels={"Nums": (0, {"S": Name("D"), "St": 7})})


@attack("opened at another page", "navigation_altered", "/PageMode and /PageLayout")
def page_mode(data: bytes) -> bytes:
    return _in_catalog(data, PageMode=Name("FullScreen"), PageLayout=Name("TwoPageLeft"))


@attack("bookmark led elsewhere", "navigation_altered", "its title and aim")
def bookmark_changed(data: bytes) -> bytes:
    return Update(data).edit(BOOKMARK, Title=b"Price", Dest=(Ref(PAGE_1), Name("Fit"))).data


@attack("bookmarks replaced", "navigation_altered", "another list of them")
def bookmarks_replaced(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(OUTLINES, First=None, Last=None, Count=0).data


@attack("text that is read out exchanged", "structure_altered", "/Alt of a paragraph")
def alternative_text(data: bytes) -> bytes:
    return Update(data).edit(PARAGRAPH, Alt=b"all").data


@attack("structure emptied", "structure_altered", "nothing is read out")
def structure_emptied(data: bytes) -> bytes:
    return Update(data).edit(STRUCTURE, K=()).data


@attack("language exchanged", "structure_altered", "/Lang of the catalogue")
def language(data: bytes) -> bytes:
    return _in_catalog(data, Lang=b"en")
