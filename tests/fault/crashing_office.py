"""A process that works in an office and dies at the n-th call of a port. Started by tests only.

Its input: a line of JSON for each piece of work, with what is to be done and when to die (counted
in calls, by those pieces of work that are to be killed). Each is
done by a child of its own, forked before anything was opened, which opens the real services on the
data directory (SoftHSM, database, time-stamping authority) and wraps their ports. What a child
imported the next ones have from the start. Its output: a line for each, with how the child ended,
what it answered and which calls it made.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine

from antin.core.bytesource import FileSource
from antin.core.clock import FixedClock
from antin.core.errors import AntinError, UnavailableError
from antin.flows import audit, desk, filing, jobs, seal, signer_certificates
from antin.flows.administration import authenticate, list_agencies
from antin.flows.requests import make_call
from antin.flows.seal_register import ABANDONED_AFTER
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Refused, Stores, UnitOfWork
from antin.hsm.key import SigningKey
from antin.infra.settings import load_settings
from antin.infra.wiring import open_services
from antin.ledger.draft import Act
from antin.records.call import Call
from antin.records.grants import Principal

T = TypeVar("T")
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"
_STALE = ABANDONED_AFTER + timedelta(minutes=1)


@dataclass
class Trip:
    """Counts calls and kills the process at one of them."""

    die_at: int | None
    tell: Callable[[str], None]
    count: int = 0

    def at(self, point: str) -> None:
        self.count += 1
        self.tell(point)
        if self.count == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class TrippedWork:
    """A unit of work that dies before, in, or after a transaction."""

    real: UnitOfWork
    trip: Trip

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        step = act.request.partition("/")[2].split("-")[0] or "change"

        def tripped(stores: Stores) -> Done[T] | Refused:
            outcome = change(stores)
            self.trip.at(f"{step}: in the transaction")
            return outcome

        self.trip.at(f"{step}: before the transaction")
        answer = self.real.run(act, tripped)
        self.trip.at(f"{step}: committed")
        return answer

    def read(self, query: Callable[[Stores], T]) -> T:
        return self.real.read(query)

    def vacuum(self) -> tuple[str, ...]:
        return self.real.vacuum()


class Tripped:
    """Any other port: dies before or after the calls that are listed."""

    def __init__(self, real: Any, trip: Trip, label: str, *calls: str) -> None:
        self._real, self._trip, self._label, self._calls = real, trip, label, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in self._calls:
            return found

        def call(*arguments: Any, **more: Any) -> Any:
            self._trip.at(f"{self._label}: before {name}")
            answer = found(*arguments, **more)
            self._trip.at(f"{self._label}: after {name}")
            return answer

        return call


@dataclass
class TrippedSeals:
    """The real keys, whose use may be the last thing that happens."""

    real: Any
    trip: Trip

    def for_agency(self, code: str) -> SigningKey:
        key: Any = Tripped(self.real.for_agency(code), self.trip, "seal key", "sign")
        return key  # type: ignore[no-any-return]  # what stands in for one


@dataclass
class Queue:
    """Keeps what was sent, for ``work``."""

    sent: list[str] = field(default_factory=list)

    def send(self, job_id: str) -> None:
        self.sent.append(job_id)


class Dead:
    """A time-stamping service that does not answer."""

    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa", detail="dead")


def tripped(services: Services, trip: Trip) -> Services:
    return replace(
        services,
        work=TrippedWork(services.work, trip),
        blobs=Tripped(services.blobs, trip, "files", "put", "put_bytes"),
        seals=TrippedSeals(services.seals, trip),
        checkpoint_key=Tripped(services.checkpoint_key, trip, "ledger key", "sign"),
        checkpoint_sink=Tripped(services.checkpoint_sink, trip, "checkpoint file", "write"),
        timestamps=Tripped(services.timestamps, trip, "time-stamps", "request"),
        quick_timestamps=Tripped(services.quick_timestamps, trip, "time-stamps", "request"),
        jobs=Queue(),
    )


@dataclass(frozen=True)
class Desk:
    """What a child can do; the administrator is clerk, officer and everybody else."""

    services: Services
    plain: Services
    """The same without tripwires."""
    me: Principal
    database: str

    def call(self, route: str, key: str) -> Call:
        return make_call(self.services, self.me, route, key, "the same every time")

    def fresh(self, services: Services, route: str) -> Call:
        return make_call(services, self.me, route, os.urandom(8).hex(), "")

    def register(self) -> None:
        new = signer_certificates.NewCertificate(self.me.id, self.officer().certificate)
        call = self.fresh(self.plain, "register")
        signer_certificates.register_certificate(self.plain, call, new)

    def officer(self) -> SigningKey:
        keys: Any = self.plain.seals
        key: SigningKey = keys.named("officer-1")
        return key

    def prepared(self) -> dict[str, str]:
        """Hand in a letter and prepare a signature on it; return what completes it."""
        (agency,) = list_agencies(self.plain, self.me)
        new = filing.NewDocument(str(agency["id"]), "Công văn mẫu", "letter.pdf")
        with FileSource(LETTER) as source:
            call = self.fresh(self.plain, "upload")
            document = str(filing.upload_document(self.plain, call, source, new)["id"])
        asked = desk.NewTask(document, self.me.id)
        task = str(desk.ask(self.plain, self.fresh(self.plain, "ask"), asked)["id"])
        key = self.officer()
        assert key.certificate is not None
        choice = desk.Choice(key.certificate, (), key.algorithm)
        desk.prepare(self.plain, self.fresh(self.plain, "prepare"), task, choice)
        kept = self.plain.work.read(lambda stores: stores.tasks.get(task))
        assert kept is not None
        assert kept.preparation is not None
        value = key.sign(kept.preparation.signed_attributes)
        return {"document": document, "task": task, "value": value.hex()}

    def signed(self) -> dict[str, str]:
        """The same, completed."""
        ready = self.prepared()
        call = self.fresh(self.plain, "complete")
        desk.complete(self.plain, call, ready["task"], bytes.fromhex(ready["value"]))
        return ready

    def pending(self) -> dict[str, str]:
        """The same, with no time-stamp to be had."""
        ready = self.prepared()
        dead = replace(self.plain, timestamps=Dead(), quick_timestamps=Dead())
        call = self.fresh(dead, "complete")
        answer = desk.complete(dead, call, ready["task"], bytes.fromhex(ready["value"]))
        return {**ready, "job": str(answer["job_id"])}

    def pending_seal(self) -> dict[str, str]:
        """A signed document whose seal waits for its time-stamp."""
        ready = self.signed()
        dead = replace(self.plain, timestamps=Dead(), quick_timestamps=Dead())
        call = self.fresh(dead, "seal")
        answer = seal.seal_document(dead, call, seal.NewSeal(ready["document"]))
        return {**ready, "job": str(answer["job_id"])}

    def seal(self, ready: dict[str, str]) -> Any:
        new = seal.NewSeal(ready["document"])
        return seal.seal_document(self.services, self.call("seal", ready["document"]), new)

    def complete(self, ready: dict[str, str]) -> Any:
        value = bytes.fromhex(ready["value"])
        call = self.call("complete", ready["task"])
        return desk.complete(self.services, call, ready["task"], value)

    def work(self, ready: dict[str, str]) -> None:
        jobs.run(self.services, ready["job"])

    def age(self) -> None:
        """Make jobs that are under way older, as far as a sweeper can tell."""
        engine = create_engine(self.database)
        hour = "3600000000" if engine.dialect.name == "sqlite" else "interval '1 hour'"
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE jobs SET updated_at = updated_at - {hour}, due_at = due_at - {hour}"  # noqa: S608 — a test's own
                " WHERE state IN ('QUEUED', 'RUNNING')"
            )
        engine.dispose()

    def sweep(self) -> None:
        """Do what a worker does: sweep, and run what was lost."""
        queue = Queue()
        ours = replace(self.plain, jobs=queue)
        # A seal's row says what its entry says, so time passes instead of the row getting older.
        jobs.sweep(replace(ours, clock=FixedClock(ours.clock.now() + _STALE)))
        for job_id in queue.sent:
            jobs.run(ours, job_id)

    def seen(self, ready: dict[str, str]) -> dict[str, Any]:
        """Return what rows and ledger say of a document."""
        document = ready["document"]

        def query(stores: Stores) -> dict[str, Any]:
            task, opened = stores.tasks.get(ready["task"]), stores.seals.open_for(document)
            job = stores.jobs.get((task and task.job_id) or "")
            return {
                "revisions": [
                    (one.id, one.cause.value, one.sha256)
                    for one in stores.documents.revisions(document)
                ],
                "task": task and task.state.value,
                "kept": bool(task and task.signature),
                "job": job and job.state.value,
                "intended": opened is not None,
                "actions": [one.action for one in stores.ledger.of_stream(f"document/{document}")],
            }

        return self.plain.work.read(query)

    def fsck(self) -> dict[str, Any]:
        report = audit.fsck(self.plain)
        return {
            "findings": [str(finding) for finding in report.ledger.findings],
            "missing": report.missing_blobs,
            "corrupt": report.corrupt_blobs,
        }


def child(asked: dict[str, Any], answers: int) -> None:
    """Do one piece of work and write what came of it."""

    def tell(kind: str, what: Any) -> None:
        os.write(answers, json.dumps({kind: what}).encode() + b"\n")

    before = set(sys.modules)
    settings = load_settings()
    with open_services(settings) as plain:
        me = authenticate(plain, (settings.data_dir / "admin.key").read_text().strip())
        trip = Trip(asked.get("die_at"), lambda point: tell("point", point))
        at_desk = Desk(tripped(plain, trip), plain, me, settings.database)
        try:
            for name, *arguments in asked["do"]:
                tell("answer", getattr(at_desk, name)(*arguments))
        except AntinError as error:
            tell("error", str(error))
    tell("imported", [name for name in sys.modules if name not in before])


def _import(names: list[str]) -> None:
    for name in names:
        with suppress(ImportError):  # one that is no module of its own
            import_module(name)


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            code = 1
            try:
                child(asked, writing)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading) as answers:
            told = [json.loads(answer) for answer in answers]
        _, status = os.waitpid(pid, 0)
        if told and "imported" in told[-1]:
            _import(told.pop()["imported"])
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "told": told}), flush=True)  # noqa: T201 — its output


if __name__ == "__main__":
    main()
