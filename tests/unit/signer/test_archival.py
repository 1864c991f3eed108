"""PDF/A goes in, PDF/A comes out: the rules that a signature could break."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from antin.core.bytesource import MemorySource
from antin.core.errors import RefusedError
from antin.signer import pades
from antin.signer.conformance import Claims, claims_of
from antin.signer.request import Certification, Level, Stamp
from tests.pdfa import ELEMENTS, XMP, broken_rules, specimen
from tests.pdfs import appended, opened
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    NOW,
    pdfsig,
    qpdf_is_content,
    request_for,
    seal_image,
    signed,
    small_pdf,
)

PARTS = (1, 2, 3)
TEXT = "Ký bởi: Nguyễn Văn A\nThời gian: 2026-06-01T15:00:00+07:00"
STAMPS = {
    "invisible": None,
    "image": Stamp(1, 20, 20, 36, 36, seal_image(60)),
    "text": Stamp(1, 20, 20, 90, 20, text=TEXT),
    "both": Stamp(1, 20, 20, 90, 30, seal_image(60), TEXT),
}


@pytest.mark.parametrize("profile", ["rgb", "cmyk", None])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("look", STAMPS)
@pytest.mark.real("pdfsig")
@pytest.mark.real("qpdf")
def test_what_was_pdf_a_stays_so(
    tmp_path: Path, trust_world: TrustWorld, part: int, look: str, profile: str | None
) -> None:
    data, key = specimen(part, profile=profile), trust_world.officer_a
    made = signed(data, tmp_path, key, request_for(key, stamp=STAMPS[look]))
    assert broken_rules(data, made, part) == set()
    path = tmp_path / "out.pdf"
    path.write_bytes(made)
    assert pdfsig(path) == ["Signature is Valid."]
    assert qpdf_is_content(path)


@pytest.mark.parametrize("part", PARTS)
def test_time_stamps_and_validation_data_keep_it(
    tmp_path: Path, trust_world: TrustWorld, part: int
) -> None:
    data, key, output = specimen(part), trust_world.officer_a, tmp_path / "lta.pdf"
    request = request_for(key, chain=trust_world.chain("soft-officer-a"), level=Level.B_LTA)
    services = trust_world.timestamps(NOW), trust_world.revocation(NOW), trust_world.trust()
    pades.sign(MemorySource(data), output, key, request, *services)
    assert broken_rules(data, output.read_bytes(), part) == set()


def png(alpha: Callable[[int], int]) -> bytes:
    """Return a red picture whose columns are as opaque as ``alpha`` says."""
    image = Image.new("RGBA", (40, 40))
    image.putdata([(220, 0, 0, alpha(n % 40)) for n in range(1600)])
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


TRANSLUCENT = {
    "pale": png(lambda column: 90 if column else 0),
    "half": png(lambda column: 140 if column else 0),
    "everywhere": png(lambda column: 255 if column else 200),
}


@pytest.mark.parametrize("which", TRANSLUCENT)
def test_a_translucent_picture_is_none_for_part_1(
    tmp_path: Path, trust_world: TrustWorld, which: str
) -> None:
    key = trust_world.officer_a
    request = request_for(key, stamp=Stamp(1, 20, 20, 30, 30, TRANSLUCENT[which]))
    with pytest.raises(RefusedError) as caught:
        signed(specimen(1), tmp_path, key, request)
    assert caught.value.code == "image_translucent"
    made = signed(specimen(2), tmp_path, key, request)
    assert broken_rules(specimen(2), made, 2) == set()


def test_a_mask_shows_what_is_opaque(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    stamp = Stamp(1, 20, 20, 30, 30, png(lambda column: 255 if column >= 10 else 0))
    made = signed(specimen(1), tmp_path, key, request_for(key, stamp=stamp))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        mask = pdf.pages[0].Annots[0].AP.N.Resources.XObject.Im1.Mask
        assert bool(mask.ImageMask)
        assert int(mask.BitsPerComponent) == 1
        assert mask.read_bytes() == b"\xff\xc0\x00\x00\x00" * 40, "1: nothing is painted there"


CLAIMS = {
    "elements": (XMP.format(claim=ELEMENTS.format(part=1)), 1),
    "attributes": (XMP.format(claim="").replace('/id/">', "/id/\" pdfaid:part='3'>"), 3),
    "other prefix": (
        XMP.format(claim="<a:part> 2 </a:part>").replace("xmlns:pdfaid=", "xmlns:a="),
        2,
    ),
    "other name space": (XMP.format(claim=ELEMENTS.format(part=1)).replace("/pdfa/", "/x/"), None),
    "nothing": (XMP.format(claim=""), None),
}


@pytest.mark.parametrize("how", CLAIMS)
def test_claims_are_found_however_they_are_written(how: str) -> None:
    xmp, part = CLAIMS[how]
    claims = opened(specimen(1, xmp=xmp)).annex(claims_of)
    assert claims.archival == part
    assert claims.intents == ((3,) if part else ())


@pytest.mark.parametrize(
    "broken",
    [
        {1: b"<</Type/Catalog/Pages 3 0 R/Metadata 99 0 R>>"},
        {2: b"<</Length 3/Filter/FlateDecode>>\nstream\nxyz\nendstream"},
        {2: b"(text)"},
    ],
    ids=repr,
)
def test_what_cannot_be_read_claims_nothing(broken: dict[int, bytes]) -> None:
    with pikepdf.open(io.BytesIO(specimen(1))) as pdf:
        metadata, root = pdf.Root.Metadata.objgen[0], pdf.Root.objgen[0]
        pages = pdf.Root.Pages.objgen[0]
    objects = {
        {1: root, 2: metadata}[number]: body.replace(b"3 0 R", b"%d 0 R" % pages)
        for number, body in broken.items()
    }
    data = appended(specimen(1), objects, b"/Root %d 0 R" % root)
    assert opened(data).annex(claims_of) == Claims()


def test_invisible_fields_of_accessible_files_lie_off_the_page(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    """Else they would have to be in the structure (ISO 14289-1 §7.18)."""
    xmp = XMP.format(claim="<u:part>1</u:part>").replace(
        "xmlns:pdfaid=", 'xmlns:u="http://www.aiim.org/pdfua/ns/id/" xmlns:pdfaid='
    )
    key = trust_world.officer_a
    for data, inside in ((specimen(2, xmp=xmp), False), (small_pdf(), True)):
        made = signed(data, tmp_path, key, request_for(key))
        with pikepdf.open(io.BytesIO(made)) as pdf:
            box = [float(side) for side in pdf.pages[0].Annots[0].Rect]
        assert (box[0] >= 0) is inside
        assert (box[0], box[1]) == (box[2], box[3])


BREAKS: dict[str, tuple[bytes, bytes]] = {
    "6.1.3 end of file": (b"%%EOF\n", b"%%EOF\nx"),
    "6.1.3 ID": (b"/ID", b"/IX"),
    "6.1.6 hexadecimal strings": (b"/Contents <3", b"/Contents < "),
    "6.1.7 length": (b"\nendstream", b"x\nendstream"),
    "6.1.8 spacing": (b" 0 obj\n<</FT", b" 0 obj <</FT"),
    "6.1.10 filters": (b"/FlateDecode", b"/LZWDecode  "),
    "6.5.3 flags": (b"/F 132", b"/F 130"),
    "6.9 appearance": (b"/AP <<", b"/AX <<"),
    "6.5.3 appearance": (b"/AP <</N", b"/AP <</D"),
    "6.9 actions": (b"/F 132", b"/AA 1/F 132"),
    "6.3.5 CIDSet": (b"/CIDSet", b"/CIDXet"),
    "6.3.4 embedding": (b"/FontFile2", b"/FontFile9"),
    "6.3.3.2 CIDToGIDMap": (b"/CIDToGIDMap /Identity", b"/CIDToGIDMap /Identitx"),
    "6.4 transparency": (b"/Mask ", b"/SMask "),
    "6.2.3.3 device colours": (b"/N 3", b"/N 4"),
    "6.3.6 widths": (b"/W [0 [", b"/W [0 [9"),
    "6.1.2 version": (b"/Perms <<", b"/Version/1.7/Perms <<"),
    "-2 6.1.12 permissions": (b"/Perms <<", b"/Perms <</X 1"),
    "6.2.4 images": (b"/ImageMask true", b"/ImageMask true/Interpolate true"),
    "6.1.7 external": (b"/Filter /FlateDecode", b"/FFilter/X/Filter /FlateDecode"),
    "6.9 NeedAppearances": (b"/SigFlags 3", b"/SigFlags 3/NeedAppearances true"),
    "-2 6.4.2 XFA": (b"/SigFlags 3", b"/SigFlags 3/XFA(x)"),
    "-2 6.1.12 digests": (b"/Reference [<<", b"/Reference [<</DigestMethod/SHA1 "),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_the_check_finds_what_is_broken(rule: str, archival: tuple[bytes, bytes]) -> None:
    """A check that can't fail shows nothing."""
    data, made = archival
    old, new = BREAKS[rule]
    before = data.replace(old, new) if rule.startswith("6.2.3.3") else data
    update = made[len(data) :]
    assert before != data or old in update
    assert rule in broken_rules(before, before + update.replace(old, new, 1), 1)


@pytest.fixture(scope="module")
def archival(
    tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld
) -> tuple[bytes, bytes]:
    """Return a specimen of PDF/A-1, and what a signature with everything makes of it."""
    key, folder = trust_world.officer_a, tmp_path_factory.mktemp("archival")
    request = replace(request_for(key, stamp=STAMPS["both"]), certify=Certification.ANNOTATIONS)
    made = signed(specimen(1), folder, key, request)
    assert broken_rules(specimen(1), made, 1) == set()
    return specimen(1), made
