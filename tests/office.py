"""A small office for tests: real stores and files, keys in memory, services without HTTP."""

import io
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from antin.core.bytesource import MemorySource
from antin.core.clock import FixedClock
from antin.core.digests import sha256_hex
from antin.core.errors import RefusedError
from antin.flows import administration, desk, filing, jobs, signer_certificates
from antin.flows.requests import make_call
from antin.flows.services import Closing, Services
from antin.flows.unit_of_work import UnitOfWork
from antin.hsm.insecure_software import InsecureSoftwareKey, PrivateKey
from antin.hsm.key import SigningKey
from antin.infra.blobs import DirectoryBlobs
from antin.records.call import Call
from antin.records.grants import Principal, Role
from antin.records.signing_group import SigningOrder
from antin.verifier.policy import default_policy
from tests.fakes.memory_sink import MemorySink
from tests.trustworld import (
    InProcessRevocation,
    InProcessTimestampService,
    TrustWorld,
    make_private_key,
)


@dataclass
class ListQueue:
    """Remembers which jobs were sent; ``run_all`` is the worker."""

    sent: list[str] = field(default_factory=list)

    def send(self, job_id: str) -> None:
        self.sent.append(job_id)

    def run_all(self, services: Services) -> None:
        while self.sent:
            jobs.run(services, self.sent.pop(0))


@dataclass
class OneSeal:
    """The seal key of one agency; counts how often it was asked for."""

    code: str
    key: SigningKey
    asked: int = 0

    def for_agency(self, code: str) -> SigningKey:
        self.asked += 1
        if code != self.code:
            raise RefusedError("seal_credential_missing", agency=code)
        return self.key


class SoftwareNoteKey:
    """A checkpoint key in memory."""

    def __init__(self, name: str, private_key: PrivateKey | None = None) -> None:
        self.name = name
        self._key = InsecureSoftwareKey(private_key or make_private_key())
        self.public_key = self._key.public_key

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class PlainCertificate:
    """A closure certificate without any layout."""

    stamp_area_mm = (20.0, 20.0, 80.0, 20.0)

    def render(self, closing: Closing) -> bytes:
        # What a writer adds of its own, a random id and the time, is no fact of the closing.
        out = io.BytesIO()
        made = make_pdf(f"closure {closing.number} {closing.manifest_sha256}")
        with pikepdf.open(io.BytesIO(made)) as pdf:
            del pdf.docinfo
            del pdf.trailer.ID
            pdf.save(out, deterministic_id=True)
        return out.getvalue()


def make_pdf(text: str = "a document", pages: int = 1) -> bytes:
    """Return a small valid PDF."""
    writer = PdfFileWriter()
    for number in range(pages):
        drawn = f"BT /F1 12 Tf 72 720 Td ({text} {number}) Tj ET".encode("latin-1", "replace")
        stream = writer.add_object(generic.StreamObject(stream_data=drawn))
        box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
        writer.insert_page(PageObject(contents=stream, media_box=box))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@dataclass
