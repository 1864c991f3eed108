"""The whole job over HTTP: one office, its service and worker, officers with their tokens."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from antin.core.ids import new_id
from tests.e2e.installation import Client, Office, make_office, register, serving
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Service:
    """A running service and who calls it."""

    office: Office
    url: str
    admin: Client
    agency_id: str
    officer: Client
    officer_id: str
    officer_key: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    office = make_office(folder, trust_world)
    with serving(office, folder / "serve.log") as url:
        admin = _client(url, office.admin_key)
        (agency,) = admin.get("/v1/agencies").json()
        user = {"name": "Nguyễn Văn A", "agency_id": agency["id"], "roles": ["signer"]}
        officer_id = admin.post("/v1/users", user).json()["id"]
        register(office, officer_id)
        made = admin.post("/v1/api-keys", {"user_id": officer_id, "label": "desk"})
        key_file = folder / "officer.key"
        key_file.write_text(made.json()["secret"])
        officer = _client(url, made.json()["secret"])
        yield Service(office, url, admin, agency["id"], officer, officer_id, key_file)
        # An entry that nothing signs for by itself, just before the end.
        admin.post("/v1/users", {**user, "name": "Trần Thị B"})
    assert "Traceback" not in (folder / "serve.log").read_text()
    checked = office.json("ledger", "verify")
    assert checked["covered"] == checked["entries"], "stopped with everything signed for"


def _client(url: str, key: str) -> Client:
    headers = {"Authorization": f"Bearer {key}"}
    return Client(httpx2.Client(base_url=url, headers=headers, timeout=60))


def _upload(service: Service, name: str = "letter.pdf", **fields: str) -> str:
    fields = {"agency_id": service.agency_id, "title": "Công văn mẫu", **fields}
    answer = service.admin.upload(EXAMPLES / name, **fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _signed(service: Service, document_id: str) -> None:
    """Have the officer sign by the command-line client, on the token."""
    path = f"/v1/documents/{document_id}/signing-tasks"
    task = service.admin.post(path, {"signer_id": service.officer_id, "reason": "Ký ban hành"})
    assert task.status_code == 201, task.text
    done = service.office.antin(
        *("task", "sign", task.json()["id"], "--credential", "officer-1"),
        ANTIN_SERVER_URL=service.url,
        ANTIN_API_KEY_FILE=str(service.officer_key),
    )
    assert done.code == 0, done.err
    assert "COMPLETED" in done.out


def _record(service: Service) -> str:
    record = {
        "agency_id": service.agency_id,
        "code_notation": "01.VP",
        "title": "Hồ sơ mẫu",
        "retention": "01",
        "creator": "Văn phòng",
    }
    answer = service.admin.post("/v1/records", record)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _closed(service: Service, record_id: str) -> dict[str, object]:
    """Ask for the record to be closed and return the job once it has ended."""
    answer = service.admin.post(f"/v1/records/{record_id}/close")
    assert answer.status_code == 202, answer.text
    where = answer.headers["location"]
    # Each answer is an observation; the client's own time-outs and pytest's bound the wait.
    while True:
        job: dict[str, object] = service.admin.get(where).json()
        if job["state"] in {"DONE", "FAILED"}:
            return job


def test_the_whole_job(service: Service, tmp_path: Path) -> None:
    record = _record(service)
    letter = _upload(service)
    attachment = _upload(service, "letter-attachment.pdf", kind="attachment", parent_id=letter)
    for document in (letter, attachment):
        added = service.admin.post(f"/v1/records/{record}/documents", {"document_id": document})
        assert added.status_code == 201, added.text
    _signed(service, letter)
    for document in (letter, attachment):
        sealed = service.admin.post(f"/v1/documents/{document}/seal", {"level": "B-T"})
        assert sealed.status_code == 200, sealed.text
    change = {"action": "draft.approved", "detail": {"by": "Trần Thị B"}}
    assert service.admin.post(f"/v1/records/{record}/changes", change).status_code == 201
    job = _closed(service, record)
    assert job["state"] == "DONE", job
    closure = service.admin.get(f"/v1/records/{record}/closures/1")
    assert closure.json()["number"] == 1
    for name in ("closure.json", "closure.json.p7s", "certificate.pdf"):
        assert service.admin.get(f"/v1/records/{record}/closures/1/files/{name}").content
    content = service.admin.get(f"/v1/documents/{letter}/content").content
    (tmp_path / "letter.pdf").write_bytes(content)
    report = service.office.json("verify", tmp_path / "letter.pdf", "--offline")
    assert report["conclusion"] == "TOTAL-PASSED"
    assert {s["level"] for s in report["signatures"] if s["kind"] == "signature"} == {"B-LTA"}
    assert service.office.antin("ledger", "verify").code == 0
    assert service.office.antin("fsck").code == 0
    refused = service.admin.post(f"/v1/records/{record}/changes", change)
    assert (refused.status_code, refused.json()["code"]) == (409, "record_closed")


def test_a_closing_with_a_bad_document_says_why(service: Service, tmp_path: Path) -> None:
    record = _record(service)
    letter = _upload(service)
    _signed(service, letter)
    content = bytearray(service.admin.get(f"/v1/documents/{letter}/content").content)
    content[1000] ^= 1
    flipped = tmp_path / "flipped.pdf"
    flipped.write_bytes(content)
    fields = {"agency_id": service.agency_id, "title": "Công văn bị sửa"}
    bad = service.admin.upload(flipped, **fields).json()["id"]
    service.admin.post(f"/v1/records/{record}/documents", {"document_id": bad})
    job = _closed(service, record)
    assert job["state"] == "FAILED"
    error = job["error"]
    assert isinstance(error, dict)
    assert error["code"] == "closure_refused"
    assert "HASH_FAILURE" in error["detail"]
    assert service.admin.get(f"/v1/records/{record}").json()["state"] == "OPEN"


def test_verify_answers_with_a_report(service: Service) -> None:
    with (EXAMPLES / "letter.pdf").open("rb") as file:
        answer = service.admin.http.post("/v1/verify", files={"file": ("a.pdf", file)})
    assert answer.status_code == 200
    assert answer.json()["conclusion"] == "NO-SIGNATURE"
    answer = service.admin.http.post("/v1/verify", files={"file": ("a.pdf", b"no PDF")})
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == "not_a_pdf"


def test_the_checkpoint_is_public(service: Service) -> None:
    assert service.office.antin("ledger", "checkpoint").code == 0
    answer = httpx2.get(f"{service.url}/v1/ledger/checkpoint")
    assert answer.status_code == 200
    assert answer.text.startswith("ledger.example.vn/test\n")


def test_tasks_are_listed_and_declined(service: Service) -> None:
    document = _upload(service)
    path = f"/v1/documents/{document}/signing-tasks"
    task = service.admin.post(path, {"signer_id": service.officer_id}).json()["id"]
    again = service.admin.post(path, {"signer_id": service.officer_id})
    assert (again.status_code, again.json()["code"]) == (409, "task_open")
    env = {"ANTIN_SERVER_URL": service.url, "ANTIN_API_KEY_FILE": str(service.officer_key)}
    listed = service.office.json("task", "list", "--state", "CREATED", **env)
    assert task in {one["id"] for one in listed}
    declined = service.officer.post(f"/v1/signing-tasks/{task}/decline", {"reason": "Sai"})
    assert declined.json()["state"] == "DECLINED"


def test_somebody_elses_task_is_not_signed(service: Service) -> None:
    document = _upload(service)
    path = f"/v1/documents/{document}/signing-tasks"
    task = service.admin.post(path, {"signer_id": service.officer_id}).json()["id"]
    done = service.office.antin(
        *("task", "sign", task, "--credential", "officer-2"), ANTIN_SERVER_URL=service.url
    )
    # The administrator's own key is in no ANTIN_API_KEY_FILE: the desk acts for one officer only.
    assert (done.code, done.error) == (2, "api_key_file_missing")
    key = str(service.office.data / "admin.key")
    done = service.office.antin(
        *("task", "sign", task, "--credential", "officer-2"),
        ANTIN_SERVER_URL=service.url,
        ANTIN_API_KEY_FILE=key,
    )
    assert (done.code, done.error) == (1, "not_the_signer")


def test_a_server_that_is_not_there(service: Service) -> None:
    done = service.office.antin(
        *("task", "list"),
        ANTIN_SERVER_URL="http://127.0.0.1:9",
        ANTIN_API_KEY_FILE=str(service.officer_key),
    )
    assert (done.code, done.error) == (1, "server_unavailable")


def test_a_worker_that_dies_is_started_again(service: Service) -> None:
    while (first := _worker_of(service)) is None:
        assert service.admin.get("/health/live").status_code == 200
    os.kill(first, signal.SIGKILL)
    while (second := _worker_of(service)) in {first, None}:
        assert service.admin.get("/health/live").status_code == 200
    assert second != first
    record = _record(service)
    document = _upload(service)
    service.admin.post(f"/v1/records/{record}/documents", {"document_id": document})
    assert _closed(service, record)["state"] == "DONE"


def _worker_of(service: Service) -> int | None:
    """Return the id of the running worker process of this office."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            # Celery rewrites its title where it can: there the words are no longer apart.
            command = path.read_bytes().replace(b"\0", b" ")
            state = (path.parent / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if b"worker --data %b " % bytes(service.office.data) in command + b" " and state != "Z":
            return int(path.parent.name)
    return None


def test_a_second_service_on_the_same_port_says_so(service: Service) -> None:
    port = service.url.rpartition(":")[2]
    done = service.office.antin("serve", "--port", port)
    assert (done.code, done.error) == (2, "address_taken")


def test_the_service_binds_to_loopback_only(service: Service) -> None:
    done = service.office.antin("serve", "--host", "0.0.0.0")  # noqa: S104 — it must be refused
    assert (done.code, done.error) == (2, "address_not_loopback")


def test_no_secret_is_logged(service: Service) -> None:
    service.officer.get(f"/v1/signing-tasks?after={new_id()}")
    service.officer.get("/v1/documents")
    log = (service.office.data.parent / "serve.log").read_text()
    assert service.officer_key.read_text() not in log
    assert service.office.admin_key not in log
    assert service.office.world.pin("agency") not in log
    assert "after=" not in log
    assert '"path": "/v1/documents"' in log
