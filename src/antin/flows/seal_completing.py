"""From a seal that was used to a sealed document: at once, or by a job that does not give up.

Value and prepared revision are kept from SIGNED on, so that a slow time-stamping service costs
time and never the use of the key. Until the time-stamp is there the document has no new revision,
and nobody else has a hand on it.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, DefectError, NotFoundError, RefusedError
from antin.flows import job_rows, views, waiting
from antin.flows.audit import checkpoint_soon
from antin.flows.desk.following import hold_document
from antin.flows.lookups import find_document
from antin.flows.requests import SYSTEM, act_of, make_call, once
from antin.flows.revisions import StoredFile, add_revision, store_verified
from antin.flows.seal_register import current_seal
from antin.flows.services import Services
from antin.flows.two_phases import as_prepared, embed
from antin.flows.unit_of_work import Done, Stores
from antin.flows.waiting import told
from antin.flows.warnings import as_text, from_text, warnings_view
from antin.ledger.draft import Draft
from antin.pki.fetching import TimestampService
from antin.records.call import Call
from antin.records.document import Cause, Document, Revision
from antin.records.grants import Role
from antin.records.job import Job
from antin.records.preparation import Preparation
from antin.records.seal import Seal, SealState
from antin.signer import two_phase
from antin.signer.admissibility import check_certificate
from antin.signer.files import copy_sources
from antin.signer.request import Level

KIND: Final = "seal"
_GIVEN_UP: Final = "signing_given_up"


def run_sealing(services: Services, job: Job) -> None:
    """Try to complete a use of a seal; how it ends is in the rows of job and seal.

    Needs no key: the value is there.
    """
    call = make_call(services, replace(SYSTEM, id=job.principal_id), "seal", job.id, "")
    seal = services.work.read(lambda stores: _seal_of(stores, job))
    try:
        _require_good(services, seal, call.now)
        completed(services, call, seal, services.timestamps)
    except AntinError as error:
        put_off(services, call, seal, error)
        return
    except Exception as error:  # whatever it is, the value that the key gave is kept
        put_off(services, call, seal, DefectError("defect", detail=type(error).__name__))
        raise
    checkpoint_soon(services)


def at_once(services: Services, call: Call, seal: Seal, made: Path | None = None) -> JsonObject:
    """Complete the seal while somebody waits; return it, as SIGNED where that takes longer.

    ``made``: its prepared file, in the caller's scratch folder, made just now; without it some time
    has gone by since the certificate was looked at. Errors: why it ended as FAILED.
    """
    try:
        if made is None:
            _require_good(services, seal, call.now)
        answer = completed(services, call, seal, services.timestamps_at_once, made)
    except AntinError as error:
        pending = put_off(services, call, seal, error)
        if pending is None:
            raise
        answer = pending
    # The key was used: a checkpoint covers the entries, so that they can't be cut off unseen.
    checkpoint_soon(services)
    return answer


def completed(
    services: Services,
    call: Call,
    seal: Seal,
    timestamps: TimestampService | None,
    made: Path | None = None,
) -> JsonObject:
    """Embed the value, store the verified file, end seal and job; return the seal.

    At most one revision comes of it, however many try.
    """
    file = _embedded(services, seal, timestamps, made)

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, seal.document_id)
        current = current_seal(stores, seal)
        if current.state is SealState.COMPLETED:
            return Done(completed_view(stores, current))  # another try was quicker
        moved = current.to(SealState.COMPLETED)
        revision = add_revision(
            stores, seal.document_id, seal.source_revision_id, file, Cause.SEALED, call.now
        )
        warnings = (*from_text(moved.warnings), *warnings_view(file.warnings))
        ended = stores.seals.update(
            replace(moved, result_revision_id=revision.id, warnings=as_text(warnings))
        )
        result = {"seal_id": ended.id, "document_id": ended.document_id}
        job_rows.finish_within(stores, ended.job_id or "", result, call.now)
        view = completed_view(stores, ended)
        return Done(view, (Draft(f"document/{seal.document_id}", "seal.completed", view),))

    return services.work.run(act_of(call, "complete"), change)


def completed_view(stores: Stores, seal: Seal) -> JsonObject:
    """Return a completed seal with its document."""
    document = stores.documents.get(seal.document_id)
    revision = stores.documents.get_revision(seal.result_revision_id or "")
    if document is None or revision is None:
        raise NotFoundError("document_not_found")
    return views.seal_view(seal, views.document_view(document, revision))


def put_off(services: Services, call: Call, seal: Seal, error: AntinError) -> JsonObject | None:
    """Say when the job is to be tried again, or end the seal as FAILED.

    Returns the seal as it is now, None when it failed.
    """
    now = services.clock.now()

    def change(stores: Stores) -> Done[JsonObject | None]:
        hold_document(stores, seal.document_id)
        current = current_seal(stores, seal)
        if current.state is SealState.COMPLETED:
            return Done(completed_view(stores, current))
        if current.state is not SealState.SIGNED:
            return Done(None)
        if not waiting.put_off(services, stores, current.job_id or "", error, now):
            return Done(None, (_failed(stores, current, told(error), now),))
        return Done(views.seal_view(current))

    return services.work.run(act_of(call, f"put-off-{now.timestamp()}"), change)


def give_up(services: Services, call: Call, job: Job) -> JsonObject:
    """End a seal whose completion nobody wants to wait for any longer; return its job.

    The value stays in the seal's row. Errors: ``role_missing``, ``job_finished``.
    """
    seal = services.work.read(lambda stores: _seal_of(stores, job))

    def change(stores: Stores) -> Done[JsonObject]:
        find_document(stores, call.principal, seal.document_id, Role.CLERK)
        current = current_seal(stores, seal)
        if current.state is not SealState.SIGNED:
            raise ConflictError("job_finished")
        entry = _failed(stores, current, told(RefusedError(_GIVEN_UP)), call.now)
        return Done(views.job_view(stores.jobs.get(job.id) or job), (entry,))

    return once(services, call, change)


def _seal_of(stores: Stores, job: Job) -> Seal:
    seal = stores.seals.get(job.subject_id)
    if seal is None:
        raise DefectError("defect", detail="a sealing job without its seal")
    return seal


def _failed(stores: Stores, seal: Seal, why: JsonObject, now: datetime) -> Draft:
    """Take a signed seal to FAILED, its job with it; return the entry."""
    ended = stores.seals.update(replace(seal.to(SealState.FAILED), failure=str(why["code"])))
    job_rows.fail_within(stores, ended.job_id or "", why, now)
    return Draft(f"document/{ended.document_id}", "seal.failed", views.seal_view(ended))


@dataclass(frozen=True)
class _Kept:
    """What a seal in SIGNED has."""

    preparation: Preparation
    signature: bytes
    level: Level


def _kept(seal: Seal) -> _Kept:
    if seal.preparation is None or seal.signature is None or seal.level is None:
        raise ConflictError("seal_ended", state=seal.state.value)
    return _Kept(seal.preparation, seal.signature, Level(seal.level))


def _require_good(services: Services, seal: Seal, at: datetime) -> None:
    """Raise what speaks against the certificate now: the longer it took, the more may have come."""
    kept = _kept(seal)
    check_certificate(
        kept.preparation.certificate,
        kept.preparation.chain,
        services.trust,
        services.revocation,
        at,
        kept.level,
    )


def _embedded(
    services: Services, seal: Seal, timestamps: TimestampService | None, made: Path | None
) -> StoredFile:
    kept = _kept(seal)
    document, revision = services.work.read(lambda stores: _sources(stores, seal))
    with ExitStack() as opened:
        path = made
        if path is None:
            path = opened.enter_context(services.blobs.scratch()) / "sealed.pdf"
            _restore(services, path, revision, kept.preparation)
        embed(services, path, kept.preparation, kept.signature, timestamps, kept.level)
        return store_verified(services, path, document.file_name)


def _sources(stores: Stores, seal: Seal) -> tuple[Document, Revision]:
    document = stores.documents.get(seal.document_id)
    revision = stores.documents.get_revision(seal.source_revision_id)
    if document is None or revision is None:
        raise NotFoundError("document_not_found")
    return document, revision


def _restore(services: Services, path: Path, revision: Revision, preparation: Preparation) -> None:
    """Write the prepared file again: the revision that is sealed, and what was added to it."""
    with (
        services.blobs.open(revision.sha256) as source,
        services.blobs.open(preparation.blob_sha256) as added,
    ):
        copy_sources((source, added), path)
    two_phase.check_file(path, as_prepared(preparation))
