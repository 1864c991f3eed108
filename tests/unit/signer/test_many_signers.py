"""Many people in one file: certified first, approvals after, time-stamps between."""

import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from antin.core.bytesource import MemorySource
from antin.signer.document_timestamp import add_document_timestamp
from antin.signer.request import Certification, Stamp
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.verify import verify
from tests.pdfs import letter, qpdf
from tests.pdfs import signed as pyhanko_signed
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

pytestmark = [pytest.mark.real("pdfsig"), pytest.mark.real("qpdf")]
PEOPLE = 20


def test_twenty_people_sign_one_file(tmp_path: Path, trust_world: TrustWorld) -> None:
    data, image = letter(3), seal_image(40)
    people = (trust_world.officer_a, trust_world.officer_b, trust_world.agency_seal)
    for n in range(PEOPLE):
        key = people[n % 3]
        stamp = Stamp(n % 3 + 1, 10 + 8 * n, 20 + 10 * n, 20, 12, image)
        certify = Certification.FORM_FILLING if n == 0 else None
        asked = request_for(key, field=f"Ky{n}", stamp=stamp)
        made = signed(data, tmp_path, key, replace(asked, certify=certify))
        assert made.startswith(data)
        data = made
        if n % 6 == 5:
            path = tmp_path / "stamped.pdf"
            path.write_bytes(data)
            add_document_timestamp(path, trust_world.timestamps(NOW))
            assert path.read_bytes().startswith(data)
            data = path.read_bytes()
    path = tmp_path / "out.pdf"
    path.write_bytes(data)
    trust = trust_world.trust(crls=True)
    report = verify(MemorySource(data), "out.pdf", trust, NOW, default_policy())
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert len(report.signatures) == PEOPLE + PEOPLE // 6
    levels = {str(one.changes_after.level) for one in report.signatures if one.changes_after}
    assert levels == {"none", "form-filling"}
    assert pdfsig(path).count("Signature is Valid.") == PEOPLE
    assert qpdf_is_content(path)


VERSIONS = ("1.3", "1.4", "1.5", "1.6", "1.7", "2.0")
KINDS = {
    "table": ("--object-streams=disable",),
    "streams": ("--object-streams=generate",),
    "linearised": ("--linearize", "--object-streams=disable"),
    "linearised streams": ("--linearize", "--object-streams=generate"),
}
OLD = {"1.3", "1.4"}
"""Without cross-reference streams."""
MADE = [(v, kind) for v in VERSIONS for kind in KINDS if "streams" not in kind or v not in OLD]


@pytest.mark.parametrize(("version", "kind"), MADE)
def test_every_version_beside_anothers_signature(
    tmp_path: Path, trust_world: TrustWorld, version: str, kind: str
) -> None:
    data = qpdf(letter(2), tmp_path, f"--force-version={version}", *KINDS[kind])
    assert data.startswith(b"%%PDF-%b" % version.encode())
    theirs = pyhanko_signed(data, "Theirs")
    key = trust_world.officer_a
    made = signed(theirs, tmp_path, key, request_for(key, field="Ours"))
    assert made.startswith(theirs)
    path = tmp_path / "out.pdf"
    path.write_bytes(made)
    assert pdfsig(path) == ["Signature is Valid."] * 2
    assert qpdf_is_content(path)
    trust = trust_world.trust(crls=True)
    first, second = verify(MemorySource(made), "x", trust, NOW, default_policy()).signatures
    assert first.changes_after is not None
    assert (first.field, str(first.changes_after.level)) == ("Theirs", "form-filling")
    assert first.digest_ok
    assert first.signature_ok
    assert (second.field, second.covers_whole_file) == ("Ours", True)


TAGGED = b"/MarkInfo<</Marked true>>/StructTreeRoot 60 0 R/Lang(vi)"


def test_the_structure_of_a_tagged_file_is_left_alone(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    more = {60: b"<</Type/StructTreeRoot/K[]/ParentTree 61 0 R>>", 61: b"<</Nums[]>>"}
    key, data = trust_world.officer_a, letter(1, catalog=TAGGED, more=more)
    stamp = Stamp(1, 20, 20, 30, 20, seal_image(40))
    made = signed(pyhanko_signed(data), tmp_path, key, request_for(key, stamp=stamp))
    trust = trust_world.trust(crls=True)
    first, _ = verify(MemorySource(made), "x", trust, NOW, default_policy()).signatures
    assert first.changes_after is not None
    assert str(first.changes_after.level) == "form-filling"
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert "/StructParent" not in pdf.pages[0].Annots[-1]


def test_warnings_about_files(tmp_path: Path, trust_world: TrustWorld) -> None:
    from antin.signer.two_phase import prepare
    from tests.pdfa import XMP, specimen

    key = trust_world.officer_a
    ua = XMP.format(claim="<pdfaid:part>1</pdfaid:part>").replace("/pdfa/ns", "/pdfua/ns")
    xfa = letter(1, catalog=b"/AcroForm<</Fields[]/XFA(x)>>")
    stamp = Stamp(1, 20, 20, 30, 20, seal_image(40))
    with pikepdf.open(io.BytesIO(specimen(1))) as pdf:
        target = io.BytesIO()
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    for data, room, codes in (
        (small_pdf(), 9, set[str]()),
        (xfa, 9, {"form_xfa"}),
        (specimen(2, xmp=ua), 9, {"conformance_lost"}),
        (specimen(2), 9, set[str]()),
        (specimen(2), 40_000, {"conformance_lost"}),
        (specimen(1), 40_000, set[str]()),
        (specimen(1), 70_000, {"conformance_lost"}),
        (target.getvalue(), 9, {"conformance_lost"}),
    ):
        request = replace(request_for(key, stamp=stamp), level="B-T")  # type: ignore[arg-type]  # a word does
        made = prepare(MemorySource(data), tmp_path / "x.pdf", request, room)
        assert {one.code for one in made.warnings} == codes
