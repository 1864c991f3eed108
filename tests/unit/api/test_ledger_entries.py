"""``GET /v1/ledger/entries``: filters, and the way to the next page."""

import re
from typing import Any

import pytest

from tests.unit.api.conftest import Office


def pages(office: Office, address: str) -> list[Any]:
    """Return the entries of all pages, by following the links."""
    found = []
    following: str | None = address
    while following:
        answer = office.get(following)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        link = answer.headers.get("link")
        following = re.fullmatch(r'<(.+)>; rel="next"', link)[1] if link else None  # type: ignore[index]  # it is one
    return found


def test_filters_and_pages(office: Office) -> None:
    record = office.record()
    office.record()
    everything = pages(office, "/v1/ledger/entries")
    assert [row["index"] for row in everything] == list(range(len(everything)))
    own = [row for row in everything if row["stream"] == f"record/{record}"]
    assert pages(office, f"/v1/ledger/entries?record={record}&limit=1") == own
    assert pages(office, f"/v1/ledger/entries?agency={office.agency_id}&limit=2") == [
        row for row in everything if row["stream"] == f"agency/{office.agency_id}"
    ]
    opened = [row for row in everything if row["action"] == "record.opened"]
    assert len(opened) == 2
    assert pages(office, "/v1/ledger/entries?action=record&limit=1") == opened
    assert pages(office, f"/v1/ledger/entries?actor={office.admin_id}&action=record") == opened
    since = "2020-01-01T00:00:00%2B07:00"
    assert pages(office, f"/v1/ledger/entries?since={since}&limit=3") == everything
    assert pages(office, f"/v1/ledger/entries?until={since}") == []


def test_a_last_page_leads_nowhere(office: Office) -> None:
    count = len(office.get("/v1/ledger/entries").json())
    assert "link" not in office.get(f"/v1/ledger/entries?limit={count}").headers
    link = office.get(f"/v1/ledger/entries?limit={count - 1}").headers["link"]
    assert link == f'</v1/ledger/entries?limit={count - 1}&from={count - 1}>; rel="next"'


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ("record=nothing", 404, "record_not_found"),
        ("record=a&document=b", 422, "field_invalid"),
        ("action=%25", 422, "field_invalid"),
        ("actor=%00", 422, "field_invalid"),
        ("since=2026-01-01T00:00:00", 400, "request_invalid"),
        ("since=x", 400, "request_invalid"),
        ("from=-1", 400, "request_invalid"),
        ("from=99999999999999999999", 400, "request_invalid"),
    ],
)
def test_what_cannot_be_asked(office: Office, question: str, status: int, code: str) -> None:
    answer = office.get(f"/v1/ledger/entries?{question}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_others_find_nothing(office: Office) -> None:
    record = office.record()
    _, secret = office.user("clerk")
    assert office.get("/v1/ledger/entries?action=record", secret).json() == []
    answer = office.get(f"/v1/ledger/entries?record={record}", secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
