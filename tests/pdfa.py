"""PDF/A specimens, and a check of the rules of PDF/A that signing could break.

No validator of PDF/A: it looks at what a signer writes, each rule with its clause. Clauses without
a part are of ISO 19005-1.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont
from PIL import ImageCms

XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">{claim}</rdf:Description></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
)
_PROFILED = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
_STREAM = re.compile(rb"/Length (\d+)>>\nstream\r?\n(.*?)\nendstream", re.DOTALL)
ELEMENTS = "<pdfaid:part>{part}</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"


def specimen(part: int, *, profile: str | None = "rgb", xmp: str | None = None) -> bytes:
    """Return a file of PDF/A-``part``b; ``profile`` is rgb, cmyk, or None for no output intent."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Contents = pdf.make_stream(b"")
        packet = xmp or XMP.format(claim=ELEMENTS.format(part=part))
        named = {"Type": pikepdf.Name.Metadata, "Subtype": pikepdf.Name.XML}
        pdf.Root.Metadata = pdf.make_stream(packet.encode(), **named)
        if profile is not None:
            icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
            icc[24:36] = _PROFILED  # or two specimens would differ by the second they were made in
            colours = 3 if profile == "rgb" else 4
            intent = pikepdf.Dictionary(
                Type=pikepdf.Name.OutputIntent,
                S=pikepdf.Name.GTS_PDFA1,
                OutputConditionIdentifier="sRGB",
                DestOutputProfile=pdf.make_stream(bytes(icc), N=colours),
            )
            pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
        target = io.BytesIO()
        mode = pikepdf.ObjectStreamMode
        options: Any = {
            "object_stream_mode": mode.disable if part == 1 else mode.generate,
            "force_version": "1.4" if part == 1 else "1.7",
            "deterministic_id": True,
            "compress_streams": False,
        }
        pdf.save(target, **options)
    return target.getvalue()


def broken_rules(before: bytes, after: bytes, part: int) -> set[str]:
    """Return the clauses that ``after``, an update of ``before``, breaks."""
    found = set(_syntax(before, after, part))
    with pikepdf.open(io.BytesIO(before)) as old, pikepdf.open(io.BytesIO(after)) as pdf:
        if old.Root.Metadata.read_raw_bytes() != pdf.Root.Metadata.read_raw_bytes():
            found.add("6.7.2 metadata")
        if (old.pdf_version, old.Root.get("/Version")) != (
            pdf.pdf_version,
            pdf.Root.get("/Version"),
        ):
            found.add("6.1.2 version")
        found |= set(_catalog(pdf)) | set(_annotations(pdf, part)) | set(_fonts(pdf, part))
        found |= set(_drawing(pdf, part)) | set(_limits(pdf, part))
    return found


def _syntax(before: bytes, after: bytes, part: int) -> Iterator[str]:  # noqa: C901 — a list of rules
    if not after.startswith(before):
        yield "prefix"
    update = after[len(before) :]
    plain = re.sub(rb"\nstream\r?\n.*?\nendstream\n", b"\n", update, flags=re.DOTALL)
    if not re.search(rb"%%EOF\r?\n?\Z", after):
        yield "6.1.3 end of file"
    trailer = update[update.rfind(b"trailer" if b"\ntrailer" in update else b"/XRef") :]
    if b"/ID" not in trailer:
        yield "6.1.3 ID"
    if part == 1 and (b"/XRef" in update or b"/ObjStm" in update):
        yield "6.1.4 streams"
    if b"\nxref" in update and not re.search(rb"\nxref\n\d+ \d+\n", update):
        yield "6.1.4 spacing"
    if any(len(re.sub(rb"\s", b"", one)) % 2 for one in re.findall(rb"(?<!<)<([^<>]*)>", plain)):
        yield "6.1.6 hexadecimal strings"
    for length, data in _STREAM.findall(update):
        if int(length) != len(data):
            yield "6.1.7 length"
    if re.search(rb"/(FFilter|FDecodeParms)\b", plain):
        yield "6.1.7 external"
    if len(re.findall(rb"\bobj\b", plain)) != len(re.findall(rb"(?:^|\n)\d+ \d+ obj\r?\n", plain)):
        yield "6.1.8 spacing"
    if re.search(rb"/(LZWDecode|Crypt)\b", update):
        yield "6.1.10 filters"


