"""A real service whose time-stamping authority is slow, dead, or outlives the worker that asked it.

Whatever the authority does, the officer's signature is acknowledged within the patience that the
settings say, and is in the document in the end, once.
"""

import base64
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from antin.core.ids import new_id
from tests.e2e.installation import Client, Office, make_office, start_serving
from tests.fault.slow_tsa import SlowTsa, slow_tsa
from tests.trustworld import TrustWorld

LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"
PATIENCE = 0.5
SETTINGS = {
    "ANTIN_TIMESTAMP_WAIT": str(PATIENCE),
    "ANTIN_TIMESTAMP_RETRY": "0.5",
    "ANTIN_SWEEP_SECONDS": "0.5",
}
"""A tenth of the usual patience, and an authority that takes ten times as long: 5 s are to 131 s
what half a second is to 13."""

pytestmark = pytest.mark.real("softhsm")


@dataclass
class Service:
    """A running service, its authority, and an administrator who is the officer, too."""

    office: Office
    tsa: SlowTsa
    client: Client
    server_pid: int
    admin_id: str
    agency_id: str

    def good(self, answer: httpx2.Response) -> Any:
        assert answer.is_success, answer.text
        return answer.json()

    def prepared(self) -> tuple[str, str, dict[str, str]]:
        """Have a signature asked for and prepared; return document, task, what completes it."""
        fields = {"agency_id": self.agency_id, "title": "Công văn"}
        document = str(self.good(self.client.upload(LETTER, **fields))["id"])
        path = f"/v1/documents/{document}/signing-tasks"
        task = str(self.good(self.client.post(path, {"signer_id": self.admin_id}))["id"])
        key = self.office.world.officer_a
        choice = {
            "certificate": base64.b64encode(key.certificate or b"").decode(),
            "scheme": key.algorithm.scheme,
        }
        told = self.good(self.client.post(f"/v1/signing-tasks/{task}/prepare", choice))
        value = key.sign(base64.b64decode(told["prepared"]["signed_attributes"]))
        return document, task, {"signature": base64.b64encode(value).decode()}

    def until_completed(self, task: str) -> None:
        # Each answer is an observation; pytest's own time-out bounds the wait.
        while (state := self.task(task)["state"]) != "COMPLETED":
            assert state == "SIGNED"

    def task(self, task: str) -> Any:
        return self.good(self.client.get(f"/v1/signing-tasks/{task}"))

    def causes(self, document: str) -> list[str]:
        found = self.good(self.client.get(f"/v1/documents/{document}/revisions"))
        return [str(revision["cause"]) for revision in found]

    def check_traces(self) -> None:
        """Nothing left a trace that contradicts another."""
        assert self.office.antin("fsck").code == 0
        assert self.office.antin("ledger", "verify").code == 0

    def kill_worker(self) -> None:
        """Kill what works beside the server; the server starts another."""
        children = {
            int(path.parent.name): path.read_bytes()
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if _parent(path.parent) == self.server_pid
        }
        # What holds keys or draws pages for the server is another kind: key_worker, page_worker.
        ours = [
            pid
            for pid, command in children.items()
            if b"worker" in command and b"_worker" not in command
        ]
        assert len(ours) == 1, children
        (worker,) = ours
        os.kill(worker, signal.SIGKILL)

    def end_leases(self) -> None:
        with (
            closing(sqlite3.connect(self.office.data / "antin.db", timeout=30)) as connection,
            connection,
        ):
            connection.execute("UPDATE jobs SET due_at = 1 WHERE state = 'RUNNING'")


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@contextmanager
def _serving(office: Office, log: Path) -> Iterator[tuple[int, str]]:
    process, url = start_serving(office, log)
    try:
        yield process.pid, url
    finally:
        process.terminate()
        assert process.wait(60) == 0, log.read_text()


@pytest.fixture
def service(tmp_path: Path, trust_world: TrustWorld) -> Iterator[Service]:
    with slow_tsa(trust_world.tsa_url) as tsa:
        office = make_office(tmp_path, trust_world, tsa_url=tsa.url, **SETTINGS)
        with _serving(office, tmp_path / "serve.log") as (pid, url):
            headers = {"Authorization": f"Bearer {office.admin_key}"}
            client = Client(httpx2.Client(base_url=url, headers=headers, timeout=60))
            (agency,) = client.get("/v1/agencies").json()
            (admin,) = client.get("/v1/users").json()
            made = Service(office, tsa, client, pid, admin["id"], agency["id"])
            certificate = base64.b64encode(trust_world.officer_a.certificate or b"").decode()
            path = f"/v1/users/{admin['id']}/certificates"
            made.good(client.post(path, {"certificate": certificate}))
            yield made
            tsa.go_on.set()
        assert "Traceback" not in (tmp_path / "serve.log").read_text()


