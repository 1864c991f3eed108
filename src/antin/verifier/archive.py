"""What the archive time-stamps of a CMS file prove: judged from the last to the first.

The proofs of existence of EN 319 102-1 §5.6.2.3, where what a time-stamp covers is a list: each has
a number, and whatever lies in the file has the numbers of those that cover it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from antin.pki.chain_building import MAX_POOL
from antin.pki.cms_attributes import SIGNATURE_TIMESTAMP
from antin.pki.paths import Material, judge, material
from antin.pki.revocation import RevocationData
from antin.pki.statement import CLOCK_SKEW
from antin.pki.timestamps import TimestampFacts
from antin.pki.trust import TrustMaterial
from antin.verifier.archive_coverage import Coverage
from antin.verifier.best_time import Against, ArchiveStamps, out_of_order, why_unproven
from antin.verifier.examination import Examined
from antin.verifier.findings import finding
from antin.verifier.levels import Archive
from antin.verifier.policy import Policy
from antin.verifier.proofs_of_existence import (
    ArchivedEvidence,
    Place,
    Places,
    Proofs,
    Sighted,
    archived,
    sighted,
)
from antin.verifier.report import Finding, Severity
from antin.verifier.signature import Context
from antin.verifier.summaries import timestamp


@dataclass(frozen=True)
class _Brought:
    """What a CMS file brings: certificates and revocation data, and where they lie."""

    trust: Material = field(repr=False)
    evidence: ArchivedEvidence = field(repr=False)
    sighted: Sighted = field(repr=False)

    def known(self, proofs: Proofs) -> Material:
        """Return what to judge against, given the proofs so far."""
        return replace(
            self.trust,
            evidence=self.trust.evidence + self.evidence.proven_by(proofs),
            there_since=lambda certificate: self.sighted.since(certificate, proofs),
        )


def contexts(
    examined: Sequence[Examined], trust: TrustMaterial, checked_at: datetime, policy: Policy
) -> tuple[Context, ...]:
    """Return what to judge each signature of a CMS file against."""
    # 1. Which archive time-stamps hold by themselves, and what does each cover?
    coverage = Coverage([one.read.archive.held for one in examined])
    # 2. What the file brings, and where it lies.
    brought = _brought(examined, coverage, trust, checked_at)
    # 3. Judge them from the last to the first, each at the time that a later one proves.
    proofs, results = _slide(coverage, brought, policy, Proofs(checked_at))
    archive = Archive(brought.evidence, proofs, tuple(one.number for one in coverage.stamps))
    context = Context(None, policy, proofs, brought.known(proofs), archive)
    return tuple(
        replace(context, places=_places(position, one, coverage), archive_stamps=results[position])
        for position, one in enumerate(examined)
    )


def _places(position: int, one: Examined, coverage: Coverage) -> Places:
    tokens = {
        facts.token: coverage.of_value(position, SIGNATURE_TIMESTAMP, facts.token)
        for facts in one.stamps
    }
    return Places(coverage.of_signer(position), tokens)


def _brought(
    examined: Sequence[Examined], coverage: Coverage, trust: TrustMaterial, checked_at: datetime
) -> _Brought:
    parts = list(_parts(examined, coverage))
    certificates = dict.fromkeys(der for _, data in parts for der in data.certificates)
    known = material(trust, checked_at, tuple(certificates)[:MAX_POOL])
    seen = sighted((place, data.certificates) for place, data in parts)
    return _Brought(known, archived(parts, checked_at), seen)


def _parts(
    examined: Sequence[Examined], coverage: Coverage
) -> Iterator[tuple[Place, RevocationData]]:
    beside = next((one.read.cms for one in examined if one.read.cms is not None), None)
    if beside is not None:
        yield from coverage.beside(beside)
    for position, one in enumerate(examined):
        if one.read.cms is not None:
            yield from coverage.within(position, one.read.cms)
        for place, facts in _stamps_of(position, one, coverage):
            yield place, RevocationData(certificates=facts.certificates)
    for stamp in coverage.stamps:
        certificates = stamp.stamp.facts.certificates
        yield coverage.of_stamp(stamp), RevocationData(certificates=certificates)


def _stamps_of(
    position: int, one: Examined, coverage: Coverage
) -> Iterator[tuple[Place, TimestampFacts]]:
    for facts in one.content_stamps:
        yield coverage.of_signer(position), facts  # they are in its signed attributes
    for facts in one.stamps:
        yield coverage.of_value(position, SIGNATURE_TIMESTAMP, facts.token), facts


def _slide(
    coverage: Coverage, brought: _Brought, policy: Policy, proofs: Proofs
) -> tuple[Proofs, dict[int, ArchiveStamps]]:
    results = defaultdict[int, ArchiveStamps](ArchiveStamps)
    for one in reversed(coverage.stamps):
        facts, moment = one.stamp.facts, proofs.of_data(coverage.of_stamp(one))
        against = Against(proofs, policy, brought.known(proofs))
        verdict = judge(facts.authority, "time-stamp", moment, against.material)
        reason = why_unproven(facts, verdict, against)
        if reason is None:
            proofs = proofs.with_stamp(one.number, facts.gen_time)
        results[one.signer] = _with(results[one.signer], facts, reason)
    # Nothing is younger than what covers it.
    times = dict(proofs.stamps)
    for one in coverage.stamps:
        covered = proofs.of_data(coverage.of_stamp(one))
        if one.number in times and times[one.number] > covered + CLOCK_SKEW:
            results[one.signer] = replace(results[one.signer], block=out_of_order())
    return proofs, results


def _with(found: ArchiveStamps, facts: TimestampFacts, reason: str | None) -> ArchiveStamps:
    """Return ``found`` and one more, which is older; ``reason``: why it proves nothing."""
    summary = timestamp(facts, proven=reason is None, kind="archive")
    told = () if reason is None else (_unproven(reason),)
    return replace(found, warnings=(*told, *found.warnings), stamps=(summary, *found.stamps))


def _unproven(reason: str) -> Finding:
    return finding("timestamp_unproven", Severity.WARNING, reason=reason)
