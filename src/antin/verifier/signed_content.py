"""A signature that is a file of its own, opened: its signers, and the digests of its content.

The content lies beside the file, inside it, or is known by its digest only; it is read once, in
pieces, however large it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from antin.core.bytesource import ByteSource
from antin.core.digests import digests_by
from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.pki.cms_file import CmsFile, open_cms
from antin.pki.cms_read import Parsed, ParsedSignature, parse_signers
from antin.pki.cms_structure import TST_INFO
from antin.pki.timestamps import TimestampToken, read_token
from antin.verifier.archive_stamps import archive_digests


@dataclass(frozen=True)
class Content:
    """What is said to be signed."""

    name: str
    source: ByteSource = field(repr=False)


@dataclass(frozen=True)
class ContentDigest:
    """All that is known of what is said to be signed."""

    algorithm: str
    """As ``new_digest`` names it."""
    value: bytes


Given = Content | ContentDigest | None


@dataclass(frozen=True)
class Opened:
    """The file, its signers, and the digests of its content."""

    file: CmsFile = field(repr=False)
    signers: tuple[Parsed, ...] = field(repr=False)
    token: TimestampToken | None
    """What the file is, where it is a time-stamp token."""
    digests: Mapping[str, bytes]
    """Of the content, by algorithm; empty: there is none."""
    given: Given
    inside: bool
    """Whether the content lies inside the file."""
    size: int | None
    """Of the content, in bytes; None: only a digest of it is known, or nothing."""
    differs: bool = False
    """Whether what was handed in is not what lies inside."""


def open_signed(source: ByteSource, given: Given) -> Opened:
    """Return the CMS in ``source`` with the digests of ``given``, or of what lies inside.

    Errors: those of :func:`~antin.pki.cms_file.open_cms`; ``file_unreadable`` where the content
    can't be read to its end.
    """
    file = open_cms(source)
    signers = parse_signers(file.bare)
    token, signers = _token(file, signers)
    parsed = [one for one in signers if isinstance(one, ParsedSignature)]
    wanted = {"sha256", *(one.digest for one in parsed), *([token.digest] if token else [])}
    wanted = wanted.union(*(archive_digests(one) for one in parsed))
    beside = _handed_in(given, wanted)
    size = given.source.size if isinstance(given, Content) else None
    if file.content is None or token is not None:
        return Opened(file, signers, token, beside, given, inside=False, size=size)
    own = digests_by(file.source, file.content, wanted | set(beside))
    size = sum(length for _, length in file.content)
    differs = any(own[algorithm] != value for algorithm, value in beside.items())
    return Opened(file, signers, token, own, given, inside=True, size=size, differs=differs)


def _handed_in(given: Given, wanted: set[str]) -> dict[str, bytes]:
    """Return what is known of the content that was handed in; empty: nothing was."""
    if isinstance(given, ContentDigest):
        return {given.algorithm: given.value}
    if given is None:
        return {}
    return digests_by(given.source, ((0, given.source.size),), wanted)


def _token(
    file: CmsFile, signers: tuple[Parsed, ...]
) -> tuple[TimestampToken | None, tuple[Parsed, ...]]:
    """Return the time-stamp token that the file is; if it can't be read, that as its signer."""
    if len(signers) != 1 or file.source.size > MAX_TIMESTAMP_BYTES:
        return None, signers
    one = signers[0]
    if not isinstance(one, ParsedSignature) or one.content_type != TST_INFO:
        return None, signers
    try:
        whole = file.source.pread(0, file.source.size).rstrip(b"\r\n")
        return read_token(whole), signers
    except (InputError, RefusedError) as error:
        return None, (error,)
