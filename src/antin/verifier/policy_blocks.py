"""Building blocks that depend on what a policy wants beyond the standard's own checks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from antin.pdf.deviations import Deviation
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.verifier.building_blocks import PASSED, Block, indeterminate
from antin.verifier.findings import finding
from antin.verifier.policy import AlgorithmFloor
from antin.verifier.report import Indication, Severity

_HOUR: Final = timedelta(hours=1)


def revocation_freshness(verdict: PathVerdict, max_age: timedelta | None, *, needed: bool) -> Block:
    """§5.2.5: what is known of the certificate was not much older than the time that counts.

    About the signer's or the time-stamping authority's own certificate only: roots say for months
    what they say of the authorities below them.
    """
    own = next((s for s in verdict.statuses if s.certificate == verdict.certificate), None)
    if not needed or max_age is None or verdict.outcome is not PathOutcome.VALID:
        return PASSED
    if own is None or own.this_update is None or verdict.moment - own.this_update <= max_age:
        return PASSED
    hours = (verdict.moment - own.this_update) // _HOUR
    subject = own.certificate.subject
    return indeterminate("TRY_LATER", "revocation_outdated", subject=subject, hours=hours)


def algorithm_dates(
    digests: Iterable[str],
    verdict: PathVerdict | None,
    moment: datetime,
    floor: AlgorithmFloor,
) -> Block:
    """§5.2.8: the policy's own dates had not come for digests, nor keys of the path, by then.

    The anchor's own signature and key are not asked about: it is believed without them.
    """
    path = () if verdict is None else verdict.path[:-1] or (verdict.certificate,)
    signed = {one.signature_digest for one in path} - {None}
    names = floor.ended(moment, {*digests, *map(str, signed)}, [one.key for one in path])
    if not names:
        return PASSED
    what = ", ".join(names)
    return indeterminate("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm_weak", what=what)


def read_without_repair(repairs: Iterable[Deviation]) -> Block:
    """§5.2.2: the file reads one way only; another program may repair it otherwise."""
    codes = dict.fromkeys(repair.code for repair in repairs)
    found = tuple(finding(code, Severity.ERROR) for code in codes)
    if not found:
        return PASSED
    return Block(Indication.INDETERMINATE, "SIG_CONSTRAINTS_FAILURE", found)
