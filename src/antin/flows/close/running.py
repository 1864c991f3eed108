"""The closing job: verify all, refuse with every reason or augment, certify, seal, close.

It may be started any number of times: each step looks first at what is there already.
"""

from dataclasses import dataclass, replace

from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, DefectError, NotFoundError, RefusedError
from antin.flows import views
from antin.flows.audit import take_checkpoint
from antin.flows.close.evidence import write_evidence
from antin.flows.close.facts import Member, augmented, fact_of
from antin.flows.job_rows import advance, fail_within, finish, has_ended, retry_later
from antin.flows.requests import SYSTEM, act_of, make_call
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.closure import Closure, ClosureFacts, Shortcoming
from antin.records.closure_rules import shortcomings
from antin.records.job import Job
from antin.records.record import Record, RecordState

_TRIES = 3
"""How often a closing is tried when what stands in its way may pass, before it gives up."""
_STARTS = 10
"""How often a closing is begun: one that kills its worker each time would hold up all others."""


def run_close(services: Services, job: Job) -> None:
    """Carry out a closing job; how it ends is in its row and in the ledger.

    Raises nothing but a defect of ours, after the record went back to OPEN.
    """
    call = make_call(services, replace(SYSTEM, id=job.principal_id), "close", job.id, "")
    try:
        if not services.work.read(lambda stores: _closed_by(stores, job)):
            if job.attempts > _STARTS:
                raise RefusedError("closure_interrupted", attempts=_STARTS)
            _close(services, call, job)
        _finish(services, job)
    except _NotClosable as refusal:
        _give_up(services, call, job, refusal.error, refusal.reasons)
    except AntinError as error:
        if _may_pass(error) and job.attempts < _TRIES:
            retry_later(services, job.id)
        else:
            _give_up(services, call, job, error, ())
    except Exception as error:  # a defect of ours may not leave the record half closed
        defect = DefectError("defect", detail=type(error).__name__)
        _give_up(services, call, job, defect, ())
        raise


def _may_pass(error: AntinError) -> bool:
    """Tell whether the same closing may go through later.

    A service may answer again; and where another closing made a document last in between (of
    another record that holds it, or this one's, by a second worker), its revision is there now.
    """
    return error.family == "unavailable" or error.code == "document_changed"


@dataclass
class _NotClosable(Exception):  # noqa: N818 — an outcome on its way to the row, not an error
    error: RefusedError
    reasons: tuple[Shortcoming, ...]


def _close(services: Services, call: Call, job: Job) -> None:
    record, members = services.work.read(lambda stores: _read(stores, job.subject_id))
    advance(services, job.id, 0, 2 * len(members) + 1)
    # 1. Verify every document as it stands.
    facts = []
    for member in members:
        facts.append(fact_of(services, member))
        advance(services, job.id, len(facts), 2 * len(members) + 1)
    # 2. Evaluate every rule; one reason is enough to refuse, all are told.
    reasons = shortcomings(ClosureFacts(record, tuple(facts)))
    if reasons:
        told = tuple(reason.detail for reason in reasons)
        raise _NotClosable(RefusedError("closure_refused", reasons=told), reasons)
    # 3. Make the signed ones verifiable for the long term.
    ready = []
    for member, fact in zip(members, facts, strict=True):
        ready.append(augmented(services, call, member, fact))
        advance(services, job.id, len(facts) + len(ready), 2 * len(members) + 1)
    # 4. Manifest and certificate, sealed; 5. closure, pins and state commit together.
    closure = write_evidence(services, call, job, ClosureFacts(record, tuple(ready)))
    _commit(services, call, job, closure, ClosureFacts(record, tuple(ready)))


