"""A CMS SignedData with one signer, read once and strictly (RFC 5652)."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from antin.core.digests import digest_of, same
from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_CMS_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm, read_digest
from antin.pki.certificates import Certificate, key_identifier, load_readable
from antin.pki.cms_attributes import (
    CODE,
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_TIME,
    UNSORTED,
    SignedAttributes,
    archived_revocation,
    check_protection,
    read_signed,
    read_unsigned,
    signature_timestamps,
)
from antin.pki.der import read_leniently, translated
from antin.pki.der_read import (
    CONTEXT,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Cursor,
    content_of,
    whole,
)
from antin.pki.ess import EssCertificate, read_ess
from antin.pki.names import same_name
from antin.pki.revocation import RevocationData
from antin.pki.signature_values import value_fits

MAX_CERTIFICATES: Final = 200
"""In one CMS; a path needs a handful. As many CRLs and OCSP answers."""
DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
_MAX_DIGESTS: Final = 20
_VERSION: Final = "its version is not the one that its content asks for"
_UNLISTED: Final = "its digest algorithm is not among those announced"
_TWO_DIGESTS: Final = "it names two digest algorithms"


@dataclass(frozen=True)
class ParsedSignature:
    """A signature as its bytes say; nothing in it is believed yet."""

    der: bytes = field(repr=False)
    """As it lies there, without the padding that followed it."""
    content_type: str
    """OID of the encapsulated content."""
    content: bytes | None = field(repr=False)
    """Encapsulated content; None for a detached signature."""
    digest: str
    """Digest algorithm over the content."""
    algorithm: ValueAlgorithm
    signature: bytes = field(repr=False)
    signed_attributes: bytes | None = field(repr=False)
    """DER SET OF, as it is hashed; None: the content itself is signed."""
    message_digest: bytes | None
    claimed_time: datetime | None
    ess: EssCertificate | None
    certificates: tuple[bytes, ...] = field(repr=False)
    issuer: bytes | None
    """DER name of the signer's issuer, with ``serial``; else ``key_identifier``."""
    serial: int | None
    key_identifier: bytes | None
    timestamps: tuple[bytes, ...] = field(repr=False)
    """Signature time-stamp tokens (EN 319 122-1 §5.3)."""
    revocation: RevocationData = field(repr=False)
    """What came along: CMS crls, RFC 5940 answers and adbe-revocationInfoArchival."""
    deviations: tuple[str, ...] = ()
    """What breaks RFC 5652 or DER and was put up with, as sentences without a full stop."""


def parse_signature(data: bytes) -> ParsedSignature:
    """Read one CMS SignedData; zero padding may follow.

    Errors: ``cms_malformed`` with the offset where it can be told, ``algorithm_forbidden``.
    """
    with translated(CODE):
        return read_leniently(data, MAX_CMS_BYTES, CODE, _read)


def find_signer(parsed: ParsedSignature, more: tuple[Certificate, ...] = ()) -> Certificate | None:
    """Return the certificate that the SignerInfo names, from the CMS or from ``more``."""
    for certificate in (*load_readable(parsed.certificates), *more):
        if _names(parsed, certificate):
            return certificate
    return None


def ess_matches(parsed: ParsedSignature, certificate: Certificate) -> bool | None:
    """Tell whether signing-certificate names ``certificate``; None: the attribute is missing."""
    ess = parsed.ess
    if ess is None:
        return None
    if ess.serial is not None and ess.serial != certificate.parsed.serial_number:
        return False
    return same(digest_of(certificate.der, ess.digest), ess.value)


def check_value(parsed: ParsedSignature, certificate: Certificate, content_digest: bytes) -> bool:
    """Tell whether the signature value is the certificate's (RFC 5652 §5.6).

    ``content_digest`` (by ``parsed.digest``) counts only without signed attributes; with them the
    caller compares it with ``message_digest``. Error: ``algorithm_forbidden``.
    """
    key = certificate.public_key
    if parsed.signed_attributes is not None:
        return value_fits(parsed.algorithm, key, parsed.signature, parsed.signed_attributes)
    if parsed.algorithm.digest != parsed.digest:
        return False
    return value_fits(parsed.algorithm, key, parsed.signature, content_digest, hashed=True)


@dataclass(frozen=True)
class _SignedData:
    """The outer parts, in their order (RFC 5652 §5.1)."""

    version: int
    digests: tuple[bytes, ...]
    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    revocation: RevocationData
    least_version: int
    """That the certificates and revocation data ask for."""
    signer: Cursor


@dataclass(frozen=True)
class _Signer:
    """The one SignerInfo, in its order (RFC 5652 §5.3)."""

    version: int
    issuer: bytes | None
    serial: int | None
    key_identifier: bytes | None
    digest: bytes
    attributes: SignedAttributes | None
    algorithm: bytes
    signature: bytes
    timestamps: tuple[bytes, ...]


