"""Verification: bytes + trust + time + policy → report. The numbered steps, and nothing else.

The order follows EN 319 102-1: what the bytes say by themselves first (§5.2, §5.3), then document
time-stamps from the last to the first, each proving the age of what it covers (§5.6.2.3), then
every signature at its earliest proven time (§5.5, §5.6.3). Nothing here raises for foreign bytes.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from antin.core.bytesource import ByteSource
from antin.core.digests import digest_source
from antin.core.errors import InputError
from antin.pdf.document import PdfDocument, open_pdf
from antin.pki.certificates import Certificate, load_readable
from antin.pki.chain_building import MAX_POOL
from antin.pki.paths import Material, material
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustMaterial
from antin.verifier.anchors import believed
from antin.verifier.broken_off import (
    defect,
    examine_one,
    guarded,
    read_error,
    read_one,
    unreadable,
)
from antin.verifier.changes.attacks import names_of
from antin.verifier.examination import Examined
from antin.verifier.levels import Archive
from antin.verifier.looks import PageLooks
from antin.verifier.policy import Policy
from antin.verifier.proofs_of_existence import (
    ArchivedEvidence,
    Place,
    Proofs,
    Sighted,
    archived,
    sighted,
)
from antin.verifier.range_digests import digests
from antin.verifier.report import (
    Conclusion,
    Finding,
    Indication,
    PolicyReference,
    ReadError,
    Report,
    SignatureReport,
)
from antin.verifier.signature import Context, judge_signature, judge_timestamp
from antin.verifier.structure import file_findings


@dataclass(frozen=True)
class _Case:
    document: PdfDocument
    policy: Policy
    examined: tuple[Examined, ...]
    trust: Material = field(repr=False)
    """The caller's trust and the file's certificates; revocation data of the caller only."""
    evidence: ArchivedEvidence = field(repr=False)
    sighted: Sighted = field(repr=False)
    looks: PageLooks | None = field(repr=False)

    def context(self, proofs: Proofs) -> Context:
        """Return what to judge against, given the proofs so far."""
        own = self.evidence.proven_by(proofs)
        known = replace(
            self.trust,
            evidence=self.trust.evidence + own,
            there_since=lambda certificate: self.sighted.since(certificate, proofs),
        )
        sound = [e.field.revision for e in self.examined if e.read.is_timestamp and e.holds]
        revisions = tuple(revision for revision in sound if revision is not None)
        archive = Archive(self.evidence, proofs, revisions)
        return Context(self.document, self.policy, proofs, known, archive, self.looks)


def verify(
    source: ByteSource,
    name: str,
    trust: TrustMaterial,
    checked_at: datetime,
    policy: Policy,
    looks: PageLooks | None = None,
) -> Report:
    """Return the report on the PDF in ``source`` as of ``checked_at`` (aware).

    ``name`` is only shown; ``looks`` compares pages of ``source``, if anybody does. A file that
    can't be read gives an UNREADABLE report. Error: ``certificate_malformed`` when a trust anchor
    can't be read, ``policy_malformed`` when the policy names one that is not there: that is the
    caller's mistake.
    """
    try:
        return _verified(source, name, trust, checked_at, policy, looks)
    except MemoryError:
        # A verdict on what is left without the memory for the rest would be none.
        why = InputError("verify_memory_exceeded")
        return unreadable(name, source.size, checked_at, policy, why)


def _verified(
    source: ByteSource,
    name: str,
    trust: TrustMaterial,
    checked_at: datetime,
    policy: Policy,
    looks: PageLooks | None,
) -> Report:
    trust = believed(trust, policy.anchors)
    anchored = material(trust, checked_at)
    reference = PolicyReference(policy.id, policy.sha256)
    blank = Report(name, "", source.size, checked_at, reference, Conclusion.UNREADABLE)
    try:
        # 1. Read the file's structure, strictly and within bounds.
        document = open_pdf(source, policy.reading)
        blank = replace(blank, revisions=document.revisions)
        # 2. What is wrong with the file as a whole?
        findings = policy.constraints.weigh_all(file_findings(document))
        # 3. What does each signature say by itself? (§5.2)
        examined, sha256 = _examine_all(source, document, anchored, policy)
        blank = replace(blank, sha256=sha256.hex())
        # 4. What else does the file bring: certificates and revocation data.
        case = _case(document, policy, examined, trust, checked_at, looks)
        # 5. Document time-stamps, last to first: what do they prove? (§5.6.2.3)
        proofs, reports = _slide(case, checked_at)
        # 6. Every signature at its earliest proven time. (§5.5, §5.6.3)
        context = case.context(proofs)
        signatures = tuple(
            reports.get(position) or guarded(judge_signature, one, context)
            for position, one in enumerate(examined)
        )
    except InputError as error:
        return _unreadable(source, blank, read_error(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — a defect met on foreign bytes is told, not thrown
        return _unreadable(source, blank, defect(error))
    # 7. The worst of it all is the conclusion.
    conclusion = conclusion_of(findings, signatures, {r.code for r in document.repairs})
    # 8. What is wrong with the file, by the name of the attack that it looks like.
    errors = (found for found in findings if found.is_error)
    findings += names_of(errors)
    return replace(blank, conclusion=conclusion, findings=findings, signatures=signatures)


def _unreadable(source: ByteSource, blank: Report, error: ReadError) -> Report:
    """Return the report on a file that can't be opened; without a digest if it can't be read."""
    try:
        return replace(blank, sha256=digest_source(source).hex(), error=error)
    except InputError:
        return replace(blank, error=error)


def _examine_all(
    source: ByteSource, document: PdfDocument, anchored: Material, policy: Policy
) -> tuple[tuple[Examined, ...], bytes]:
    """Return what each signature says by itself, and the SHA-256 of the file: it is read once."""
    reads = tuple(read_one(document, field) for field in document.signatures)
    wanted = [read.wanted for read in reads if read.wanted is not None]
    # Offsets count from the header; what stands before it is part of the file's digest only.
    moved = any(repair.code == "pdf_header_moved" for repair in document.repairs)
    found = digests(document.source if moved else source, wanted, document.source.size)
    known = _file_certificates(document) + anchored.pool.all()
    examined = tuple(
        examine_one(read, found.ranges.get(read.wanted) if read.wanted else None, known, policy)
        for read in reads
    )
    return examined, digest_source(source) if moved else found.whole


def _file_certificates(document: PdfDocument) -> tuple[Certificate, ...]:
    stored = (der for store in document.validation_stores for der in store.certificates)
    return load_readable(tuple(stored)[:MAX_POOL])


def _case(
    document: PdfDocument,
    policy: Policy,
    examined: tuple[Examined, ...],
    trust: TrustMaterial,
    checked_at: datetime,
    looks: PageLooks | None,
) -> _Case:
    """Collect what the file brings; a time-stamp covers it from the revision noted beside it."""
    stores = document.validation_stores
    parts: list[tuple[Place, RevocationData]] = [
        (s.revision, RevocationData(s.crls, s.ocsps, s.certificates)) for s in stores
    ]
    for one in examined:
        if one.read.cms is not None:
            stamps = [der for facts in one.all_stamps for der in facts.certificates]
            carried = RevocationData(certificates=(*one.read.cms.certificates, *stamps))
            after = (one.field.revision or document.revisions) + 1
            parts.append((after, one.read.cms.revocation + carried))
    certificates = [der for _, data in parts for der in data.certificates][:MAX_POOL]
    known = material(trust, checked_at, certificates)
    seen = sighted((place, data.certificates) for place, data in parts)
    return _Case(document, policy, examined, known, archived(parts, checked_at), seen, looks)


def _slide(case: _Case, checked_at: datetime) -> tuple[Proofs, dict[int, SignatureReport]]:
    """Judge document time-stamps from the last to the first, collecting what they prove."""
    proofs = Proofs(checked_at)
    reports: dict[int, SignatureReport] = {}
    for position, one in reversed(list(enumerate(case.examined))):
        token, revision = one.read.token, one.field.revision
        if one.read.is_timestamp:
            report = guarded(judge_timestamp, one, case.context(proofs))
            reports[position] = report
            if report.indication is Indication.PASSED and token and revision is not None:
                proofs = proofs.with_stamp(revision, token.gen_time)
    return proofs, reports


def conclusion_of(
    findings: tuple[Finding, ...],
    signatures: tuple[SignatureReport, ...],
    repairs: Collection[str] = (),
) -> Conclusion:
    """Return the worst; an error finding about the file is never beside TOTAL-PASSED.

    What had to be repaired could not be told for certain: no signature has passed, see
    ``read_without_repair``, but it is not what makes the file fail.
    """
    errors = [found for found in findings if found.is_error]
    indications = {one.indication for one in signatures}
    if Indication.FAILED in indications:
        return Conclusion.FAILED
    if not signatures and not any(found.code == "signature_unreachable" for found in errors):
        return Conclusion.NO_SIGNATURE
    if any(found.code not in repairs for found in errors):
        return Conclusion.FAILED
    if indications == {Indication.PASSED} and not errors:
        return Conclusion.PASSED
    return Conclusion.INDETERMINATE
