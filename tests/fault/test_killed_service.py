"""A service is killed at any moment: what it acknowledged is kept, what it began comes to an end.

Server and worker die together (SIGKILL) while a seal, the completion of a signature and a closing
are under way over HTTP. The moment is random, by a seed that stands in the round a failure shows.
"""

import base64
import json
import os
import random
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from antin.core.ids import new_id
from antin.records.document import Cause
from tests.e2e.installation import Client, Office, make_office, start_serving
from tests.trustworld import TrustWorld

ROUNDS = 30 if os.environ.get("ANTIN_SOAK") else 2
LATEST_SECONDS = (0.3, 1.5)
"""By turns: while all three are under way; while the closing is, which takes longest."""
LONG_AGO = 3600 * 10**6
"""Microseconds by which rows are made older, so that the sweeper takes them up at once."""
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"


@dataclass
class Service:
    """A service that can be killed and started again, and who calls it."""

    office: Office
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    url: str = field(init=False)
    keys: dict[str, str] = field(default_factory=dict)
    agency_id: str = ""
    officer_id: str = ""

    def start(self) -> None:
        self.process, self.url = start_serving(self.office, self.log)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(60) == 0

    def kill(self, chance: random.Random) -> None:
        """Kill server, worker and what uses the server's keys, in any order, at once."""
        processes = [self.process.pid, *_children(self.process.pid)]
        assert len(processes) in {2, 3}, "a server, its worker, and its key process if it signed"
        chance.shuffle(processes)
        for process in processes:
            os.kill(process, signal.SIGKILL)
        self.process.wait()

    def client(self, who: str) -> Client:
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        return Client(httpx2.Client(base_url=self.url, headers=headers, timeout=60))


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.fixture
def service(tmp_path: Path, trust_world: TrustWorld) -> Iterator[Service]:
    office = make_office(tmp_path, trust_world)
    made = Service(office, tmp_path / "serve.log", keys={"admin": office.admin_key})
    made.start()
    try:
        admin = made.client("admin")
        (agency,) = admin.get("/v1/agencies").json()
        made.agency_id = agency["id"]
        user = {"name": "Nguyễn Văn A", "agency_id": made.agency_id, "roles": ["signer"]}
        made.officer_id = good(admin.post("/v1/users", user))["id"]
        certificate = base64.b64encode(trust_world.officer_a.certificate or b"").decode()
        path = f"/v1/users/{made.officer_id}/certificates"
        good(admin.post(path, {"certificate": certificate}))
        key = admin.post("/v1/api-keys", {"user_id": made.officer_id, "label": "desk"})
        made.keys["officer"] = good(key)["secret"]
        yield made
    finally:
        if made.process.poll() is None:
            made.process.terminate()
            made.process.wait(60)


