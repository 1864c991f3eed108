"""The letter that is signed in every attack: it has one of everything that somebody might alter.

Whoever prepares an attack writes the letter, too: parts of it are laid ready that nobody sees yet
(another catalogue, another page, references to objects that do not exist).
"""

from functools import cache
from typing import Final

from tests.pdfs import assembled, stream

CATALOG: Final = 1
PAGES: Final = 2
FONT: Final = 3
SHARED: Final = 5
"""Resources that page 3 inherits, and page 2 names."""
FORM_XOBJECT: Final = 6
IMAGE: Final = 7
COLOURS: Final = 8
PATTERN: Final = 9
PAGE_1, PAGE_2, PAGE_3 = 10, 11, 12
TEXT_1, TEXT_2, TEXT_3 = 110, 111, 112
"""The contents of the pages."""
STATE: Final = 15
COVER: Final = 16
"""A picture over part of page 1."""
FIELD: Final = 20
"""A text field on page 1."""
FIELD_LOOK: Final = 21
NOTE: Final = 22
"""An annotation on page 2."""
NOTE_LOOK: Final = 23
TOTAL: Final = 24
"""A text field on page 2 that viewers draw by the form's defaults."""
FORM: Final = 30
OUTLINES, BOOKMARK = 40, 41
NAMES, ATTACHED, FILE_SPEC, FILE_DATA = 44, 45, 46, 56
LAYER: Final = 47
STRUCTURE, PARAGRAPH = 50, 51
XMP, INFO = 53, 54
OTHER_CATALOG, OTHER_PAGES, OTHER_PAGE, OTHER_TEXT = 60, 61, 62, 63
"""Another letter, which nothing refers to."""
MISSING: Final = 70
"""Page 1 names an object of this number; there is none."""
STORE: Final = 80
STORED: Final = 81
"""An entry of the validation store, which page 3 draws as well."""
FREE: Final = 500
"""From here on no number is in use."""

_DRAW: Final = b"BT /F 12 Tf 72 700 Td (%b) Tj ET /Fm Do"
_SPECIMEN_XMP: Final = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    b'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Specimen letter</rdf:li></rdf:Alt></dc:title>'
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    b'<?xpacket end="w"?>'
)


def _page(contents: int, rest: bytes) -> bytes:
    return b"<</Type/Page/Parent 2 0 R/Contents %d 0 R%b>>" % (contents, rest)


def _look(data: bytes, extra: bytes = b"") -> bytes:
    return stream(data, b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]" + extra)


