"""A CMS SignedData, read once and strictly (RFC 5652): with one signer, or with any number."""

from collections.abc import Mapping
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
)
from antin.pki.cms_structure import DATA, Listed, SignedData, Signer, signed_data, signer_info
from antin.pki.der import read_leniently, translated
from antin.pki.der_read import Cursor, content_of
from antin.pki.ess import EssCertificate, read_ess
from antin.pki.names import same_name
from antin.pki.revocation import RevocationData
from antin.pki.signature_values import value_fits

_OVER_THE_WHOLE: Final = frozenset({"ed25519", "ed448"})
"""These sign bytes, not their digest: a gigabyte would have to be in memory (RFC 8419 §3.1)."""
_MAX_NAMESAKES: Final = 20
"""Certificates of one issuer and number whose keys are tried."""
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
    unjudged: tuple[str, ...] = ()
    """Attributes that are recognised, or not even that, and judged by nobody."""
    listed: Listed = field(default_factory=Listed)
    """Certificates and revocation data beside the signers, as they lie."""
    signer_fields: bytes = field(default=b"", repr=False)
    """What stands in the SignerInfo before its unsigned attributes, as it lies."""
    unsigned: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    """Values (DER) of the unsigned attributes by OID, in their order."""


Parsed = ParsedSignature | InputError | RefusedError
"""One signer of several; the error says why it can't be read."""


def parse_signature(data: bytes) -> ParsedSignature:
    """Read one CMS SignedData; zero padding may follow.

    Errors: ``cms_malformed`` with the offset where it can be told, ``algorithm_forbidden``.
    """
    with translated(CODE):
        return read_leniently(data, MAX_CMS_BYTES, CODE, _read)


def parse_signers(data: bytes) -> tuple[Parsed, ...]:
    """Read one CMS SignedData with any number of signers; none of them hides another.

    Errors: ``cms_malformed`` when it can't even be told who signed.
    """
    try:
        with translated(CODE):
            return read_leniently(data, MAX_CMS_BYTES, CODE, _read_all)
    except (InputError, RefusedError):
        with translated(CODE):
            return read_leniently(data, MAX_CMS_BYTES, CODE, _read_each)


def find_signer(parsed: ParsedSignature, more: tuple[Certificate, ...] = ()) -> Certificate | None:
    """Return the certificate that the SignerInfo names, from the CMS or from ``more``.

    Anybody can make another of the same issuer and number and put it first. Of several, the one
    that signing-certificate names counts, else one whose key made the value (EN 319 102-1 §5.2.3).
    """
    known = dict.fromkeys((*load_readable(parsed.certificates), *more))
    named = [certificate for certificate in known if _names(parsed, certificate)]
    if len(named) < 2:
        return named[0] if named else None
    attributes = parsed.signed_attributes
    if parsed.ess is not None:
        wanted = (one for one in named if ess_matches(parsed, one))
    elif attributes is not None:
        few = named[:_MAX_NAMESAKES]
        wanted = (one for one in few if _made_value(parsed, attributes, one))
    else:
        return named[0]
    return next(wanted, named[0])


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
    if parsed.algorithm.scheme in _OVER_THE_WHOLE:
        detail = f"{parsed.algorithm.scheme} over the content itself, without signed attributes"
        raise RefusedError("algorithm_forbidden", detail=detail)
    if parsed.algorithm.digest != parsed.digest:
        return False
    return value_fits(parsed.algorithm, key, parsed.signature, content_digest, hashed=True)


def _read(lying: bytes, der: bytes, deviations: tuple[str, ...]) -> ParsedSignature:
    found = _read_all(lying, der, deviations)
    if len(found) != 1:
        raise InputError(CODE, detail=f"{len(found)} signers")
    return found[0]


def _read_all(lying: bytes, der: bytes, deviations: tuple[str, ...]) -> tuple[ParsedSignature, ...]:
    # 1. The outer structure, to its end; each part is split off by its tag alone.
    outer = signed_data(der)
    return tuple(_read_signer(outer, one, lying, deviations) for one in outer.signers)


def _read_each(lying: bytes, der: bytes, deviations: tuple[str, ...]) -> tuple[Parsed, ...]:
    """Do as ``_read_all`` does, with an error in the place of whom it is about."""
    outer = signed_data(der)
    found: list[Parsed] = []
    for one in outer.signers:
        try:
            with translated(CODE):
                found.append(_read_signer(outer, one, lying, deviations))
        except (InputError, RefusedError) as error:
            found.append(error)
    return tuple(found)


def _read_signer(
    outer: SignedData, cursor: Cursor, lying: bytes, deviations: tuple[str, ...]
) -> ParsedSignature:
    # 2. The signer, to its end.
    signer = signer_info(cursor)
    # 3. Algorithms; the signer may have protected them against exchange.
    digest = read_digest(signer.digest, CODE)
    algorithm = read_algorithm(signer.algorithm, digest, CODE)
    attributes = signer.attributes
    if attributes is not None:
        # 4. What is hashed must lie in DER: nobody else would hash what we made of it.
        if content_of(attributes.der) not in lying:
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
        certificates=tuple(dict.fromkeys(outer.certificates + signer.stored.certificates)),
        issuer=signer.issuer,
        serial=signer.serial,
        key_identifier=signer.key_identifier,
        timestamps=signer.timestamps,
        revocation=outer.revocation + archived_revocation(attributes) + signer.stored.revocation,
        deviations=deviations + _deviations(outer, signer, digest, algorithm),
        unjudged=signer.stored.unjudged,
        listed=outer.listed,
        signer_fields=signer.fields,
        unsigned=signer.unsigned,
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
    outer: SignedData, signer: Signer, digest: str, algorithm: ValueAlgorithm
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


def _made_value(parsed: ParsedSignature, attributes: bytes, certificate: Certificate) -> bool:
    with suppress(RefusedError):
        return value_fits(parsed.algorithm, certificate.public_key, parsed.signature, attributes)
    return False


def _names(parsed: ParsedSignature, certificate: Certificate) -> bool:
    if parsed.key_identifier is not None:
        return key_identifier(certificate) == parsed.key_identifier
    if certificate.parsed.serial_number != parsed.serial or parsed.issuer is None:
        return False
    return same_name(certificate.issuer_name, parsed.issuer)
