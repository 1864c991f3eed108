"""The time-stamps that a signature brings, each checked by itself: what it is over, and its value.

Whether their authorities are believed, and so what they prove, is ``best_time.py``'s matter.
"""

from collections.abc import Callable
from dataclasses import dataclass

from antin.core.digests import digest_of
from antin.core.errors import InputError, RefusedError
from antin.pki.cms_attributes import CONTENT_TIMESTAMP, values_of
from antin.pki.cms_read import ParsedSignature
from antin.pki.timestamps import TimestampFacts, check_token, read_token
from antin.verifier import building_blocks as blocks
from antin.verifier.archive_stamps import HeldStamps
from antin.verifier.building_blocks import PASSED, Block
from antin.verifier.findings import finding, leniencies, reason_of
from antin.verifier.report import Check, Finding, Severity


@dataclass(frozen=True)
class Stamps:
    """What came of time-stamps of one kind."""

    facts: tuple[TimestampFacts, ...] = ()
    """Of those that hold."""
    blocks: tuple[Block, ...] = ()
    """One for each that does not."""
    warnings: tuple[Finding, ...] = ()
    count: int = 0


def stamped(*found: Stamps | HeldStamps) -> Block:
    """Return what time-stamps that do not hold mean for the signature."""
    block = blocks.worst((PASSED, *(one for stamps in found for one in stamps.blocks)))
    there = any(stamps.count for stamps in found)
    return blocks.named(Check.TIMESTAMPS, block) if there else block


def stamps_of(cms: ParsedSignature) -> Stamps:
    """Check the signature time-stamps (EN 319 122-1 §5.3)."""
    return _checked(cms.timestamps, lambda digest: digest_of(cms.signature, digest))


def content_stamps_of(cms: ParsedSignature) -> Stamps:
    """Check the time-stamps over what was signed, made before (EN 319 122-1 §5.2.8)."""
    return _checked(
        values_of(cms.signed_attributes, CONTENT_TIMESTAMP),
        lambda digest: cms.message_digest if digest == cms.digest else None,
    )


def _checked(tokens: tuple[bytes, ...], digest_by: Callable[[str], bytes | None]) -> Stamps:
    """Check tokens by themselves; one that was made for something else is an error.

    The signature does not fail by it, as anybody can add one to unsigned attributes; but a file
    that pretends to a time can't pass either.
    """
    facts: list[TimestampFacts] = []
    wrong: list[Block] = []
    warnings: list[Finding] = []
    for der in tokens:
        try:
            token = read_token(der)
            warnings += leniencies(token.cms.deviations)
            stamped = digest_by(token.digest)
            if stamped is None:
                reason = f"its imprint is by {token.digest}, which the signature does not use"
                warnings.append(finding("timestamp_unproven", Severity.WARNING, reason=reason))
            else:
                facts.append(check_token(token, stamped))
        except (InputError, RefusedError) as error:
            reason = reason_of(error)
            if error.code == "algorithm_forbidden":
                warnings.append(finding("timestamp_unproven", Severity.WARNING, reason=reason))
            else:
                code = "timestamp_wrong_content"
                wrong.append(blocks.indeterminate("SIG_CONSTRAINTS_FAILURE", code, reason=reason))
    return Stamps(tuple(facts), tuple(wrong), tuple(warnings), len(tokens))
