"""A file that is a CMS SignedData: .p7s beside what it signs, .p7m around it; DER, BER or PEM.

The content inside may be as large as a file can be, so it is never read here: the container is
taken apart by its headers, the content left where it lies, and the rest, which is small, put
together again as a container without content (RFC 5652 §5.2). Everything in it that is signed or
digested stays as it was.
"""

import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from antin.core.bytesource import ByteSource, MemorySource
from antin.core.errors import InputError
from antin.core.limits import MAX_CMS_BYTES
from antin.pki.ber import to_der
from antin.pki.cms_attributes import CODE
from antin.pki.cms_structure import SIGNED_DATA, TST_INFO
from antin.pki.der_read import CONTEXT, OCTET_STRING, SEQUENCE
from antin.pki.der_write import oid, sequence, tlv

_SNIFFED: Final = 64
_SIGNED_DATA: Final = oid(SIGNED_DATA)
_TST_INFO: Final = oid(TST_INFO)
_HEADERS: Final = re.compile(
    rb"\x30(?:\x80|[\x00-\x7f]|[\x81-\x88].{1,8}?)" + re.escape(_SIGNED_DATA), re.DOTALL
)
_ARMOUR: Final = re.compile(
    rb"\s*-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----\r?\n"
    rb"([A-Za-z0-9+/=\s]+)-----END \1-----\s*"
)
_MAX_ARMOURED: Final = 96 << 20
"""Text of a PEM file; it is decoded in memory."""
_WINDOW: Final = 64 << 10
_MAX_PIECES: Final = 300_000
_MAX_PARTS: Final = 3
"""Certificates, CRLs and signers are all that follows the content (RFC 5652 §5.1)."""
_PIECES: Final = 0x24
"""An octet string in pieces, as programs write it that do not know its length yet."""

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class CmsFile:
    """A container in a file, taken apart."""

    source: ByteSource = field(repr=False)
    """The container's bytes, without PEM around them."""
    bare: bytes = field(repr=False)
    """The container without its content."""
    content: Ranges | None = field(repr=False)
    """(offset, length) in ``source`` of the content, in order; None: it is elsewhere."""
    lenient: bool = False
    """Whether lengths around the content are those of BER."""


def is_cms(source: ByteSource) -> bool:
    """Tell whether ``source`` starts as a CMS SignedData does, in DER, BER or PEM."""
    head = source.pread(0, _SNIFFED)
    return _HEADERS.match(head) is not None or head.lstrip().startswith(
        (b"-----BEGIN CMS-----", b"-----BEGIN PKCS7-----", b"-----BEGIN PKCS #7 SIGNED DATA-----")
    )


def open_cms(source: ByteSource) -> CmsFile:
    """Take the container in ``source`` apart.

    Errors: ``cms_malformed``, also for more than 8 MiB besides the content; ``file_unreadable``.
    """
    source = _without_armour(source)
    reader = _Reader(source)
    outer = reader.enter(SEQUENCE)
    if reader.raw(outer) != _SIGNED_DATA:
        raise reader.wrong("it is no SignedData")
    explicit = reader.enter(CONTEXT, outer)
    signed = reader.enter(SEQUENCE, explicit)
    head = reader.raw(signed) + reader.raw(signed)  # version, digest algorithms
    encapsulated = reader.enter(SEQUENCE, signed)
    kind = reader.raw(encapsulated)
    content = _content(reader, encapsulated)
    reader.leave(encapsulated)
    rest = list[bytes]()
    while reader.more(signed):
        rest.append(reader.raw(signed))
        if len(rest) > _MAX_PARTS:
            raise reader.wrong("something follows that does not belong here")
    for one in (signed, explicit, outer):
        reader.leave(one)
    reader.finish()
    parts = sequence(head, sequence(kind), *rest)
    bare = sequence(_SIGNED_DATA, tlv(CONTEXT, parts))
    return CmsFile(source, bare, content, lenient=reader.lenient)


def wants_content(source: ByteSource) -> bool:
    """Tell whether ``source`` is a CMS that signs something outside it. Never raises for bytes."""
    if not is_cms(source):
        return False
    try:
        found = open_cms(source)
    except InputError:
        return False
    return found.content is None or _TST_INFO in found.bare[:_SNIFFED]


def _content(reader: "_Reader", encapsulated: "_Open") -> Ranges | None:
    """Step over the content, if there is any, and return where it lies."""
    if not reader.more(encapsulated):
        return None
    explicit = reader.enter(CONTEXT, encapsulated)
    found = _pieces(reader, explicit) if reader.tag() == _PIECES else _whole(reader, explicit)
    reader.leave(explicit)
    return found


def _whole(reader: "_Reader", explicit: "_Open") -> Ranges:
    return (reader.skip(OCTET_STRING, explicit),)


