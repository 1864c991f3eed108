"""The report as a web page: verdict first, every fact, harmless whatever the file holds."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from lxml import html

from antin.infra.messages import translator
from antin.verifier.findings import finding
from antin.verifier.report import (
    ChangeLevel,
    ChangesAfter,
    Conclusion,
    Indication,
    ReadError,
    Report,
    RevocationSummary,
    Severity,
)
from antin.verifier.writers.html import to_html
from antin.verifier.writers.view_parts import MAX_REASONS
from tests.reports import (
    ALL,
    ALONE,
    CHANGED,
    DIGEST,
    DIGEST_ONLY,
    DOCUMENT_STAMP,
    FAILED,
    HIDDEN,
    MOMENT,
    PASSED,
    PICTURE,
    PNG,
    REVOKED,
    SEVERAL,
    SIGNATURE,
    SIGNER,
    UNKNOWN,
    UNREADABLE,
    UNSIGNED,
    WITHOUT_CONTENT,
    YEAR,
)

LANGUAGES = ("vi", "en")
VERDICTS = {
    "vi": {
        Conclusion.PASSED: "Hợp lệ",
        Conclusion.FAILED: "Không hợp lệ",
        Conclusion.INDETERMINATE: "Chưa xác định được",
        Conclusion.NO_SIGNATURE: "Chưa ký",
        Conclusion.UNREADABLE: "Không đọc được",
    },
    "en": {
        Conclusion.PASSED: "Valid",
        Conclusion.FAILED: "Not valid",
        Conclusion.INDETERMINATE: "Could not be determined",
        Conclusion.NO_SIGNATURE: "Not signed",
        Conclusion.UNREADABLE: "Unreadable",
    },
}
TONES = {
    Conclusion.PASSED: "good",
    Conclusion.FAILED: "bad",
    Conclusion.INDETERMINATE: "unsure",
    Conclusion.NO_SIGNATURE: "plain",
    Conclusion.UNREADABLE: "bad",
}


def page(report: Report, language: str = "en") -> html.HtmlElement:
    return html.document_fromstring(to_html(report, translator(language), language))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def facts(element: html.HtmlElement) -> dict[str, str]:
    """Return label and value of a signature's rows, those of its details left out."""
    (rows,) = element.xpath("./dl")
    return {words(dt): words(dt.getnext()) for dt in rows.findall("dt")}


def signatures(element: html.HtmlElement) -> list[html.HtmlElement]:
    found: list[html.HtmlElement] = element.xpath("//section[contains(@class, 'signature')]")
    return found


@pytest.mark.requirement("CRY-6")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ALL)
def test_the_verdict_comes_first_in_words_colour_and_symbol(name: str, language: str) -> None:
    report = ALL[name]
    shown = page(report, language)
    first = shown.xpath("//main/*")[0]
    assert words(shown.xpath("//h1")[0]) == VERDICTS[language][report.conclusion]
    assert words(first).startswith(VERDICTS[language][report.conclusion])
    tone = TONES[report.conclusion]
    assert first.get("class") == f"banner {tone}"
    (symbol,) = first.xpath(".//svg")
    assert symbol.get("class") == tone
    assert shown.get("lang") == language


def test_every_tone_has_a_symbol_of_its_own() -> None:
    drawn = {
        tone: html.tostring(page(report).xpath("//header//svg")[0]).decode().split("<", 2)[2]
        for tone, report in (
            ("good", PASSED),
            ("bad", FAILED),
            ("unsure", UNKNOWN),
            ("plain", UNSIGNED),
        )
    }
    assert len(set(drawn.values())) == 4