def _read(lying: bytes, der: bytes, deviations: tuple[str, ...]) -> ParsedSignature:
    # 1. The outer structure, to its end; each part is split off by its tag alone.
    outer = _signed_data(_content_of(der))
    # 2. Its only signer.
    signer = _signer_info(outer.signer)
    # 3. Algorithms; the signer may have protected them against exchange.
    digest = read_digest(signer.digest, CODE)
    algorithm = read_algorithm(signer.algorithm, digest, CODE)
    attributes = signer.attributes
    if attributes is not None:
        # 4. What is hashed must lie in DER: nobody else would hash what we made of it.
        if lying is not der and content_of(attributes.der) not in lying:
            raise InputError(CODE, detail="its signed attributes are not in DER")
        check_protection(attributes, digest, algorithm)
    # 5. The signed attributes name this content (RFC 5652 §5.3, §11.1, §11.2).
    message_digest = _message_digest(attributes, outer.content_type)
    return ParsedSignature(
        der=lying,
        content_type=outer.content_type,
        content=outer.content,
        digest=digest,
        algorithm=algorithm,
        signature=signer.signature,
        signed_attributes=attributes.der if attributes else None,
        message_digest=message_digest,
        claimed_time=attributes.time(SIGNING_TIME) if attributes else None,
        ess=read_ess(attributes),
        certificates=outer.certificates,
        issuer=signer.issuer,
        serial=signer.serial,
        key_identifier=signer.key_identifier,
        timestamps=signer.timestamps,
        revocation=outer.revocation + archived_revocation(attributes),
        deviations=deviations + _deviations(outer, signer, digest, algorithm),
    )


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


def _signed_data(cursor: Cursor) -> _SignedData:
    at, version = cursor.at, cursor.integer()
    if version not in {1, 3, 4, 5}:
        raise cursor.wrong(f"version {version} of SignedData", at)
    digests = _several(cursor.enter(SET), _MAX_DIGESTS, "digest algorithms")
    content_type, content = _encapsulated(cursor.enter(SEQUENCE))
    certificates, by_certificates = _certificates(cursor.enter_optional(CONTEXT))
    revocation, by_crls = _revocation(cursor.enter_optional(CONTEXT + 1))
    signers = cursor.enter(SET)
    cursor.finish()
    found = _several(signers, MAX_CERTIFICATES, "signers")
    if len(found) != 1:
        raise cursor.wrong(f"{len(found)} signers")
    signer = Cursor(cursor.data, CODE, signers.end - len(found[0]), signers.end).enter()
    least = max(by_certificates, by_crls, 1 if content_type == DATA else 3)
    return _SignedData(
        version, digests, content_type, content, certificates, revocation, least, signer
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


def _certificates(cursor: Cursor | None) -> tuple[tuple[bytes, ...], int]:
    """Return the X.509 certificates; and the version that what lies beside them asks for."""
    listed = () if cursor is None else _several(cursor, MAX_CERTIFICATES, "certificates")
    asked = {CONTEXT + 1: 3, CONTEXT + 2: 4, CONTEXT + 3: 5}
    least = max((asked.get(one[0], 1) for one in listed), default=1)
    return tuple(one for one in listed if one[0] == SEQUENCE), least


def _revocation(cursor: Cursor | None) -> tuple[RevocationData, int]:
    """Return CRLs and OCSP answers (RFC 5940); other kinds are left aside."""
    listed = () if cursor is None else _several(cursor, MAX_CERTIFICATES, "revocation data")
    crls = tuple(one for one in listed if one[0] == SEQUENCE)
    ocsps = []
    for one in listed:
        if one[0] == CONTEXT + 1:
            other = whole(one, CODE, CONTEXT + 1)
            if other.oid() == _OCSP_RESPONSE:
                ocsps.append(other.raw(SEQUENCE))
    return RevocationData(crls=crls, ocsps=tuple(ocsps)), 5 if len(crls) < len(listed) else 1


def _several(cursor: Cursor, limit: int, what: str) -> tuple[bytes, ...]:
    found = []
    while cursor:
        found.append(cursor.raw())
        if len(found) > limit:
            raise cursor.wrong(f"more than {limit} {what}")
    return tuple(found)


def _signer_info(cursor: Cursor) -> _Signer:
    at, version = cursor.at, cursor.integer()
    issuer = serial = key = None
    if cursor.tag() == SEQUENCE:
        identifier = cursor.enter(SEQUENCE)
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
    timestamps = signature_timestamps(read_unsigned(cursor))
    cursor.finish()
    return _Signer(
        version, issuer, serial, key, digest, attributes, algorithm, signature, timestamps
    )


def _message_digest(attributes: SignedAttributes | None, content_type: str) -> bytes | None:
    if attributes is None:
        if content_type != DATA:
            raise InputError(CODE, detail="signed attributes are missing")
        return None
    if attributes.oid(CONTENT_TYPE) != content_type:
        raise InputError(CODE, detail="content-type does not fit the content")
    return attributes.octets(MESSAGE_DIGEST)


def _deviations(
    outer: _SignedData, signer: _Signer, digest: str, algorithm: ValueAlgorithm
) -> tuple[str, ...]:
    """Return what programs get wrong and what changes nothing of what was signed."""
    found = {
        _VERSION: outer.version != max(outer.least_version, signer.version),
        _UNLISTED: signer.digest not in outer.digests and not _announced(outer.digests, digest),
        _TWO_DIGESTS: algorithm.digest != digest,
        UNSORTED: signer.attributes is not None and not signer.attributes.sorted,
    }
    return tuple(what for what, there in found.items() if there)


def _announced(digests: tuple[bytes, ...], digest: str) -> bool:
    for one in digests:
        with suppress(InputError, RefusedError):
            if read_digest(one, CODE) == digest:
                return True
    return False


def _names(parsed: ParsedSignature, certificate: Certificate) -> bool:
    if parsed.key_identifier is not None:
        return key_identifier(certificate) == parsed.key_identifier
    if certificate.parsed.serial_number != parsed.serial or parsed.issuer is None:
        return False
    return same_name(certificate.issuer_name, parsed.issuer)
