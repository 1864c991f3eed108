"""Every attack of the generator is caught and named, on files of three signing programs."""

from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm

from antin.core.codes import FINDINGS
from antin.pdf.objects import Ref
from antin.verifier import signature as signature_module
from antin.verifier import verify as verify_module
from antin.verifier.changes import steps as steps_module
from antin.verifier.report import Conclusion, Finding, Report, Severity
from tests.attacks import document, forgery, pages, saving
from tests.attacks.bases import by_antin, by_openssl, by_pyhanko, office
from tests.attacks.letter import prepared_letter
from tests.attacks.registry import ATTACKS
from tests.pdfs import appended, letter, opened, qpdf
from tests.signedpdf import check, software_signer
from tests.smallpki import Holder

MODULES = (document, forgery, pages, saving)
SIGNERS: dict[str, Callable[[bytes, Holder], bytes]] = {
    "antin": by_antin,
    "pyhanko": by_pyhanko,
    "openssl": by_openssl,
}
CLASSES = {
    "attack_action_added",
    "attack_catalog_exchanged",
    "attack_change_undone",
    "attack_colours_exchanged",
    "attack_encryption_exchanged",
    "attack_evil_annotation",
    "attack_file_exchanged",
    "attack_font_exchanged",
    "attack_form_altered",
    "attack_incremental_saving",
    "attack_layers_switched",
    "attack_metadata_altered",
    "attack_navigation_altered",
    "attack_page_frame",
    "attack_pages_rearranged",
    "attack_planted_reference",
    "attack_resources_redirected",
    "attack_shadow_hide",
    "attack_shadow_hide_and_replace",
    "attack_shadow_replace",
    "attack_signature_appearance",
    "attack_signature_entries",
    "attack_signature_field",
    "attack_signature_forgery",
    "attack_signature_hidden",
    "attack_signature_wrapping",
    "attack_signed_bytes",
    "attack_sneaky_signature",
    "attack_structure_altered",
    "attack_timestamp_vehicle",
    "attack_two_readings",
    "attack_validation_data_vehicle",
}


@cache
def signed_by(program: str) -> bytes:
    return SIGNERS[program](prepared_letter(), office().officer)


@cache
def attacked(program: str, name: str) -> Report:
    return check(ATTACKS[name].alter(signed_by(program)), office().trust)


def every(report: Report) -> Iterator[Finding]:
    yield from report.findings
    for signature in report.signatures:
        yield from signature.findings
        yield from signature.warnings


def names(report: Report) -> set[str]:
    return {found.code for found in every(report) if found.code.startswith("attack_")}


def reasons(report: Report) -> set[str]:
    """Return what speaks against a file, names left out."""
    codes = {f.code for f in every(report) if f.severity is Severity.ERROR}
    codes |= {f.code for f in every(report) if f.code == "changes_undetermined"}
    return codes - names(report)


@pytest.mark.parametrize("program", SIGNERS)
def test_the_signed_letter_is_sound(program: str) -> None:
    report = check(signed_by(program), office().trust)
    assert report.conclusion is Conclusion.PASSED
    assert list(every(report)) == []


@pytest.mark.parametrize("program", SIGNERS)
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_caught_and_named(name: str, program: str) -> None:
    attack, report = ATTACKS[name], attacked(program, name)
    assert report.conclusion in {Conclusion.FAILED, Conclusion.INDETERMINATE}
    assert attack.found_as in names(report)
    assert names(report) <= {attack.found_as, *attack.besides}
    assert reasons(report)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_gets_no_name_that_it_need_not_have(name: str) -> None:
    found = {code for program in SIGNERS for code in names(attacked(program, name))}
    assert found == {ATTACKS[name].found_as, *ATTACKS[name].besides}


def test_every_class_has_its_attack() -> None:
    assert {code for code in FINDINGS if code.startswith("attack_")} == CLASSES
    assert {a.found_as for a in ATTACKS.values()} == CLASSES - {"attack_encryption_exchanged"}
    assert len(ATTACKS) >= 140


@pytest.mark.real("qpdf")
def test_exchanged_encryption_is_named(tmp_path: Path) -> None:
    encrypted = qpdf(letter(), tmp_path, "--encrypt", "", "owner", "256", "--")
    writer = IncrementalPdfFileWriter(BytesIO(encrypted))
    writer.encrypt("")
    meta = signers.PdfSignatureMetadata(field_name="Sig1")
    signer = software_signer(office().officer)
    data = signers.sign_pdf(writer, meta, signer=signer).getvalue()
    assert check(data, office().trust).conclusion is Conclusion.PASSED
    trailer = opened(data).final_view.trailer
    root, encrypt = trailer["Root"], trailer["Encrypt"]
    assert isinstance(root, Ref)
    assert isinstance(encrypt, Ref)
    start = data.index(b"%d 0 obj" % encrypt.number) + len(b"%d 0 obj" % encrypt.number)
    body = data[start : data.index(b"endobj", start)].strip()
    other = appended(data, {500: body}, b"/Root %d 0 R/Encrypt 500 0 R" % root.number)
    report = check(other, office().trust)
    assert report.conclusion is Conclusion.FAILED
    assert names(report) == {"attack_encryption_exchanged"}


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
@pytest.mark.parametrize(
    "name",
    [
        "free text over the page",
        "signature of a stranger over the page",
        "signature of an officer over the page",
        "empty signature field over the page",
        "content saved again",
    ],
)
def test_attack_on_a_certified_document(name: str, permission: MDPPerm) -> None:
    """What certification permits (P=2 signing, P=3 annotations) is no licence for these."""
    certified = by_pyhanko(prepared_letter(), office().officer, permission=permission)
    assert check(certified, office().trust).conclusion is Conclusion.PASSED
    report = check(ATTACKS[name].alter(certified), office().trust)
    assert report.conclusion is Conclusion.FAILED
    assert ATTACKS[name].found_as in names(report)


def test_a_name_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without names every verdict is as it is with them."""
    known = {name: attacked("pyhanko", name) for name in ATTACKS}
    monkeypatch.setattr(steps_module, "attacks_in", lambda _step: {})
    monkeypatch.setattr(signature_module, "names_of", lambda _findings: ())
    monkeypatch.setattr(verify_module, "names_of", lambda _findings: ())
    for name, attack in ATTACKS.items():
        report = check(attack.alter(signed_by("pyhanko")), office().trust)
        assert (report.conclusion, reasons(report)) == (
            known[name].conclusion,
            reasons(known[name]),
        )
        assert [s.sub_indication for s in report.signatures] == [
            s.sub_indication for s in known[name].signatures
        ]


def test_a_name_is_never_beside_a_sound_signature() -> None:
    for name in ATTACKS:
        for signature in attacked("antin", name).signatures:
            if signature.indication == "TOTAL-PASSED":
                assert not [f for f in signature.findings if f.code.startswith("attack_")]


def table() -> list[str]:
    """Return the rows that the page on verdicts is to have."""
    rows = []
    for code in sorted({attack.found_as for attack in ATTACKS.values()}):
        mine = [name for name, attack in ATTACKS.items() if attack.found_as == code]
        noticed = {c for name in mine for p in SIGNERS for c in reasons(attacked(p, name))}
        listed = ", ".join(f"`{one}`" for one in sorted(noticed))
        rows.append(f"| {'; '.join(mine)} | {listed} | `{code}`: {FINDINGS[code]} |")
    return rows


def test_the_page_on_verdicts_lists_every_attack() -> None:
    page = (Path(__file__).parents[2] / "docs" / "verifier.md").read_text()
    section = page.split("\n## Attacks\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows[1:] == table(), "\n".join(table())
