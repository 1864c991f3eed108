"""The flow *seal*: intent → use → completed.

A key's use can't be rolled back, so the intent commits before the HSM signs, and what the HSM gave
commits after, before anything that takes time (:mod:`antin.flows.seal_completing`). At most one
sealed revision is ever stored or released: intent and value hold the document, and the transaction
that stores the revision ends them. The seal register is these entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from antin.core.bytesource import FileSource, TailSource
from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, NotFoundError, UnavailableError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.desk.asking import require_untouched
from antin.flows.desk.following import hold_document
from antin.flows.lookups import find_document, newest_revision
from antin.flows.requests import act_of, answered, keep_answer
from antin.flows.revisions import verified_state
from antin.flows.seal_completing import KIND, at_once, completed_view
from antin.flows.seal_key import usable_seal_key
from antin.flows.seal_register import current_seal, end_intent
from antin.flows.services import Services
from antin.flows.stamps import StampPlan
from antin.flows.two_phases import preparation_of
from antin.flows.unit_of_work import Done, Stores
from antin.flows.waiting import new_job
from antin.flows.warnings import as_text, warnings_view
from antin.hsm.key import SigningKey
from antin.ledger.draft import Draft
from antin.records.agency import Agency
from antin.records.call import Call
from antin.records.document import Document, DocumentKind, Revision
from antin.records.grants import Role
from antin.records.seal import Seal, SealState, check_may_be_sealed
from antin.signer import two_phase
from antin.signer.chain import issuers_of
from antin.signer.container_size import room_for
from antin.signer.request import Level, SignatureRequest


@dataclass(frozen=True)
class NewSeal:
    """What is to be sealed, and where the seal is to stand."""

    document_id: str
    stamp: StampPlan | None = None
    level: Level = Level.B_T


@dataclass(frozen=True)
class _Candidate:
    agency: Agency
    document: Document
    revision: Revision
    parent: Revision | None


def seal_document(services: Services, call: Call, new: NewSeal) -> JsonObject:
    """Put the agency's seal on a document's newest revision; return the use of the seal.

    What can't be done at once (a time-stamping service that is slow or dead) is a job's to do: the
    seal comes back as SIGNED with ``timestamp`` pending. The same call again goes on from there.

    Errors: ``role_missing`` (only the registry clerk seals, SIG-3), ``seal_not_allowed``,
    ``task_open``, ``seal_in_progress``, ``record_closed``, certificate and key device codes,
    ``timestamp_not_configured``; where the seal ended as FAILED, why, and then ``seal_ended``.
    """
    seal = services.work.read(lambda stores: _asked_before(stores, call))
    if seal is not None:
        return _gone_on(services, call, seal)
    # 1. May it be sealed? Signatures are verified before any key is touched.
    candidate = services.work.read(lambda stores: _candidate(stores, call, new.document_id))
    _check_allowed(services, call, candidate)
    # 2. What it takes is there: a key whose own certificate is good (CRY-2), time-stamps.
    key, certificate = usable_seal_key(services, candidate.agency, call.now, new.level)
    if new.level is not Level.B_B and services.timestamps is None:
        raise UnavailableError("timestamp_not_configured")
    request = _request(services, candidate, key, certificate, new, call.now)
    with services.blobs.scratch() as folder:
        # 3. The intent commits: from here on the register knows.
        seal = _intend(services, call, candidate, new.level)
        if seal.state is not SealState.INTENDED:
            return _gone_on(services, call, seal)
        path = folder / "sealed.pdf"
        try:
            # 4. The HSM signs what was prepared; 5. its value commits, with the job to complete it.
            seal = _signed(services, call, seal, key, request, candidate.revision, path)
        except AntinError as error:
            end_intent(services, call, seal, SealState.FAILED, error.code)
            raise
        # 6. Time-stamp, verified file and outcome commit, now or later.
        return at_once(services, call, seal, path)


def _asked_before(stores: Stores, call: Call) -> Seal | None:
    """Return the seal that an earlier identical request came to."""
    earlier = answered(stores, call)
    return None if earlier is None else stores.seals.get(str(earlier["id"]))


def _gone_on(services: Services, call: Call, seal: Seal) -> JsonObject:
    if seal.state is SealState.COMPLETED:
        return services.work.read(lambda stores: completed_view(stores, seal))
    if seal.state is not SealState.SIGNED:
        raise ConflictError("seal_ended", state=seal.state.value)
    return at_once(services, call, seal)


def _candidate(stores: Stores, call: Call, document_id: str) -> _Candidate:
    document = find_document(stores, call.principal, document_id, Role.CLERK)
    require_untouched(stores, document.id)
    agency = stores.agencies.get(document.agency_id)
    if agency is None:
        raise NotFoundError("agency_not_found")
    parent = newest_revision(stores, document.parent_id) if document.parent_id else None
    return _Candidate(agency, document, newest_revision(stores, document.id), parent)


def _check_allowed(services: Services, call: Call, candidate: _Candidate) -> None:
    with services.blobs.open(candidate.revision.sha256) as source:
        own = verified_state(services, source, candidate.document.file_name)
    parent = None
    if candidate.parent is not None and candidate.document.kind is DocumentKind.ATTACHMENT:
        with services.blobs.open(candidate.parent.sha256) as source:
            parent = verified_state(services, source, "parent")
    try:
        check_may_be_sealed(candidate.document, own, parent)
    except AntinError as error:
        _note_refusal(services, call, candidate.document.id, error)
        raise


def _note_refusal(services: Services, call: Call, document_id: str, error: AntinError) -> None:
    """Put the refusal into the register: it is something that happened."""
    entry = Draft(
        f"document/{document_id}", "seal.refused", {"code": error.code, "detail": error.detail}
    )
    services.work.run(act_of(call, "refused"), lambda _: Done(None, (entry,)))


def _intend(services: Services, call: Call, candidate: _Candidate, level: Level) -> Seal:
    """Commit the intent, or return what the same request came to meanwhile."""
    seal = Seal(
        id=new_id(),
        document_id=candidate.document.id,
        agency_id=candidate.agency.id,
        source_revision_id=candidate.revision.id,
        principal_id=call.principal.id,
        created_at=call.now,
        level=level.value,
    )

    def change(stores: Stores) -> Done[Seal]:
        earlier = _asked_before(stores, call)
        if earlier is not None:
            return Done(earlier)
        current = _candidate(stores, call, seal.document_id)
        if current.revision.id != seal.source_revision_id:
            raise ConflictError("document_changed")
        stores.seals.add(seal)
        entry = Draft(f"document/{seal.document_id}", "seal.intended", views.seal_view(seal))
        return Done(seal, (entry,))

    return services.work.run(act_of(call, "intend"), change)


def _request(
    services: Services,
    candidate: _Candidate,
    key: SigningKey,
    certificate: bytes,
    new: NewSeal,
    at: datetime,
) -> SignatureRequest:
    document = candidate.document
    number = "/".join(filter(None, (document.code_number, document.code_notation)))
    return SignatureRequest(
        certificate=certificate,
        algorithm=key.algorithm,
        signing_time=at,
        chain=issuers_of(certificate, services.trust),
        level=new.level,
        signer_name=candidate.agency.name,
        stamp=new.stamp.stamp(at, number) if new.stamp else None,
    )


def _signed(
    services: Services,
    call: Call,
    seal: Seal,
    key: SigningKey,
    request: SignatureRequest,
    revision: Revision,
    path: Path,
) -> Seal:
    """Prepare the file at ``path``, let the key sign, and keep what it gave: INTENDED → SIGNED."""
    with services.blobs.open(revision.sha256) as source:
        room = room_for(services.timestamps_at_once)
        prepared = two_phase.prepare(source, path, request, room)
    # What was added is kept before the key is used; what it was added to is there already.
    with FileSource(path) as file:
        blob = services.blobs.put(TailSource(file, revision.size))
    signature = key.sign(prepared.signed_attributes)
    two_phase.check_value(prepared, signature)
    job_id = new_id()

    def change(stores: Stores) -> Done[Seal]:
        hold_document(stores, seal.document_id)
        moved = current_seal(stores, seal).to(SealState.SIGNED)
        kept = replace(
            moved,
            preparation=preparation_of(prepared, blob, call.now),
            signature=signature,
            job_id=job_id,
            warnings=as_text(warnings_view(prepared.warnings)),
        )
        signed = stores.seals.update(kept)
        stores.jobs.add(new_job(call, job_id, KIND, signed.id, signed.agency_id))
        view = views.seal_view(signed)
        keep_answer(stores, call, view)
        return Done(signed, (Draft(f"document/{seal.document_id}", "seal.signed", view),))

    return services.work.run(act_of(call, "sign"), change)
