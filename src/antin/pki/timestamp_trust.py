"""Is a time-stamp that was just given worth embedding: its time, and whose word it is.

What it stamps and that it holds by itself was checked before (timestamps.py); nothing here fetches.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from antin.core.errors import RefusedError
from antin.pki.algorithms import weak_at
from antin.pki.path_verdicts import PathOutcome
from antin.pki.paths import judge, material
from antin.pki.statement import CLOCK_SKEW
from antin.pki.timestamps import TimestampFacts
from antin.pki.trust import TrustMaterial

_ACCEPTED: Final = (
    PathOutcome.VALID,
    # Known is that nobody revoked it; that nobody did is for the verification after signing.
    PathOutcome.REVOCATION_UNKNOWN,
    PathOutcome.REVOCATION_UNPROVEN,
)


@dataclass(frozen=True)
class Between:
    """When the answer was given, by our clock."""

    asked: datetime
    answered: datetime
    tolerance: timedelta = CLOCK_SKEW
    """How far the authority's clock and ours may differ."""


def check_time(facts: TimestampFacts, between: Between) -> None:
    """Check that ``facts`` tell the time of asking. Error: ``timestamp_wrong``.

    Without this an authority could date a signature back, or give a stamp that holds only later.
    """
    # 1. It was made between asking and answering.
    early = between.asked - between.tolerance - facts.gen_time
    late = facts.gen_time - between.answered - between.tolerance
    zero = timedelta()
    if early > zero or late > zero:
        off = facts.gen_time - (between.asked if early > zero else between.answered)
        raise _wrong(f"its time is off by {off.total_seconds():.0f} s from our clock")
    # 2. The authority knows the time at least that well.
    if facts.accuracy is not None and facts.accuracy > between.tolerance:
        raise _wrong(f"its time may be off by {facts.accuracy.total_seconds():.0f} s")


def check_authority(facts: TimestampFacts, trust: TrustMaterial, now: datetime) -> None:
    """Check that who gave ``facts`` is believed for time-stamps, and was at that time.

    With the revocation data in ``trust``; that none are there is no reason to refuse.
    Error: ``timestamp_wrong``, naming the path's own code.
    """
    # 3. Nothing that it leans on is too weak: what is weak proves no time (EN 319 102-1 §5.2.8).
    key = facts.authority.key
    weak = sorted({name for digest in facts.digests for name in weak_at(now, digest, key)})
    if weak:
        raise _wrong(f"it leans on what is too weak: {', '.join(weak)}")
    # 4. A path leads to somebody who is believed for time-stamps; nobody in it was revoked.
    stuff = material(trust, now, facts.certificates)
    verdict = judge(facts.authority, "time-stamp", facts.gen_time, stuff)
    if verdict.outcome in _ACCEPTED:
        return
    try:
        verdict.raise_if_not_valid()
    except RefusedError as error:
        reason = f"its authority is not believed: {error.code}: {error.detail.rstrip('.')}"
        raise _wrong(reason) from error


def _wrong(detail: str) -> RefusedError:
    return RefusedError("timestamp_wrong", detail=detail)
