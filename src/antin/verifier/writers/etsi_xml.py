"""The report as ETSI TS 119 102-2 V1.4.1 XML: what other validation software reads.

Written from the report alone, so equal reports give equal bytes. Nothing is claimed that was not
found: a check that was not made has no constraint, an unknown value no element, and no signature
stands as total-passed in a file that fails as a whole, as the format has no place for a verdict on
the file. SignatureQuality is left out: nobody's legal qualification was judged.
"""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from antin.verifier.report import (
    Check,
    ContentSummary,
    Finding,
    Indication,
    Report,
    SignatureReport,
)
from antin.verifier.writers import etsi_uris as uris
from antin.verifier.writers.etsi_elements import (
    add,
    add_digest,
    add_findings,
    add_parameter,
    add_proof,
    add_reference,
    base64_of_hex,
    time_text,
)
from antin.verifier.writers.etsi_objects import (
    add_objects,
    add_revoked,
    best_signature_proof,
    certificate_id,
    document_timestamp_id,
    signature_id,
    timestamp_id,
)
from antin.verifier.writers.visible import visible


def to_etsi_xml(report: Report) -> str:
    """Return ``report`` as an XML document, UTF-8 by its declaration."""
    root = ET.Element(f"{{{uris.VR}}}ValidationReport")
    for position in range(len(report.signatures)):
        _signature(root, report, position)
    if not report.signatures:
        _nothing_to_judge(root, report)
    add_objects(root, report)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _signature(root: ET.Element, report: Report, position: int) -> None:
    """Append one ``SignatureValidationReport``, in the order of its schema."""
    signature = report.signatures[position]
    one = add(root, "SignatureValidationReport")
    _identifier(one, position, signature)
    _constraints(one, report, signature)
    proof = best_signature_proof(report, signature)
    _times(one, report, signature, proof.by)
    _document(one, signature)
    _attributes(one, report, signature)
    if signature.signer is not None:
        who = add(one, "SignerInformation")
        add_reference(who, "SignerCertificate", certificate_id(signature.signer))
        add(who, "Signer", visible(signature.signer.subject))
    if signature.checks and signature.kind == "signature":
        add(add(one, "SignatureValidationProcess"), "SignatureValidationProcessID", uris.PROCESS)
    _status(one, report, position)
    _file(one, report, signature)


def _nothing_to_judge(root: ET.Element, report: Report) -> None:
    """Say that no signature was judged: the schema asks for one, the standard has no word."""
    one = add(root, "SignatureValidationReport")
    evaluated = add(one, "ValidationConstraintsEvaluationReport")
    _policy(evaluated, report)
    if report.error is None:
        _file_structure(evaluated, report)
    times = add(one, "ValidationTimeInfo")
    add(times, "ValidationTime", time_text(report.checked_at))
    add_proof(times, "BestSignatureTime", report.checked_at, uris.VALIDATION)
    status = add(one, "SignatureValidationStatus")
    add(status, "MainIndication", uris.STATUS[Indication.INDETERMINATE])
    add(status, "SubIndication", uris.own("subindication", str(report.conclusion)))
    _file(one, report, None)


def _identifier(one: ET.Element, position: int, signature: SignatureReport) -> None:
    found = add(one, "SignatureIdentifier", id=signature_id(position))
    if signature.identity is not None:
        if signature.identity.attributes_sha256 is not None:
            digest = add(found, "DigestAlgAndValue")
            add_digest(digest, "sha256", signature.identity.attributes_sha256)
        add(found, "ds:SignatureValue", base64_of_hex(signature.identity.value))
    add(found, "HashOnly", "false")
    add(found, "DocHashOnly", "false")
    other = add(found, "OtherInformation")
    if signature.field:
        add(other, "antin:field", visible(signature.field))
    add(other, "antin:kind", signature.kind)


def _constraints(one: ET.Element, report: Report, signature: SignatureReport) -> None:
    evaluated = add(one, "ValidationConstraintsEvaluationReport")
    _policy(evaluated, report)
    _file_structure(evaluated, report)
    level = signature.changes_after.level
    for check in signature.checks:
        constraint = _constraint(evaluated, str(check.name))
        if check.name is Check.CHANGES and level is not None:
            add_parameter(constraint, uris.own("change-level"), str(level))
        status = _outcome(constraint, check.indication, check.sub_indication)
        if check.name is Check.CHANGES:
            add_findings(status, signature.changes_after.findings)