@pytest.mark.timeout(300)
def test_a_signature_outlives_its_time_stamping_service(service: Service) -> None:
    tsa = service.tsa
    # 1. Slow: acknowledged before it answers, completed when it has.
    tsa.delay = 10 * PATIENCE
    document, task, given = service.prepared()
    answered = tsa.answered  # about a checkpoint perhaps, before it was slow
    held = service.client.post(f"/v1/signing-tasks/{task}/complete", given)
    assert (held.status_code, tsa.answered) == (202, answered), held.text
    assert held.json()["timestamp"] == "pending"
    assert service.task(task)["timestamp"] == "pending"
    assert service.causes(document) == ["uploaded"]
    service.until_completed(task)
    assert service.good(service.client.get(held.headers["Location"]))["state"] == "DONE"
    assert service.causes(document) == ["uploaded", "signed"]
    # 2. Silent, and the worker that waits for it is killed: another one goes on.
    tsa.delay = 3600.0
    document, task, given = service.prepared()
    while tsa.asked.acquire(blocking=False):
        pass
    held = service.client.post(f"/v1/signing-tasks/{task}/complete", given)
    assert held.status_code == 202, held.text
    for _ in ("the request", "the worker"):
        assert tsa.asked.acquire(timeout=60)
    service.kill_worker()
    tsa.delay = 0.0
    tsa.go_on.set()
    service.end_leases()
    service.until_completed(task)
    assert service.causes(document) == ["uploaded", "signed"]
    # 3. Gone, and back at the same place.
    tsa.stop()
    document, task, given = service.prepared()
    held = service.client.post(f"/v1/signing-tasks/{task}/complete", given)
    assert held.status_code == 202, held.text
    assert service.causes(document) == ["uploaded"]
    tsa.start()
    service.until_completed(task)
    again = service.client.post(f"/v1/signing-tasks/{task}/complete", given)
    assert (again.status_code, again.json()["state"]) == (200, "COMPLETED")
    assert service.causes(document) == ["uploaded", "signed"]
    service.check_traces()


@pytest.mark.timeout(300)
def test_a_seal_outlives_its_time_stamping_service(service: Service) -> None:
    tsa, client = service.tsa, service.client
    document, task, given = service.prepared()
    signed = client.post(f"/v1/signing-tasks/{task}/complete", given)
    assert signed.is_success, signed.text
    service.until_completed(task)
    # 1. Slow: the key's value is kept before it answers, and nobody gets the document meanwhile.
    tsa.delay = 3600.0
    while tsa.asked.acquire(blocking=False):
        pass
    path, key = f"/v1/documents/{document}/seal", new_id()
    held = client.post(path, {"level": "B-T"}, key)
    assert (held.status_code, tsa.answered) == (202, 0), held.text
    told = held.json()
    assert (told["state"], told["timestamp"], told["document"]) == ("SIGNED", "pending", None)
    other = client.post(path, {"level": "B-T"})
    assert (other.status_code, other.json()["code"]) == (409, "seal_in_progress")
    assert service.causes(document) == ["uploaded", "signed"]
    # 2. The worker that waits for it is killed: another one goes on.
    for _ in ("the request", "the worker"):
        assert tsa.asked.acquire(timeout=60)
    service.kill_worker()
    tsa.delay = 0.0
    tsa.go_on.set()
    service.end_leases()
    job = held.headers["Location"]
    # Each answer is an observation; pytest's own time-out bounds the wait.
    while (state := service.good(client.get(job))["state"]) != "DONE":
        assert state in {"QUEUED", "RUNNING"}
    assert service.causes(document) == ["uploaded", "signed", "sealed"]
    # 3. The same request again gets what came of it; the key was used once.
    again = client.post(path, {"level": "B-T"}, key)
    assert (again.status_code, again.json()["id"]) == (200, told["id"]), again.text
    assert (again.json()["state"], again.json()["timestamp"]) == ("COMPLETED", None)
    assert service.causes(document) == ["uploaded", "signed", "sealed"]
    service.check_traces()
