"""What a closure leaves behind: the signed manifest and the sealed, readable certificate."""

from dataclasses import dataclass

from antin.core import canonical
from antin.core.bytesource import FileSource, MemorySource
from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError
from antin.flows.seal_key import usable_seal_key
from antin.flows.services import Closing, Services
from antin.flows.stamps import StampPlan
from antin.flows.unit_of_work import Stores
from antin.flows.verify import verify_source
from antin.hsm.key import SigningKey
from antin.ledger.ports import EntryRow
from antin.records.agency import Agency
from antin.records.call import Call
from antin.records.closure import Closure, ClosureFacts, manifest
from antin.records.job import Job
from antin.signer import pades
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.chain import issuers_of
from antin.signer.request import Level, SignatureRequest


@dataclass(frozen=True)
class _Context:
    agency: Agency
    officer: str
    tip: EntryRow


def write_evidence(services: Services, call: Call, job: Job, facts: ClosureFacts) -> Closure:
    """Write, sign and store manifest and certificate; return the closure that names them.

    Nothing is named by a row yet: a crash from here on leaves blobs that ``antin fsck`` clears.
    """
    context = services.work.read(lambda stores: _context(stores, job, facts.record.id))
    number = facts.record.closures + 1
    key, certificate = usable_seal_key(services, context.agency, call.now, Level.B_LTA)
    position = _position(services, context.tip)
    text = canonical.dumps_normalised(manifest(facts, number, call.now, job.principal_id, position))
    manifest_sha256 = services.blobs.put_bytes(text)
    request = DetachedRequest(
        certificate=certificate,
        algorithm=key.algorithm,
        signing_time=call.now,
        chain=issuers_of(certificate, services.trust),
        level=Level.B_B if services.timestamps is None else Level.B_T,
        media_type="application/json",
    )
    signature = sign_detached(MemorySource(text), key, request, services.timestamps)
    closing = Closing(
        facts=facts,
        agency=context.agency,
        number=number,
        closed_at=call.now,
        closed_by=context.officer,
        manifest_sha256=manifest_sha256,
        origin=services.origin,
        position=context.tip.index,
    )
    return Closure(
        id=job.id,
        record_id=facts.record.id,
        number=number,
        manifest_sha256=manifest_sha256,
        signature_sha256=services.blobs.put_bytes(signature),
        certificate_sha256=_sealed_certificate(services, closing, key, certificate),
        closed_at=call.now,
        principal_id=job.principal_id,
    )


def _context(stores: Stores, job: Job, record_id: str) -> _Context:
    agency = stores.agencies.get(job.agency_id)
    officer = stores.users.get(job.principal_id)
    tip = stores.ledger.tip(f"record/{record_id}")
    if agency is None or officer is None or tip is None:
        raise NotFoundError("record_not_found")
    return _Context(agency, officer.name, tip)


def _position(services: Services, tip: EntryRow) -> JsonObject:
    """Return up to which entry the record's history is covered by this closure."""
    return {
        "origin": services.origin,
        "stream": tip.stream,
        "n": tip.n,
        "index": tip.index,
        "leaf": tip.leaf.hex(),
    }


def _sealed_certificate(
    services: Services, closing: Closing, key: SigningKey, certificate: bytes
) -> str:
    """Seal the readable certificate at B-LTA, verify it as a stranger would, store it."""
    left, top, width, height = services.certificates.stamp_area_mm
    text = f"{closing.agency.name}\n{{time}}"
    plan = StampPlan(1, left, top, width, height, text)
    request = SignatureRequest(
        certificate=certificate,
        algorithm=key.algorithm,
        signing_time=closing.closed_at,
        chain=issuers_of(certificate, services.trust),
        level=Level.B_LTA,
        signer_name=closing.agency.name,
        stamp=plan.stamp(closing.closed_at),
    )
    page = MemorySource(services.certificates.render(closing))
    with services.blobs.scratch() as folder:
        path = folder / "certificate.pdf"
        pades.sign(
            page,
            path,
            key,
            request,
            services.timestamps,
            services.revocation,
            services.trust,
        )
        with FileSource(path) as made:
            verify_source(services, made, "certificate.pdf").raise_if_not_passed()
            return services.blobs.put(made)
