"""The archive time-stamps of a signature in a CMS file, checked by themselves (EN 319 122-1 §5.5).

One that does not hold is an error, as anything is that pretends to a time; one that could not be
looked at, because the content is not at hand, proves nothing and is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.pki.archive_stamps import (
    ArchiveStamp,
    ListedDigests,
    archive_tokens,
    check_archive_stamp,
)
from antin.pki.cms_read import ParsedSignature
from antin.pki.timestamps import TimestampToken
from antin.verifier import building_blocks as blocks
from antin.verifier.building_blocks import Block
from antin.verifier.findings import finding, leniencies, reason_of
from antin.verifier.report import Finding, Severity


@dataclass(frozen=True)
class HeldStamps:
    """The archive time-stamps of one signer: those that hold, and what is wrong with others."""

    held: tuple[ArchiveStamp, ...] = field(default=(), repr=False)
    blocks: tuple[Block, ...] = ()
    """One for each that does not hold."""
    warnings: tuple[Finding, ...] = ()
    count: int = 0


NONE_HELD: Final = HeldStamps()


def archive_digests(cms: ParsedSignature) -> frozenset[str]:
    """Return by which algorithms the content has to be digested for its archive time-stamps."""
    tokens = archive_tokens(cms)
    return frozenset(one.digest for one in tokens if isinstance(one, TimestampToken))


def check_stamps(
    cms: ParsedSignature, listed: ListedDigests, content: Mapping[str, bytes]
) -> HeldStamps:
    """Check the archive time-stamps of ``cms``; ``content``: digests of the content, by name."""
    held = list[ArchiveStamp]()
    wrong = list[Block]()
    warnings = list[Finding]()
    tokens = archive_tokens(cms)
    for token in tokens:
        if isinstance(token, TimestampToken):
            warnings += leniencies(token.cms.deviations)
        try:
            held.append(_checked(token, cms, listed, content))
        except _UndeterminedError as error:
            warnings.append(_unproven(str(error)))
        except (InputError, RefusedError) as error:
            if error.code == "algorithm_forbidden":
                warnings.append(_unproven(reason_of(error)))
            else:
                wrong.append(_wrong(error))
    return HeldStamps(tuple(held), tuple(wrong), tuple(warnings), len(tokens))


class _UndeterminedError(Exception):
    """A time-stamp can't be looked at; the text says why. Never leaves this module."""


def _checked(
    token: TimestampToken | InputError | RefusedError,
    cms: ParsedSignature,
    listed: ListedDigests,
    content: Mapping[str, bytes],
) -> ArchiveStamp:
    if not isinstance(token, TimestampToken):
        raise token
    if token.digest not in content:
        raise _UndeterminedError("the content that it covers is not at hand")
    return check_archive_stamp(token, cms, listed, content.__getitem__)


def _unproven(reason: str) -> Finding:
    return finding("timestamp_unproven", Severity.WARNING, reason=reason)


def _wrong(error: InputError | RefusedError) -> Block:
    code = "timestamp_wrong_content"
    return blocks.indeterminate("SIG_CONSTRAINTS_FAILURE", code, reason=reason_of(error))
