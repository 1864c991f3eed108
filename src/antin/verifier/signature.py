"""The judgement on one signature or document time-stamp (EN 319 102-1 §5.3, §5.4, §5.5, §5.6)."""

from dataclasses import dataclass, field
from datetime import datetime

from antin.pdf.deviations import Deviation
from antin.pdf.document import PdfDocument
from antin.pki.certificates import Certificate
from antin.pki.path_verdicts import PathVerdict
from antin.pki.paths import Material, Purpose, judge
from antin.pki.statement import CLOCK_SKEW
from antin.verifier import building_blocks as blocks
from antin.verifier.best_time import Against, ArchiveStamps, BestTime, best_time
from antin.verifier.building_blocks import PASSED, Block
from antin.verifier.changes import changes_after
from antin.verifier.changes.attacks import names_of
from antin.verifier.examination import Examined
from antin.verifier.findings import finding
from antin.verifier.levels import Archive, level_of
from antin.verifier.looks import PageLooks
from antin.verifier.path_block import TimeFrame, certification_path
from antin.verifier.policy import Policy
from antin.verifier.policy_blocks import (
    algorithm_dates,
    read_without_repair,
    revocation_freshness,
)
from antin.verifier.proofs_of_existence import Places, Proofs, places_in_pdf
from antin.verifier.report import (
    ChangeLevel,
    ChangesAfter,
    Check,
    Finding,
    Indication,
    Severity,
    SignatureReport,
)
from antin.verifier.summaries import (
    algorithm,
    certificate,
    identity,
    revocation,
    signature_policy,
)
from antin.verifier.writers.names import named


@dataclass(frozen=True)
class Context:
    """What a signature is judged against."""

    document: PdfDocument | None
    """None: the signature is a file of its own, which nothing is added to."""
    policy: Policy
    proofs: Proofs
    material: Material = field(repr=False)
    """Trust, certificates and revocation data, each with its proven time."""
    archive: Archive = field(repr=False)
    looks: PageLooks | None = field(default=None, repr=False)
    """Compares pages by their look; None: nobody looks at them."""
    places: Places | None = field(default=None, repr=False)
    """Where the signature lies; None: where its revision says."""
    archive_stamps: ArchiveStamps = field(default_factory=ArchiveStamps, repr=False)
    """Of the signature, where it is a file of its own."""

    @property
    def checked_at(self) -> datetime:
        return self.proofs.checked_at

    def places_of(self, examined: Examined) -> Places:
        """Return where a signature lies among what time-stamps cover."""
        return self.places or places_in_pdf(examined.field.revision)

    @property
    def repairs(self) -> tuple[Deviation, ...]:
        """What had to be repaired to open the file."""
        return () if self.document is None else self.document.repairs


@dataclass(frozen=True)
class _Judged:
    block: Block
    time: BestTime
    verdict: PathVerdict | None
    changes: ChangesAfter
    attacks: tuple[Finding, ...]
    """What the findings look like, which changes nothing any more."""
    level: str | None = None


def judge_signature(examined: Examined, context: Context) -> SignatureReport:
    """Judge a signature: at the best proven time, with what the file and the trust offer."""
    # 1. Time: which time-stamps are valid, and which is the earliest (§5.5.4).
    places = context.places_of(examined)
    against = Against(context.proofs, context.policy, context.material)
    time = best_time(examined, places, against, context.archive_stamps)
    # 2. The signer's certificate at that time (§5.2.6).
    purpose = _purpose(examined.signer, context.policy)
    verdict = _verdict(examined.signer, purpose, time.moment, context)
    found = [examined.block]
    if verdict is not None:
        needed = _revocation_needed(verdict, context.policy)
        fresh = context.policy.revocation.signer
        found.append(_path(verdict, time.made, context, needed=needed, fresh=fresh))
    # 3. Algorithms at that time (§5.2.8).
    found.append(_algorithms(examined, verdict, time, context.policy))
    # 4. The order of time-stamps (§5.5.4 step 6).
    found.append(time.block)
    # 5. What later revisions changed.
    after, changed = _changes(examined, context)
    found += changed
    level = level_of(
        examined,
        verdict,
        time.stamp_verdicts,
        context.material,
        context.archive,
        places.signature,
    )
    # 6. What is only remarked on, as the policy sees it.
    found.append(_remarks(examined, time, verdict, context))
    # 7. A file that had to be repaired passes nowhere.
    found.append(read_without_repair(context.repairs))
    block = blocks.weighed(found, context.policy)
    attacks = _attacks(block, after, context)
    return _report(examined, _Judged(block, time, verdict, after, attacks, level))


