"""The report as JSON and as text."""

import json
import re
from dataclasses import replace

import pytest

from antin.core.errors import InputError
from antin.infra.messages import translator
from antin.verifier.broken_off import defect, read_error
from antin.verifier.findings import finding
from antin.verifier.report import RevocationSummary, Severity
from antin.verifier.writers import terms
from antin.verifier.writers.html import to_html
from antin.verifier.writers.json import to_json
from antin.verifier.writers.schema import report_schema, schema_text
from antin.verifier.writers.text import to_text
from tests.reports import (
    ALL,
    ALONE,
    CHANGED,
    DIGEST,
    DIGEST_ONLY,
    DOCUMENT_STAMP,
    ENVELOPED,
    FAILED,
    PASSED,
    PICTURE,
    SIGNATURE,
    SIGNER,
    UNKNOWN,
    UNREADABLE,
    WITHOUT_CONTENT,
)
from tests.reportschema import fits_schema


def english(sentence: str) -> str:
    return sentence


def test_pictures_are_named_by_digest_and_not_written_out() -> None:
    value = json.loads(to_json(CHANGED))
    (signature,) = value["signatures"]
    filled, altered, added, *rest = signature["changes_after"]["findings"]
    picture = {"sha256": PICTURE.sha256, "width": 1, "height": 1, "size": len(PICTURE.png)}
    assert altered["pictures"] == {
        "renderer": "pdfium 1",
        "page_before": 2,
        "page_after": 3,
        "before": picture,
        "after": picture,
        "difference": picture,
    }
    assert (added["pictures"]["page_before"], added["pictures"]["before"]) == (None, None)
    assert [found["pictures"] for found in rest[1:]] == [None] * 3
    assert filled["severity"] == "info"


@pytest.mark.parametrize("name", ALL)
def test_json_is_one_line_that_fits_its_schema(name: str) -> None:
    line = to_json(ALL[name])
    assert "\n" not in line
    assert fits_schema(line)
    assert json.loads(schema_text()) == report_schema()


def test_json_keys_come_in_the_promised_order() -> None:
    value = json.loads(to_json(FAILED))
    assert list(value) == (
        [
            "schema",
            "file",
            "sha256",
            "size",
            "checked_at",
            "policy",
            "conclusion",
            "error",
            "findings",
            "signatures",
            "revisions",
            "container",
            "content",
        ]
    )
    assert list(value["signatures"][0]) == [
        "field",
        "kind",
        "subfilter",
        "level",
        "indication",
        "sub_indication",
        "digest_ok",
        "signature_ok",
        "byte_range",
        "revision",
        "covers_whole_file",
        "signer",
        "claimed_signing_time",
        "best_signature_time",
        "time_source",
        "algorithm",
        "changes_after",
        "chain",
        "revocation",
        "findings",
        "warnings",
        "checks",
        "timestamps",
        "document_digest",
        "identity",
        "signature_policy",
    ]
    assert value["checked_at"] == "2026-06-01T08:00:00Z"
    assert value["signatures"][0]["signer"]["subject"] == SIGNER.subject
    assert value["signatures"][0]["changes_after"]["findings"][0] == {
        "code": "page_added",
        "severity": "error",
        "detail": "A page was added after signing.",
        "revision": 3,
        "page": 2,
        "object": 50,
        "offset": None,
        "pictures": None,
    }


def test_unknown_is_null_never_false() -> None:
    (signature,) = json.loads(to_json(UNKNOWN))["signatures"]
    for key in ("digest_ok", "signature_ok", "level", "signer", "best_signature_time", "algorithm"):
        assert signature[key] is None
    assert signature["changes_after"]["level"] is None


def test_file_name_that_is_no_text_is_still_json() -> None:
    line = to_json(replace(PASSED, file="a\udc80.pdf"))
    assert json.loads(line.encode())["file"] == "a\udc80.pdf"


@pytest.mark.parametrize("name", ALL)
def test_text_fits_the_width_and_starts_with_the_verdict(name: str) -> None:
    report = ALL[name]
    for verbose in (False, True):
        lines = to_text(report, english, verbose=verbose).splitlines()
        assert lines[0].startswith(f"{report.file}: ")
        assert str(report.conclusion) in lines[0]
        assert all(
            len(line) <= 80 or " " not in line.strip() for line in lines if DIGEST not in line
        )


def test_text_says_who_when_what_and_why_not() -> None:
    text = " ".join(to_text(FAILED, english).split())
    assert "Signature Sig1: not valid (FORMAT_FAILURE)" in text
    assert f"Signed by {SIGNER.subject}" in text
    assert "2026-06-01 15:00:00 +0700, proven by a time-stamp" in text
    assert "Covers revision 2, 50 of 12345 bytes" in text
    assert "Changed later the document itself" in text
    assert text.count("A page was added after signing. (page 2, revision 3)") == 1
    assert "What to do" in text


def test_text_on_a_signature_that_is_a_file_of_its_own() -> None:
    """It has a number where others have a field, and nothing can be added to what it signs."""
    text = " ".join(to_text(ALONE, english).split())
    assert "Signature 1: valid" in text
    assert "Covers the whole of thư.txt, 777 bytes" in text
    assert "Changed later" not in text
    assert "content inside the file, 777 bytes" in to_text(ENVELOPED, english)
    assert "only the digest is known" in to_text(DIGEST_ONLY, english)
    missing = " ".join(to_text(WITHOUT_CONTENT, english).split())
    assert "Signature 1: could not be determined (SIGNED_DATA_NOT_FOUND)" in missing
    assert "Covers could not be determined" in missing
    assert "What to do Verify it together with what was signed (--content)." in missing


