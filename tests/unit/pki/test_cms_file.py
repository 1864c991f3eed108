"""CMS files taken apart by their headers, the content left where it lies."""

import base64
import tracemalloc

import pytest

from antin.core.bytesource import MemorySource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pki import cms_file
from antin.pki.cms_file import is_cms, open_cms, wants_content
from antin.pki.cms_read import ParsedSignature, parse_signers
from antin.pki.der_write import integer, oid, sequence, tlv
from antin.verifier.detached import certificates_beside
from tests.smallpki import CmsShape, Holder, make_cms, make_root

CONTENT = b"Specimen content." * 20
DATA, SIGNED = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
ENDS = b"\x00\x00"


@pytest.fixture(scope="module")
def signer() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def detached(signer: Holder) -> bytes:
    return make_cms(signer, bytes(32), CmsShape())


@pytest.fixture(scope="module")
def around(signer: Holder) -> bytes:
    return make_cms(signer, bytes(32), CmsShape(content=CONTENT))


def content_of(data: bytes) -> bytes | None:
    """Return the content of a CMS, joined from where it lies."""
    found = open_cms(MemorySource(data))
    if found.content is None:
        return None
    return b"".join(found.source.pread(at, length) for at, length in found.content)


def indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + ENDS


def parts_of(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the encapsulated content, that, and what stands behind."""
    kind = sequence(DATA, tlv(0xA0, tlv(0x04, CONTENT)))
    before, _, behind = data.partition(kind)
    assert behind
    return before[before.index(b"\x02\x01\x03") :], kind, behind


def with_content(data: bytes, content: bytes) -> bytes:
    """Return an enveloping CMS with other bytes in the place of its content's octet string."""
    head, _, behind = parts_of(data)
    parts = sequence(head, sequence(DATA, tlv(0xA0, content)), behind)
    return sequence(SIGNED, tlv(0xA0, parts))


def refused(data: bytes) -> InputError:
    with pytest.raises(InputError, match="cms_malformed") as caught:
        open_cms(MemorySource(data))
    assert isinstance(caught.value.values.get("offset", 0), int)
    return caught.value


def test_der_without_content_stays_as_it_is(detached: bytes) -> None:
    found = open_cms(MemorySource(detached))
    assert (found.bare, found.content, found.lenient) == (detached, None, False)
    assert wants_content(MemorySource(detached))


def test_content_is_left_where_it_lies(around: bytes) -> None:
    found = open_cms(MemorySource(around))
    assert content_of(around) == CONTENT
    assert CONTENT not in found.bare
    assert not found.lenient
    assert not wants_content(MemorySource(around))
    (one,) = parse_signers(found.bare)
    assert isinstance(one, ParsedSignature)
    assert one.content is None


def test_content_in_pieces(around: bytes) -> None:
    pieces = [CONTENT[at : at + 7] for at in range(0, len(CONTENT), 7)]
    for octets in (
        tlv(0x24, *(tlv(0x04, piece) for piece in pieces)),
        indefinite(0x24, *(tlv(0x04, piece) for piece in pieces)),
    ):
        data = with_content(around, octets)
        assert content_of(data) == CONTENT
        assert open_cms(MemorySource(data)).lenient


def test_open_ends_everywhere(around: bytes) -> None:
    head, _, behind = parts_of(around)
    octets = indefinite(0x24, tlv(0x04, CONTENT))
    kind = indefinite(0x30, DATA, indefinite(0xA0, octets))
    data = indefinite(0x30, SIGNED, indefinite(0xA0, indefinite(0x30, head, kind, behind)))
    assert is_cms(MemorySource(data))
    assert content_of(data) == CONTENT
    found = open_cms(MemorySource(data))
    assert found.lenient
    assert found.bare == open_cms(MemorySource(around)).bare


def test_a_part_with_an_open_end(around: bytes) -> None:
    """Certificates and signers may have one, too; they are read to it and no further."""
    head, kind, behind = parts_of(around)
    assert behind[0] == 0xA0
    length = 4 + int.from_bytes(behind[2:4])
    loose = indefinite(0xA0, behind[4:length]) + behind[length:]
    data = sequence(SIGNED, tlv(0xA0, sequence(head, kind, loose)))
    (one,) = parse_signers(open_cms(MemorySource(data)).bare)
    assert isinstance(one, ParsedSignature)
    assert one.deviations


def test_lengths_that_are_longer_than_need_be(detached: bytes) -> None:
    body = detached[4:]
    data = b"\x30\x84" + len(body).to_bytes(4) + body
    found = open_cms(MemorySource(data))
    assert (found.bare, found.lenient) == (detached, True)


@pytest.mark.parametrize("label", ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"])
def test_pem(detached: bytes, label: str) -> None:
    text = base64.encodebytes(detached).decode()
    data = f"\n-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()
    assert is_cms(MemorySource(data))
    assert open_cms(MemorySource(data)).bare == detached


def test_pem_that_is_too_long(monkeypatch: pytest.MonkeyPatch, detached: bytes) -> None:
    text = base64.encodebytes(detached)
    data = b"-----BEGIN CMS-----\n%b-----END CMS-----\n" % text
    monkeypatch.setattr(cms_file, "_MAX_ARMOURED", len(data) - 1)
    assert "of PEM" in str(refused(data))


def test_what_starts_as_a_cms_does(detached: bytes) -> None:
    for data in (b"", b"%PDF-1.7", b"0", sequence(DATA), b"-----BEGIN CERTIFICATE-----"):
        assert not is_cms(MemorySource(data))
    assert is_cms(MemorySource(detached[:64]))
    assert not wants_content(MemorySource(detached[:64]))


def signed_data(*parts: bytes) -> bytes:
    return sequence(SIGNED, tlv(0xA0, sequence(*parts)))


VERSION, NONE, KIND = integer(1), tlv(0x31), sequence(DATA)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sequence(DATA), "no SignedData"),
        (b"\x30", "ends too early"),
        (b"\x31\x00", "neither DER nor PEM"),
        (sequence(SIGNED, tlv(0xA1)), "unexpected tag"),
        (sequence(SIGNED, tlv(0xA0, sequence(VERSION))), "ends too early"),
        (signed_data(VERSION, NONE, tlv(0x31)), "unexpected tag"),
        (signed_data(VERSION, NONE, KIND, NONE, NONE, NONE, NONE), "does not belong here"),
        (signed_data(VERSION, NONE, sequence(DATA, tlv(0xA0))), "ends too early"),
        (signed_data(VERSION, NONE, sequence(DATA, tlv(0xA0, tlv(0x30)))), "unexpected tag"),
        (
            signed_data(VERSION, NONE, sequence(DATA, tlv(0xA0, tlv(0x04), tlv(0x04)))),
            "does not end where it should",
        ),
        (
            signed_data(VERSION, NONE, sequence(DATA, tlv(0xA0, tlv(0x24, b"\x24\x80\0\0")))),
            "unexpected tag",
        ),
        (signed_data(VERSION, NONE, KIND) + b"x", "bytes follow"),
        (b"\x30\x89" + bytes(9), "a length cannot be read"),
        (b"\x30\x82\x01", "a length cannot be read"),
        (b"\x30\x7f" + SIGNED, "beyond its container"),
        (sequence(SIGNED, b"\xa0\x03\x30\x80" + VERSION), "ends too early"),
        (sequence(SIGNED, b"\xa0\x04\x30\x80\x02\x01\x01"), "ends too early"),
    ],
)
def test_what_is_refused(data: bytes, why: str) -> None:
    assert why in str(refused(data))