def _policy(evaluated: ET.Element, report: Report) -> None:
    policy = add(evaluated, "SignatureValidationPolicy")
    named = add(add(policy, "SignaturePolicyIdentifier"), "xades:SignaturePolicyId")
    identifier = add(named, "xades:SigPolicyId")
    add(identifier, "xades:Identifier", uris.own("policy", visible(report.policy.id)))
    add_digest(add(named, "xades:SigPolicyHash"), "sha256", report.policy.sha256)
    add(policy, "PolicyName", visible(report.policy.id))


def _file_structure(evaluated: ET.Element, report: Report) -> None:
    constraint = _constraint(evaluated, "file-structure")
    if _broken(report):
        status = _outcome(constraint, Indication.FAILED, "FORMAT_FAILURE")
    else:
        status = _outcome(constraint, Indication.PASSED, None)
    add_findings(status, report.findings)


def _constraint(evaluated: ET.Element, name: str) -> ET.Element:
    constraint = add(evaluated, "ValidationConstraint")
    add(constraint, "ValidationConstraintIdentifier", uris.own("check", name))
    return constraint


def _outcome(constraint: ET.Element, indication: Indication, sub: str | None) -> ET.Element:
    add(add(constraint, "ConstraintStatus"), "Status", uris.APPLIED)
    status = add(constraint, "ValidationStatus")
    add(status, "MainIndication", uris.CHECK_STATUS[indication])
    if sub is not None:
        add(status, "SubIndication", uris.sub_indication(sub))
    return status


def _times(one: ET.Element, report: Report, signature: SignatureReport, by: str | None) -> None:
    """Append the validation time and the best signature time; unproven, it is the former."""
    times = add(one, "ValidationTimeInfo")
    add(times, "ValidationTime", time_text(report.checked_at))
    best, kind = signature.best_signature_time, uris.VALIDATION
    if signature.time_source in {"ledger", "evidence-record"}:
        kind = uris.PROVIDED
    add_proof(times, "BestSignatureTime", best or report.checked_at, kind, by)


def _document(one: ET.Element, signature: SignatureReport) -> None:
    """Append the digest of what the signature covers, as computed."""
    if signature.document_digest is not None and signature.algorithm is not None:
        digest = add(add(one, "SignersDocument"), "DigestAlgAndValue")
        add_digest(digest, signature.algorithm.digest, signature.document_digest)


def _attributes(one: ET.Element, report: Report, signature: SignatureReport) -> None:
    """Append attributes; the schema has no empty list of them. SigningTime is only claimed."""
    found = ET.Element(f"{{{uris.VR}}}SignatureAttributes")
    if signature.kind == "signature":
        _own_attributes(found, signature)
    for position, stamp in enumerate(report.signatures):
        later = (stamp.revision or 0) > (signature.revision or len(report.signatures) + 1)
        if stamp.kind == "document-timestamp" and later and stamp.claimed_signing_time is not None:
            shown = add(found, "DocTimeStamp")
            if stamp.identity is not None:
                add_reference(shown, "AttributeObject", document_timestamp_id(position))
            add(shown, "TimeStampValue", time_text(stamp.claimed_signing_time))
    if signature.subfilter is not None:
        add(
            add(found, "SubFilter", Signed="true"), "SubFilterElement", visible(signature.subfilter)
        )
    if signature.byte_range:
        add(found, "ByteRange", " ".join(str(number) for number in signature.byte_range))
    if len(found):
        one.append(found)


def _own_attributes(found: ET.Element, signature: SignatureReport) -> None:
    if signature.claimed_signing_time is not None:
        shown = add(found, "SigningTime", Signed="true")
        add(shown, "Time", time_text(signature.claimed_signing_time))
    policy = signature.signature_policy
    if policy is not None and policy.oid is not None:
        shown = add(found, "SigPolicyIdentifier", Signed="true")
        add(shown, "SigPolicyId", f"urn:oid:{policy.oid}")
    for stamp in signature.timestamps:
        signed = "true" if stamp.kind == "content" else "false"
        shown = add(found, uris.TIMESTAMP_ATTRIBUTES[stamp.kind], Signed=signed)
        add_reference(shown, "AttributeObject", timestamp_id(stamp.sha256))
        add(shown, "TimeStampValue", time_text(stamp.time))
    bound = signature.identity is not None and signature.identity.attributes_sha256 is not None
    if bound and signature.digest_ok and signature.document_digest is not None:
        shown = add(found, "MessageDigest", Signed="true")
        add(shown, "Digest", base64_of_hex(signature.document_digest))


