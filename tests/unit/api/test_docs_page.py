"""The OpenAPI page stands on its own: an office without internet sees the same."""

import re

from tests.unit.api.conftest import Office


def test_the_page_asks_no_other_server_for_anything(office: Office) -> None:
    page = office.http.get("/docs")
    assert page.status_code == 200
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert asked
    assert all(address.startswith("/") and not address.startswith("//") for address in asked)
    for address in asked:
        assert office.http.get(address).status_code == 200, address


def test_the_description_names_every_group(office: Office) -> None:
    described = office.http.get("/openapi.json").json()
    paths = described["paths"]
    for path in (
        "/v1/verify",
        "/v1/documents",
        "/v1/documents/{document_id}/signing-tasks",
        "/v1/signing-tasks/{task_id}/prepare",
        "/v1/signing-tasks/{task_id}/complete",
        "/v1/documents/{document_id}/seal",
        "/v1/records",
        "/v1/records/{record_id}/changes",
        "/v1/records/{record_id}/close",
        "/v1/ledger/checkpoint",
        "/v1/ledger/entries",
        "/v1/ledger/proofs/inclusion",
        "/v1/ledger/proofs/consistency",
        "/v1/jobs/{job_id}",
    ):
        assert path in paths, path


def test_the_description_asks_for_the_key_that_a_post_needs(office: Office) -> None:
    described = office.http.get("/openapi.json").json()["paths"]
    told = {
        (method, header["required"])
        for path in described.values()
        for method, operation in path.items()
        for header in operation.get("parameters", ())
        if header["name"] == "idempotency-key"
    }
    assert told == {("post", True), ("patch", False)}


def test_the_description_gives_problems_the_media_type_that_they_have(office: Office) -> None:
    described = office.http.get("/openapi.json").json()["paths"]
    content = described["/v1/records/{record_id}"]["get"]["responses"]["default"]["content"]
    sent = office.get("/v1/records/nothing").headers["content-type"]
    assert content == {sent: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(
        set(operation["responses"]["default"]["content"]) == {sent}
        for path in described.values()
        for operation in path.values()
        if "default" in operation["responses"]
    )