_OTHER_TEXT: Final = stream(b"BT /F 12 Tf 72 700 Td (Pay all) Tj ET")
_OBJECTS: Final = {
    CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 30 0 R/Outlines 40 0 R/Names 44 0 R"
    b"/OCProperties<</OCGs[47 0 R]/D<</ON[47 0 R]/Order[47 0 R]>>>>/StructTreeRoot 50 0 R"
    b"/MarkInfo<</Marked true>>/Metadata 53 0 R/Lang(vi)/DSS 80 0 R"
    b"/ViewerPreferences<</DisplayDocTitle true>>/PageLabels<</Nums[0<</S/D>>]>>>>",
    PAGES: b"<</Type/Pages/Kids[10 0 R 11 0 R 12 0 R]/Count 3/MediaBox[0 0 595 842]"
    b"/Resources 5 0 R>>",
    FONT: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    SHARED: b"<</Font<</F 3 0 R>>/XObject<</Fm 6 0 R/Im 7 0 R/St 81 0 R>>"
    b"/ColorSpace<</Cs 8 0 R>>/Pattern<</P 9 0 R>>/ExtGState<</G 15 0 R>>"
    b"/Properties<</L 47 0 R>>>>",
    FORM_XOBJECT: _look(b"0 0 10 10 re f", b"/Resources<<>>"),
    IMAGE: stream(
        b"\x00",
        b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
    ),
    COLOURS: b"[/CalGray<</WhitePoint[0.9505 1.0 1.089]>>]",
    PATTERN: stream(
        b"0 0 1 1 re f",
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1"
        b"/BBox[0 0 2 2]/XStep 2/YStep 2/Resources<<>>",
    ),
    STATE: b"<</Type/ExtGState/ca 1>>",
    PAGE_1: _page(
        TEXT_1,
        b"/Resources<</Font<</F 3 0 R>>/XObject<</Fm 6 0 R/Cover 16 0 R"
        b"/Later 70 0 R>>>>/Annots[20 0 R]",
    ),
    PAGE_2: _page(TEXT_2, b"/Resources 5 0 R/Annots[22 0 R 24 0 R]/StructParents 0"),
    PAGE_3: _page(TEXT_3, b""),
    TEXT_1: stream(_DRAW % b"Pay ten" + b" /Cover Do"),
    TEXT_2: stream(_DRAW % b"Terms" + b" /Im Do /Cs cs /G gs"),
    TEXT_3: stream(_DRAW % b"Signed" + b" /OC /L BDC /P pattern EMC"),
    COVER: _look(b"1 g 0 0 80 20 re f", b"/Resources<<>>"),
    FIELD: b"<</FT/Tx/T(name)/V(A)/Type/Annot/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R/F 4"
    b"/AP<</N 21 0 R>>>>",
    FIELD_LOOK: _look(b"BT /F 9 Tf (A) Tj ET"),
    NOTE: b"<</Type/Annot/Subtype/FreeText/Rect[200 200 280 220]/Contents(seen)/DA(/F 9 Tf)"
    b"/AP<</N 23 0 R>>>>",
    NOTE_LOOK: _look(b"BT /F 9 Tf (seen) Tj ET"),
    TOTAL: b"<</FT/Tx/T(total)/V(10)/DA(/Sum 9 Tf)/Type/Annot/Subtype/Widget/P 11 0 R/F 4"
    b"/Rect[300 10 380 30]>>",
    FORM: b"<</Fields[20 0 R 24 0 R]/DA(/F 12 Tf)>>",
    OUTLINES: b"<</Type/Outlines/First 41 0 R/Last 41 0 R/Count 1>>",
    BOOKMARK: b"<</Title(Terms)/Parent 40 0 R/Dest[11 0 R/Fit]>>",
    NAMES: b"<</EmbeddedFiles 45 0 R>>",
    ATTACHED: b"<</Names[(a.txt)46 0 R]>>",
    FILE_SPEC: b"<</Type/Filespec/F(a.txt)/EF<</F 56 0 R>>>>",
    LAYER: b"<</Type/OCG/Name(Layer)>>",
    STRUCTURE: b"<</Type/StructTreeRoot/K[51 0 R]>>",
    PARAGRAPH: b"<</Type/StructElem/S/P/P 50 0 R/Pg 11 0 R/Alt(ten)>>",
    XMP: stream(_SPECIMEN_XMP, b"/Type/Metadata/Subtype/XML"),
    INFO: b"<</Title(Specimen letter)>>",
    FILE_DATA: stream(b"attached", b"/Type/EmbeddedFile"),
    OTHER_CATALOG: b"<</Type/Catalog/Pages 61 0 R>>",
    OTHER_PAGES: b"<</Type/Pages/Kids[62 0 R]/Count 1/MediaBox[0 0 595 842]>>",
    OTHER_PAGE: b"<</Type/Page/Parent 61 0 R/Contents 63 0 R/Resources<</Font<</F 3 0 R>>>>>>",
    OTHER_TEXT: _OTHER_TEXT,
    65: stream(b"110 0 obj %% laid ready\n%b\nendobj\n" % _OTHER_TEXT),
    STORE: b"<</Certs[81 0 R]>>",
    STORED: _look(b"0 0 5 5 re f", b"/Resources<<>>"),
}

_LAID_READY: Final = {OTHER_CATALOG, OTHER_PAGES, OTHER_PAGE, OTHER_TEXT, 65, STORE, STORED}


@cache
def prepared_letter() -> bytes:
    """Return the letter, not signed yet."""
    return assembled(_OBJECTS, b"/Root 1 0 R/Info 54 0 R")


@cache
def honest_letter() -> bytes:
    """Return the letter of somebody who prepares no attack: nothing lies ready in it."""
    kept = {n: body for n, body in _OBJECTS.items() if n not in _LAID_READY}
    kept[CATALOG] = kept[CATALOG].replace(b"/DSS 80 0 R", b"")
    kept[SHARED] = kept[SHARED].replace(b"/St 81 0 R", b"")
    kept[PAGE_1] = kept[PAGE_1].replace(b"/Later 70 0 R", b"")
    return assembled(kept, b"/Root 1 0 R/Info 54 0 R")