def test_claimed_time_is_said_to_be_claimed() -> None:
    claimed = replace(SIGNATURE, best_signature_time=None, time_source="none")
    text = to_text(replace(PASSED, signatures=(claimed,)), english)
    assert "claimed by the signer, not proven" in text


def test_every_fixed_word_goes_through_translate() -> None:
    def shout(sentence: str) -> str:
        return re.sub(r"(?<![{\w])[a-z]+(?![\w}])", "ü", sentence.upper().lower())

    text = to_text(FAILED, shout)
    assert "added" not in text
    assert "Signed by" not in text


def test_findings_are_filled_in_the_readers_language() -> None:
    filled = finding("form_field_filled", Severity.ERROR, field="họ tên")
    text = to_text(replace(PASSED, findings=(filled,)), lambda s: s.replace("The form field", "Ô"))
    assert "Ô họ tên" in text


def test_control_characters_of_the_file_never_reach_the_terminal() -> None:
    evil = "a\x1b[2Jb\u202ec"
    signer = replace(SIGNER, subject=evil)
    odd = finding("form_field_filled", Severity.ERROR, field=evil)
    report = replace(
        FAILED,
        file=evil,
        findings=(odd,),
        signatures=(replace(SIGNATURE, field=evil, signer=signer),),
    )
    text = to_text(report, english, verbose=True)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x1b" not in odd.detail


def test_mere_information_is_shown_when_it_is_asked_for() -> None:
    told = finding("form_field_filled", Severity.INFO, field="họ tên")
    report = replace(PASSED, signatures=(replace(SIGNATURE, warnings=(told,)),))
    assert "họ tên" not in to_text(report, english)
    assert "họ tên" in to_text(report, english, verbose=True)


def test_json_holds_nothing_that_steers_a_terminal() -> None:
    name = "\x1b[2J\x7f\x9b31m\u202e\ud800ạ.pdf"
    line = to_json(replace(FAILED, file=name))
    assert line.isprintable()
    assert "ạ.pdf" in line
    assert json.loads(line)["file"] == name


def test_details_stand_in_one_column_in_every_language() -> None:
    """Labels of details are longer than those of the verdict in some languages."""
    for translate in (english, translator("vi")):
        lines = to_text(PASSED, translate, verbose=True).splitlines()
        width = max(len(translate(label)) for label in (terms.CHAIN, terms.COVERS, terms.CHANGED))
        (path, *_) = [line for line in lines if line.startswith(f"  {translate(terms.CHAIN)}")]
        assert path[2 : 2 + width].rstrip() == translate(terms.CHAIN)
        rows = [line for line in lines if line.startswith("  ")]
        assert {line[2 + width : 4 + width] for line in rows} == {"  "}


def test_revocation_is_told_in_the_readers_language() -> None:
    text = to_text(PASSED, translator("vi"), verbose=True)
    assert "good" not in text
    assert f"chưa bị thu hồi (OCSP): {SIGNER.subject}" in " ".join(text.split())


def test_time_stamp_of_the_document_has_no_level_to_be_told() -> None:
    stamps = to_text(replace(PASSED, signatures=(DOCUMENT_STAMP,)), english, verbose=True)
    assert "Level" not in stamps
    unknown = to_text(replace(PASSED, signatures=(replace(SIGNATURE, level=None),)), english)
    assert "Level" not in unknown  # not asked for
    unknown = to_text(UNKNOWN, english, verbose=True)
    assert "Level could not be determined" in " ".join(unknown.split())


def test_unreadable_is_explained_in_the_readers_language_with_what_to_do() -> None:
    why = read_error(InputError("pdf_malformed", detail="x", offset=7))
    assert (why.offset, why.detail) == (7, "The PDF is damaged: x.")
    text = to_text(replace(UNREADABLE, error=why), translator("vi"))
    assert "PDF bị hỏng: x" in text
    assert "Việc cần làm" in text
    broken = defect(ValueError("foreign"))
    assert "ValueError" in to_text(replace(UNREADABLE, error=broken), translator("vi"))


def test_reasons_of_a_certificate_path_read_in_one_language() -> None:
    unknown = "its revocation status is unavailable"
    findings = (
        finding("path_not_found", Severity.ERROR, subject="CN=A", reason="CN=B"),
        finding("revocation_undetermined", Severity.ERROR, subject="CN=A", reason=unknown),
    )
    signature = replace(SIGNATURE, findings=findings)
    text = " ".join(to_text(replace(PASSED, signatures=(signature,)), translator("vi")).split())
    assert "chứng thực cho CN=A. Nơi cấp: CN=B." in text
    assert "status" not in text


def test_what_no_statement_is_about_has_no_source() -> None:
    unheard = RevocationSummary(SIGNATURE.chain[0].subject, "none", "unavailable")
    report = replace(PASSED, signatures=(replace(SIGNATURE, revocation=(unheard,)),))
    told = to_text(report, english, verbose=True), to_html(report, english, "en")
    for text in told:
        assert "no usable statement" in text
        assert "NONE" not in text