def _status(one: ET.Element, report: Report, position: int) -> None:
    signature = report.signatures[position]
    indication, sub = signature.indication, signature.sub_indication
    findings: Iterable[Finding] = (*signature.findings, *signature.warnings)
    if indication is Indication.PASSED and _broken(report):
        indication, sub = Indication.FAILED, "FORMAT_FAILURE"
        findings = (*report.findings, *findings)
    status = add(one, "SignatureValidationStatus")
    add(status, "MainIndication", uris.STATUS[indication])
    if sub is not None:
        add(status, "SubIndication", uris.sub_indication(sub))
    if signature.chain or signature.algorithm is not None:
        _path_and_algorithm(status, position, signature)
    for number, told in enumerate(signature.revocation):
        if told.revoked_at is not None:
            data = add(status, "AssociatedValidationReportData")
            add_revoked(data, position, number, signature)
    add_findings(status, findings)


def _path_and_algorithm(status: ET.Element, position: int, signature: SignatureReport) -> None:
    data = add(status, "AssociatedValidationReportData")
    if signature.chain:
        first, *between, last = (*signature.chain, signature.chain[-1])
        add_reference(data, "TrustAnchor", certificate_id(last))
        path = add(data, "CertificateChain")
        add_reference(path, "SigningCertificate", certificate_id(first))
        for certificate in between[:-1]:
            add_reference(path, "IntermediateCertificate", certificate_id(certificate))
        add_reference(path, "TrustAnchor", certificate_id(last))
    secure = {c.name: c.indication for c in signature.checks}.get(Check.ALGORITHMS)
    if signature.algorithm is not None and secure is not None:
        used = signature.algorithm
        crypto = add(data, "CryptoInformation")
        add_reference(crypto, "ValidationObjectId", signature_id(position))
        add(crypto, "Algorithm", uris.signature_uri(used.signature, used.digest))
        add(crypto, "SecureAlgorithm", "true" if secure is Indication.PASSED else "false")


def _file(one: ET.Element, report: Report, signature: SignatureReport | None) -> None:
    """Append what the standard has no element for: the file, and the verdict on all of it."""
    other = add(one, "OtherInformation")
    told = add(other, "antin:file")
    add(told, "antin:name", visible(report.file))
    add(told, "antin:size", str(report.size))
    if report.sha256:
        add(told, "antin:sha256", report.sha256)
    if report.revisions is not None:
        add(told, "antin:revisions", str(report.revisions))
    add(told, "antin:conclusion", str(report.conclusion))
    if report.content is not None:
        _content(told, report.content)
    if report.error is not None:
        add(told, "antin:error", visible(report.error.detail), code=report.error.code)
    if signature is not None:
        _coverage(other, signature)


def _content(told: ET.Element, content: ContentSummary) -> None:
    """Append what is known of the content of a signature that is a file of its own."""
    shown = add(told, "antin:content", inside="true" if content.inside else "false")
    if content.file is not None:
        add(shown, "antin:name", visible(content.file))
    if content.size is not None:
        add(shown, "antin:size", str(content.size))
    if content.sha256 is not None:
        add(shown, "antin:sha256", content.sha256)


def _coverage(other: ET.Element, signature: SignatureReport) -> None:
    told = add(other, "antin:coverage")
    if signature.revision is not None:
        add(told, "antin:revision", str(signature.revision))
    add(told, "antin:wholeFile", "true" if signature.covers_whole_file else "false")
    add(told, "antin:timeSource", signature.time_source)
    if signature.level is not None:
        add(told, "antin:level", signature.level)


def _broken(report: Report) -> bool:
    """Tell whether the file as a whole fails, whatever its signatures say."""
    return any(found.is_error for found in report.findings)
