"""Phase one: check the certificate, build the revision, hand out what is to be signed."""

import base64
import json
from dataclasses import replace
from datetime import datetime

from antin.core.bytesource import FileSource, read_all
from antin.core.canonical import JsonObject
from antin.core.digests import sha256_hex
from antin.core.errors import ConflictError, NotFoundError
from antin.core.limits import MAX_IMAGE_BYTES
from antin.flows import views
from antin.flows.desk.following import group_with, hold_document
from antin.flows.desk.signing_certificates import Choice, require_good, require_own
from antin.flows.desk.tasks import own_task
from antin.flows.locks import read_lock
from antin.flows.lookups import newest_revision
from antin.flows.requests import earlier_answer, once
from antin.flows.services import Services
from antin.flows.stamps import StampPlan
from antin.flows.two_phases import preparation_of
from antin.flows.unit_of_work import Done, Stores
from antin.flows.warnings import as_text, warnings_view
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.grants import Principal
from antin.records.preparation import Preparation
from antin.records.signing_group import require_may_sign
from antin.records.signing_task import Actor, SigningTask, TaskState
from antin.signer import two_phase
from antin.signer.chain import issuers_of
from antin.signer.container_size import room_for
from antin.signer.request import Certification, Level, SignatureRequest, Stamp


def prepare(services: Services, call: Call, task_id: str, choice: Choice) -> JsonObject:
    """Check the certificate, build the revision with its stamp, return what is to be signed.

    Repeating it (with another token, say) replaces the earlier preparation as long as no
    signature was given. Errors: ``task_not_found``, ``not_the_signer``, ``task_expired``,
    ``task_state``, ``task_not_in_turn``, ``signature_in_progress``, ``document_changed`` (look at
    it again), ``certificate_not_registered``, certificate codes, those of the document.
    """
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    # 1. May this officer sign this document now, and by this certificate?
    task, sha256 = services.work.read(lambda stores: _to_prepare(stores, call, task_id, choice))
    # 2. Is the certificate good (CRY-2)?
    require_good(services, choice.certificate, choice.chain, call.now)
    # 3. The revision, built on what the officer was shown.
    preparation, warnings = _build(services, task, sha256, choice, call.now)

    def change(stores: Stores) -> Done[JsonObject]:
        hold_document(stores, task.document_id)
        # 4. All of 1 still holds, and the document is the one that was built on.
        current = own_task(stores, call.principal, task_id)
        current.require_not_expired(call.now)
        newest = newest_revision(stores, current.document_id).id
        if newest != current.revision_id or newest != task.revision_id:
            raise ConflictError("document_changed")
        moved = current.to(TaskState.PREPARED, Actor.SIGNER)
        prepared = replace(moved, preparation=preparation, warnings=as_text(warnings))
        require_may_sign(*group_with(stores, current))
        require_own(stores, current.signer_id, choice.certificate)
        updated = stores.tasks.update(prepared)
        entry = Draft(
            f"document/{updated.document_id}",
            "task.prepared",
            {
                "task_id": updated.id,
                "prepared_sha256": preparation.blob_sha256,
                "certificate_sha256": sha256_hex(choice.certificate),
            },
        )
        return Done({**views.task_view(updated), "prepared": _prepared_view(preparation)}, (entry,))

    return once(services, call, change)


def _to_prepare(
    stores: Stores, call: Call, task_id: str, choice: Choice
) -> tuple[SigningTask, str]:
    task = own_task(stores, call.principal, task_id)
    task.require_not_expired(call.now)
    task.to(TaskState.PREPARED, Actor.SIGNER)
    require_may_sign(*group_with(stores, task))
    require_own(stores, task.signer_id, choice.certificate)
    revision = stores.documents.get_revision(task.revision_id)
    if revision is None:
        raise NotFoundError("document_not_found")
    return task, revision.sha256


def _build(
    services: Services, task: SigningTask, sha256: str, choice: Choice, at: datetime
) -> tuple[Preparation, list[JsonObject]]:
    request = SignatureRequest(
        certificate=choice.certificate,
        algorithm=choice.algorithm,
        signing_time=at,
        chain=issuers_of(choice.certificate, services.trust, choice.chain),
        level=Level.B_T,
        reason=task.reason,
        location=task.location,
        stamp=_stamp(services, task, at),
        certify=Certification(task.certify) if task.certify else None,
        lock=read_lock(task.field_lock),
    )
    with services.blobs.scratch() as folder, services.blobs.open(sha256) as source:
        path = folder / "prepared.pdf"
        room = room_for(services.timestamps_at_once)
        prepared = two_phase.prepare(source, path, request, room)
        with FileSource(path) as file:
            blob = services.blobs.put(file)
    return preparation_of(prepared, blob, at), warnings_view(prepared.warnings)


def prepared_blob(services: Services, principal: Principal, task_id: str) -> str:
    """Return the SHA-256 of the prepared PDF of the officer's own task."""

    def query(stores: Stores) -> str:
        task = own_task(stores, principal, task_id)
        if task.preparation is None:
            raise ConflictError("task_state", state=task.state.value)
        return task.preparation.blob_sha256

    return services.work.read(query)


def _stamp(services: Services, task: SigningTask, at: datetime) -> Stamp | None:
    if task.appearance is None:
        return None
    image = None
    if task.appearance_image_sha256:
        with services.blobs.open(task.appearance_image_sha256) as source:
            image = read_all(source, MAX_IMAGE_BYTES)
    return StampPlan.from_json(json.loads(task.appearance), image).stamp(at)


def _prepared_view(preparation: Preparation) -> JsonObject:
    return {
        "sha256": preparation.blob_sha256,
        "field": preparation.field_name,
        "byte_range": preparation.byte_range,
        "digest_algorithm": preparation.digest,
        "scheme": preparation.scheme,
        "document_digest": preparation.document_digest.hex(),
        "signed_attributes": base64.b64encode(preparation.signed_attributes).decode(),
    }
