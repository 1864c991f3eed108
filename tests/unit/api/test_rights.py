"""Who may do what: no key, a wrong key, a wrong role, another agency's things."""

from pathlib import Path

import pytest

from tests.unit.api.conftest import Office

LETTER = (Path(__file__).parents[3] / "examples" / "letter.pdf").read_bytes()
PROOFS = {"/v1/ledger/proofs/inclusion", "/v1/ledger/proofs/consistency"}
OPEN = {"/v1/ledger/checkpoint", "/health/live", "/health/ready", *PROOFS}


def test_everything_but_the_checkpoint_needs_a_key(office: Office) -> None:
    for path, operations in office.http.get("/openapi.json").json()["paths"].items():
        for method in operations:
            answer = office.http.request(method, path.replace("{number}", "1"), json={})
            if path in OPEN:
                assert answer.status_code != 401
            elif answer.json()["code"] != "request_invalid":
                assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
                assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("secret", ["wrong", "x" * 10_000, " "])
def test_a_wrong_key_is_nobody(office: Office, secret: str) -> None:
    answer = office.http.get("/v1/agencies", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_a_revoked_key_is_nobody(office: Office) -> None:
    user_id, secret = office.user("clerk")
    (key,) = [k for k in office.get("/v1/api-keys").json() if k["user_id"] == user_id]
    assert office.get("/v1/agencies", secret).status_code == 200
    office.post(f"/v1/api-keys/{key['id']}/revoke")
    assert office.get("/v1/agencies", secret).status_code == 401


def test_a_wrong_role_is_told_so(office: Office) -> None:
    _, secret = office.user("auditor")
    asked = {"name": "X", "agency_id": office.agency_id, "roles": ["clerk"]}
    answer = office.post("/v1/users", asked, secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    document = office.upload(LETTER).json()["id"]
    answer = office.post(f"/v1/documents/{document}/seal", {}, secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


def test_another_agencys_things_do_not_exist(office: Office) -> None:
    other = office.post("/v1/agencies", {"code": "SO-MAU", "name": "Sở Mẫu"}).json()["id"]
    _, secret = office.user("clerk", "records_manager", agency_id=other)
    record = office.record()
    document = office.upload(LETTER).json()["id"]
    for path, code in (
        (f"/v1/records/{record}", "record_not_found"),
        (f"/v1/records/{record}/closures/1", "record_not_found"),
        (f"/v1/documents/{document}", "document_not_found"),
        (f"/v1/documents/{document}/content", "document_not_found"),
    ):
        answer = office.get(path, secret)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    answer = office.post(f"/v1/records/{record}/close", secret=secret)
    assert (answer.status_code, answer.json()["code"]) == (404, "record_not_found")
    assert office.get("/v1/records", secret).json()["items"] == []


def test_entries_of_others_are_leaf_hashes(office: Office) -> None:
    _, secret = office.user("clerk")
    for entry in office.get("/v1/ledger/entries", secret).json():
        assert set(entry) == {"index", "leaf"}
    assert "action" in office.get("/v1/ledger/entries").json()[0]