class Office:
    """One agency with a clerk, a records manager, two officers, an auditor; one outsider."""

    services: Services
    world: TrustWorld
    clock: FixedClock
    queue: ListQueue
    sink: MemorySink
    seal: OneSeal
    agency_id: str
    people: dict[str, Principal]

    def pass_time(self, time: timedelta) -> None:
        """Move every clock: the office's, the time-stamping authority's, the responders'."""
        self.clock.moment += time
        for service in (self.services.timestamps, self.services.revocation):
            assert isinstance(service, InProcessTimestampService | InProcessRevocation)
            service.moment = self.clock.moment

    def call(self, who: str, route: str = "test", key: str = "", digest: str = "") -> Call:
        """Return a fresh call of one of the ``people``."""
        principal = self.people[who]
        return make_call(self.services, principal, route, key or secrets.token_hex(8), digest)

    def upload(self, data: bytes | None = None, title: str = "Letter", **more: Any) -> str:
        """Upload a document and return its id."""
        new = filing.NewDocument(self.agency_id, title, "letter.pdf", **more)
        source = MemorySource(data or make_pdf(title))
        return str(
            filing.upload_document(self.services, self.call("clerk", "upload"), source, new)["id"]
        )

    def ask(self, document_id: str, officer: str = "officer-a") -> str:
        """Ask an officer to sign and return the task's id."""
        new = desk.NewTask(document_id, self.people[officer].id)
        return str(desk.ask(self.services, self.call("clerk", "ask"), new)["id"])

    def ask_group(
        self, document_id: str, order: SigningOrder, *officers: str
    ) -> tuple[str, dict[str, str]]:
        """Ask several officers; return the group's id and each one's task."""
        wanted = tuple(desk.Wanted(self.people[officer].id) for officer in officers)
        new = desk.NewGroup(document_id, wanted, order)
        made: Any = desk.ask_group(self.services, self.call("clerk", "ask"), new)
        tasks = (str(task["id"]) for task in made["tasks"])
        return str(made["id"]), dict(zip(officers, tasks, strict=True))

    def register(self, officer: str, key: InsecureSoftwareKey) -> str:
        """Let an officer sign by a key's certificate."""
        new = signer_certificates.NewCertificate(self.people[officer].id, key.certificate)
        call = self.call("admin", "register")
        return str(signer_certificates.register_certificate(self.services, call, new)["id"])

    def key(self, officer: str) -> InsecureSoftwareKey:
        """Return an officer's key, as their token would hold it."""
        keys = {"officer-a": self.world.officer_a, "officer-b": self.world.officer_b}
        return keys[officer]

    def choice(self, officer: str, key: InsecureSoftwareKey | None = None) -> desk.Choice:
        """Return what an officer's desk brings to prepare."""
        chosen = key or self.key(officer)
        assert chosen.certificate is not None
        return desk.Choice(chosen.certificate, (), chosen.algorithm)

    def prepare(self, task_id: str, officer: str = "officer-a") -> dict[str, Any]:
        """Run phase one and return its answer."""
        call = self.call(officer, "prepare")
        return dict(desk.prepare(self.services, call, task_id, self.choice(officer)))

    def attributes(self, task_id: str) -> bytes:
        """Return what the token has to sign."""
        task = self.services.work.read(lambda stores: stores.tasks.get(task_id))
        assert task is not None
        assert task.preparation is not None
        return task.preparation.signed_attributes

    def sign(self, document_id: str, officer: str = "officer-a") -> dict[str, Any]:
        """Take a document through the whole desk flow."""
        return self.sign_task(self.ask(document_id, officer), officer)

    def sign_task(self, task_id: str, officer: str = "officer-a") -> dict[str, Any]:
        """Prepare and complete a task."""
        self.prepare(task_id, officer)
        value = self.key(officer).sign(self.attributes(task_id))
        call = self.call(officer, "complete")
        return dict(desk.complete(self.services, call, task_id, value))

    def state(self, task_id: str) -> str:
        """Return a task's state without looking as anybody."""
        task = self.services.work.read(lambda stores: stores.tasks.get(task_id))
        assert task is not None
        return task.state.value

    def record(self, title: str = "A record") -> str:
        """Open a record and return its id."""
        new = filing.NewRecord(
            self.agency_id, code_notation="01.VP", title=title, retention="06", creator="Văn phòng"
        )
        call = self.call("manager", "open")
        return str(filing.open_record(self.services, call, new)["id"])

    def actions(self, stream: str) -> list[str]:
        """Return the actions of a ledger stream, oldest first."""
        rows = self.services.work.read(lambda stores: stores.ledger.of_stream(stream))
        return [row.action for row in rows]

    def blob(self, sha256: str) -> AbstractContextManager[Any]:
        """Open a stored file."""
        return self.services.blobs.open(sha256)

    def without(self, **changes: Any) -> "Office":
        """Return the same office with other services behind some ports."""
        return replace(self, services=replace(self.services, **changes))


def make_office(work: UnitOfWork, folder: Path, world: TrustWorld) -> Office:
    """Return an office over ``work`` with its files in ``folder``."""
    clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
    queue, sink, seal = ListQueue(), MemorySink(), OneSeal("MAU", world.agency_seal)
    services = Services(
        work=work,
        blobs=DirectoryBlobs(folder / "blobs"),
        clock=clock,
        trust=world.trust(),
        policy=default_policy(),
        seals=seal,
        jobs=queue,
        certificates=PlainCertificate(),
        origin="test.example/log",
        checkpoint_key=SoftwareNoteKey("test.example/log"),
        checkpoint_sink=sink,
        timestamps=world.timestamps(),
        revocation=world.revocation(),
    )
    made, secret = administration.found_installation(services, "MAU", "UBND Mẫu", "Admin")
    admin = administration.authenticate(services, secret)
    office = Office(
        services, world, clock, queue, sink, seal, _id(made, "agency"), {"admin": admin}
    )
    _hire(office)
    return office


def _id(made: Any, what: str) -> str:
    return str(made[what]["id"])


_PEOPLE = {
    "clerk": (Role.CLERK,),
    "manager": (Role.RECORDS_MANAGER,),
    "officer-a": (Role.SIGNER,),
    "officer-b": (Role.SIGNER,),
    "auditor": (Role.AUDITOR,),
}


def _hire(office: Office) -> None:
    services = office.services
    for name, roles in _PEOPLE.items():
        office.people[name] = _person(office, name, office.agency_id, roles)
    for officer in ("officer-a", "officer-b"):
        office.register(officer, office.key(officer))
    other = administration.create_agency(services, office.call("admin"), "KHAC", "UBND Khác")
    outsider = office.people["admin"]
    office.people["admin"] = replace(
        outsider, roles=outsider.roles | {(Role.ADMINISTRATOR, str(other["id"]))}
    )
    office.people["outsider"] = _person(office, "outsider", str(other["id"]), tuple(Role))


def _person(office: Office, name: str, agency_id: str, roles: tuple[Role, ...]) -> Principal:
    made = administration.create_user(office.services, office.call("admin"), name, agency_id, roles)
    _, secret = administration.create_api_key(
        office.services, office.call("admin"), str(made["id"]), "test"
    )
    assert secret is not None
    return administration.authenticate(office.services, secret)


def tampered(data: bytes, at: int | None = None) -> bytes:
    """Return ``data`` with one bit changed: by default in the text of a page of ours."""
    changed = bytearray(data)
    changed[data.index(b"BT /F1") + 20 if at is None else at] ^= 1
    return bytes(changed)


def content(office: Office, document_id: str) -> bytes:
    """Return the newest revision's bytes."""
    sha256, _ = filing.content_digest(office.services, office.people["clerk"], document_id)
    with office.blob(sha256) as source:
        data: bytes = source.pread(0, source.size)
    assert sha256_hex(data) == sha256
    return data
