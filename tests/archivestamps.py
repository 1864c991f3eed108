"""Archive time-stamps put together by hand from EN 319 122-1 §5.5, each part as a test wants it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, cms, core

from antin.pki.der_write import oid, sequence, tlv
from tests.smallpki import CmsShape, Holder, make_token

ARCHIVE: Final = "0.4.0.1733.2.4"
INDEX: Final = "0.4.0.19122.1.5"
STAMP: Final = "1.2.840.113549.1.9.16.2.14"
CERTIFICATES: Final = "1.2.840.113549.1.9.16.2.23"
REVOCATION: Final = "1.2.840.113549.1.9.16.2.24"
Pieces = list[bytes]


def everything(pieces: Pieces) -> Pieces:
    return pieces


def nothing(_: Pieces) -> Pieces:
    return []


@dataclass(frozen=True)
class ArchiveShape:
    """How an archive time-stamp is made; the defaults are those of a good one."""

    digest: str = "sha256"
    index_digest: str | None = None
    certificates: Callable[[Pieces], Pieces] = everything
    """Which of the file's pieces the list names."""
    crls: Callable[[Pieces], Pieces] = everything
    values: Callable[[Pieces], Pieces] = everything
    index: Callable[[bytes], bytes] = lambda der: der
    indexes: int = 1
    stamped: Callable[[bytes], bytes] = lambda data: data
    """Changes what is stamped."""
    signer: int = 0


GOOD: Final = ArchiveShape()


def without(*unwanted: bytes) -> Callable[[Pieces], Pieces]:
    """Return what leaves out the pieces that end with one of ``unwanted``."""
    return lambda pieces: [p for p in pieces if not p.endswith(unwanted)]


def archive_stamped(
    data: bytes, content: bytes, tsa: Holder, moment: datetime, shape: ArchiveShape = GOOD
) -> bytes:
    """Return the CMS ``data`` with an archive time-stamp over it and ``content``."""
    signed = cms.ContentInfo.load(data)["content"]
    info = signed["signer_infos"][shape.signer]
    index = shape.index(_index(signed, info, shape))
    parts = [
        signed["encap_content_info"]["content_type"].dump(),
        hashlib.new(shape.digest, content).digest(),
        *(info[name].dump() for name in _FIELDS),
        index,
    ]
    imprint = hashlib.new(shape.digest, shape.stamped(b"".join(parts))).digest()
    made = CmsShape(unsigned=((INDEX, index),) * shape.indexes)
    token = make_token(tsa, imprint, moment, shape.digest, shape=made)
    return with_unsigned(data, ARCHIVE, token, signer=shape.signer)


_FIELDS: Final = (
    "version",
    "sid",
    "digest_algorithm",
    "signed_attrs",
    "signature_algorithm",
    "signature",
)


def _index(signed: Any, info: Any, shape: ArchiveShape) -> bytes:
    name = shape.index_digest or shape.digest
    values = [
        attribute["type"].dump() + value.dump()
        for attribute in _unsigned(info)
        for value in attribute["values"]
    ]
    chosen = (
        shape.certificates([one.dump() for one in signed["certificates"]]),
        shape.crls([one.dump() for one in signed["crls"] or ()]),
        shape.values(values),
    )
    lists = (
        sequence(*(tlv(0x04, hashlib.new(name, one).digest()) for one in pieces))
        for pieces in chosen
    )
    return sequence(algos.DigestAlgorithm({"algorithm": name}).dump(), *lists)


def _unsigned(info: Any) -> Any:
    """Return the unsigned attributes as they lie, without a look into their values."""
    found = info["unsigned_attrs"]
    if isinstance(found, core.Void):
        return []
    return _Attributes.load(b"\x31" + found.dump()[1:])


class _Values(core.SetOf):  # type: ignore[misc]  # asn1crypto is untyped
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [("type", core.ObjectIdentifier), ("values", _Values)]  # noqa: RUF012 — as it wants


class _Attributes(core.SetOf):  # type: ignore[misc]  # as above
    _child_spec = _Attribute


def with_unsigned(data: bytes, kind: str, *values: bytes, signer: int = 0) -> bytes:
    """Return the CMS ``data`` with one more unsigned attribute, of ``values`` (DER)."""
    content = cms.ContentInfo.load(data)["content"]
    infos = [one.dump() for one in content["signer_infos"]]
    before = [one.dump() for one in _unsigned(content["signer_infos"][signer])]
    fields = b"".join(content["signer_infos"][signer][name].dump() for name in _FIELDS)
    added = sequence(oid(kind), tlv(0x31, *values))
    infos[signer] = sequence(fields, tlv(0xA1, *before, added))
    content["signer_infos"] = cms.SignerInfos.load(tlv(0x31, *infos))
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def with_listed(
    data: bytes, certificates: tuple[bytes, ...] = (), crls: tuple[bytes, ...] = ()
) -> bytes:
    """Return the CMS ``data`` with these certificates and CRLs beside its signers, no others."""
    content = cms.ContentInfo.load(data)["content"]
    if certificates:
        content["certificates"] = cms.CertificateSet.load(tlv(0x31, *certificates))
    content["crls"] = cms.RevocationInfoChoices.load(tlv(0x31, *crls)) if crls else None
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def value_of(data: bytes, signer: int = 0) -> bytes:
    """Return the signature value of a CMS."""
    return bytes(cms.ContentInfo.load(data)["content"]["signer_infos"][signer]["signature"].native)


def signature_stamped(
    data: bytes, tsa: Holder, moment: datetime, signer: int = 0
) -> tuple[bytes, bytes]:
    """Return the CMS ``data`` with a signature time-stamp, and the token."""
    token = make_token(tsa, hashlib.sha256(value_of(data, signer)).digest(), moment)
    return with_unsigned(data, STAMP, token, signer=signer), token


def archive_stamp_of(data: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Return the first archive time-stamp of a CMS, and the bytes that it should stamp."""
    signed = cms.ContentInfo.load(data)["content"]
    info = signed["signer_infos"][0]
    (token,) = (
        attribute["values"][0].dump()
        for attribute in _unsigned(info)
        if attribute["type"].dotted == ARCHIVE
    )
    stamping = cms.ContentInfo.load(token)["content"]
    (index,) = (
        attribute["values"][0].dump()
        for attribute in _unsigned(stamping["signer_infos"][0])
        if attribute["type"].dotted == INDEX
    )
    name = algos.DigestAlgorithm.load(core.Sequence.load(index)[0].dump())["algorithm"].native
    parts = (
        signed["encap_content_info"]["content_type"].dump(),
        hashlib.new(name, content).digest(),
        *(info[field].dump() for field in _FIELDS),
        index,
    )
    return token, b"".join(parts)
