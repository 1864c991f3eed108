"""The validation objects of an ETSI report: certificates, time-stamps, revocation data; with POE.

The age of an object is what was proven in this validation: by the time-stamp that covers it, else
it is as old as the validation itself (EN 319 102-1 §5.6.2.3.4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from antin.verifier.report import (
    CertificateSummary,
    Indication,
    Report,
    RevocationSummary,
    SignatureIdentity,
    SignatureReport,
)
from antin.verifier.writers import etsi_uris as uris
from antin.verifier.writers.etsi_elements import (
    add,
    add_digest,
    add_proof,
    add_reference,
    time_text,
)
from antin.verifier.writers.visible import visible


@dataclass(frozen=True)
class Proof:
    """When something existed, and the time-stamp that says so (None: this validation)."""

    moment: datetime
    by: str | None = None


def signature_id(position: int) -> str:
    """Return the id of the report's signature or time-stamp at ``position`` (from 0)."""
    return f"S-{position + 1}"


def certificate_id(certificate: CertificateSummary) -> str:
    """Return the id of a certificate."""
    return f"C-{certificate.sha256}"


def timestamp_id(sha256: str) -> str:
    """Return the id of the signature time-stamp whose token has this digest."""
    return f"T-{sha256}"


def document_timestamp_id(position: int) -> str:
    """Return the id of the document time-stamp at ``position`` among the report's signatures."""
    return f"D-{position + 1}"


def passed_document_timestamps(report: Report) -> Iterator[tuple[int, SignatureReport]]:
    """Yield position and report of every document time-stamp that proves its time."""
    for position, one in enumerate(report.signatures):
        passed = one.indication is Indication.PASSED
        if one.kind == "document-timestamp" and passed and one.best_signature_time is not None:
            yield position, one


def covering(report: Report, revision: int | None) -> Proof:
    """Return the earliest proof by a document time-stamp that covers ``revision`` whole."""
    best = Proof(report.checked_at)
    for position, stamp in passed_document_timestamps(report):
        moment = stamp.best_signature_time
        if moment is None or revision is None or (stamp.revision or 0) <= revision:
            continue
        if best.by is None or moment < best.moment:
            best = Proof(moment, document_timestamp_id(position))
    return best


def best_signature_proof(report: Report, signature: SignatureReport) -> Proof:
    """Return the proof of ``signature``'s best time, or the validation itself."""
    best = signature.best_signature_time
    if best is None or signature.kind == "document-timestamp":
        return covering(report, signature.revision)
    for stamp in signature.timestamps:
        source = f"{stamp.kind}-timestamp"
        if stamp.proven and stamp.time == best and signature.time_source == source:
            return Proof(best, timestamp_id(stamp.sha256))
    found = covering(report, signature.revision)
    return Proof(best, found.by if found.moment == best else None)


def add_objects(root: Element, report: Report) -> None:
    """Append ``SignatureValidationObjects``, each object once; nothing where there is none."""
    objects = Element("objects")
    _certificates(objects, report)
    for position, one in enumerate(report.signatures):
        _timestamps(objects, report, one)
        if one.kind == "document-timestamp" and one.identity is not None:
            _document_timestamp(objects, report, position, one.identity)
        for number, status in enumerate(one.revocation):
            _revocation(objects, report, position, number, status)
    if len(objects):
        found = add(root, "SignatureValidationObjects")
        seen: set[str] = set()
        for child in objects:
            if child.attrib["id"] not in seen:
                seen.add(child.attrib["id"])
                found.append(child)


def revocation_id(position: int, number: int) -> str:
    """Return the id of the revocation status at ``number`` of the signature at ``position``."""
    return f"R-{position + 1}-{number + 1}"


def _object(parent: Element, identifier: str, kind: str) -> tuple[Element, Element]:
    one = add(parent, "ValidationObject", id=identifier)
    add(one, "ObjectType", kind)
    return one, add(one, "ValidationObjectRepresentation")