def judge_timestamp(examined: Examined, context: Context) -> SignatureReport:
    """Judge a document time-stamp: at the time that a later one proves, else at checking."""
    token = examined.read.token
    # 1. Time: that of the earliest time-stamp that covers it (§5.6.2.3).
    proven = context.proofs.of(context.places_of(examined).signature)
    moment = proven or context.checked_at
    # 2. Its authority's certificate at that time (§5.4.4).
    verdict = _verdict(examined.signer, "time-stamp", moment, context)
    found = [examined.block]
    if verdict is not None:
        duty = context.policy.revocation.timestamps
        made = TimeFrame(before=proven)
        found.append(_path(verdict, made, context, needed=duty, fresh=duty))
    # 3. Algorithms at that time (§5.2.8).
    time = BestTime(moment)
    found.append(_algorithms(examined, verdict, time, context.policy))
    # 4. It is not younger than what covers it (§5.5.4 step 6).
    if token is not None:
        late = token.gen_time > moment + CLOCK_SKEW
        order = _too_late(token.gen_time, context) if late else PASSED
        found.append(blocks.named(Check.TIME_ORDER, order))
    # 5. What later revisions changed, what is only remarked on, what had to be repaired.
    after, changed = _changes(examined, context)
    found += changed
    found.append(_remarks(examined, time, verdict, context))
    found.append(read_without_repair(context.repairs))
    block = blocks.weighed(found, context.policy)
    if token is not None and block.indication is Indication.PASSED:
        time = BestTime(token.gen_time, "document-timestamp")
    return _report(examined, _Judged(block, time, verdict, after, _attacks(block, after, context)))


def _changes(examined: Examined, context: Context) -> tuple[ChangesAfter, tuple[Block, ...]]:
    """Return what was added later; in a CMS file there is no later, so no check either."""
    if context.document is None:
        covered = examined.field.covers_whole_file
        return ChangesAfter(ChangeLevel.NONE if covered else None), ()
    after = changes_after(context.document, examined.field, context.policy, context.looks)
    return after, (blocks.named(Check.CHANGES, blocks.changes(after, context.policy)),)


def _attacks(block: Block, after: ChangesAfter, context: Context) -> tuple[Finding, ...]:
    """Return what the errors look like; the attacks that are known are attacks on PDFs."""
    if context.document is None:
        return ()
    errors = (found for found in block.findings if found.is_error)
    return (*names_of(errors), *after.attacks)


def _too_late(gen_time: datetime, context: Context) -> Block:
    if gen_time > context.checked_at + CLOCK_SKEW:
        date = gen_time.strftime("%Y-%m-%d %H:%M UTC")
        return blocks.indeterminate("TIMESTAMP_ORDER_FAILURE", "timestamp_in_future", date=date)
    return blocks.indeterminate("TIMESTAMP_ORDER_FAILURE", "timestamp_order")


def _path(
    verdict: PathVerdict, made: TimeFrame, context: Context, *, needed: bool, fresh: bool
) -> Block:
    """Return what the path means, where revocation data are ``needed``, or have to be ``fresh``."""
    max_age = context.policy.revocation.max_age
    path = certification_path(verdict, made, revocation_needed=needed)
    known = revocation_freshness(verdict, max_age, needed=fresh)
    return blocks.named(Check.CERTIFICATE_PATH, blocks.worst((path, known)))


