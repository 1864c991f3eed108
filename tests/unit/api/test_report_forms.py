"""A report over HTTP in the form that the caller asks for."""

import hashlib

import pytest

from antin.api.report_forms import FORMS, HTML, JSON, PDF, XML, preferred
from antin.verifier.policy import SHIPPED, shipped_text
from tests.etsischema import valid
from tests.pdfs import appended, letter, signed, stream
from tests.unit.api.conftest import Office


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/pdf", PDF),
        ("application/xml", XML),
        ("application/*", JSON),
        ("application/json;q=0.1, application/xml;q=0.5", XML),
        ("text/html;q=0, */*", JSON),
        ("*/*, application/json;q=0.2", HTML),
        ("TEXT/HTML ; Q=1", HTML),
        ("image/png", JSON),
        ("text/html;q=0", JSON),
        ("text/html;q=nonsense, application/pdf;q=nan", JSON),
        ("text/html;q=7", JSON),
        (";;;,,q=", JSON),
        ("x/y," * 100 + "text/html", JSON),
    ],
)
def test_the_preferred_form(accept: str | None, form: str) -> None:
    assert preferred(accept) == form


@pytest.mark.parametrize("form", FORMS)
def test_a_report_in_every_form(office: Office, form: str) -> None:
    known = {"Authorization": f"Bearer {office.admin_key}"}
    headers = {"Accept": form, "Accept-Language": "vi"} | known
    answer = office.http.post("/v1/verify", files={"file": ("a.pdf", b"no PDF")}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == form
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert answer.headers.get("content-language") == ("vi" if form in {HTML, PDF} else None)
    if form == JSON:
        assert answer.json()["conclusion"] == "UNREADABLE"
    elif form == HTML:
        assert "<h1>Không đọc được</h1>" in answer.text
    elif form == XML:
        valid(answer.text)
    else:
        assert answer.content.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("policy", SHIPPED)
def test_a_report_by_every_policy_that_ships(office: Office, policy: str) -> None:
    headers = {"Authorization": f"Bearer {office.admin_key}"}
    files = {"file": ("a.pdf", b"no PDF")}
    answer = office.http.post("/v1/verify", files=files, data={"policy": policy}, headers=headers)
    expected = {"id": policy, "sha256": hashlib.sha256(shipped_text(policy)).hexdigest()}
    assert answer.json()["policy"] == expected


def test_changed_pages_are_shown(office: Office) -> None:
    altered = appended(signed(letter()), {111: stream(b"BT /F 12 Tf 72 700 Td (other) Tj ET")})
    known = {"Authorization": f"Bearer {office.admin_key}"}
    shown = []
    for form in (JSON, HTML):
        files = {"file": ("a.pdf", altered)}
        shown.append(office.http.post("/v1/verify", files=files, headers=known | {"Accept": form}))
    (signature,) = shown[0].json()["signatures"]
    pages = [(f["code"], f["page"]) for f in signature["changes_after"]["findings"]]
    assert ("page_look_changed", 2) in pages
    assert shown[1].text.count("<img ") == 3
