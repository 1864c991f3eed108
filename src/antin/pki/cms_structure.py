"""The parts of a CMS SignedData in their order, split off by their tags alone (RFC 5652 §5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.pki.cms_attributes import (
    CODE,
    SignedAttributes,
    read_signed,
    read_unsigned,
    signature_timestamps,
)
from antin.pki.cms_unsigned import StoredValues, read_values
from antin.pki.der_read import CONTEXT, INTEGER, OCTET_STRING, SEQUENCE, SET, Cursor, whole
from antin.pki.revocation import RevocationData

MAX_CERTIFICATES: Final = 200
"""In one CMS; a path needs a handful. As many CRLs and OCSP answers."""
MAX_SIGNERS: Final = 100
"""In one CMS; a file that this many signed is judged, one after the other."""
DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
_MAX_DIGESTS: Final = 20


@dataclass(frozen=True)
class Listed:
    """Members of the sets certificates and crls, each as it lies, of whatever kind."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class SignedData:
    """The outer parts, in their order (RFC 5652 §5.1)."""

    version: int
    digests: tuple[bytes, ...]
    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    revocation: RevocationData
    listed: "Listed"
    least_version: int
    """That the certificates and revocation data ask for."""
    signers: tuple[Cursor, ...]


@dataclass(frozen=True)
class Signer:
    """One SignerInfo, in its order (RFC 5652 §5.3)."""

    version: int
    issuer: bytes | None
    serial: int | None
    key_identifier: bytes | None
    digest: bytes
    attributes: SignedAttributes | None
    algorithm: bytes
    signature: bytes
    timestamps: tuple[bytes, ...]
    stored: StoredValues
    fields: bytes
    """All of it before the unsigned attributes, as it lies."""
    unsigned: Mapping[str, tuple[bytes, ...]]


def signed_data(der: bytes) -> SignedData:
    """Return the outer parts of the SignedData that ``der`` is. Error: ``cms_malformed``."""
    return _parts(_content_of(der))


def _content_of(der: bytes) -> Cursor:
    info = whole(der, CODE)
    at, kind = info.at, info.oid()
    if kind != SIGNED_DATA:
        raise info.wrong("it is no SignedData", at)
    explicit = info.enter(CONTEXT)
    info.finish()
    signed = explicit.enter()
    explicit.finish()
    return signed


def _parts(cursor: Cursor) -> SignedData:
    at, version = cursor.at, cursor.integer()
    if version not in {1, 3, 4, 5}:
        raise cursor.wrong(f"version {version} of SignedData", at)
    digests = _several(cursor.enter(SET), _MAX_DIGESTS, "digest algorithms")
    content_type, content = _encapsulated(cursor.enter(SEQUENCE))
    listed = Listed(
        _several(cursor.enter_optional(CONTEXT), MAX_CERTIFICATES, "certificates"),
        _several(cursor.enter_optional(CONTEXT + 1), MAX_CERTIFICATES, "revocation data"),
    )
    certificates, by_certificates = _certificates(listed.certificates)
    revocation, by_crls = revocation_of(listed.revocation)
    signers = cursor.enter(SET)
    cursor.finish()
    found = []
    while signers:
        found.append(signers.enter())
        if len(found) > MAX_SIGNERS:
            raise signers.wrong(f"more than {MAX_SIGNERS} signers")
    least = max(by_certificates, by_crls, 1 if content_type == DATA else 3)
    return SignedData(
        version,
        digests,
        content_type,
        content,
        certificates,
        revocation,
        listed,
        least,
        tuple(found),
    )


def _encapsulated(cursor: Cursor) -> tuple[str, bytes | None]:
    content_type = cursor.oid()
    explicit = cursor.enter_optional(CONTEXT)
    cursor.finish()
    if explicit is None:
        return content_type, None
    content = explicit.body(OCTET_STRING)
    explicit.finish()
    return content_type, content


def _certificates(listed: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], int]:
    """Return the X.509 certificates; and the version that what lies beside them asks for."""
    asked = {CONTEXT + 1: 3, CONTEXT + 2: 4, CONTEXT + 3: 5}
    least = max((asked.get(one[0], 1) for one in listed), default=1)
    return tuple(one for one in listed if one[0] == SEQUENCE), least


def revocation_of(listed: tuple[bytes, ...]) -> tuple[RevocationData, int]:
    """Return CRLs and OCSP answers (RFC 5940), and the version that they ask for.

    Other kinds are left aside. Error: ``cms_malformed``.
    """
    crls = tuple(one for one in listed if one[0] == SEQUENCE)
    ocsps = []
    for one in listed:
        other = Cursor(one, CODE).enter_optional(CONTEXT + 1)
        if other is not None and other.oid() == _OCSP_RESPONSE:
            ocsps.append(other.raw(SEQUENCE))
    return RevocationData(crls=crls, ocsps=tuple(ocsps)), 5 if len(crls) < len(listed) else 1


def _several(cursor: Cursor | None, limit: int, what: str) -> tuple[bytes, ...]:
    found = []
    while cursor:
        found.append(cursor.raw())
        if len(found) > limit:
            raise cursor.wrong(f"more than {limit} {what}")
    return tuple(found)


def signer_info(cursor: Cursor) -> Signer:
    """Read one SignerInfo to its end. Errors: ``cms_malformed``."""
    begin = at = cursor.at
    version = cursor.integer()
    issuer = serial = key = None
    identifier = cursor.enter_optional(SEQUENCE)
    if identifier is not None:
        issuer, serial = identifier.raw(SEQUENCE), identifier.integer(INTEGER)
        identifier.finish()
    else:
        key = cursor.body(0x80)
    if version != (1 if key is None else 3):
        raise cursor.wrong(f"version {version} of SignerInfo", at)
    digest = cursor.raw(SEQUENCE)
    attributes = read_signed(cursor)
    algorithm = cursor.raw(SEQUENCE)
    signature = cursor.body(OCTET_STRING)
    fields = cursor.data[begin : cursor.at]
    unsigned = read_unsigned(cursor)
    cursor.finish()
    return Signer(
        version=version,
        issuer=issuer,
        serial=serial,
        key_identifier=key,
        digest=digest,
        attributes=attributes,
        algorithm=algorithm,
        signature=signature,
        timestamps=signature_timestamps(unsigned),
        stored=read_values(unsigned),
        fields=fields,
        unsigned=unsigned,
    )
