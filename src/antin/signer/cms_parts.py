"""A CMS SignedData in parts, to be put together again with more in it (RFC 5652 §5).

Only what nobody signed becomes longer: certificates, revocation data, unsigned attributes. Whatever
is signed or digested stays as it lies. The content may be inside and of any size, and is copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK
from antin.core.errors import InputError
from antin.pki import der_write as der
from antin.pki.ber import to_der
from antin.pki.cms_attributes import CODE
from antin.pki.cms_file import CmsFile, Ranges
from antin.pki.cms_structure import SIGNED_DATA
from antin.pki.der_read import CONTEXT, INTEGER, SEQUENCE, SET, Cursor, whole
from antin.pki.revocation import RevocationData

_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
_WITH_OTHER_REVOCATION: Final = 5
"""The version of a SignedData with OCSP answers in it (RFC 5652 §5.1)."""


@dataclass(frozen=True)
class SignerParts:
    """One SignerInfo."""

    fields: bytes = field(repr=False)
    """All of it before the unsigned attributes."""
    unsigned: tuple[bytes, ...] = field(default=(), repr=False)
    """Attributes, each whole, in their order."""

    def encoded(self) -> bytes:
        """Return it as DER."""
        unsigned = der.tlv(CONTEXT + 1, *self.unsigned) if self.unsigned else b""
        return der.sequence(self.fields, unsigned)

    def with_attribute(self, kind: str, value: bytes) -> "SignerParts":
        """Return it with one more attribute, of one value (DER)."""
        added = der.sequence(der.oid(kind), der.set_of(value))
        return replace(self, unsigned=tuple(sorted((*self.unsigned, added))))


@dataclass(frozen=True)
class CmsParts:
    """A SignedData; the content, if it is inside, lies where it lay."""

    version: int
    digests: bytes = field(repr=False)
    kind: bytes = field(repr=False)
    """Type of the content, DER."""
    certificates: tuple[bytes, ...] = field(repr=False)
    revocation: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerParts, ...] = field(repr=False)

    def with_data(self, data: RevocationData) -> "CmsParts":
        """Return it with what it lacks of ``data`` (EN 319 122-1 §6.3, requirements d, o to r)."""
        ocsps = (der.tlv(CONTEXT + 1, der.oid(_OCSP_RESPONSE), one) for one in data.ocsps)
        certificates = tuple(dict.fromkeys((*self.certificates, *data.certificates)))
        revocation = tuple(dict.fromkeys((*self.revocation, *data.crls, *ocsps)))
        other = any(one[0] != SEQUENCE for one in revocation)
        version = max(self.version, _WITH_OTHER_REVOCATION) if other else self.version
        return replace(self, version=version, certificates=certificates, revocation=revocation)

    def with_attribute(self, fields: bytes, kind: str, value: bytes) -> "CmsParts":
        """Return it with one more unsigned attribute, of one value (DER), of the signer ``fields``.

        Signers go by their fields: in DER their order is that of their bytes.
        """
        signers = (
            one.with_attribute(kind, value) if one.fields == fields else one for one in self.signers
        )
        return replace(self, signers=tuple(signers))

    def encoded(self) -> bytes:
        """Return the ContentInfo (DER), its content left out."""
        before, after = self.around(None)
        return before + after

    def around(self, size: int | None) -> tuple[bytes, bytes]:
        """Return what stands before and after the content, of ``size`` bytes; None: none inside."""
        octets = explicit = b""
        if size is not None:
            octets = der.header(der.OCTET_STRING, size)
            explicit = der.header(CONTEXT, len(octets) + size)
        inside = len(octets) + len(explicit) + (size or 0)
        encapsulated = der.header(SEQUENCE, len(self.kind) + inside) + self.kind + explicit + octets
        head = der.integer(self.version) + self.digests + encapsulated
        rest = _set(CONTEXT, self.certificates) + _set(CONTEXT + 1, self.revocation)
        rest += der.set_of(*(one.encoded() for one in self.signers))
        outer = len(head) + (size or 0) + len(rest)
        signed_data = der.oid(SIGNED_DATA)
        parts = der.header(SEQUENCE, outer)
        tagged = der.header(CONTEXT, len(parts) + outer)
        start = der.header(SEQUENCE, len(signed_data) + len(tagged) + len(parts) + outer)
        return start + signed_data + tagged + parts + head, rest


def parts_of(file: CmsFile) -> CmsParts:
    """Take a CMS file apart that was read as a signature before. Error: ``cms_malformed``."""
    try:
        return _parts(file.bare)
    except InputError:
        return _parts(to_der(file.bare, CODE)[0])


def written(parts: CmsParts, file: CmsFile) -> Iterator[bytes]:
    """Yield the bytes of ``parts`` with the content that is inside ``file``, if any is.

    Error: ``file_unreadable`` when the content can't be read to its end.
    """
    if file.content is None:
        yield parts.encoded()
        return
    before, after = parts.around(sum(length for _, length in file.content))
    yield before
    yield from _copied(file.source, file.content)
    yield after


def _parts(data: bytes) -> CmsParts:
    info = whole(data, CODE)
    info.oid()
    signed = info.enter(CONTEXT).enter(SEQUENCE)
    version, digests = signed.integer(INTEGER), signed.raw(SET)
    kind = signed.enter(SEQUENCE).raw()
    certificates = _members(signed.enter_optional(CONTEXT))
    revocation = _members(signed.enter_optional(CONTEXT + 1))
    signers = tuple(_signer(one) for one in _members(signed.enter(SET)))
    return CmsParts(version, digests, kind, certificates, revocation, signers)


def _signer(data: bytes) -> SignerParts:
    cursor = whole(data, CODE)
    members = _members(cursor)
    unsigned: tuple[bytes, ...] = ()
    if members[-1][0] == CONTEXT + 1:
        unsigned = _members(Cursor(members[-1], CODE).enter(CONTEXT + 1))
        members = members[:-1]
    return SignerParts(b"".join(members), unsigned)


def _members(cursor: Cursor | None) -> tuple[bytes, ...]:
    found = []
    while cursor:
        found.append(cursor.raw())
    return tuple(found)


def _set(tag: int, members: tuple[bytes, ...]) -> bytes:
    return der.set_of(*members, tag=tag) if members else b""


def _copied(source: ByteSource, ranges: Ranges) -> Iterator[bytes]:
    for offset, length in ranges:
        position, end = offset, offset + length
        while position < end:
            chunk = source.pread(position, min(CHUNK, end - position))
            if not chunk:
                raise InputError("file_unreadable", path="the content", reason="it was cut short")
            yield chunk
            position += len(chunk)
