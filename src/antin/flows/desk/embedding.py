"""From a signature that was given to a signed document: at once, or by a job that does not give up.

Nothing that was acknowledged is lost: value and prepared file are kept from SIGNED on. Until the
time-stamp is there the document has no new revision: a revision without proof of its time could
never be taken back, and the file is not anybody's before it has one.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, DefectError, NotFoundError, RefusedError
from antin.flows import job_rows, views, waiting
from antin.flows.audit import checkpoint_soon
from antin.flows.desk.asking import ASKERS
from antin.flows.desk.following import follow, hold_document
from antin.flows.desk.signing_certificates import require_good
from antin.flows.lookups import find_task
from antin.flows.requests import SYSTEM, act_of, answer_once, make_call, once
from antin.flows.revisions import StoredFile, add_revision, store_verified
from antin.flows.services import Services
from antin.flows.two_phases import as_prepared, embed
from antin.flows.unit_of_work import Done, Stores
from antin.flows.waiting import told
from antin.flows.warnings import as_text, from_text, warnings_view
from antin.ledger.draft import Draft
from antin.pki.fetching import TimestampService
from antin.records.call import Call
from antin.records.document import Cause
from antin.records.job import Job
from antin.records.signing_task import Actor, SigningTask, TaskState
from antin.signer import two_phase
from antin.signer.files import copy_source

KIND: Final = "sign"
_GIVEN_UP: Final = "signing_given_up"


def run_signing(services: Services, job: Job) -> None:
    """Try to complete a signed task; how it ends is in the rows of job and task."""
    call = make_call(services, replace(SYSTEM, id=job.principal_id), "sign", job.id, "")
    task = services.work.read(lambda stores: stores.tasks.get(job.subject_id))
    if task is None or task.preparation is None:
        raise DefectError("defect", detail="a signing job without its task")
    try:
        # The longer the time-stamp takes, the more may have become of the certificate.
        require_good(services, task.preparation.certificate, task.preparation.chain, call.now)
        completed(services, call, task, services.timestamps, keep=False)
    except AntinError as error:
        put_off(services, call, task, error)
        return
    except Exception as error:  # whatever it is, the signature that was given is kept
        put_off(services, call, task, DefectError("defect", detail=type(error).__name__))
        raise
    checkpoint_soon(services)


def completed(
    services: Services,
    call: Call,
    task: SigningTask,
    timestamps: TimestampService | None,
    *,
    keep: bool,
) -> JsonObject:
    """Embed the signature, store the verified file, end task and job; return the task.

    ``keep``: store the answer for the request that ``call`` is.
    """
    file = _embed(services, task, timestamps)

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, task.document_id)
        current = stores.tasks.get(task.id)
        if current is None:
            raise NotFoundError("task_not_found")
        if current.state is TaskState.COMPLETED:
            return Done(completed_view(stores, current))  # another try was quicker
        moved = current.to(TaskState.COMPLETED, Actor.SYSTEM)
        revision = add_revision(
            stores, current.document_id, current.revision_id, file, Cause.SIGNED, call.now
        )
        warnings = (*from_text(moved.warnings), *warnings_view(file.warnings))
        updated = stores.tasks.update(
            replace(moved, result_revision_id=revision.id, warnings=as_text(warnings))
        )
        facts: JsonObject = {
            "task_id": current.id,
            "revision": views.revision_view(revision),
            "signer_id": current.signer_id,
        }
        entry = Draft(f"document/{current.document_id}", "document.signed", facts)
        job_rows.finish_within(stores, updated.job_id or "", {"task_id": task.id}, call.now)
        return Done(completed_view(stores, updated), (entry, *follow(stores, updated)))

    if keep:
        return services.work.run(act_of(call, "complete"), lambda s: answer_once(s, call, change))
    return services.work.run(act_of(call, "complete"), change)


def put_off(
    services: Services, call: Call, task: SigningTask, error: AntinError
) -> JsonObject | None:
    """Say when the job is to be tried again, or end the task as FAILED.

    Returns the task as it is now, None when it failed.
    """
    now = services.clock.now()

    def change(stores: Stores) -> Done[JsonObject | None]:
        hold_document(stores, task.document_id)
        current = stores.tasks.get(task.id)
        if current is None:
            raise NotFoundError("task_not_found")
        if current.state is TaskState.COMPLETED:
            return Done(completed_view(stores, current))
        if current.state is not TaskState.SIGNED:
            return Done(None)
        if not waiting.put_off(services, stores, current.job_id or "", error, now):
            return Done(None, fail_within(stores, current, told(error), Actor.SYSTEM, now))
        return Done(views.task_view(current))

    return services.work.run(act_of(call, f"put-off-{now.timestamp()}"), change)


def give_up(services: Services, call: Call, job: Job) -> JsonObject:
    """End a signed task whose completion nobody wants to wait for any longer; return the job.

    The signature stays in the task's row. Errors: ``role_missing``, ``job_finished``.
    """
    task = services.work.read(
        lambda stores: find_task(stores, call.principal, job.subject_id, *ASKERS)
    )

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, task.document_id)
        current = find_task(stores, call.principal, task.id, *ASKERS)
        if current.state is not TaskState.SIGNED:
            raise ConflictError("job_finished")
        entries = fail_within(stores, current, told(RefusedError(_GIVEN_UP)), Actor.ASKER, call.now)
        return Done(views.job_view(stores.jobs.get(job.id) or job), entries)

    return once(services, call, change)


def fail_within(
    stores: Stores, task: SigningTask, why: JsonObject, by: Actor, now: datetime
) -> tuple[Draft, ...]:
    """Take a signed task to FAILED, its job with it; return the entries."""
    code = str(why["code"])
    failed = stores.tasks.update(replace(task.to(TaskState.FAILED, by), failure=code))
    job_rows.fail_within(stores, failed.job_id or "", why, now)
    facts = {"task_id": failed.id, "code": code}
    entry = Draft(f"document/{failed.document_id}", "task.failed", facts)
    return (entry, *follow(stores, failed))


def _embed(
    services: Services, task: SigningTask, timestamps: TimestampService | None
) -> StoredFile:
    preparation = task.preparation
    if preparation is None or task.signature is None:
        raise ConflictError("task_state", state=task.state.value)
    with services.blobs.scratch() as folder:
        path = folder / "signed.pdf"
        with services.blobs.open(preparation.blob_sha256) as source:
            copy_source(source, path)
        two_phase.check_file(path, as_prepared(preparation))
        embed(services, path, preparation, task.signature, timestamps)
        return store_verified(services, path, f"task {task.id}")


def completed_view(stores: Stores, task: SigningTask) -> JsonObject:
    """Return a completed task with its document."""
    document = stores.documents.get(task.document_id)
    revision = stores.documents.get_revision(task.result_revision_id or "")
    if document is None or revision is None:
        raise NotFoundError("document_not_found")
    return {**views.task_view(task), "document": views.document_view(document, revision)}
