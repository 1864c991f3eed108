"""Phase two: take the signature value once and keep it; then embed, time-stamp, verify, store."""

from dataclasses import replace
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, RefusedError
from antin.core.ids import new_id
from antin.flows.audit import checkpoint_soon
from antin.flows.desk.embedding import KIND, completed, completed_view, put_off
from antin.flows.desk.following import group_with, hold_document
from antin.flows.desk.signing_certificates import require_good, require_own
from antin.flows.desk.tasks import own_task
from antin.flows.lookups import newest_revision
from antin.flows.requests import act_of, earlier_answer
from antin.flows.services import Services
from antin.flows.two_phases import as_prepared
from antin.flows.unit_of_work import Done, Stores
from antin.flows.waiting import new_job
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.preparation import Preparation
from antin.records.signing_group import require_may_sign
from antin.records.signing_task import Actor, SigningTask, TaskState
from antin.signer import two_phase

_NOT_TOLD: Final = "revocation_unknown"


def complete(services: Services, call: Call, task_id: str, signature: bytes) -> JsonObject:
    """Take the signature value, embed, time-stamp, verify, store; return the task.

    The value is accepted once and kept (SIGNED), with the job that completes it, before anything
    else is tried. What can't be done at once (a time-stamping service that is slow or dead) is the
    job's to do: the task comes back as SIGNED with ``timestamp`` pending. The same call again
    goes on from there.

    Errors: ``task_not_found``, ``not_the_signer``, ``task_expired``, ``task_state``,
    ``document_changed`` (prepare anew), ``signature_in_progress``, ``signature_value_wrong``,
    ``signature_already_given``, ``certificate_not_registered``, certificate codes; where the
    task ended as FAILED, why.
    """
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    task = _accept(services, call, task_id, signature)
    if task.state is TaskState.COMPLETED:
        return services.work.read(lambda stores: completed_view(stores, task))
    if task.state is not TaskState.SIGNED:
        raise ConflictError("task_state", state=task.state.value)
    try:
        answer = completed(services, call, task, services.timestamps_at_once, keep=True)
    except AntinError as error:
        waiting = put_off(services, call, task, error)
        if waiting is None:
            raise
        return waiting
    checkpoint_soon(services)
    return answer


def _accept(services: Services, call: Call, task_id: str, signature: bytes) -> SigningTask:
    """Check the value against certificate and attributes, then keep it: PREPARED → SIGNED."""
    task = services.work.read(lambda stores: own_task(stores, call.principal, task_id))
    if task.signature is None:
        _check(services, call, task, signature)
    job_id = new_id()

    def change(stores: Stores) -> Done[SigningTask]:
        hold_document(stores, task.document_id)
        current = own_task(stores, call.principal, task_id)
        if current.signature is not None:
            if current.signature != signature:
                raise ConflictError("signature_already_given")
            return Done(current)
        _require_current(stores, call, current, task)
        moved = current.to(TaskState.SIGNED, Actor.SIGNER)
        signed = stores.tasks.update(replace(moved, signature=signature, job_id=job_id))
        stores.jobs.add(new_job(call, job_id, KIND, signed.id, signed.agency_id))
        facts = {"task_id": current.id, "job_id": job_id}
        return Done(signed, (Draft(f"document/{current.document_id}", "task.signed", facts),))

    return services.work.run(act_of(call, "sign"), change)


def _check(services: Services, call: Call, task: SigningTask, signature: bytes) -> None:
    """Refuse a value that would be worth nothing, before anything is promised."""
    preparation = _current_preparation(call, task)
    # 1. The value was made by the certificate's key over these attributes.
    two_phase.check_value(as_prepared(preparation), signature)
    # 2. The certificate still is good. Where that can't be told now, the job will find out.
    try:
        require_good(services, preparation.certificate, preparation.chain, call.now)
    except RefusedError as error:
        if error.code != _NOT_TOLD:
            raise


def _current_preparation(call: Call, task: SigningTask) -> Preparation:
    """Return what the value must be over.

    Error: ``document_changed`` when it was prepared before somebody else's signature came in.
    """
    task.require_not_expired(call.now)
    if task.state is TaskState.OFFERED and task.preparation is not None:
        raise ConflictError("document_changed")
    task.to(TaskState.SIGNED, Actor.SIGNER)
    if task.preparation is None:
        raise ConflictError("task_state", state=task.state.value)
    return task.preparation


def _require_current(
    stores: Stores, call: Call, current: SigningTask, checked: SigningTask
) -> None:
    preparation = _current_preparation(call, current)
    if preparation != checked.preparation:
        raise RefusedError("signature_value_wrong")
    if newest_revision(stores, current.document_id).id != current.revision_id:
        raise ConflictError("document_changed")
    require_may_sign(*group_with(stores, current))
    require_own(stores, current.signer_id, preparation.certificate)
