"""Lists of what an archive time-stamp covers, read and written; what they prove is verifier/'s."""

import hashlib
from dataclasses import replace

import pytest

from antin.core.errors import InputError
from antin.pki.archive_stamps import (
    ARCHIVE_TIMESTAMP,
    HASH_INDEX,
    MAX_ARCHIVE_STAMPS,
    archive_tokens,
    index_of,
    read_index,
)
from antin.pki.cms_read import ParsedSignature, parse_signature
from antin.pki.cms_structure import Listed
from antin.pki.der_write import NULL, integer, oid, sequence, set_of, tlv
from tests.cmsparts import SHA256, SHA512, Parts
from tests.smallpki import make_root

ONE, TWO, THREE, FOUR = (sequence(integer(n)) for n in range(4))


@pytest.fixture(scope="module")
def signature() -> ParsedSignature:
    return parse_signature(Parts(make_root()).der())


def digests(*pieces: bytes) -> bytes:
    found = sorted(hashlib.sha512(piece).digest() for piece in pieces)
    return sequence(*(tlv(0x04, digest) for digest in found))


def test_the_list_is_of_all_that_is_there(signature: ParsedSignature) -> None:
    kinds = "1.2.3.4", "1.2.3.5"
    there = replace(
        signature,
        listed=Listed(certificates=(ONE, TWO, THREE), revocation=(FOUR, TWO)),
        unsigned={kinds[0]: (ONE, THREE), kinds[1]: (ONE,)},
    )
    values = (oid(kinds[0]) + ONE, oid(kinds[0]) + THREE, oid(kinds[1]) + ONE)
    index = index_of(there, "sha512", SHA512)
    assert index == sequence(SHA512, digests(ONE, TWO, THREE), digests(FOUR, TWO), digests(*values))
    read = read_index(replace(signature, unsigned={HASH_INDEX: (index,)}))
    assert (read.der, read.digest) == (index, "sha512")
    assert [len(part) for part in (read.certificates, read.revocation, read.values)] == [3, 2, 3]
    assert set(read.revocation) == {hashlib.sha512(piece).digest() for piece in (FOUR, TWO)}


def test_nothing_there_makes_an_empty_list(signature: ParsedSignature) -> None:
    index = index_of(replace(signature, listed=Listed(), unsigned={}), "sha512", SHA512)
    assert index == sequence(SHA512, sequence(), sequence(), sequence())


EMPTY = sequence()
OCTETS = sequence(tlv(0x04, b"digest"))
MALFORMED = {
    "an algorithm that is none": sequence(sequence(NULL), OCTETS, EMPTY, EMPTY),
    "an algorithm in a set": sequence(set_of(NULL), OCTETS, EMPTY, EMPTY),
    "a set of digests": sequence(SHA256, EMPTY, set_of(tlv(0x04, b"digest")), EMPTY),
    "something but octets": sequence(SHA256, EMPTY, EMPTY, sequence(tlv(0x0C, b"digest"))),
    "two lists": sequence(SHA256, EMPTY, EMPTY),
    "four lists": sequence(SHA256, EMPTY, EMPTY, EMPTY, EMPTY),
    "no sequence": set_of(SHA256, EMPTY, EMPTY, EMPTY),
}


@pytest.mark.parametrize("index", MALFORMED.values(), ids=MALFORMED)
def test_a_list_is_read_strictly(signature: ParsedSignature, index: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_index(replace(signature, unsigned={HASH_INDEX: (index,)}))
    assert caught.value.code == "cms_malformed"


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_list(signature: ParsedSignature, count: int) -> None:
    index = sequence(SHA256, EMPTY, EMPTY, EMPTY)
    assert read_index(replace(signature, unsigned={HASH_INDEX: (index,)})).digest == "sha256"
    with pytest.raises(InputError) as caught:
        read_index(replace(signature, unsigned={HASH_INDEX: (index,) * count}))
    assert caught.value.code == "cms_malformed"


@pytest.mark.parametrize("more", [0, 1])
def test_too_many_are_one_error(signature: ParsedSignature, more: int) -> None:
    values = (NULL,) * (MAX_ARCHIVE_STAMPS + more)
    tokens = archive_tokens(replace(signature, unsigned={ARCHIVE_TIMESTAMP: values}))
    assert len(tokens) == (1 if more else MAX_ARCHIVE_STAMPS)
    assert {one.code for one in tokens if isinstance(one, InputError)} == {"cms_malformed"}
    assert archive_tokens(replace(signature, unsigned={})) == ()