def _read(stores: Stores, record_id: str) -> tuple[Record, tuple[Member, ...]]:
    record = stores.records.get(record_id)
    if record is None:
        raise NotFoundError("record_not_found")
    members = []
    for membership in stores.records.memberships(record_id):
        document = stores.documents.get(membership.document_id)
        revision = stores.documents.newest(membership.document_id)
        if document is None or revision is None:
            raise NotFoundError("document_not_found")
        members.append(
            Member(
                ordinal=membership.ordinal,
                document=document,
                revision=revision,
                open_task=stores.groups.open_for(document.id) is not None,
                open_seal=stores.seals.open_for(document.id) is not None,
            )
        )
    return record, tuple(members)


def _commit(
    services: Services, call: Call, job: Job, closure: Closure, facts: ClosureFacts
) -> None:
    record = facts.record

    def change(stores: Stores) -> Done[None]:
        current = stores.records.get(record.id)
        if current is None:
            raise NotFoundError("record_not_found")
        # Another worker gave it up: what the record holds by now is for its next closing to say.
        if has_ended(stores, job.id):
            raise ConflictError("job_finished")
        closed = replace(current.to(RecordState.CLOSED), closures=closure.number)
        stores.records.update(closed)
        for fact in facts.documents:
            stores.records.pin(record.id, fact.document.id, fact.revision.id, fact.report_sha256)
        stores.closures.add(closure)
        told = {**views.closure_view(closure), "pinned": _pinned(facts)}
        entry = Draft(f"record/{record.id}", "record.closed", told)
        return Done(None, (entry,))

    services.work.run(act_of(call, f"closed-{closure.id}"), change)


def _pinned(facts: ClosureFacts) -> tuple[JsonObject, ...]:
    """Return what the closure leans on, as its entry commits to it."""
    return tuple(
        {
            "document_id": fact.document.id,
            "revision_id": fact.revision.id,
            "report_sha256": fact.report_sha256,
        }
        for fact in facts.documents
    )


def _finish(services: Services, job: Job) -> None:
    """End the job of a record that is closed, whatever becomes of the checkpoint.

    Only committed entries are signed for, so the checkpoint follows the commit; one that fails is
    tried again, and made up for by the next.
    """
    result = services.work.read(lambda stores: _result(stores, job))
    try:
        take_checkpoint(services)
    except AntinError as error:
        if job.attempts < _TRIES:
            retry_later(services, job.id)
            return
        result = {**result, "checkpoint_missing": error.code}
    finish(services, job.id, result)


def _closed_by(stores: Stores, job: Job) -> bool:
    """Tell whether this very job closed the record in an earlier run (closure id = job id)."""
    record = stores.records.get(job.subject_id)
    if record is None or record.state is not RecordState.CLOSED:
        return False
    closure = stores.closures.get(record.id, record.closures)
    return closure is not None and closure.id == job.id


def _result(stores: Stores, job: Job) -> JsonObject:
    record = stores.records.get(job.subject_id)
    closure = stores.closures.get(job.subject_id, record.closures) if record else None
    if closure is None:
        raise NotFoundError("closure_not_found")
    return {"outcome": "closed", "closure": views.closure_view(closure)}


def _give_up(
    services: Services,
    call: Call,
    job: Job,
    error: AntinError,
    reasons: tuple[Shortcoming, ...],
) -> None:
    """Take the record back to OPEN and say why, in the ledger and in the job's row, at once.

    A job that could still run beside a record that is open again would close it unasked.
    """
    now = services.clock.now()
    told = tuple(reason.as_json() for reason in reasons)
    payload: JsonObject = {
        "job_id": job.id,
        "code": error.code,
        "detail": error.detail,
        "shortcomings": told,
    }

    def change(stores: Stores) -> Done[None]:
        record = stores.records.get(job.subject_id)
        if has_ended(stores, job.id):
            return Done(None)  # the record may be another job's by now
        fail_within(stores, job.id, payload, now)
        if record is None or record.state is not RecordState.CLOSING:
            return Done(None)
        stores.records.update(record.to(RecordState.OPEN))
        return Done(None, (Draft(f"record/{record.id}", "closure.refused", payload),))

    services.work.run(act_of(call, f"refused-{job.attempts}"), change)