@pytest.mark.requirement("CRY-6")
def test_it_says_what_circular_15_asks_for() -> None:
    (signature,) = signatures(page(PASSED, "vi"))
    assert words(signature.xpath("./header//h2")[0]) == "Chữ ký số hợp lệ"
    assert facts(signature) == {
        "Người ký": "Nguyễn Văn A",
        "Cơ quan, đơn vị quản lý người ký": "Phòng Tổ chức, Sở Nội vụ (mẫu)",
        "Tổ chức cấp chứng thư số": "CA Cán bộ, Cơ quan chứng thực (mẫu)",
        "Thời gian ký": "2026-06-01 15:00:00 +0700, được chứng minh bằng dấu thời gian",
        "Thời gian do người ký khai": "2026-06-01 15:00:00 +0700",
        "Tính toàn vẹn": "nội dung được ký còn nguyên vẹn",
        "Hiệu lực chứng thư số tại thời điểm ký": (
            "có hiệu lực, chưa bị thu hồi tại thời điểm được chứng minh"
        ),
        "Thời hạn của chứng thư số": ("từ 2025-06-01 15:00:00 +0700 đến 2027-06-01 15:00:00 +0700"),
        "Phạm vi ký": "phiên bản 2 trên 3, 50 trên 12345 byte",
        "Thay đổi về sau": "chỉ dữ liệu để kiểm tra lâu dài",
    }


def one(report: Report) -> dict[str, str]:
    return facts(signatures(page(report))[0])


def with_signature(**changes: object) -> Report:
    return replace(PASSED, signatures=(replace(SIGNATURE, **changes),))  # type: ignore[arg-type]  # any field


def test_a_claimed_time_is_never_shown_as_proven() -> None:
    told = one(with_signature(best_signature_time=None, time_source="none"))
    assert told["Signing time"] == "2026-06-01 15:00:00 +0700, claimed by the signer, not proven"
    assert "Time claimed by the signer" not in told
    later = one(with_signature(claimed_signing_time=MOMENT + YEAR))
    assert later["Signing time"].startswith("2026-06-01")
    assert later["Time claimed by the signer"].startswith("2027-06-01")


def test_what_was_not_checked_is_not_called_good() -> None:
    told = one(with_signature(checks=(), digest_ok=None, signature_ok=None))
    assert told["Integrity"] == "could not be determined"
    assert told["Certificate at the time of signing"] == "could not be determined"
    assert "not confirmed" in told["Signed by"]
    assert "valid" not in one(with_signature(checks=()))["Certificate at the time of signing"]


@pytest.mark.parametrize("status", ["unknown", "unavailable", "revoked"])
def test_not_revoked_is_said_only_if_it_is_known(status: str) -> None:
    statuses = (RevocationSummary(SIGNER.subject, "none", status),)
    told = one(with_signature(revocation=statuses))
    expected = "valid; whether it was revoked could not be told"
    assert told["Certificate at the time of signing"] == expected
    assert one(with_signature(revocation=()))["Certificate at the time of signing"] == expected


def test_a_name_is_confirmed_by_path_and_signature_value() -> None:
    assert one(PASSED)["Signed by"] == "Nguyễn Văn A"
    for changes in ({"signature_ok": False}, {"signature_ok": None}, {"checks": ()}):
        told = one(with_signature(**changes))["Signed by"]
        assert told == "Nguyễn Văn A (not confirmed: so says the certificate)"
    assert "not confirmed" in one(REVOKED)["Signed by"]


def test_integrity_tells_altered_content_from_a_wrong_value() -> None:
    assert one(with_signature(digest_ok=False))["Integrity"] == "the signed content was altered"
    wrong = one(with_signature(signature_ok=False))["Integrity"]
    assert wrong == "the signature value does not fit the certificate"


def test_an_agency_seals_and_an_authority_stamps() -> None:
    agency = replace(SIGNER, subject="CN=Sở Nội vụ (mẫu),O=SỞ NỘI VỤ (mẫu)")
    assert one(with_signature(signer=agency))["Sealed by (agency)"] == "Sở Nội vụ (mẫu)"
    stamp = facts(signatures(page(SEVERAL))[2])
    assert stamp["Time-stamped by"] == "TSA (mẫu)"
    assert stamp["Time of the time-stamp"].endswith("proven by a time-stamp of the document")
    assert stamp["Covers"] == "the whole file (12345 bytes)"
    failed = replace(
        DOCUMENT_STAMP,
        indication=Indication.FAILED,
        best_signature_time=None,
        time_source="none",
        signer=None,
    )
    stamp = one(replace(PASSED, signatures=(failed,)))
    assert stamp["Time-stamped by"] == "unknown"
    assert stamp["Time of the time-stamp"].endswith("proves nothing")