def _pieces(reader: "_Reader", explicit: "_Open") -> Ranges:
    pieces = reader.enter(_PIECES, explicit)
    reader.lenient = True
    found = []
    while reader.more(pieces):
        found.append(reader.skip(OCTET_STRING, pieces))
        if len(found) > _MAX_PIECES:
            raise reader.wrong("content in too many pieces")
    reader.leave(pieces)
    return tuple(found)


def _without_armour(source: ByteSource) -> ByteSource:
    if source.pread(0, 1) == bytes((SEQUENCE,)):
        return source
    if source.size > _MAX_ARMOURED:
        raise InputError(CODE, detail=f"more than {_MAX_ARMOURED} bytes of PEM")
    found = _ARMOUR.fullmatch(source.pread(0, source.size))
    try:
        data = binascii.a2b_base64(b"".join(found[2].split()), strict_mode=True) if found else b""
    except binascii.Error:
        data = b""
    if not data:
        raise InputError(CODE, detail="it is neither DER nor PEM")
    return MemorySource(data)


class _Open:
    """A constructed value that is being read."""

    __slots__ = ("end",)

    def __init__(self, end: int | None) -> None:
        self.end = end
        """Where it ends; None: at end-of-contents (X.690 §8.1.5)."""


class _Reader:
    """Reads BER by its headers, one after another, from a source of any size."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._at = 0
        self._start, self._window = 0, b""
        self.lenient = False

    def tag(self) -> int:
        """Return the next identifier byte; -1 at the end."""
        return self._bytes(self._at, 1)[0] if self._at < self._source.size else -1

    def enter(self, tag: int, inside: _Open | None = None) -> _Open:
        """Go into the next value, which must have ``tag``."""
        start, length = self._header(tag, inside)
        self._at = start
        return _Open(None if length is None else start + length)

    def skip(self, tag: int, inside: _Open) -> tuple[int, int]:
        """Step over the next value, a primitive one, and return where its content lies."""
        start, said = self._header(tag, inside)
        length = said or 0  # only constructed values have open ends
        self._at = start + length
        return start, length

    def raw(self, inside: _Open) -> bytes:
        """Return the next value as it lies; in BER, as DER has it where that is all the same."""
        begin = self._at
        start, length = self._header(None, inside)
        if length is not None:
            self._at = start + length
            if self._at - begin > MAX_CMS_BYTES:
                raise self.wrong(f"a value of {length} bytes")
            return self._source.pread(begin, self._at - begin)
        limit = self._limit(inside)
        data = self._source.pread(begin, min(MAX_CMS_BYTES, limit - begin))
        length = to_der(data, CODE)[1]
        self._at = begin + length
        return data[:length]

    def more(self, inside: _Open) -> bool:
        """Tell whether anything is left in ``inside``."""
        if inside.end is not None:
            return self._at < inside.end
        return self._bytes(self._at, 2) != b"\x00\x00"

    def leave(self, inside: _Open) -> None:
        """Come to the end of ``inside``, where nothing may be left."""
        if self.more(inside) or self._at > (inside.end or self._at):
            raise self.wrong("a value does not end where it should")
        if inside.end is None:
            self._at += 2

    def finish(self) -> None:
        """Raise unless the file ends here; a line end or zeros may follow, nothing else."""
        left = self._source.size - self._at
        if left > _WINDOW or self._bytes(self._at, left).strip(b"\x00\r\n"):
            raise self.wrong("bytes follow the value")

    def wrong(self, detail: str) -> InputError:
        """Return the error that says ``detail``, with the offset it is about."""
        return InputError(CODE, detail=f"{detail}, at byte {self._at}", offset=self._at)

    def _limit(self, inside: _Open | None) -> int:
        end = None if inside is None else inside.end
        return self._source.size if end is None else min(end, self._source.size)

    def _header(self, tag: int | None, inside: _Open | None) -> tuple[int, int | None]:
        """Return where the next value's content starts and how long it is; None: indefinite."""
        head = self._bytes(self._at, 10)
        if len(head) < 2 or head[0] & 0x1F == 0x1F:
            raise self.wrong("it ends too early")
        if tag is not None and head[0] != tag:
            raise self.wrong(f"unexpected tag {head[0]:#04x}")
        count, length = 0, head[1]
        if length == 0x80 and head[0] & 0x20:
            self.lenient = True
            return self._at + 2, None
        if length >= 0x80:
            count = length & 0x7F
            if not 1 <= count <= 8 or len(head) < 2 + count:
                raise self.wrong("a length cannot be read")
            length = int.from_bytes(head[2 : 2 + count], "big")
            self.lenient |= length < 0x80 or length >> (8 * (count - 1)) == 0
        start = self._at + 2 + count
        if start + length > self._limit(inside):
            raise self.wrong("a value reaches beyond its container")
        return start, length

    def _bytes(self, at: int, count: int) -> bytes:
        """Return up to ``count`` bytes at ``at``; headers lie close together, so read ahead."""
        if not self._start <= at <= at + count <= self._start + len(self._window):
            self._start, self._window = at, self._source.pread(at, _WINDOW)
        begin = at - self._start
        return self._window[begin : begin + count]