def _certificates(objects: Element, report: Report) -> None:
    """Append certificates; a signer's is as old as the signature that names it by its digest."""
    proofs: dict[CertificateSummary, Proof] = {}
    for one in report.signatures:
        stamps = (stamp.authority for stamp in one.timestamps)
        for certificate in (*one.chain, *([one.signer] if one.signer else ()), *stamps):
            proofs.setdefault(certificate, Proof(report.checked_at))
        if one.signer is not None and one.level not in {None, "CMS"}:
            found = best_signature_proof(report, one)
            known = proofs[one.signer]
            proofs[one.signer] = min(found, known, key=lambda p: (p.by is None, p.moment))
    for certificate, proof in proofs.items():
        one_object, shown = _object(objects, certificate_id(certificate), uris.CERTIFICATE)
        add_digest(add(shown, "DigestAlgAndValue"), "sha256", certificate.sha256)
        _described(shown, certificate)
        add_proof(one_object, "POE", proof.moment, uris.VALIDATION, proof.by)


def _described(shown: Element, certificate: CertificateSummary) -> None:
    told = add(add(shown, "direct"), "antin:certificate")
    add(told, "antin:subject", visible(certificate.subject))
    add(told, "antin:issuer", visible(certificate.issuer))
    add(told, "antin:serial", visible(certificate.serial))
    add(told, "antin:notBefore", time_text(certificate.not_before))
    add(told, "antin:notAfter", time_text(certificate.not_after))


def _timestamps(objects: Element, report: Report, signature: SignatureReport) -> None:
    for stamp in signature.timestamps:
        one, shown = _object(objects, timestamp_id(stamp.sha256), uris.TIMESTAMP)
        add_digest(add(shown, "DigestAlgAndValue"), "sha256", stamp.sha256)
        proof = covering(report, signature.revision)
        add_proof(one, "POE", proof.moment, uris.VALIDATION, proof.by)
        if stamp.proven and stamp.kind != "content":
            _provides(one, stamp.time, [signature.field])


def _document_timestamp(
    objects: Element, report: Report, position: int, identity: SignatureIdentity
) -> None:
    stamp = report.signatures[position]
    one, shown = _object(objects, document_timestamp_id(position), uris.TIMESTAMP)
    add_digest(add(shown, "DigestAlgAndValue"), "sha256", identity.container_sha256)
    proof = covering(report, stamp.revision)
    add_proof(one, "POE", proof.moment, uris.VALIDATION, proof.by)
    proven = dict(passed_document_timestamps(report))
    if position in proven and stamp.best_signature_time is not None:
        covered = [s.field for s in report.signatures if _before(s.revision, stamp.revision)]
        _provides(one, stamp.best_signature_time, covered)


def _before(revision: int | None, end: int | None) -> bool:
    return revision is not None and end is not None and revision < end


def _provides(parent: Element, moment: datetime, fields: list[str]) -> None:
    provided = add(parent, "POEProvisioning")
    add(provided, "POETime", time_text(moment))
    for field in filter(None, fields):
        add(add(provided, "SignatureReference"), "PAdESFieldName", visible(field))


def _revocation(
    objects: Element, report: Report, position: int, number: int, status: RevocationSummary
) -> None:
    """Append a CRL or OCSP answer by what it said; statuses without a source are no object."""
    kind = uris.REVOCATION_OBJECTS.get(status.source)
    if kind is None:
        return
    one, shown = _object(objects, revocation_id(position, number), kind)
    told = add(add(shown, "direct"), "antin:revocationStatus")
    add(told, "antin:about", visible(status.subject))
    add(told, "antin:status", status.status)
    if status.this_update is not None:
        add(told, "antin:thisUpdate", time_text(status.this_update))
    if status.revoked_at is not None:
        add(told, "antin:revokedAt", time_text(status.revoked_at))
    add_proof(one, "POE", report.checked_at, uris.VALIDATION)


def revocation_object(position: int, number: int, status: RevocationSummary) -> str | None:
    """Return the id of the object that a revocation status came from, if there is one."""
    known = status.source in uris.REVOCATION_OBJECTS
    return revocation_id(position, number) if known else None


def add_revoked(data: Element, position: int, number: int, signature: SignatureReport) -> None:
    """Append ``RevocationStatusInformation`` on a certificate of the path that was revoked."""
    status = signature.revocation[number]
    about = next((c for c in signature.chain if c.subject == status.subject), None)
    if about is None or status.revoked_at is None:
        return
    told = add(data, "RevocationStatusInformation")
    add_reference(told, "ValidationObjectId", certificate_id(about))
    add(told, "RevocationTime", time_text(status.revoked_at))
    source = revocation_object(position, number, status)
    if source is not None:
        add_reference(told, "RevocationObject", source)
