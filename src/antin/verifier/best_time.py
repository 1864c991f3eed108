"""Between which proven times a signature was made (EN 319 102-1 §5.3, §5.5.4)."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from antin.pki.path_verdicts import PathVerdict
from antin.pki.paths import Material, judge
from antin.pki.statement import CLOCK_SKEW
from antin.pki.timestamps import TimestampFacts
from antin.verifier import building_blocks as blocks
from antin.verifier.building_blocks import PASSED, Block
from antin.verifier.examination import Examined
from antin.verifier.findings import finding
from antin.verifier.path_block import UNPROVEN, TimeFrame, certification_path
from antin.verifier.policy import Policy
from antin.verifier.policy_blocks import algorithm_dates, revocation_freshness
from antin.verifier.proofs_of_existence import Places, Proofs
from antin.verifier.report import Check, Finding, Indication, Severity, TimestampSummary
from antin.verifier.summaries import timestamp


@dataclass(frozen=True)
class BestTime:
    """The earliest proven time of a signature, or the time of checking where nothing is proven."""

    moment: datetime
    source: str = "none"
    after: datetime | None = None
    """A proven time at which it was not there yet."""
    stamp_verdicts: tuple[PathVerdict, ...] = ()
    """On the authorities of its own time-stamps, those over its content left out."""
    block: Block = PASSED
    warnings: tuple[Finding, ...] = ()
    stamps: tuple[TimestampSummary, ...] = ()

    @property
    def proven(self) -> datetime | None:
        return None if self.source == "none" else self.moment

    @property
    def made(self) -> TimeFrame:
        """Between when and when it came to be."""
        return TimeFrame(self.after, self.proven)


@dataclass(frozen=True)
class Against:
    """What time-stamps are judged against."""

    proofs: Proofs
    policy: Policy
    material: Material = field(repr=False)

    @property
    def checked_at(self) -> datetime:
        """The time of checking."""
        return self.proofs.checked_at


@dataclass(frozen=True)
class ArchiveStamps:
    """What came of the archive time-stamps of a signature; they were judged before it."""

    block: Block = PASSED
    warnings: tuple[Finding, ...] = ()
    stamps: tuple[TimestampSummary, ...] = ()


def best_time(
    examined: Examined, places: Places, against: Against, archive: ArchiveStamps
) -> BestTime:
    """Return the best proven time of a signature, and what is wrong with its time-stamps."""
    # 1. The earliest time that its own time-stamps, or one that covers it, prove (§5.5.4).
    time = _at_the_latest(examined, places, against)
    # 2. The latest time at which it was not there yet: it signs earlier time-stamps along (§5.3).
    time = _at_the_earliest(examined, time, against)
    # 3. The first is not after the second (§5.5.4 step 6).
    if time.proven and time.after and time.proven + CLOCK_SKEW < time.after:
        time = replace(time, block=out_of_order())
    # 4. So it is with archive time-stamps, each of which covers the ones before.
    time = replace(
        time,
        block=blocks.worst((time.block, archive.block)),
        warnings=(*time.warnings, *archive.warnings),
        stamps=(*time.stamps, *archive.stamps),
    )
    told = time.stamps or time.block != PASSED
    return replace(time, block=blocks.named(Check.TIME_ORDER, time.block)) if told else time


def out_of_order() -> Block:
    """Return the block for time-stamps whose times contradict what covers what."""
    return blocks.indeterminate("TIMESTAMP_ORDER_FAILURE", "timestamp_order")


def _at_the_latest(examined: Examined, places: Places, against: Against) -> BestTime:
    covered = against.proofs.of(places.signature)
    warnings: list[Finding] = []
    verdicts: list[PathVerdict] = []
    stamps: list[TimestampSummary] = []
    covering = "document-timestamp" if examined.read.in_pdf else "archive-timestamp"
    block, best, source = PASSED, covered, "none" if covered is None else covering
    for facts in examined.stamps:
        judged_at = against.proofs.of_data(places.of_token(facts.token))
        verdict = judge(facts.authority, "time-stamp", judged_at, against.material)
        verdicts.append(verdict)
        reason = why_unproven(facts, verdict, against)
        stamps.append(timestamp(facts, proven=reason is None))
        if reason is not None:
            warnings.append(finding("timestamp_unproven", Severity.WARNING, reason=reason))
            continue
        if facts.gen_time > judged_at + CLOCK_SKEW:
            block = out_of_order()
        if best is None or facts.gen_time <= best:
            best, source = facts.gen_time, "signature-timestamp"
    moment = best or against.checked_at
    return BestTime(moment, source, None, tuple(verdicts), block, tuple(warnings), tuple(stamps))


def _at_the_earliest(examined: Examined, time: BestTime, against: Against) -> BestTime:
    after = against.proofs.before(examined.field.revision)
    warnings, stamps = list(time.warnings), list(time.stamps)
    for facts in examined.content_stamps:
        verdict = judge(facts.authority, "time-stamp", time.moment, against.material)
        reason = why_unproven(facts, verdict, against)
        stamps.append(timestamp(facts, proven=reason is None, kind="content"))
        if reason is not None:
            warnings.append(finding("timestamp_unproven", Severity.WARNING, reason=reason))
        elif after is None or facts.gen_time > after:
            after = facts.gen_time
    return replace(time, after=after, warnings=tuple(warnings), stamps=tuple(stamps))


def why_unproven(facts: TimestampFacts, verdict: PathVerdict, against: Against) -> str | None:
    """Return why a time-stamp that holds by itself proves nothing; None: it proves its time."""
    duty = against.policy.revocation.timestamps
    path = blocks.worst(
        (
            certification_path(verdict, UNPROVEN, revocation_needed=duty),
            revocation_freshness(verdict, against.policy.revocation.max_age, needed=duty),
        )
    )
    if path.indication is not Indication.PASSED:
        return path.findings[0].detail.rstrip(".")
    if facts.gen_time > against.checked_at + CLOCK_SKEW:
        return "it is from after the time of checking"
    floor = against.policy.algorithms
    key = facts.authority.key
    strong = blocks.worst(
        (
            blocks.algorithm_constraints(facts.digests, key, verdict.moment, floor),
            algorithm_dates(facts.digests, verdict, verdict.moment, floor),
        )
    )
    return None if strong == PASSED else strong.findings[0].detail.rstrip(".")
