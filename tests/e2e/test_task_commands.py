"""``antin task`` and ``antin user certificate``: two officers, their tokens, one service."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.e2e.installation import Client, Office, Outcome, make_office, register, serving
from tests.pdfs import letter
from tests.trustworld import TrustWorld

LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"
pytestmark = pytest.mark.real("softhsm")


@dataclass
class Desk:
    """An office at work and the API keys of its people."""

    office: Office
    url: str
    folder: Path
    admin: Client
    agency_id: str

    def hire(self, name: str, credential: str) -> str:
        """Make an officer who signs by one of the tokens; return their id."""
        user = {"name": name, "agency_id": self.agency_id, "roles": ["signer"]}
        made = self.admin.post("/v1/users", user).json()["id"]
        secret = self.admin.post("/v1/api-keys", {"user_id": made}).json()["secret"]
        (self.folder / f"{credential}.key").write_text(secret)
        register(self.office, made, credential)
        return str(made)

    def task(self, who: str, *arguments: str) -> Outcome:
        """Run ``antin task`` as somebody."""
        key = self.folder / f"{who}.key" if who != "admin" else self.office.data / "admin.key"
        return self.office.antin(
            "task", *arguments, ANTIN_SERVER_URL=self.url, ANTIN_API_KEY_FILE=str(key)
        )

    def upload(self, file: Path = LETTER) -> str:
        fields = {"agency_id": self.agency_id, "title": "Công văn"}
        return str(self.admin.upload(file, **fields).json()["id"])

    def state(self, task: str) -> str:
        return str(self.admin.get(f"/v1/signing-tasks/{task}").json()["state"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desks")
    office = make_office(folder, trust_world)
    with serving(office, folder / "serve.log") as url:
        headers = {"Authorization": f"Bearer {office.admin_key}"}
        admin = Client(httpx2.Client(base_url=url, headers=headers, timeout=60))
        (agency,) = admin.get("/v1/agencies").json()
        yield Desk(office, url, folder, admin, agency["id"])
    assert "Traceback" not in (folder / "serve.log").read_text()


def ids(asked: Outcome) -> list[str]:
    assert asked.code == 0, asked.err
    return [line.partition(":")[0] for line in asked.out.splitlines()]


@pytest.mark.timeout(900)
def test_two_officers_and_their_inboxes(desk: Desk) -> None:
    one = desk.hire("Nguyễn Văn A", "officer-1")
    other = desk.hire("Trần Thị B", "officer-2")
    documents = [desk.upload() for _ in range(2)]
    # Asked in parallel on one document, in order on another.
    first = ids(desk.task("admin", "ask", documents[0], one, other, "--order", "parallel"))
    second = ids(desk.task("admin", "ask", documents[1], other, one, "--reason", "Ký ban hành"))
    # What is mine is offered to me, if it is my turn.
    listed = desk.task("officer-1", "list", "--mine", "--format", "json")
    assert first[0] in listed.out
    assert first[1] not in listed.out
    assert [desk.state(task) for task in (first[0], first[1], second[1])] == [
        "OFFERED",
        "CREATED",
        "CREATED",
    ]
    # Several with one login: what is not one's turn yet does not hold up the others.
    signed = desk.task("officer-1", "sign", "--all", "--credential", "officer-1")
    assert (signed.code, signed.error) == (1, "task_not_in_turn"), signed.out
    assert f"{first[0]}: COMPLETED" in signed.out
    signed = desk.task("officer-2", "sign", first[1], second[0], "--credential", "officer-2")
    assert signed.code == 0, signed.err
    assert "2 of 2 tasks signed" in signed.out
    signed = desk.task("officer-1", "sign", "--all", "--credential", "officer-1")
    assert (signed.code, signed.out.strip()) == (0, f"{second[1]}: COMPLETED"), signed.err
    for document in documents:
        revisions = desk.admin.get(f"/v1/documents/{document}/revisions").json()
        assert [one["cause"] for one in revisions] == ["uploaded", "signed", "signed"]
    nothing = desk.task("officer-1", "sign", "--all", "--credential", "officer-1")
    assert (nothing.code, nothing.out.strip()) == (0, "0 of 0 tasks signed")
    # Declined by one, cancelled for all.
    third = ids(desk.task("admin", "ask", desk.upload(), one))
    declined = desk.task("officer-1", "decline", third[0], "--reason", "Sai nơi nhận")
    assert declined.out.strip() == f"{third[0]}: DECLINED"
    fourth = ids(desk.task("admin", "ask", desk.upload(), one, other))
    cancelled = desk.task("admin", "cancel", fourth[1], "--group")
    assert [desk.state(task) for task in fourth] == ["CANCELLED", "CANCELLED"], cancelled.err
    fifth = ids(desk.task("admin", "ask", desk.upload(), one))
    assert desk.task("admin", "cancel", fifth[0]).out.strip() == f"{fifth[0]}: CANCELLED"
    # Somebody else's token does not sign what is asked of one.
    sixth = ids(desk.task("admin", "ask", desk.upload(), one))
    refused = desk.task("officer-1", "sign", sixth[0], "--credential", "officer-2")
    assert (refused.code, refused.error) == (1, "certificate_not_registered")
    unclear = desk.task("officer-1", "sign", sixth[0], "--all", "--credential", "officer-1")
    assert (unclear.code, unclear.error) == (2, "request_invalid")


def test_an_officer_is_warned_before_the_key_is_used(desk: Desk, tmp_path: Path) -> None:
    officer = desk.hire("Nguyễn Văn A", "officer-1")
    (path := tmp_path / "xfa.pdf").write_bytes(letter(1, catalog=b"/AcroForm<</Fields[]/XFA(x)>>"))
    rules = ("--certify", "form-filling", "--lock", "all")
    (task,) = ids(desk.task("admin", "ask", desk.upload(path), officer, *rules))
    signed = desk.task("officer-1", "sign", task, "--credential", "officer-1")
    assert (signed.code, signed.out.strip()) == (0, f"{task}: COMPLETED"), signed.err
    assert signed.err.count("warning: form_xfa: ") == 1
    assert "allowed later is only form-filling" in signed.err
    assert "form fields final: all" in signed.err
    shown = desk.admin.get(f"/v1/signing-tasks/{task}").json()
    assert [warning["code"] for warning in shown["warnings"]] == ["form_xfa"]
    assert (shown["certify"], shown["lock"]) == ("form-filling", "all")


def test_certificates_are_registered_and_removed(desk: Desk, tmp_path: Path) -> None:
    office, key = desk.office, str(desk.office.data / "admin.key")

    def certificate(*arguments: str) -> Outcome:
        return office.antin("user", "certificate", *arguments, ANTIN_API_KEY_FILE=key)

    user = {"name": "Lê Văn C", "agency_id": desk.agency_id, "roles": ["signer"]}
    who = desk.admin.post("/v1/users", user).json()["id"]
    der, pem = tmp_path / "a.der", tmp_path / "a.pem"
    der.write_bytes(office.world.officer_a.certificate or b"")
    pem.write_bytes(_as_pem(der.read_bytes()))
    added = [certificate("add", who, str(path)) for path in (der, pem)]
    assert [one.code for one in added] == [0, 0], added
    assert certificate("add", who, "--identity", "CCCD:001099000001").code == 0
    listed = office.json("user", "certificate", "list", who, ANTIN_API_KEY_FILE=key)
    assert [one["kind"] for one in listed] == ["certificate", "certificate", "identity"]
    assert listed[0]["value"] == listed[1]["value"]
    assert certificate("remove", listed[0]["id"]).code == 0
    listed = office.json("user", "certificate", "list", who, ANTIN_API_KEY_FILE=key)
    assert [bool(one["removed_at"]) for one in listed] == [True, False, False]
    (tmp_path / "junk.pem").write_text("-----BEGIN CERTIFICATE-----\njunk")
    junk = certificate("add", who, str(tmp_path / "junk.pem"))
    assert (junk.code, junk.error) == (5, "certificate_malformed")
    missing = certificate("add", who, str(tmp_path / "missing"))
    assert (missing.code, missing.error) == (5, "certificate_malformed")
    both = certificate("add", who, str(der), "--identity", "1")
    assert (both.code, both.error) == (2, "request_invalid")


def _as_pem(der: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