def _purpose(signer: Certificate | None, policy: Policy) -> Purpose:
    """Return ``seal`` where a policy tells seals apart and the certificate names an agency."""
    if signer is None or not policy.anchors:
        return "sign"
    return "seal" if named(signer.subject).is_organisation else "sign"


def _verdict(
    signer: Certificate | None, purpose: Purpose, moment: datetime, context: Context
) -> PathVerdict | None:
    return None if signer is None else judge(signer, purpose, moment, context.material)


def _revocation_needed(verdict: PathVerdict, policy: Policy) -> bool:
    """Tell whether the policy wants any of the statuses that are missing."""
    duty = policy.revocation
    return any(
        duty.signer if status.certificate == verdict.certificate else duty.authorities
        for status in verdict.statuses
        if status.status != "good"
    )


def _algorithms(
    examined: Examined, verdict: PathVerdict | None, time: BestTime, policy: Policy
) -> Block:
    cms, stated = examined.read.cms, examined.read.stated
    if cms is None or stated is None:
        return PASSED
    digests = {cms.digest, cms.algorithm.digest, stated.digest}
    signer = examined.signer
    key = signer.key if signer else None
    # What is signed with its certificate in it is no older than that says to be.
    known = (time.after, signer.not_before if signer else None)
    after = max((moment for moment in known if moment is not None), default=None)
    found = blocks.algorithm_constraints(digests, key, time.moment, policy.algorithms, after)
    dated = algorithm_dates(digests, verdict, time.moment, policy.algorithms)
    return blocks.named(Check.ALGORITHMS, blocks.worst((found, dated)))


def _revoked_later(verdict: PathVerdict | None) -> tuple[Finding, ...]:
    return tuple(
        finding(
            "path_revoked_later",
            Severity.INFO,
            subject=status.certificate.subject,
            date=status.revoked_at.strftime("%Y-%m-%d %H:%M UTC"),
        )
        for status in (verdict.statuses if verdict else ())
        if status.status == "good" and status.revoked_at is not None
    )


def _remarks(
    examined: Examined, time: BestTime, verdict: PathVerdict | None, context: Context
) -> Block:
    found = (*examined.warnings, *time.warnings, *_revoked_later(verdict))
    return blocks.policy_constraints(found, context.policy)


def _report(examined: Examined, judged: _Judged) -> SignatureReport:
    place, verdict = examined.field, judged.verdict
    explained = judged.block.findings
    errors = tuple(found for found in explained if found.is_error)
    told = tuple(found for found in judged.attacks if found.is_error)
    every = (*explained, *judged.attacks)
    milder = tuple(found for found in every if found not in (*errors, *told))
    return SignatureReport(
        field=place.name,
        kind=place.kind,
        subfilter=place.subfilter,
        level=judged.level,
        indication=judged.block.indication,
        sub_indication=judged.block.sub_indication,
        digest_ok=examined.digest_ok,
        signature_ok=examined.signature_ok,
        byte_range=place.byte_range,
        revision=place.revision,
        covers_whole_file=place.covers_whole_file,
        signer=certificate(examined.signer) if examined.signer else None,
        claimed_signing_time=_claimed(examined),
        best_signature_time=judged.time.proven,
        time_source=judged.time.source,
        algorithm=algorithm(examined),
        changes_after=judged.changes,
        chain=tuple(certificate(one) for one in (verdict.path if verdict else ())),
        revocation=tuple(revocation(one) for one in (verdict.statuses if verdict else ())),
        findings=errors + told,
        warnings=milder,
        checks=judged.block.checks,
        timestamps=judged.time.stamps,
        document_digest=examined.digest.hex() if examined.digest else None,
        identity=identity(examined),
        signature_policy=signature_policy(examined),
    )


def _claimed(examined: Examined) -> datetime | None:
    if examined.read.token is not None:
        return examined.read.token.gen_time
    own = examined.read.cms.claimed_time if examined.read.cms else None
    return examined.field.claimed_time or own
