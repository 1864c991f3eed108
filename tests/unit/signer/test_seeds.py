"""Seed values of empty fields: followed, refused by name, or told to be ignored."""

from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError
from antin.pdf.objects import text
from antin.signer.request import Certification, Level, Prepared
from antin.signer.two_phase import prepare
from tests.pdfs import letter, opened
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import request_for, signed, small_pdf

FIELD = (
    b"<</FT/Sig/T(Ky)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/F 132/P 10 0 R/SV<</Type/SV%b>>%b>>"
)


def seeded(seed: bytes, more: bytes = b"") -> bytes:
    catalog = b"/AcroForm<</Fields[20 0 R]/SigFlags 3>>"
    return letter(1, catalog=catalog, page=b"/Annots[20 0 R]", more={20: FIELD % (seed, more)})


class Desk:
    def __init__(self, folder: Path, world: TrustWorld) -> None:
        self.folder, self.world, self.key = folder, world, world.officer_a

    def prepare(self, data: bytes, **options: object) -> Prepared:
        request = request_for(self.key, chain=self.world.chain("soft-officer-a"), field="Ky")
        wanted = replace(request, reason=None, **options)  # type: ignore[arg-type]  # as named
        return prepare(MemorySource(data), self.folder / "out.pdf", wanted)

    def ignored(self, data: bytes, **options: object) -> list[str]:
        """Return the constraints that are told to be ignored."""
        found = self.prepare(data, **options).warnings
        assert {one.code for one in found} <= {"seed_value_ignored"}
        return [str(dict(one.values)["constraint"]) for one in found]

    def unmet(self, data: bytes, **options: object) -> str:
        with pytest.raises(AntinError) as caught:
            self.prepare(data, **options)
        assert caught.value.code == "seed_value_unmet"
        return str(caught.value.values["constraint"])


@pytest.fixture
def desk(tmp_path: Path, trust_world: TrustWorld) -> Desk:
    return Desk(tmp_path, trust_world)


UNMET = {
    "Filter": (1, b"/Filter/Other.Handler"),
    "SubFilter": (2, b"/SubFilter[/adbe.pkcs7.detached]"),
    "V": (4, b"/V 4"),
    "AddRevInfo": (32, b"/AddRevInfo true"),
    "DigestMethod": (64, b"/DigestMethod[/SHA512(SHA384)]"),
    "LockDocument": (128, b"/LockDocument/true"),
    "AppearanceFilter": (256, b"/AppearanceFilter(stamp)"),
}
MET = {
    "Filter": b"/Filter/Adobe.PPKLite",
    "SubFilter": b"/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]",
    "V": b"/V 3.0",
    "AddRevInfo": b"/AddRevInfo false",
    "DigestMethod": b"/DigestMethod[/SHA512 /SHA256]",
    "LockDocument": b"/LockDocument/false",
    "AppearanceFilter": b"",
}


@pytest.mark.parametrize("key", UNMET)
def test_what_is_required_refuses_and_what_is_suggested_warns(desk: Desk, key: str) -> None:
    flag, entry = UNMET[key]
    assert desk.unmet(seeded(entry + b"/Ff %d" % flag)) == key
    assert desk.ignored(seeded(entry)) == [key]
    assert desk.ignored(seeded(entry + b"/Ff %d" % (511 & ~flag))) == [key]
    assert desk.ignored(seeded(MET[key] + b"/Ff 503")) == []


def test_revocation_data_are_in_the_store_from_b_lt_on(desk: Desk) -> None:
    data = seeded(b"/AddRevInfo true/Ff 32")
    assert desk.ignored(data, level=Level.B_LT) == []
    assert desk.unmet(data, level=Level.B_T) == "AddRevInfo"


def test_a_locked_document(desk: Desk) -> None:
    lock = b"/Lock<</Action/All/P 1>>"
    assert desk.ignored(seeded(b"/LockDocument/true/Ff 128", lock)) == []
    assert desk.unmet(seeded(b"/LockDocument/false/Ff 128", lock)) == "LockDocument"
    certified = {"certify": Certification.NO_CHANGES}
    assert desk.ignored(seeded(b"/LockDocument/true/Ff 128"), **certified) == []


REQUIRED = b"/Ff 8/Reasons[(Phe duyet)(Kiem tra)]"


def test_reasons(desk: Desk) -> None:
    assert desk.unmet(seeded(REQUIRED)) == "Reasons"
    assert desk.ignored(seeded(REQUIRED.replace(b"/Ff 8", b""))) == []


def with_reason(world: TrustWorld, folder: Path, data: bytes, reason: str | None) -> str | None:
    key = world.officer_a
    request = replace(request_for(key, field="Ky"), reason=reason)
    document = opened(signed(data, folder, key, request))
    value = document.final_view.dictionary(document.fields[0].value)
    return text(value["Reason"]) if "Reason" in value else None