def test_unknown_parts_are_said_to_be_unknown() -> None:
    told = one(UNKNOWN)
    assert told == {
        "Signed by": "unknown",
        "Signing time": "could not be determined",
        "Integrity": "could not be determined",
        "Certificate at the time of signing": "could not be determined",
        "Covers": "it is not clear which part",
        "Changed later": "could not be determined",
    }
    assert "trust folder" in words(signatures(page(UNKNOWN))[0])


def test_why_not_and_what_to_do() -> None:
    (signature,) = signatures(page(FAILED))
    (reason,) = signature.xpath("./ul[@class='reasons']/li")
    assert words(reason) == (
        "A page was added after signing. (page 2, revision 3) What to do: Do not rely on this "
        "file. Ask the sender for the file as it was signed. page_added"
    )
    assert reason.get("class") == "bad"
    assert [words(h) for h in signature.xpath("./h3")] == ["Why it is not valid"]
    weak = finding("path_not_found", Severity.ERROR, subject="x", reason="y")
    unsure = replace(UNKNOWN.signatures[0], findings=(weak,))
    (signature,) = signatures(page(replace(UNKNOWN, signatures=(unsure,))))
    assert signature.xpath("./ul/li")[0].get("class") == "unsure"
    assert [words(h) for h in signature.xpath("./h3")] == ["Why it could not be determined"]


def test_every_error_says_what_to_do() -> None:
    bare = finding("form_changed", Severity.ERROR, keys="/Fields")
    failed = replace(FAILED.signatures[0], findings=(bare,), sub_indication="SOMETHING_NEW")
    shown = page(replace(FAILED, signatures=(replace(failed, changes_after=ChangesAfter(None)),)))
    (advice,) = shown.xpath("//section[contains(@class, 'signature')]/p[@class='todo']")
    assert "Do not rely on this file" in words(advice)


def test_the_file_itself_is_told_apart_from_its_signatures() -> None:
    shown = page(HIDDEN)
    card = shown.xpath("//main/*")[1]
    assert "The file holds a signature that no form field shows. (byte 77)" in words(card)
    assert card.get("class") == "card bad"
    assert "Do not rely on this file" in words(shown.xpath("//main/*")[0])


@pytest.mark.parametrize(("report", "text"), [(UNREADABLE, "(not_a_pdf)"), (UNSIGNED, "no signat")])
def test_nothing_to_judge_is_explained(report: Report, text: str) -> None:
    shown = page(report)
    assert text in words(shown.xpath("//main/*")[0])
    assert signatures(shown) == []


def test_details_are_folded_away_but_there() -> None:
    shown = page(PASSED)
    assert shown.xpath("//details[@open]") == []
    told = " ".join(words(one) for one in shown.xpath("//details"))
    for text in (DIGEST, SIGNER.sha256, "ETSI.CAdES.detached", "[0, 10, 20, 30]", "vn-office"):
        assert text in told
    assert "8. Changes after signing" in told
    assert "not revoked (OCSP), as of 2026-06-01 15:00:00 +0700" in told


def test_notes_hold_warnings_and_the_details_what_was_added() -> None:
    added = finding("signature_added", Severity.INFO, field="Sig2", revision=3)
    later = finding("path_revoked_later", Severity.INFO, subject="x", date="2027")
    odd = finding("timestamp_unproven", Severity.WARNING, reason="y")
    changes = ChangesAfter(None, (added,))
    (shown,) = signatures(page(with_signature(changes_after=changes, warnings=(added, later, odd))))
    assert [one.get("class") for one in shown.xpath("./ul/li")] == ["plain", "unsure"]
    assert "Sig2" not in " ".join(words(one) for one in shown.xpath("./ul/li"))
    assert "The signature Sig2 was added later." in words(shown.xpath("./details")[0])


