"""What a closure leaves behind: the signed manifest and the sealed, readable certificate."""

from antin.core import canonical
from antin.core.bytesource import FileSource, MemorySource
from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.flows.verify import verify_source
from antin.hsm.key import SigningKey
from antin.records.agency import Agency
from antin.records.call import Call
from antin.records.closure import Closure, ClosureFacts, manifest
from antin.records.job import Job
from antin.signer import cades, pades
from antin.signer.admissibility import check_certificate
from antin.signer.request import Level, SignatureRequest


def write_evidence(services: Services, call: Call, job: Job, facts: ClosureFacts) -> Closure:
    """Write, sign and store manifest and certificate; return the closure that names them.

    Nothing is named by a row yet: a crash from here on leaves blobs that ``antin fsck`` clears.
    """
    agency, position = services.work.read(lambda stores: _context(stores, services, facts))
    number = facts.record.closures + 1
    key = services.seals.for_agency(agency.code)
    certificate = _checked_certificate(services, key, call)
    text = canonical.dumps(manifest(facts, number, call.now, job.principal_id, position))
    manifest_sha256 = services.blobs.put_bytes(text)
    signature = cades.sign_detached(
        text, key, certificate, services.trust, services.timestamps, call.now
    )
    page = services.certificates.render(
        facts,
        agency,
        number,
        call.now,
        job.principal_id,
        manifest_sha256,
        services.origin,
        int(str(position["n"])),
    )
    return Closure(
        id=job.id,
        record_id=facts.record.id,
        number=number,
        manifest_sha256=manifest_sha256,
        signature_sha256=services.blobs.put_bytes(signature),
        certificate_sha256=_sealed(services, call, page, key, certificate, agency),
        closed_at=call.now,
        principal_id=job.principal_id,
    )


def _context(stores: Stores, services: Services, facts: ClosureFacts) -> tuple[Agency, JsonObject]:
    agency = stores.agencies.get(facts.record.agency_id)
    stream = f"record/{facts.record.id}"
    tip = stores.ledger.tip(stream)
    if agency is None or tip is None:
        raise NotFoundError("record_not_found")
    return agency, {
        "origin": services.origin,
        "stream": stream,
        "n": tip.n,
        "leaf": tip.leaf.hex(),
        "index": tip.index,
    }


def _checked_certificate(services: Services, key: SigningKey, call: Call) -> bytes:
    if key.certificate is None:
        raise NotFoundError("credential_not_found", name="seal")
    check_certificate(
        key.certificate, (), services.trust, services.revocation, call.now, Level.B_LTA
    )
    return key.certificate


def _sealed(
    services: Services, call: Call, page: bytes, key: SigningKey, certificate: bytes, agency: Agency
) -> str:
    request = SignatureRequest(
        certificate=certificate,
        algorithm=key.algorithm,
        signing_time=call.now,
        level=Level.B_LTA,
        signer_name=agency.name,
    )
    with services.blobs.scratch() as folder:
        path = folder / "certificate.pdf"
        pades.sign(
            MemorySource(page),
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
