"""The report as JSON: one line, keys in a fixed order, null for "could not be determined"."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from antin.core.clock import iso_utc
from antin.core.json_line import json_line
from antin.verifier.pictures import PagePictures, Picture
from antin.verifier.report import (
    AlgorithmSummary,
    CertificateSummary,
    ChangesAfter,
    CheckSummary,
    ContentSummary,
    Finding,
    ReadError,
    Report,
    RevocationSummary,
    SignatureIdentity,
    SignaturePolicySummary,
    SignatureReport,
    TimestampSummary,
)

SCHEMA: Final = "antin-report/1"
Item = Mapping[str, object]
T = TypeVar("T")
R = TypeVar("R")


def to_json(report: Report) -> str:
    """Return ``report`` as one line of JSON (``antin-report/1``), without a line end."""
    return json_line(
        {
            "schema": SCHEMA,
            "file": report.file,
            "sha256": report.sha256,
            "size": report.size,
            "checked_at": iso_utc(report.checked_at),
            "policy": {"id": report.policy.id, "sha256": report.policy.sha256},
            "conclusion": str(report.conclusion),
            "error": _known(_error, report.error),
            "findings": [_finding(found) for found in report.findings],
            "signatures": [_signature(signature) for signature in report.signatures],
            "revisions": report.revisions,
            "container": report.container,
            "content": _known(_content, report.content),
        }
    )


def _known(write: Callable[[T], R], value: T | None) -> R | None:
    """Return ``value`` as ``write`` writes it; None, which is null, where it is not known."""
    return None if value is None else write(value)


def _content(content: ContentSummary) -> Item:
    return {
        "file": content.file,
        "sha256": content.sha256,
        "size": content.size,
        "inside": content.inside,
    }


def _error(error: ReadError) -> Item:
    return {"code": error.code, "detail": error.detail, "offset": error.offset}


def _finding(found: Finding) -> Item:
    return {
        "code": found.code,
        "severity": str(found.severity),
        "detail": found.detail,
        "revision": found.revision,
        "page": found.page,
        "object": found.object_number,
        "offset": found.offset,
        "pictures": _known(_pictures, found.pictures),
    }


def _pictures(pictures: PagePictures) -> Item:
    """Return what identifies the pictures; they themselves go into files and pages."""
    return {
        "renderer": pictures.renderer,
        "page_before": pictures.page_before,
        "page_after": pictures.page_after,
        "before": _known(_picture, pictures.before),
        "after": _known(_picture, pictures.after),
        "difference": _known(_picture, pictures.difference),
    }


def _picture(picture: Picture) -> Item:
    return {
        "sha256": picture.sha256,
        "width": picture.width,
        "height": picture.height,
        "size": len(picture.png),
    }


def _signature(signature: SignatureReport) -> Item:
    return {
        "field": signature.field,
        "kind": signature.kind,
        "subfilter": signature.subfilter,
        "level": signature.level,
        "indication": str(signature.indication),
        "sub_indication": signature.sub_indication,
        "digest_ok": signature.digest_ok,
        "signature_ok": signature.signature_ok,
        "byte_range": list(signature.byte_range),
        "revision": signature.revision,
        "covers_whole_file": signature.covers_whole_file,
        "signer": _known(_certificate, signature.signer),
        "claimed_signing_time": _known(iso_utc, signature.claimed_signing_time),
        "best_signature_time": _known(iso_utc, signature.best_signature_time),
        "time_source": signature.time_source,
        "algorithm": _known(_algorithm, signature.algorithm),
        "changes_after": _changes(signature.changes_after),
        "chain": [_certificate(certificate) for certificate in signature.chain],
        "revocation": [_revocation(status) for status in signature.revocation],
        "findings": [_finding(found) for found in signature.findings],
        "warnings": [_finding(found) for found in signature.warnings],
        "checks": [_check(one) for one in signature.checks],
        "timestamps": [_timestamp(stamp) for stamp in signature.timestamps],
        "document_digest": signature.document_digest,
        "identity": _known(_identity, signature.identity),
        "signature_policy": _known(_signature_policy, signature.signature_policy),
    }


def _certificate(certificate: CertificateSummary) -> Item:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "not_before": iso_utc(certificate.not_before),
        "not_after": iso_utc(certificate.not_after),
        "sha256": certificate.sha256,
    }


def _algorithm(algorithm: AlgorithmSummary) -> Item:
    return {
        "digest": algorithm.digest,
        "signature": algorithm.signature,
        "key": algorithm.key,
    }


def _changes(changes: ChangesAfter) -> Item:
    return {
        "level": _known(str, changes.level),
        "findings": [_finding(found) for found in changes.findings],
    }


def _revocation(status: RevocationSummary) -> Item:
    return {
        "subject": status.subject,
        "source": status.source,
        "status": status.status,
        "this_update": _known(iso_utc, status.this_update),
        "revoked_at": _known(iso_utc, status.revoked_at),
    }


def _check(check: CheckSummary) -> Item:
    return {
        "name": str(check.name),
        "indication": str(check.indication),
        "sub_indication": check.sub_indication,
    }


def _timestamp(stamp: TimestampSummary) -> Item:
    return {
        "time": iso_utc(stamp.time),
        "authority": _certificate(stamp.authority),
        "digest": stamp.digest,
        "sha256": stamp.sha256,
        "proven": stamp.proven,
        "kind": stamp.kind,
    }


def _identity(identity: SignatureIdentity) -> Item:
    return {
        "container_sha256": identity.container_sha256,
        "attributes_sha256": identity.attributes_sha256,
        "value": identity.value,
    }


def _signature_policy(policy: SignaturePolicySummary) -> Item:
    return {
        "oid": policy.oid,
        "digest": policy.digest,
        "value": policy.value,
        "uri": policy.uri,
    }
