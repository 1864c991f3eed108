"""Signing beside a file of any kind: with a good certificate only, all or nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError
from antin.flows import loose_cms
from antin.flows.loose import LooseRequest, Surroundings
from antin.flows.loose_cms import NamedSource, augment_beside, is_signed_inside, sign_beside
from antin.flows.verify import verify_either
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.cms_attributes import values_of
from antin.pki.cms_read import parse_signature
from antin.signer.cades import sign_detached
from antin.signer.request import Level
from antin.verifier.report import Conclusion, Report
from antin.verifier.signed_content import Content
from tests.trustworld import BAD_CERTIFICATES, TrustWorld

TEXT = "Báo cáo tháng\n".encode() * 100
FILE = NamedSource("report.csv", MemorySource(TEXT))
MIME_TYPE = "0.4.0.1733.2.1"


def judged(path: Path, around: Surroundings, file: NamedSource = FILE) -> Report:
    content = Content(file.name, file.source)
    given = around.trust, around.clock.now(), around.policy, around.revocation
    with FileSource(path) as source:
        return verify_either(source, path.name, *given, content)


@pytest.mark.parametrize("level", list(Level))
def test_the_result_passes_at_every_level(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path, level: Level
) -> None:
    target = tmp_path / "report.csv.p7s"
    asked = LooseRequest(level=level)
    assert sign_beside(FILE, target, trust_world.officer_a, asked, around) == ()
    report = judged(target, around)
    report.raise_if_not_passed()
    assert report.signatures[0].level == level
    assert list(tmp_path.iterdir()) == [target]


def test_then_it_is_raised(trust_world: TrustWorld, around: Surroundings, tmp_path: Path) -> None:
    plain, raised = tmp_path / "a.p7s", tmp_path / "b.p7s"
    sign_beside(FILE, plain, trust_world.officer_b, LooseRequest(), around)
    with FileSource(plain) as signed:
        augment_beside(signed, FILE, raised, Level.B_LTA, around)
    assert judged(raised, around).signatures[0].level == "B-LTA"
    assert sorted(tmp_path.iterdir()) == [plain, raised]


def test_what_the_content_is_is_signed_too(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    for name, told in (("a.csv", b"text/csv"), ("a.unheard-of", b"application/octet-stream")):
        target = tmp_path / f"{name}.p7s"
        file = NamedSource(name, MemorySource(TEXT))
        sign_beside(file, target, trust_world.officer_a, LooseRequest(), around)
        signed = parse_signature(target.read_bytes()).signed_attributes
        (value,) = values_of(signed, MIME_TYPE)
        assert value[2:] == told


def refusal(
    key: InsecureSoftwareKey,
    around: Surroundings,
    folder: Path,
    asked: LooseRequest | None = None,
    file: NamedSource = FILE,
) -> str:
    with pytest.raises(AntinError) as caught:
        sign_beside(file, folder / "a.p7s", key, asked or LooseRequest(), around)
    assert [path for path in folder.iterdir() if path.name != "there.p7s"] == []
    return caught.value.code


@pytest.mark.parametrize(("label", "code"), BAD_CERTIFICATES)
def test_a_bad_certificate_signs_nothing(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path, label: str, code: str
) -> None:
    assert refusal(trust_world.keys[label], around, tmp_path) == code


def test_what_only_a_pdf_can_show(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    key = trust_world.officer_a
    for asked in (LooseRequest(reason="Duyệt"), LooseRequest(field_name="Sig1")):
        assert refusal(key, around, tmp_path, asked) == "request_invalid"


def test_other_bad_input(trust_world: TrustWorld, around: Surroundings, tmp_path: Path) -> None:
    key = trust_world.officer_a
    empty = NamedSource("a.csv", MemorySource(b""))
    assert refusal(key, around, tmp_path, file=empty) == "empty_file"
    bare = InsecureSoftwareKey(key._private_key)
    assert refusal(bare, around, tmp_path) == "key_without_certificate"
    blind = replace(around, trust=trust_world.trust(), revocation=None)
    stamped = LooseRequest(level=Level.B_T)
    assert refusal(key, blind, tmp_path, stamped) == "revocation_unknown"
    assert sign_beside(FILE, tmp_path / "b.p7s", key, LooseRequest(), blind)


def test_an_older_file_is_not_overwritten(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    there = tmp_path / "there.p7s"
    there.write_bytes(b"an older file")
    with pytest.raises(AntinError) as caught:
        sign_beside(FILE, there, trust_world.officer_a, LooseRequest(), around)
    assert caught.value.code == "output_exists"
    assert there.read_bytes() == b"an older file"


Making = Callable[..., bytes]


def test_a_result_that_does_not_hold_is_withheld(
    trust_world: TrustWorld,
    around: Surroundings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: Making = sign_detached

    def broken(content: MemorySource, *others: object) -> bytes:
        return made(MemorySource(TEXT + b"!"), *others)

    monkeypatch.setattr(loose_cms, "sign_detached", broken)
    assert refusal(trust_world.officer_a, around, tmp_path) == "result_not_valid"


def test_a_signature_over_something_else_is_not_raised(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    plain = tmp_path / "a.p7s"
    sign_beside(FILE, plain, trust_world.officer_a, LooseRequest(), around)
    other = NamedSource("a.csv", MemorySource(b"else"))
    with FileSource(plain) as signed:
        for content, code in ((other, "content_not_signed"), (None, "content_required")):
            with pytest.raises(AntinError) as caught:
                augment_beside(signed, content, tmp_path / "b.p7s", Level.B_LTA, around)
            assert caught.value.code == code
    assert list(tmp_path.iterdir()) == [plain]


def test_an_altered_value_is_not_raised(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    plain = tmp_path / "a.p7s"
    sign_beside(FILE, plain, trust_world.officer_a, LooseRequest(), around)
    data = bytearray(plain.read_bytes())
    data[-1] ^= 1
    with pytest.raises(AntinError) as caught:
        augment_beside(MemorySource(bytes(data)), FILE, tmp_path / "b.p7s", Level.B_T, around)
    assert caught.value.code == "result_not_valid"
    assert list(tmp_path.iterdir()) == [plain]


@pytest.mark.parametrize(
    ("name", "data", "inside"),
    [
        ("a.pdf", b"hello", True),
        ("a.PDF", b"", True),
        ("a.docx", b"PK\x03\x04", False),
        ("a", b"\n" * 1000 + b"%PDF-1.7", True),
        ("a", b"\n" * 1020 + b"%PDF-1.7", False),
        ("pdf", b"", False),
    ],
)
def test_where_a_signature_goes(name: str, data: bytes, *, inside: bool) -> None:
    assert is_signed_inside(NamedSource(name, MemorySource(data))) is inside


def test_a_pdf_can_be_signed_beside_itself(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    letter = Path(__file__).parents[3] / "examples" / "letter.pdf"
    target = tmp_path / "letter.pdf.p7s"
    with FileSource(letter) as source:
        file = NamedSource("letter.pdf", source)
        sign_beside(file, target, trust_world.officer_a, LooseRequest(level=Level.B_LTA), around)
        report = judged(target, around, file)
    assert (report.conclusion, report.container) == (Conclusion.PASSED, "cms")