def _catalog(pdf: pikepdf.Pdf) -> Iterator[str]:
    if not set(pdf.Root.get("/Perms", pikepdf.Dictionary()).keys()) <= {"/DocMDP", "/UR3"}:
        yield "-2 6.1.12 permissions"
    form: Any = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    if bool(form.get("/NeedAppearances", False)):
        yield "6.9 NeedAppearances"
    if "/XFA" in form:
        yield "-2 6.4.2 XFA"
    if "/AA" in pdf.Root:
        yield "6.6.2 actions"
    for held in pdf.objects:
        if isinstance(held, pikepdf.Dictionary) and held.get("/Type") == "/SigRef":
            raise AssertionError("references are direct here")
        for one in _references(held):
            if {"/DigestMethod", "/DigestValue", "/DigestLocation"} & set(one.keys()):
                yield "-2 6.1.12 digests"


def _references(held: Any) -> Iterator[Any]:
    if isinstance(held, pikepdf.Dictionary) and "/ByteRange" in held:
        yield from held.get("/Reference", [])


def _annotations(pdf: pikepdf.Pdf, part: int) -> Iterator[str]:
    for page in pdf.pages:
        for one in page.obj.get("/Annots", []):
            flags = int(one.get("/F", 0))
            if not flags & 4 or flags & (1 | 2 | 32):
                yield "6.5.3 flags"
            if {"/A", "/AA"} & set(one.keys()):
                yield "6.9 actions"
            box = [float(side) for side in one.Rect]
            has_size = box[0] != box[2] or box[1] != box[3]
            looks = one.get("/AP")
            if looks is None:
                if part == 1 or has_size:
                    yield "6.9 appearance"
            elif set(looks.keys()) != {"/N"} or not isinstance(looks.N, pikepdf.Stream):
                yield "6.5.3 appearance"
            if {"/CA", "/ca"} & set(one.keys()):
                yield "6.5.3 transparency"


def _fonts(pdf: pikepdf.Pdf, part: int) -> Iterator[str]:
    for font in pdf.objects:
        if not isinstance(font, pikepdf.Dictionary) or font.get("/Subtype") != "/CIDFontType2":
            continue
        held = font.FontDescriptor
        if "/FontFile2" not in held:
            yield "6.3.4 embedding"
            continue
        program = TTFont(io.BytesIO(held.FontFile2.read_bytes()))
        count = program["maxp"].numGlyphs
        if font.get("/CIDToGIDMap") != "/Identity":
            yield "6.3.3.2 CIDToGIDMap"
        em = program["head"].unitsPerEm
        advances = [program["hmtx"][name][0] * 1000 / em for name in program.getGlyphOrder()]
        stated = [float(width) for width in font.W[1]]
        if any(abs(a - b) > 1 for a, b in zip(stated, advances, strict=True)):
            yield "6.3.6 widths"
        if "/CIDSet" in held:
            bits = "".join(f"{byte:08b}" for byte in held.CIDSet.read_bytes())
            if bits.count("1") != count or bits[:count] != "1" * count:
                yield "6.3.5 CIDSet"
        elif part == 1:
            yield "6.3.5 CIDSet"


def _drawing(pdf: pikepdf.Pdf, part: int) -> Iterator[str]:
    intents = [int(one.DestOutputProfile.N) for one in pdf.Root.get("/OutputIntents", [])]
    for held in pdf.objects:
        if not isinstance(held, pikepdf.Stream | pikepdf.Dictionary):
            continue
        if held.get("/SMask", "/None") != "/None" and (part == 1 or not intents):
            yield "6.4 transparency"
        if held.get("/S") == "/Transparency" or {"/CA", "/ca"} & set(held.keys()):
            yield "6.4 transparency"
        space = held.get("/ColorSpace")
        if (space == "/DeviceRGB" and 3 not in intents) or (space == "/DeviceGray" and not intents):
            yield "6.2.3.3 device colours"
        if held.get("/Interpolate", False) or {"/Alternates", "/OPI"} & set(held.keys()):
            yield "6.2.4 images"
        if held.get("/Subtype") == "/Form" and isinstance(held, pikepdf.Stream):
            named = {str(one.operator) for one in pikepdf.parse_content_stream(held)}
            if (
                (named & {"rg", "RG"} and 3 not in intents)
                or (named & {"g", "G"} and not intents)
                or named & {"k", "K"}
            ):
                yield "6.2.3.3 device colours"


def _limits(pdf: pikepdf.Pdf, part: int) -> Iterator[str]:
    longest = 65_535 if part == 1 else 32_767
    for held in pdf.objects:
        signs = isinstance(held, pikepdf.Dictionary) and "/ByteRange" in held
        if signs and len(bytes(held.Contents)) > longest:
            yield "6.1.12 strings"
        if isinstance(held, pikepdf.Array) and len(held) > 8191:
            yield "6.1.12 arrays"