def test_the_reason_that_is_given(tmp_path: Path, trust_world: TrustWorld) -> None:
    def given(seed: bytes, reason: str | None) -> str | None:
        return with_reason(trust_world, tmp_path, seeded(seed), reason)

    assert given(REQUIRED, "Kiem tra") == "Kiem tra"
    assert given(b"/Ff 8/Reasons[(Phe duyet)]", None) == "Phe duyet"
    assert given(b"/Reasons[(Phe duyet)]", None) is None
    assert given(b"/Reasons[(Phe duyet)]", "Khac") == "Khac"
    for silent in (b"/Ff 8/Reasons[(.)]", b"/Ff 8"):
        assert given(silent, None) is None
        with pytest.raises(AntinError) as caught:
            given(silent, "Khac")
        assert caught.value.code == "seed_value_unmet"
    with pytest.raises(AntinError) as caught:
        given(REQUIRED, "Khac")
    assert caught.value.values["constraint"] == "Reasons"


@pytest.mark.parametrize("stated", [0, 1, 2, 3])
def test_the_kind_of_signature(tmp_path: Path, trust_world: TrustWorld, stated: int) -> None:
    key, data = trust_world.officer_a, seeded(b"/MDP<</P %d>>" % stated)
    made = signed(data, tmp_path, key, request_for(key, field="Ky"))
    (signature,) = opened(made).signatures
    assert signature.restrictions.permission == (stated or None)
    asked = Certification.FORM_FILLING if stated != 2 else Certification.ANNOTATIONS
    assert Desk(tmp_path, trust_world).unmet(data, certify=asked) == "MDP"


def test_a_certification_that_is_wanted_too_late(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    first = signed(seeded(b"/MDP<</P 2>>"), tmp_path, key, request_for(key, field="First"))
    with pytest.raises(AntinError) as caught:
        signed(first, tmp_path, key, request_for(key, field="Ky"))
    assert caught.value.code == "certification_not_first"


def test_attestations_are_for_certifications(desk: Desk) -> None:
    data = seeded(b"/LegalAttestation[(x)]/Ff 16")
    assert desk.ignored(data) == []
    assert desk.unmet(data, certify=Certification.ANNOTATIONS) == "LegalAttestation"


def test_time_stamps(desk: Desk) -> None:
    """The address in the file is not asked: authorities are ours."""
    required = seeded(b"/TimeStamp<</URL(http://127.0.0.1:1/)/Ff 1>>")
    assert desk.unmet(required) == "TimeStamp"
    assert desk.ignored(required.replace(b"/Ff 1>>", b"/Ff 0>>")) == ["TimeStamp"]
    assert desk.ignored(required, level=Level.B_T) == []


def hexed(der: bytes) -> bytes:
    return b"[<%b>]" % der.hex().encode()


def test_the_certificate(desk: Desk, trust_world: TrustWorld) -> None:
    mine = trust_world.certificate("soft-officer-a")
    issuer, other = (
        trust_world.chain("soft-officer-a")[0],
        trust_world.certificate("soft-officer-b"),
    )
    root = trust_world.anchors[0]
    good = {
        b"/Subject": (1, (hexed(mine),), hexed(other)),
        b"/Issuer": (2, (hexed(issuer), hexed(root)), hexed(other)),
        b"/OID": (4, (), b"[(1.2.3.4)]"),
        b"/KeyUsage": (32, (b"[(1)]", b"[(0)(XXXXX0)]"), b"[(XXXXX1)]"),
        b"/SubjectDN": (8, (), b"[<</CN(A)>>]"),
    }
    for key, (flag, fitting, wrong) in good.items():
        name = f"Cert{key.decode()}"
        assert desk.unmet(seeded(b"/Cert<<%b%b/Ff %d>>" % (key, wrong, flag))) == name
        assert desk.ignored(seeded(b"/Cert<<%b%b/Ff %d>>" % (key, wrong, 127 & ~flag))) == [name]
        for value in fitting:
            assert desk.ignored(seeded(b"/Cert<<%b%b/Ff %d>>" % (key, value, flag))) == []
    assert desk.ignored(seeded(b"/Cert<</URL(http://127.0.0.1:1/)/Ff 64>>")) == []
    assert desk.ignored(seeded(b"/Cert<</SignaturePolicyOID(1.2.3)>>")) == [
        "Cert/SignaturePolicyOID"
    ]


@pytest.mark.parametrize("broken", [b"/SV(x)", b"/SV[]", b"/SV<</MDP<</P 7>>>>"])
def test_seed_values_that_are_none(desk: Desk, broken: bytes) -> None:
    data = seeded(b"").replace(b"/SV<</Type/SV>>", broken)
    with pytest.raises(AntinError) as caught:
        desk.prepare(data)
    assert caught.value.code == "pdf_malformed"


def test_other_fields_are_not_asked(desk: Desk) -> None:
    assert desk.ignored(small_pdf()) == []
