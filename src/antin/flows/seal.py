"""The flow *seal*: intent → use → completed.

A key's use can't be rolled back, so the intent commits before the HSM signs, and the outcome
commits after. At most one sealed revision is ever stored or released: the intent holds the
document, and only the one who made it can complete it. The seal register is these entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from antin.core.bytesource import ByteSource
from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, NotFoundError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.audit import checkpoint_soon
from antin.flows.desk.asking import require_untouched
from antin.flows.lookups import find_document, newest_revision
from antin.flows.requests import act_of, answer_once, earlier_answer
from antin.flows.revisions import StoredFile, add_revision, store_verified, verified_state
from antin.flows.seal_key import usable_seal_key
from antin.flows.seal_register import current_seal, end_intent
from antin.flows.services import Services
from antin.flows.stamps import StampPlan
from antin.flows.unit_of_work import Done, Stores
from antin.flows.warnings import warnings_view
from antin.hsm.key import SigningKey
from antin.ledger.draft import Draft
from antin.records.agency import Agency
from antin.records.call import Call
from antin.records.document import Cause, Document, DocumentKind, Revision
from antin.records.grants import Role
from antin.records.seal import Seal, SealState, check_may_be_sealed
from antin.signer import pades
from antin.signer.chain import issuers_of
from antin.signer.request import Level, SignatureRequest
from antin.verifier.report import Finding


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
    """Put the agency's seal on a document's newest revision.

    Errors: ``role_missing`` (only the registry clerk seals, SIG-3), ``seal_not_allowed``,
    ``task_open``, ``seal_in_progress``, ``record_closed``, certificate and key device codes,
    ``timestamp_unavailable``, ``result_not_valid``.
    """
    earlier = earlier_answer(services, call)
    if earlier is not None:
        return earlier
    # 1. May it be sealed? Signatures are verified before any key is touched.
    candidate = services.work.read(lambda stores: _candidate(stores, call, new.document_id))
    _check_allowed(services, call, candidate)
    # 2. The key's own certificate must be good (CRY-2).
    key, certificate = usable_seal_key(services, candidate.agency, call.now, new.level)
    # 3. The intent commits: from here on the register knows.
    seal = _intend(services, call, candidate)
    # 4. The HSM signs; 5. file and outcome commit.
    try:
        file = _use(services, candidate, key, certificate, new, call.now)
        answer = _completed(services, call, seal, file)
    except AntinError as error:
        _failed(services, call, seal, error)
        raise
    # 6. A checkpoint covers the seal's entries, so that they can't be cut off unseen.
    checkpoint_soon(services)
    return answer


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


def _intend(services: Services, call: Call, candidate: _Candidate) -> Seal:
    seal = Seal(
        id=new_id(),
        document_id=candidate.document.id,
        agency_id=candidate.agency.id,
        source_revision_id=candidate.revision.id,
        principal_id=call.principal.id,
        created_at=call.now,
    )

    def change(stores: Stores) -> Done[None]:
        current = _candidate(stores, call, seal.document_id)
        if current.revision.id != seal.source_revision_id:
            raise ConflictError("document_changed")
        stores.seals.add(seal)
        entry = Draft(f"document/{seal.document_id}", "seal.intended", views.seal_view(seal))
        return Done(None, (entry,))

    services.work.run(act_of(call, "intend"), change)
    return seal


def _use(
    services: Services,
    candidate: _Candidate,
    key: SigningKey,
    certificate: bytes,
    new: NewSeal,
    at: datetime,
) -> StoredFile:
    document = candidate.document
    number = "/".join(filter(None, (document.code_number, document.code_notation)))
    request = SignatureRequest(
        certificate=certificate,
        algorithm=key.algorithm,
        signing_time=at,
        chain=issuers_of(certificate, services.trust),
        level=new.level,
        signer_name=candidate.agency.name,
        stamp=new.stamp.stamp(at, number) if new.stamp else None,
    )
    with services.blobs.scratch() as folder:
        path = folder / "sealed.pdf"
        with services.blobs.open(candidate.revision.sha256) as source:
            warnings = _sign(services, source, path, key, request)
        stored = store_verified(services, path, document.file_name, must_pass=True)
    return replace(stored, warnings=(*warnings, *stored.warnings))


def _sign(
    services: Services, source: ByteSource, path: Path, key: SigningKey, request: SignatureRequest
) -> tuple[Finding, ...]:
    return pades.sign(
        source,
        path,
        key,
        request,
        services.timestamps,
        services.revocation,
        services.trust,
    )


def _completed(services: Services, call: Call, seal: Seal, file: StoredFile) -> JsonObject:
    def change(stores: Stores) -> Done[JsonObject]:
        moved = current_seal(stores, seal).to(SealState.COMPLETED)
        revision = add_revision(
            stores, seal.document_id, seal.source_revision_id, file, Cause.SEALED, call.now
        )
        done = stores.seals.update(replace(moved, result_revision_id=revision.id))
        document = stores.documents.get(seal.document_id)
        if document is None:
            raise NotFoundError("document_not_found")
        shown = views.document_view(document, revision)
        view = views.seal_view(done, shown, warnings_view(file.warnings))
        return Done(view, (Draft(f"document/{seal.document_id}", "seal.completed", view),))

    return services.work.run(act_of(call, "complete"), lambda s: answer_once(s, call, change))


def _failed(services: Services, call: Call, seal: Seal, error: AntinError) -> None:
    end_intent(services, call, seal, SealState.FAILED, error.code)
