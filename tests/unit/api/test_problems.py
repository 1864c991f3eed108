"""Every answer that is no success is a problem with a code; nothing internal gets out."""

from typing import Any

import pytest

from antin.api.problems import STATUS, TITLES
from antin.core.codes import CODES
from antin.core.limits import MAX_JSON_BYTES
from tests.unit.api.conftest import Office


def _problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:antin:problem:{code}"
    return body


def test_every_family_has_a_status_and_a_title() -> None:
    families = {family for family, _ in CODES.values()}
    assert families == set(STATUS) == set(TITLES)


def test_an_unknown_address(office: Office) -> None:
    _problem(office.get("/v1/nothing"), 404, "route_not_found")


def test_a_wrong_method(office: Office) -> None:
    _problem(office.http.delete("/v1/verify"), 405, "method_not_allowed")


def test_a_field_is_named_and_not_quoted(office: Office) -> None:
    body = {"name": "B", "agency_id": office.agency_id, "roles": ["boss-9f3"], "x": 1}
    told = _problem(office.post("/v1/users", body), 400, "request_invalid")
    assert "roles" in told["detail"]
    assert "boss-9f3" not in str(told)


def test_a_body_that_is_no_json(office: Office) -> None:
    headers = {
        "Authorization": f"Bearer {office.admin_key}",
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }
    answer = office.http.post("/v1/users", content=b"{", headers=headers)
    _problem(answer, 400, "request_invalid")


def test_a_body_that_is_too_large(office: Office) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(MAX_JSON_BYTES + 1)}
    answer = office.http.post("/v1/users", content=b"", headers=headers)
    _problem(answer, 422, "file_too_large")


def test_titles_follow_accept_language(office: Office) -> None:
    answer = office.http.get("/v1/nothing", headers={"Accept-Language": "fr, vi;q=0.8, en;q=0.1"})
    assert answer.json()["title"] == "Không tìm thấy"
    assert answer.json()["detail"] == "There is nothing at this address."


def test_a_defect_shows_nothing_internal(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret-internal")

    monkeypatch.setattr("antin.flows.administration.list_agencies", broken)
    answer = office.get("/v1/agencies")
    told = _problem(answer, 500, "defect")
    assert "secret-internal" not in str(told)
    logged = capsys.readouterr()
    assert "secret-internal" not in logged.out + logged.err


def test_the_openapi_page_tells_of_every_route(office: Office) -> None:
    assert office.http.get("/docs").status_code == 200
    paths = office.http.get("/openapi.json").json()["paths"]
    assert "/v1/signing-tasks/{task_id}/prepare" in paths
    assert all("tags" in operation for path in paths.values() for operation in path.values())