def good(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@dataclass(frozen=True)
class Round:
    """What one round is about, all of it acknowledged before the kill."""

    seed: int
    sealed: str
    """A signed document, to be sealed."""
    signed: str
    """A document whose signing task is PREPARED, its signature value at hand."""
    task: str
    completion: dict[str, str]
    record: str
    member: str

    def requests(self) -> "dict[str, tuple[str, str, dict[str, str] | None]]":
        """Return who posts what where."""
        return {
            "seal": ("admin", f"/v1/documents/{self.sealed}/seal", {"level": "B-T"}),
            "complete": ("officer", f"/v1/signing-tasks/{self.task}/complete", self.completion),
            "close": ("admin", f"/v1/records/{self.record}/close", None),
        }


def prepared(service: Service, seed: int) -> Round:
    sealed, signed, member = (uploaded(service) for _ in range(3))
    for document in (sealed, member):
        task, completion = asked(service, document)
        good(service.client("officer").post(f"/v1/signing-tasks/{task}/complete", completion))
    admin = service.client("admin")
    fields = {"code_notation": "01.VP", "title": "Hồ sơ", "retention": "01", "creator": "Văn phòng"}
    record = good(admin.post("/v1/records", {"agency_id": service.agency_id, **fields}))["id"]
    good(admin.post(f"/v1/records/{record}/documents", {"document_id": member}))
    return Round(seed, sealed, signed, *asked(service, signed), record, member)


def uploaded(service: Service) -> str:
    fields = {"agency_id": service.agency_id, "title": "Công văn"}
    return str(good(service.client("admin").upload(LETTER, **fields))["id"])


def asked(service: Service, document: str) -> tuple[str, dict[str, str]]:
    """Prepare a signing task; return it and the body that completes it."""
    path = f"/v1/documents/{document}/signing-tasks"
    asking = {"signer_id": service.officer_id}
    task = str(good(service.client("admin").post(path, asking))["id"])
    key = service.office.world.officer_a
    assert key.certificate is not None
    choice = {
        "certificate": base64.b64encode(key.certificate).decode(),
        "scheme": key.algorithm.scheme,
        "digest": key.algorithm.digest,
    }
    told = good(service.client("officer").post(f"/v1/signing-tasks/{task}/prepare", choice))
    value = key.sign(base64.b64decode(told["prepared"]["signed_attributes"]))
    return task, {"signature": base64.b64encode(value).decode()}


Answers = dict[str, Any]
"""The bodies of those requests that were acknowledged, by name."""


def killed_in_the_midst(service: Service, now: Round, keys: dict[str, str]) -> Answers:
    """Post all three at once, kill the service at a random moment, return what was answered."""
    chance = random.Random(now.seed)  # noqa: S311 — a moment, no secret
    with ThreadPoolExecutor(3) as threads:
        running = {
            name: threads.submit(posted, service.client(who), path, body, keys[name])
            for name, (who, path, body) in now.requests().items()
        }
        threading.Event().wait(chance.uniform(0, LATEST_SECONDS[now.seed % 2]))
        service.kill(chance)
        return {name: answer for name, one in running.items() if (answer := one.result())}


def posted(client: Client, path: str, body: dict[str, str] | None, key: str) -> Any:
    """Return the answer's body; None if the service died over it."""
    try:
        answer = client.post(path, body, key)
    except httpx2.TransportError:
        return None
    return good(answer)


@contextmanager
def database(service: Service) -> Iterator[sqlite3.Connection]:
    path = service.office.data / "antin.db"
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        yield connection


def made_older(service: Service) -> None:
    """Let time pass for what was under way, as far as the sweeper can tell."""
    with database(service) as connection:
        connection.execute(
            "UPDATE seals SET created_at = created_at - ? WHERE state = 'INTENDED'", (LONG_AGO,)
        )
        connection.execute(
            "UPDATE jobs SET updated_at = updated_at - ?, due_at = due_at - ?"
            " WHERE state IN ('QUEUED', 'RUNNING')",
            (LONG_AGO, LONG_AGO),
        )


def made_young_again(service: Service) -> None:
    """Give seals the time back that their entries tell: the ledger's check compares them."""
    with database(service) as connection:
        connection.execute(
            "UPDATE seals SET created_at = created_at + ? WHERE created_at < "
            "(SELECT MIN(micros) FROM ledger_entries)",
            (LONG_AGO,),
        )


def until(service: Service, observed: Callable[[], bool]) -> None:
    """Look until it is so; pytest's time-out bounds it."""
    while not observed():
        assert service.client("admin").get("/health/live").status_code == 200


def nothing_intended(service: Service) -> bool:
    with database(service) as connection:
        (left,) = connection.execute(
            "SELECT COUNT(*) FROM seals WHERE state IN ('INTENDED', 'SIGNED')"
        ).fetchone()
    return bool(left == 0)


def revisions(service: Service, document: str) -> list[dict[str, Any]]:
    return list(good(service.client("admin").get(f"/v1/documents/{document}/revisions")))


def causes(service: Service, document: str) -> list[str]:
    return [str(revision["cause"]) for revision in revisions(service, document)]


def check_kept(service: Service, now: Round, answers: Answers) -> None:
    """Whatever was acknowledged before the kill is there after it."""
    for name, document in (("seal", now.sealed), ("complete", now.signed)):
        if name in answers:
            promised = answers[name]["document"]["revision"]
            assert promised in revisions(service, document), name
            content = service.client("admin").get(f"/v1/documents/{document}/content")
            assert len(content.content) == promised["size"]
    if "close" in answers:
        job = good(service.client("admin").get(f"/v1/jobs/{answers['close']['id']}"))
        assert job["subject_id"] == now.record


def check_ended(service: Service, now: Round) -> None:
    """Intents and closings have ended, each in one of the ways that there are."""
    until(service, lambda: nothing_intended(service))
    made_young_again(service)
    assert causes(service, now.sealed).count(Cause.SEALED) <= 1
    with database(service) as connection:
        states = connection.execute(
            "SELECT state, result_revision_id FROM seals WHERE document_id = ?", (now.sealed,)
        ).fetchall()
    assert {state for state, _ in states} <= {"COMPLETED", "FAILED", "ABANDONED"}
    made = [revision for state, revision in states if state == "COMPLETED"]
    sealed = [r["id"] for r in revisions(service, now.sealed) if r["cause"] == Cause.SEALED]
    assert made == sealed, "a sealed revision has its use of the seal, and the reverse"


def done_again(service: Service, now: Round, keys: dict[str, str]) -> Answers:
    """Repeat every request as its client would: under the same key."""
    return {
        name: good(service.client(who).post(path, body, keys[name]))
        for name, (who, path, body) in now.requests().items()
    }


def check_repeated(service: Service, now: Round, before: Answers, after: Answers) -> None:
    """A repeated request gives what it gave, or does now what it could not do."""
    for name in before:
        assert after[name] == before[name], name
    assert after["complete"]["state"] == "COMPLETED"
    assert causes(service, now.signed) == [Cause.UPLOADED, Cause.SIGNED]
    assert causes(service, now.sealed) == [Cause.UPLOADED, Cause.SIGNED, Cause.SEALED]


def check_closed(service: Service, now: Round, job_id: str) -> None:
    """The closing ends with the record CLOSED, or OPEN with a reason."""
    admin = service.client("admin")

    def job() -> Any:
        return good(admin.get(f"/v1/jobs/{job_id}"))

    until(service, lambda: job()["state"] in {"DONE", "FAILED"})
    state = good(admin.get(f"/v1/records/{now.record}"))["state"]
    if job()["state"] == "FAILED":
        assert (state, bool(job()["error"]["code"])) == ("OPEN", True)
        return
    assert state == "CLOSED"
    assert good(admin.get(f"/v1/records/{now.record}/closures/1"))["number"] == 1
    assert admin.get(f"/v1/records/{now.record}/closures/2").status_code == 404
    assert causes(service, now.member) == [Cause.UPLOADED, Cause.SIGNED, Cause.AUGMENTED]


def check_whole(service: Service) -> None:
    """Ledger, rows and files agree."""
    ledger = service.office.antin("ledger", "verify", "--format", "json")
    assert (ledger.code, json.loads(ledger.out)["findings"]) == (0, []), ledger.out
    fsck = service.office.antin("fsck", "--format", "json")
    report = json.loads(fsck.out)
    assert (fsck.code, report["missing_blobs"], report["corrupt_blobs"]) == (0, [], []), fsck.out


@pytest.mark.real("softhsm")
@pytest.mark.timeout(60 + 30 * ROUNDS)
@pytest.mark.soak
def test_killed_in_the_midst_of_work(service: Service) -> None:
    for seed in range(ROUNDS):
        now = prepared(service, seed)
        keys = {name: new_id() for name in now.requests()}
        before = killed_in_the_midst(service, now, keys)
        made_older(service)
        service.start()
        check_kept(service, now, before)
        check_ended(service, now)
        after = done_again(service, now, keys)
        check_repeated(service, now, before, after)
        check_closed(service, now, str(after["close"]["id"]))
        check_whole(service)
    service.stop()
    assert "Traceback" not in service.log.read_text()