def test_a_certificate_that_never_ends_has_an_end_that_can_be_shown() -> None:
    never = replace(SIGNER, not_after=MOMENT.replace(year=9999, month=12, day=31, hour=23))
    assert "9999-12-31" in one(with_signature(signer=never))["Certificate validity period"]


HOSTILE = "<script>alert(1)</script>\"' onload=x\u202eCN=\x00\x1b[2J\u200b" + "x" * 10_000_000


def hostile_report() -> Report:
    odd = finding("form_field_filled", Severity.ERROR, field=HOSTILE)
    certificate = replace(SIGNER, subject=HOSTILE, issuer=f"CN={HOSTILE}", serial=HOSTILE)
    signature = replace(
        SIGNATURE,
        field=HOSTILE,
        subfilter=HOSTILE,
        signer=certificate,
        chain=(certificate, replace(SIGNER, subject="CN=\\<b\\>,O=\\<i\\>")),
        revocation=(RevocationSummary(HOSTILE, "ocsp", "good", MOMENT),),
        changes_after=ChangesAfter(None, (odd,)),
        findings=(replace(odd, code=odd.code, detail=HOSTILE), replace(odd, values=())),
    )
    return replace(
        FAILED,
        file=HOSTILE,
        policy=replace(PASSED.policy, id=HOSTILE),
        error=ReadError("x", HOSTILE),
        findings=(odd,),
        signatures=(signature,),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_is_harmless_and_bounded(language: str) -> None:
    text = to_html(hostile_report(), translator(language), language)
    assert len(text) < 60_000
    shown = html.document_fromstring(text)
    assert shown.xpath("//script") == []
    assert shown.xpath("//b") == shown.xpath("//i") == []
    names = {name for element in shown.iter("*") for name in element.attrib}
    assert not any(name.startswith("on") for name in names)
    assert "&lt;script&gt;" in text
    assert "[U+202E]" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_nothing_is_fetched_and_nothing_runs() -> None:
    text = to_html(CHANGED, translator("vi"), "vi")
    shown = html.document_fromstring(text)
    (policy,) = shown.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = shown.xpath("//style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    for attribute in ("src", "href", "action", "style", "srcset", "onclick"):
        values = shown.xpath(f"//@{attribute}")
        assert [v for v in values if not v.startswith("data:image/png;base64,")] == []
    assert "http" not in style.text
    assert "url(" not in style.text


def test_pictures_of_changed_pages() -> None:
    (signature,) = signatures(page(CHANGED))
    shown = signature.xpath(".//details[contains(@class, 'page')]")
    assert [words(one.find("summary")) for one in shown] == [
        "Page 3, when it was signed page 2",
        "Page 2, not there when it was signed",
        "Page 4 of what was signed, not there now",
        "Page 1",
    ]
    assert ["open" in one.attrib for one in shown] == [True, True, True, False]
    assert "Words that are gone: 100. Words that are new: 900." in words(shown[0])
    sources = [one.xpath(".//img/@src") for one in shown]
    assert [len(one) for one in sources] == [3, 1, 1, 3]
    assert {base64.b64decode(s.partition(",")[2]) for one in sources for s in one} == {PNG}
    captions = [words(c) for c in shown[0].xpath(".//figcaption")]
    captions += [words(c) for c in shown[1].xpath(".//figcaption")]
    captions += [words(c) for c in shown[2].xpath(".//figcaption")]
    assert captions == [
        "Before (as signed)",
        "After (as it is now)",
        "Difference (red; blue where it may differ)",
        "Before (as signed): no such page",
        "After (as it is now)",
        "Before (as signed)",
        "After (as it is now): no such page",
    ]
    (first, *_) = shown[0].xpath(".//img/@alt")
    assert first == "Page 3, when it was signed page 2: Before (as signed)"


def test_what_is_no_picture_is_not_shown_as_one() -> None:
    odd = replace(PICTURE, png=b"<svg onload=alert(1)>")
    (found, *_) = CHANGED.signatures[0].changes_after.findings
    assert found.pictures is not None
    hidden = replace(found, pictures=replace(found.pictures, after=odd))
    signature = replace(
        CHANGED.signatures[0], changes_after=ChangesAfter(ChangeLevel.OTHER, (hidden,))
    )
    text = to_html(replace(CHANGED, signatures=(signature,)), translator("en"), "en")
    assert len(html.document_fromstring(text).xpath("//img")) == 2


def test_no_pictures_no_heading() -> None:
    assert "Changed pages" not in to_html(FAILED, translator("en"), "en")


def test_long_lists_are_cut_and_the_rest_is_counted() -> None:
    many = tuple(
        finding("object_overwritten", Severity.ERROR, object=n) for n in range(MAX_REASONS + 3)
    )
    signature = replace(FAILED.signatures[0], findings=many, changes_after=ChangesAfter(None))
    (shown,) = signatures(page(replace(FAILED, signatures=(signature,))))
    reasons = shown.xpath("./ul/li")
    assert len(reasons) == MAX_REASONS + 1
    assert words(reasons[-1]) == "and 3 more"
    info = tuple(
        finding("object_overwritten", Severity.INFO, object=n) for n in range(MAX_REASONS + 3)
    )
    (shown,) = signatures(page(with_signature(changes_after=ChangesAfter(None, info))))
    assert "and 3 more" in words(shown)


@pytest.mark.parametrize("name", ALL)
def test_equal_reports_give_equal_pages(name: str) -> None:
    again = replace(ALL[name])
    assert to_html(ALL[name], translator("vi"), "vi") == to_html(again, translator("vi"), "vi")


@pytest.mark.parametrize("name", ALL)
def test_every_fixed_word_is_translated(name: str) -> None:
    """What the English page says in our own words, the Vietnamese page does not say."""

    def marked(sentence: str) -> str:
        return f"«{sentence}»"

    shown = html.document_fromstring(to_html(ALL[name], marked, "en"))
    for place in ("dt", "h2", "h3", "summary", "figcaption", "h1"):
        for element in shown.iter(place):
            text = words(element)
            own = text.startswith(("«", "CN=", "–")) or re.match(r"\d+\. «", text)
            assert own, (place, text)


def test_a_signature_that_is_a_file_of_its_own() -> None:
    """No field, no form, no later changes: rows that would say nothing are left out."""
    page = to_html(ALONE, str, "en")
    assert "1. Signature 1" in page
    assert "the whole of thư.txt, 777 bytes" in page
    assert "SHA-256 of the signed content" in page
    for label in ("Signature field", "Format (SubFilter)", "Changed later", "Byte range"):
        assert label in to_html(PASSED, str, "en")
        assert label not in page
    missing = to_html(WITHOUT_CONTENT, str, "en")
    assert "Verify it together with what was signed (--content)." in missing
    assert "Size of the signed content" not in missing
    assert "Size of the signed content" not in to_html(DIGEST_ONLY, str, "en")


def test_what_is_not_known_has_no_row() -> None:
    known = words(page(with_signature()))
    assert DIGEST in known
    assert SIGNATURE.document_digest is not None
    assert SIGNATURE.document_digest in known
    unread = replace(with_signature(document_digest=None), sha256="")
    assert SIGNATURE.document_digest not in words(page(unread))
    label = "SHA-256 of the file"
    assert known.count(label) == words(page(unread)).count(label) + 1


def test_what_to_do_about_a_check_that_broke_off() -> None:
    broken = finding("check_failed", Severity.ERROR)
    signature = replace(FAILED.signatures[0], findings=(broken,), changes_after=ChangesAfter(None))
    shown = words(page(replace(FAILED, signatures=(signature,))))
    assert "Report this to whoever maintains Antin" in shown
