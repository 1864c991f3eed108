"""What the closing finds out about each document, and making it last."""

from dataclasses import dataclass

from antin.core.bytesource import FileSource
from antin.flows import views
from antin.flows.requests import act_of
from antin.flows.revisions import StoredFile, add_revision, store_report
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.flows.verify import verify_source
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.closure import DocumentFact, SignatureFact
from antin.records.document import Cause, Document, Revision
from antin.signer.augment import augment
from antin.signer.request import Level
from antin.verifier.report import Indication, Report


@dataclass(frozen=True)
class Member:
    """A document in the record, as the job found it."""

    ordinal: int
    document: Document
    revision: Revision
    open_task: bool = False
    open_seal: bool = False


def fact_of(services: Services, member: Member) -> DocumentFact:
    """Verify the document's newest revision."""
    with services.blobs.open(member.revision.sha256) as source:
        report = verify_source(services, source, member.document.file_name)
    # The report on a file that is to be augmented is superseded before anybody could name it.
    kept = "" if _can_last_longer(report) else store_report(services, report)
    return _fact(member, member.revision, report, kept)


def _can_last_longer(report: Report) -> bool:
    persons = [s for s in report.signatures if s.kind == "signature"]
    return any(s.level != Level.B_LTA for s in persons)


def _fact(member: Member, revision: Revision, report: Report, report_sha256: str) -> DocumentFact:
    return DocumentFact(
        ordinal=member.ordinal,
        document=member.document,
        revision=revision,
        conclusion=report.conclusion.value,
        reasons=tuple(_reasons(report)),
        report_sha256=report_sha256,
        signatures=tuple(
            SignatureFact(
                field=s.field,
                kind=s.kind,
                signer=s.signer.subject if s.signer else "",
                level=s.level,
                indication=s.indication.value,
                time=s.best_signature_time,
            )
            for s in report.signatures
        ),
        open_task=member.open_task,
        open_seal=member.open_seal,
    )


def _reasons(report: Report) -> list[str]:
    """Return one sentence per error, each saying where."""
    reasons = [report.error.detail] if report.error else []
    reasons += [f.detail for f in report.findings if f.is_error]
    for signature in report.signatures:
        if signature.indication is Indication.PASSED:
            continue
        reasons.append(f"{signature.field}: {signature.sub_indication}")
        found = (*signature.findings, *signature.changes_after.findings)
        reasons += [f"{signature.field}: {f.detail}" for f in found if f.is_error]
    return list(dict.fromkeys(reasons))


def augmented(services: Services, call: Call, member: Member, fact: DocumentFact) -> DocumentFact:
    """Return the fact about the document at B-LTA, making that revision if it isn't there yet.

    A document without a signature stays as it is: its digest in the manifest is its proof.
    """
    if fact.report_sha256:
        return fact
    with services.blobs.scratch() as folder:
        path = folder / "augmented.pdf"
        with services.blobs.open(fact.revision.sha256) as source:
            augment(
                source,
                path,
                Level.B_LTA,
                services.trust,
                services.timestamps,
                services.revocation,
                services.clock.now(),
            )
        with FileSource(path) as made:
            report = verify_source(services, made, member.document.file_name)
            report.raise_if_not_passed()
            stored = StoredFile(services.blobs.put(made), made.size, store_report(services, report))
    revision = _add(services, call, fact.revision, stored)
    return _fact(member, revision, report, stored.report_sha256)


def _add(services: Services, call: Call, before: Revision, stored: StoredFile) -> Revision:
    document_id = before.document_id

    def change(stores: Stores) -> Done[Revision]:
        revision = add_revision(stores, document_id, before.id, stored, Cause.AUGMENTED, call.now)
        view = views.revision_view(revision)
        return Done(revision, (Draft(f"document/{document_id}", "document.augmented", view),))

    return services.work.run(act_of(call, f"augment-{document_id}"), change)
