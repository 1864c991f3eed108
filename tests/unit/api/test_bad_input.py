"""What bad input gets over HTTP: status and code, and nothing half-written."""

import asyncio
import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from python_multipart.multipart import Field
from starlette.requests import Request

from antin.api.auth import Caller
from antin.api.middleware import UPLOADS
from antin.api.routes import ROUTERS
from antin.api.uploads import to_verify, upload
from antin.core.errors import KeyDeviceError, UnavailableError, UsageError
from antin.core.ids import new_id
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.records.grants import Principal
from tests.trustworld import BAD_CERTIFICATES, TrustWorld
from tests.unit.api.conftest import Office

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"
BAD = {
    "no PDF": (b"hello", "not_a_pdf"),
    "0 bytes": (b"", "empty_file"),
    "truncated": (LETTER.read_bytes()[:20_000], "pdf_truncated"),
}


def _refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


def _blobs(office: Office) -> list[str]:
    return [digest for digest, _ in office.services.blobs.all()]


@pytest.mark.parametrize("kind", BAD)
def test_an_unreadable_file_is_no_document(office: Office, kind: str) -> None:
    content, code = BAD[kind]
    _refused(office.upload(content), 422, code)
    assert _blobs(office) == []
    assert office.get("/v1/documents").json()["items"] == []


@pytest.mark.parametrize("kind", BAD)
def test_an_unreadable_file_is_reported_as_such(office: Office, kind: str) -> None:
    content, code = BAD[kind]
    answer = office.http.post(
        "/v1/verify",
        files={"file": ("a.pdf", content)},
        headers={"Authorization": f"Bearer {office.admin_key}"},
    )
    assert answer.status_code == 200
    assert answer.json()["conclusion"] == "UNREADABLE"
    assert answer.json()["error"]["code"] == code