def test_a_value_that_ends_behind_the_one_around_it(around: bytes) -> None:
    """An open end inside must not lead out of a value whose length is said."""
    head, kind, behind = parts_of(around)
    inner = indefinite(0x30, head, kind, behind)
    cut = b"\xa0\x82" + (len(inner) - 1).to_bytes(2) + inner
    data = sequence(SIGNED, cut)
    assert "does not end where it should" in str(refused(data))


def test_limits(monkeypatch: pytest.MonkeyPatch, around: bytes) -> None:
    pieces = tlv(0x24, *(tlv(0x04, b"x") for _ in range(4)))
    data = with_content(around, pieces)
    monkeypatch.setattr(cms_file, "_MAX_PIECES", 3)
    assert "too many pieces" in str(refused(data))
    monkeypatch.setattr(cms_file, "MAX_CMS_BYTES", 100)
    assert "a value of" in str(refused(around))


class Huge:
    """A CMS around 100 MB that are nowhere, as a source; remembers the longest reading."""

    def __init__(self, around: bytes) -> None:
        head, _, behind = parts_of(around)
        self._length = 100_000_000
        octets = b"\x04\x84" + self._length.to_bytes(4)
        before, total = octets, self._length
        for tag, front, back in (
            (0xA0, b"", b""),
            (0x30, DATA, b""),
            (0x30, head, behind),
            (0xA0, b"", b""),
            (0x30, SIGNED, b""),
        ):
            inside = len(front) + len(before) + total
            header = bytes((tag, 0x84)) + (inside + len(back)).to_bytes(4)
            before, total = header + front + before, total + len(back)
        self._before, self._behind = before, behind
        self.size = len(before) + self._length + len(behind)
        self.longest = 0

    def pread(self, offset: int, length: int) -> bytes:
        self.longest = max(self.longest, length)
        end, start = min(offset + length, self.size), len(self._before)
        head = self._before[offset:end]
        tail = self._behind[
            max(0, offset - start - self._length) : max(0, end - start - self._length)
        ]
        return head + bytes(end - offset - len(head) - len(tail)) + tail


def test_content_of_any_size_is_never_in_memory(around: bytes) -> None:
    source = Huge(around)
    tracemalloc.start()
    try:
        found = open_cms(source)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.content is not None
    assert sum(length for _, length in found.content) == 100_000_000
    assert found.bare == open_cms(MemorySource(around)).bare
    assert source.longest <= CHUNK
    assert peak < 2_000_000
    assert certificates_beside(source)
