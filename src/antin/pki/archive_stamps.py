"""Archive time-stamps of a CMS signature: what they cover, and whether they hold by themselves.

An archive-time-stamp-v3 stamps the content's digest, the SignerInfo as it was signed, and a list of
digests, ats-hash-index-v3, of whatever else was there: certificates, revocation data, unsigned
attributes with older time-stamps among them (EN 319 122-1 §5.5.2, §5.5.3). What was added later is
not in the list and not covered. Older kinds of archive time-stamps are not judged.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from antin.core.digests import digest_of, new_digest
from antin.core.errors import InputError, RefusedError
from antin.pki.algorithm_identifiers import read_digest
from antin.pki.cms_attributes import CODE
from antin.pki.cms_read import ParsedSignature
from antin.pki.cms_structure import Listed
from antin.pki.der_read import OCTET_STRING, SEQUENCE, Cursor, whole
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.timestamps import TimestampFacts, TimestampToken, check_token, read_token

ARCHIVE_TIMESTAMP: Final = "0.4.0.1733.2.4"
HASH_INDEX: Final = "0.4.0.19122.1.5"
MAX_ARCHIVE_STAMPS: Final = 20
"""Of one signer; one in five years makes a century."""
_MAX_INDEX: Final = 2_000

Value = tuple[str, bytes]
"""One value (DER) of an unsigned attribute, with the attribute's OID."""


@dataclass(frozen=True)
class Covered:
    """What an archive time-stamp covers beside what was signed, each as it lies."""

    certificates: frozenset[bytes] = field(default=frozenset(), repr=False)
    revocation: frozenset[bytes] = field(default=frozenset(), repr=False)
    values: frozenset[Value] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class ArchiveStamp:
    """An archive time-stamp that holds by itself."""

    facts: TimestampFacts
    covered: Covered


class ListedDigests:
    """Digests of what lies beside the signers; computed once for all of their time-stamps."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        self._known: dict[str, tuple[Mapping[bytes, bytes], Mapping[bytes, bytes]]] = {}

    def by(self, digest: str) -> tuple[Mapping[bytes, bytes], Mapping[bytes, bytes]]:
        """Return certificates and revocation data by their digests."""
        if digest not in self._known:
            listed = self._listed
            self._known[digest] = (
                {digest_of(one, digest): one for one in listed.certificates},
                {digest_of(one, digest): one for one in listed.revocation},
            )
        return self._known[digest]


def archive_tokens(cms: ParsedSignature) -> tuple[TimestampToken | InputError | RefusedError, ...]:
    """Return the archive time-stamps of ``cms``, read; an error in the place of an unreadable one.

    Too many are one error, about all of them.
    """
    values = cms.unsigned.get(ARCHIVE_TIMESTAMP, ())
    if len(values) > MAX_ARCHIVE_STAMPS:
        return (InputError(CODE, detail=f"more than {MAX_ARCHIVE_STAMPS} archive time-stamps"),)
    found: list[TimestampToken | InputError | RefusedError] = []
    for value in values:
        try:
            found.append(read_token(value))
        except (InputError, RefusedError) as error:
            found.append(error)
    return tuple(found)


def check_archive_stamp(
    token: TimestampToken,
    cms: ParsedSignature,
    listed: ListedDigests,
    content_digest: Callable[[str], bytes],
) -> ArchiveStamp:
    """Check one archive time-stamp of ``cms`` by itself (EN 319 122-1 §5.5.3).

    ``content_digest`` gives the digest of the content by an algorithm's name. Errors:
    ``cms_malformed``, ``timestamp_wrong``, ``algorithm_forbidden``; whatever that function raises.
    """
    # 1. Its list of digests is there, once, whole.
    index = read_index(token.cms)
    # 2. All that the list names is there: nothing that was covered has been taken away.
    covered = _found(index, cms, listed.by(index.digest))
    # 3. It stamps this content, this signer's fields and this list.
    imprint = archive_imprint(cms, content_digest(token.digest), index.der, token.digest)
    facts = check_token(token, imprint)
    return ArchiveStamp(replace(facts, digests=facts.digests | {index.digest}), covered)


def archive_imprint(cms: ParsedSignature, content: bytes, index: bytes, digest: str) -> bytes:
    """Return what an archive time-stamp of ``cms`` stamps; ``content``: the content's digest.

    Content type, digest of the content, the fields of the signer in their order, the list.
    """
    state = new_digest(digest)
    for part in (oid(cms.content_type), content, cms.signer_fields, index):
        state.update(part)
    return state.digest()


@dataclass(frozen=True)
class HashIndex:
    """An ats-hash-index-v3, read."""

    der: bytes = field(repr=False)
    digest: str
    certificates: tuple[bytes, ...] = field(repr=False)
    revocation: tuple[bytes, ...] = field(repr=False)
    values: tuple[bytes, ...] = field(repr=False)


def read_index(token: ParsedSignature) -> HashIndex:
    """Read the list of digests in a token. Errors: ``cms_malformed``, ``algorithm_forbidden``."""
    values = token.unsigned.get(HASH_INDEX, ())
    if len(values) != 1:
        raise InputError(CODE, detail=f"{len(values)} lists of what is covered in place of one")
    cursor = whole(values[0], CODE)
    digest = read_digest(cursor.raw(), CODE)
    certificates, revocation, attributes = (_octets(cursor.enter(SEQUENCE)) for _ in range(3))
    cursor.finish()
    return HashIndex(values[0], digest, certificates, revocation, attributes)


def index_of(cms: ParsedSignature, digest: str, identifier: bytes) -> bytes:
    """Return an ats-hash-index-v3 (DER) over all that ``cms`` holds.

    ``identifier`` is the DER AlgorithmIdentifier of ``digest``. An attribute's value is digested
    behind its type; digests are sorted, as their order says nothing.
    """
    parts = (
        cms.listed.certificates,
        cms.listed.revocation,
        tuple(oid(kind) + value for kind, value in unsigned_values(cms)),
    )
    return sequence(identifier, *(_digests(part, digest) for part in parts))


def unsigned_values(cms: ParsedSignature) -> tuple[Value, ...]:
    """Return every value of every unsigned attribute of ``cms``."""
    return tuple((kind, value) for kind, values in cms.unsigned.items() for value in values)


def _digests(parts: Iterable[bytes], digest: str) -> bytes:
    return sequence(
        *(tlv(OCTET_STRING, one) for one in sorted(digest_of(p, digest) for p in parts))
    )


def _octets(cursor: Cursor) -> tuple[bytes, ...]:
    found = []
    while cursor:
        found.append(cursor.body(OCTET_STRING))
        if len(found) > _MAX_INDEX:
            raise cursor.wrong(f"more than {_MAX_INDEX} digests")
    return tuple(found)


def _found(
    index: HashIndex, cms: ParsedSignature, listed: tuple[Mapping[bytes, bytes], ...]
) -> Covered:
    certificates, revocation = listed
    values = {
        digest_of(oid(kind) + der, index.digest): (kind, der) for kind, der in unsigned_values(cms)
    }
    named = (
        (index.certificates, certificates),
        (index.revocation, revocation),
        (index.values, values),
    )
    if any(one not in there for digests, there in named for one in digests):
        raise RefusedError(
            "timestamp_wrong", detail="it covers something that is not there any more"
        )
    return Covered(
        frozenset(certificates[one] for one in index.certificates),
        frozenset(revocation[one] for one in index.revocation),
        frozenset(values[one] for one in index.values),
    )