@pytest.mark.real("qpdf")
def test_an_encrypted_file_is_refused(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    command = ["qpdf", "--encrypt", "secret", "owner", "256", "--", str(LETTER), str(path)]
    subprocess.run(command, check=True)
    _refused(office.upload(path.read_bytes()), 422, "pdf_encrypted")


def test_a_form_without_a_file(office: Office) -> None:
    headers = {"Authorization": f"Bearer {office.admin_key}", "Idempotency-Key": new_id()}
    files = {"title": (None, "x")}
    _refused(
        office.http.post("/v1/documents", files=files, headers=headers), 400, "request_invalid"
    )
    _refused(office.post("/v1/documents", {"title": "x"}), 400, "request_invalid")


def test_an_upload_beyond_the_limit_is_cut_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antin.api.uploads.MAX_UPLOAD_BYTES", 1000)
    _refused(office.upload(b"x" * (3 << 20)), 422, "file_too_large")
    assert _blobs(office) == []


@pytest.mark.parametrize("length", [str(17 << 20), None])
def test_no_content_type_makes_room_for_a_huge_body(office: Office, length: str | None) -> None:
    """Bodies are read whole before the caller is known, whatever type they claim to be."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body: Any = b"x" * int(length) if length else iter([b"x"])  # of unknown length: in chunks
    answer = office.http.post("/v1/records", content=body, headers=headers)
    assert answer.json()["code"] == ("file_too_large" if length else "request_invalid")
    assert answer.status_code != 401


def test_paths_with_room_for_a_huge_body_are_the_uploads() -> None:
    taking = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        and any(below.call in {upload, to_verify} for below in route.dependant.dependencies)
    }
    assert taking == UPLOADS


def test_form_fields_are_not_collected_without_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    append = Field.on_data

    def counted(field: Field, data: bytes) -> int:
        kept.append(len(data))
        return append(field, data)

    monkeypatch.setattr(Field, "on_data", counted)
    start = b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    chunks = iter((start, *(b"x" * (1 << 18) for _ in range(48))))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(chunks), "more_body": True}

    headers = [(b"content-type", b"multipart/form-data; boundary=B")]
    request = Request({"type": "http", "headers": headers}, receive)
    uploading = upload(request, Caller(office.services, Principal("nobody", "nobody")))

    async def receive_all() -> None:
        await anext(uploading)

    with pytest.raises(UsageError, match="too large"):
        asyncio.run(receive_all())
    assert sum(kept) < 6 << 20


def test_names_of_form_fields_count_as_well(office: Office) -> None:
    many = {f"{number:04}{'n' * 3000}": "" for number in range(400)}
    _refused(office.upload(LETTER.read_bytes(), fields=many), 400, "request_invalid")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "yesterday"]
)
def test_a_time_outside_the_calendar(office: Office, at: str) -> None:
    headers = {"Authorization": f"Bearer {office.admin_key}"}
    files = {"file": ("a.pdf", LETTER.read_bytes())}
    answer = office.http.post("/v1/verify", files=files, data={"at": at}, headers=headers)
    _refused(answer, 422, "field_invalid")


@pytest.mark.parametrize("policy", ["", "laxest", "../policies/strict", "strict.toml"])
def test_a_policy_that_does_not_ship(office: Office, policy: str) -> None:
    headers = {"Authorization": f"Bearer {office.admin_key}"}
    files = {"file": ("a.pdf", LETTER.read_bytes())}
    answer = office.http.post("/v1/verify", files=files, data={"policy": policy}, headers=headers)
    _refused(answer, 400, "policy_unknown")


@pytest.mark.parametrize("value", [r'"\ud800"', "[" * 600 + "]" * 600])
def test_json_that_cannot_be_written_again(office: Office, value: str) -> None:
    headers = {
        "Authorization": f"Bearer {office.admin_key}",
        "Idempotency-Key": new_id(),
        "Content-Type": "application/json",
    }
    body = f'{{"action": "draft.commented", "detail": {{"a": {value}}}}}'
    path = f"/v1/records/{office.record()}/changes"
    answer = office.http.post(path, content=body, headers=headers)
    _refused(answer, 400, "request_invalid")


def test_missing_metadata_are_named(office: Office) -> None:
    answer = office.upload(LETTER.read_bytes(), fields={"title": " "})
    _refused(answer, 422, "field_missing")
    assert answer.json()["values"] == {"field": "title"}
    answer = office.upload(LETTER.read_bytes(), fields={"kind": "letter"})
    _refused(answer, 422, "field_invalid")


def test_what_does_not_exist(office: Office) -> None:
    nobody = new_id()
    _refused(office.get(f"/v1/records/{nobody}"), 404, "record_not_found")
    _refused(office.post(f"/v1/records/{nobody}/close"), 404, "record_not_found")
    _refused(office.get(f"/v1/documents/{nobody}"), 404, "document_not_found")
    _refused(office.get(f"/v1/signing-tasks/{nobody}"), 404, "task_not_found")
    _refused(office.get(f"/v1/jobs/{nobody}"), 404, "job_not_found")
    _refused(office.get("/v1/ledger/checkpoint"), 404, "checkpoint_not_found")


def test_a_record_that_is_closing_takes_no_change(office: Office) -> None:
    record = office.record()
    office.post(f"/v1/records/{record}/close")
    asked = {"action": "draft.commented", "detail": {}}
    _refused(office.post(f"/v1/records/{record}/changes", asked), 409, "record_closed")
    _refused(office.post(f"/v1/records/{record}/close"), 409, "record_not_open")


# --- certificates, keys, services --------------------------------------------------------------


def _task(office: Office) -> str:
    document = office.upload(LETTER.read_bytes()).json()["id"]
    asked = {"signer_id": office.admin_id}
    return str(office.post(f"/v1/documents/{document}/signing-tasks", asked).json()["id"])


def _encoded(key: InsecureSoftwareKey) -> str:
    return base64.b64encode(key.certificate or b"").decode()


def _choice(key: InsecureSoftwareKey) -> dict[str, str]:
    return {"certificate": _encoded(key), "scheme": key.algorithm.scheme}


def _register(office: Office, key: InsecureSoftwareKey) -> str:
    path = f"/v1/users/{office.admin_id}/certificates"
    answer = office.post(path, {"certificate": _encoded(key)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize(("label", "code"), BAD_CERTIFICATES)
def test_a_bad_certificate_signs_nothing(
    office: Office, trust_world: TrustWorld, label: str, code: str
) -> None:
    task = _task(office)
    choice = _choice(trust_world.keys[label])
    _register(office, trust_world.keys[label])
    _refused(office.post(f"/v1/signing-tasks/{task}/prepare", choice), 422, code)
    assert office.get(f"/v1/signing-tasks/{task}").json()["state"] == "OFFERED"


def test_somebody_elses_certificate_signs_nothing(office: Office, trust_world: TrustWorld) -> None:
    task = _task(office)
    path = f"/v1/signing-tasks/{task}/prepare"
    choice = _choice(trust_world.officer_a)
    _refused(office.post(path, choice), 422, "certificate_not_registered")
    registered = _register(office, trust_world.officer_b)
    _refused(office.post(path, choice), 422, "certificate_not_registered")
    listed = office.get(f"/v1/users/{office.admin_id}/certificates").json()
    assert [(one["id"], one["kind"]) for one in listed] == [(registered, "certificate")]
    removed = office.post(f"/v1/certificates/{registered}/remove").json()
    assert removed["removed_at"]
    _refused(office.post(path, _choice(trust_world.officer_b)), 422, "certificate_not_registered")
    _refused(office.post("/v1/certificates/x/remove"), 404, "certificate_not_found")
    both = {"certificate": _encoded(trust_world.officer_a), "identity": "CCCD:1"}
    path = f"/v1/users/{office.admin_id}/certificates"
    _refused(office.post(path, both), 422, "field_invalid")
    _refused(office.post(path, {}), 422, "field_missing")
    junk = {"certificate": base64.b64encode(b"no certificate").decode()}
    _refused(office.post(path, junk), 422, "certificate_malformed")


def test_two_phases_over_http(office: Office, trust_world: TrustWorld) -> None:
    task = _task(office)
    key = trust_world.officer_a
    _register(office, key)
    answer = office.post(f"/v1/signing-tasks/{task}/prepare", _choice(key))
    assert answer.status_code == 200, answer.text
    attributes = base64.b64decode(answer.json()["prepared"]["signed_attributes"])
    wrong = {"signature": base64.b64encode(key.sign(b"something else")).decode()}
    path = f"/v1/signing-tasks/{task}/complete"
    _refused(office.post(path, wrong), 422, "signature_value_wrong")
    right = {"signature": base64.b64encode(key.sign(attributes)).decode()}
    done = office.post(path, right)
    assert (done.status_code, done.json()["state"]) == (200, "COMPLETED"), done.text
    content = office.get(f"/v1/documents/{done.json()['document_id']}/content").content
    assert content.startswith(LETTER.read_bytes())


def test_a_dead_timestamp_service_loses_no_signature(
    office: Office, trust_world: TrustWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _task(office)
    key = trust_world.officer_a
    _register(office, key)
    told = office.post(f"/v1/signing-tasks/{task}/prepare", _choice(key)).json()["prepared"]
    value = base64.b64encode(key.sign(base64.b64decode(told["signed_attributes"]))).decode()

    def dead(*_: object) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="x", detail="dead")

    with monkeypatch.context() as patched:
        patched.setattr(office.services.timestamps, "request", dead)
        path = f"/v1/signing-tasks/{task}/complete"
        held = office.post(path, {"signature": value}, key="k")
        assert (held.status_code, held.json()["timestamp"]) == (202, "pending"), held.text
        job = office.get(held.headers["Location"]).json()
        assert (job["state"], job["error"]["code"]) == ("QUEUED", "timestamp_unavailable")
    assert office.get(f"/v1/signing-tasks/{task}").json()["state"] == "SIGNED"
    _refused(office.post(f"/v1/signing-tasks/{task}/cancel"), 409, "task_state")
    assert office.post(path, {"signature": value}, key="k").json()["state"] == "COMPLETED"
    assert office.get(held.headers["Location"]).json()["state"] == "DONE"
    _refused(office.post(f"{held.headers['Location']}/cancel"), 409, "job_finished")


def test_a_dead_timestamp_service_loses_no_seal(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = office.upload(LETTER.read_bytes()).json()["id"]
    monkeypatch.setattr("antin.flows.seal.check_may_be_sealed", lambda *_: None)

    def dead(*_: object) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="x", detail="dead")

    path = f"/v1/documents/{document}/seal"
    with monkeypatch.context() as patched:
        patched.setattr(office.services.timestamps, "request", dead)
        held = office.post(path, {}, key="k")
        assert (held.status_code, held.json()["timestamp"]) == (202, "pending"), held.text
        job = office.get(held.headers["Location"]).json()
        assert (job["kind"], job["state"]) == ("seal", "QUEUED")
        assert job["error"]["code"] == "timestamp_unavailable"
    _refused(office.post(path, {}, key="another"), 409, "seal_in_progress")
    done = office.post(path, {}, key="k")
    assert (done.status_code, done.json()["state"]) == (200, "COMPLETED"), done.text
    assert done.json() == office.post(path, {}, key="k").json()
    assert office.get(held.headers["Location"]).json()["state"] == "DONE"
    _refused(office.post(f"{held.headers['Location']}/cancel"), 409, "job_finished")


def test_a_signature_that_nobody_waits_for_any_longer(
    office: Office, trust_world: TrustWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = _task(office)
    _register(office, trust_world.officer_a)
    choice = _choice(trust_world.officer_a)
    told = office.post(f"/v1/signing-tasks/{task}/prepare", choice).json()["prepared"]
    value = trust_world.officer_a.sign(base64.b64decode(told["signed_attributes"]))

    def dead(*_: object) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="x", detail="dead")

    monkeypatch.setattr(office.services.timestamps, "request", dead)
    given = {"signature": base64.b64encode(value).decode()}
    held = office.post(f"/v1/signing-tasks/{task}/complete", given)
    ended = office.post(f"{held.headers['Location']}/cancel").json()
    assert (ended["state"], ended["error"]["code"]) == ("FAILED", "signing_given_up")
    failed = office.get(f"/v1/signing-tasks/{task}").json()
    assert (failed["state"], failed["failure"]) == ("FAILED", "signing_given_up")
    document = f"/v1/documents/{failed['document_id']}"
    assert len(office.get(f"{document}/revisions").json()) == 1
    asked = {"signer_id": office.admin_id}
    assert office.post(f"{document}/signing-tasks", asked).status_code == 201, "it is free again"


@pytest.mark.parametrize("code", ["pin_incorrect", "token_not_found"])
def test_a_key_device_in_the_way(
    office: Office, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def broken(*_: object) -> None:
        raise KeyDeviceError(code, token="agency")

    monkeypatch.setattr(office.services.seals, "for_agency", broken)
    monkeypatch.setattr("antin.flows.seal.check_may_be_sealed", lambda *_: None)
    document = office.upload(LETTER.read_bytes()).json()["id"]
    _refused(office.post(f"/v1/documents/{document}/seal", {}), 503, code)


def test_an_unsigned_document_is_not_sealed(office: Office) -> None:
    document = office.upload(LETTER.read_bytes()).json()["id"]
    _refused(office.post(f"/v1/documents/{document}/seal", {}), 422, "seal_not_allowed")
