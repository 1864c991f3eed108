"""Phase two: take the signature value once, embed, time-stamp, verify, store."""

from dataclasses import replace

from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, NotFoundError, RefusedError
from antin.flows import views
from antin.flows.audit import checkpoint_soon
from antin.flows.desk.preparing import as_prepared
from antin.flows.desk.tasks import own_task
from antin.flows.requests import act_of, answer_once, earlier_answer
from antin.flows.revisions import StoredFile, add_revision, copy_to, store_verified
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.document import Cause
from antin.records.signing_task import SigningTask, TaskState
from antin.signer import two_phase


def complete(services: Services, call: Call, task_id: str, signature: bytes) -> JsonObject:
    """Take the signature value, embed, time-stamp, verify, store.

    The value is accepted once and kept (SIGNED) before anything else is tried, so that a dead
    time-stamping service loses nothing: the same call again goes on from there.
    """
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    task = _accept(services, call, task_id, signature)
    if task.state is TaskState.COMPLETED:
        return services.work.read(lambda stores: _completed_view(stores, task))
    file = _embed(services, task)

    def change(stores: Stores) -> Done[JsonObject]:
        current = own_task(stores, call.principal, task_id)
        if current.state is TaskState.COMPLETED:
            return Done(_completed_view(stores, current))
        revision = add_revision(
            stores, current.document_id, current.revision_id, file, Cause.SIGNED, call.now
        )
        done = replace(current.to(TaskState.COMPLETED), result_revision_id=revision.id)
        updated = stores.tasks.update(done)
        entry = Draft(
            f"document/{current.document_id}",
            "document.signed",
            {
                "task_id": current.id,
                "revision": views.revision_view(revision),
                "signer_id": current.signer_id,
            },
        )
        return Done(_completed_view(stores, updated), (entry,))

    answer = services.work.run(act_of(call, "complete"), lambda s: answer_once(s, call, change))
    checkpoint_soon(services)
    return answer


def _accept(services: Services, call: Call, task_id: str, signature: bytes) -> SigningTask:
    """Check the value against certificate and attributes, then keep it: PREPARED → SIGNED."""
    task = services.work.read(lambda stores: own_task(stores, call.principal, task_id))
    task.require_not_expired(call.now)
    if task.preparation is None:
        raise ConflictError("task_state", state=task.state.value)
    if task.signature is None:
        two_phase.check_value(as_prepared(task.preparation), signature)

    def change(stores: Stores) -> Done[SigningTask]:
        current = own_task(stores, call.principal, task_id)
        if current.signature is not None:
            if current.signature != signature:
                raise ConflictError("signature_already_given")
            return Done(current)
        if current.preparation != task.preparation:
            raise RefusedError("signature_value_wrong")
        signed = stores.tasks.update(replace(current.to(TaskState.SIGNED), signature=signature))
        entry = Draft(f"document/{current.document_id}", "task.signed", {"task_id": current.id})
        return Done(signed, (entry,))

    return services.work.run(act_of(call, "sign"), change)


def _embed(services: Services, task: SigningTask) -> StoredFile:
    preparation = task.preparation
    if preparation is None or task.signature is None:
        raise ConflictError("task_state", state=task.state.value)
    with services.blobs.scratch() as folder:
        path = folder / "signed.pdf"
        with services.blobs.open(preparation.blob_sha256) as source:
            copy_to(source, path)
        two_phase.complete(path, as_prepared(preparation), task.signature, services.timestamps)
        return store_verified(services, path, f"task {task.id}", must_pass=True)


def _completed_view(stores: Stores, task: SigningTask) -> JsonObject:
    document = stores.documents.get(task.document_id)
    revision = stores.documents.get_revision(task.result_revision_id or "")
    if document is None or revision is None:
        raise NotFoundError("document_not_found")
    return {**views.task_view(task), "document": views.document_view(document, revision)}
