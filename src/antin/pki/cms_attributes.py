"""Attributes of a SignerInfo, read from the bytes that were signed (RFC 5652 §5.3, §11)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from antin.core.errors import InputError
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm, read_digest
from antin.pki.der_read import CONTEXT, OCTET_STRING, SEQUENCE, SET, Cursor, whole
from antin.pki.der_write import oid as encoded_oid
from antin.pki.der_write import tlv
from antin.pki.revocation import RevocationData

CODE: Final = "cms_malformed"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
CONTENT_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.20"
SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
REVOCATION_ARCHIVAL: Final = "1.2.840.113583.1.1.8"
UNSORTED: Final = "its signed attributes are not in the order of DER"
_SIGNED_ONLY: Final = (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME)
_MAX_ATTRIBUTES: Final = 100
_MAX_VALUES: Final = 100
_MAX_TIMESTAMPS: Final = 20
_MAX_ARCHIVED: Final = 1_000


@dataclass(frozen=True)
class SignedAttributes:
    """The signed attributes: the bytes that are hashed, and each attribute's values as DER."""

    der: bytes = field(repr=False)
    """With the SET OF tag that is hashed in place of [0] (RFC 5652 §5.4)."""
    values: Mapping[str, tuple[bytes, ...]] = field(repr=False)
    sorted: bool = True
    """Whether they lie in the order of DER; they are hashed as they lie."""

    def optional(self, oid: str) -> bytes | None:
        """Return the one value of ``oid``, None if absent; ``cms_malformed`` for several."""
        values = self.values.get(oid)
        if values is None:
            return None
        if len(values) != 1:
            raise InputError(CODE, detail=f"attribute {oid} with {len(values)} values")
        return values[0]

    def octets(self, oid: str) -> bytes:
        """Return the OCTET STRING in ``oid``, which must be there once."""
        cursor = self._single(oid)
        value = cursor.body(OCTET_STRING)
        cursor.finish()
        return value

    def oid(self, oid: str) -> str:
        """Return the OBJECT IDENTIFIER in ``oid``, which must be there once."""
        cursor = self._single(oid)
        value = cursor.oid()
        cursor.finish()
        return value

    def time(self, oid: str) -> datetime | None:
        """Return the UTCTime or GeneralizedTime in ``oid``, if it is there."""
        value = self.optional(oid)
        if value is None:
            return None
        cursor = Cursor(value, CODE)
        moment = cursor.time()
        cursor.finish()
        return moment

    def _single(self, oid: str) -> Cursor:
        value = self.optional(oid)
        if value is None:
            raise InputError(CODE, detail=f"attribute {oid} is missing")
        return Cursor(value, CODE)


def read_signed(cursor: Cursor) -> SignedAttributes | None:
    """Read a SignerInfo's signedAttrs, if they come next. Error: ``cms_malformed``."""
    begin = cursor.at
    inner = cursor.enter_optional(CONTEXT)
    if inner is None:
        return None
    lying: list[bytes] = []
    values: dict[str, tuple[bytes, ...]] = {}
    while inner:
        at = inner.at
        oid, found = _attribute(inner)
        if oid in values:
            raise inner.wrong(f"attribute {oid} is there twice", at)
        values[oid] = found
        lying.append(cursor.data[at : inner.at])
        _bounded(inner, values)
    der = bytes((SET,)) + cursor.data[begin + 1 : inner.end]
    return SignedAttributes(der, values, sorted=lying == sorted(lying))


def values_of(signed_attributes: bytes | None, oid: str) -> tuple[bytes, ...]:
    """Return the values (DER) of ``oid`` in DER ``signed_attributes`` (a SET OF); (): none.

    Error: ``cms_malformed``.
    """
    if signed_attributes is None or encoded_oid(oid) not in signed_attributes:
        return ()  # what most signatures end with
    attributes = whole(signed_attributes, CODE, SET)
    while attributes:
        found, values = _attribute(attributes)
        if found == oid:
            return values
    return ()


def read_unsigned(cursor: Cursor) -> Mapping[str, tuple[bytes, ...]]:
    """Read a SignerInfo's unsignedAttrs, if they come next. Error: ``cms_malformed``."""
    inner = cursor.enter_optional(CONTEXT + 1)
    values: dict[str, tuple[bytes, ...]] = {}
    while inner:
        at = inner.at
        oid, found = _attribute(inner)
        if oid in _SIGNED_ONLY:
            raise inner.wrong(f"attribute {oid} is not signed", at)
        values[oid] = values.get(oid, ()) + found
        _bounded(inner, values)
    return values


def signature_timestamps(unsigned: Mapping[str, tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """Return the signature time-stamp tokens among unsigned attributes, as they lie there."""
    tokens = unsigned.get(SIGNATURE_TIMESTAMP, ())
    if len(tokens) > _MAX_TIMESTAMPS:
        raise InputError(CODE, detail="too many signature time-stamps")
    return tokens


def check_protection(attributes: SignedAttributes, digest: str, algorithm: ValueAlgorithm) -> None:
    """Raise unless the algorithms are those that the signer protected, if they did (RFC 6211).

    Stops an attacker who exchanges an algorithm identifier, none of which is signed.
    """
    value = attributes.optional(ALGORITHM_PROTECTION)
    if value is None:
        return
    cursor = whole(value, CODE)
    protected = read_digest(cursor.raw(SEQUENCE), CODE)
    signature = tlv(SEQUENCE, cursor.body(CONTEXT + 1))
    cursor.finish()
    if (protected, read_algorithm(signature, digest, CODE)) != (digest, algorithm):
        raise InputError(CODE, detail="its algorithms are not those that were signed")


def archived_revocation(attributes: SignedAttributes | None) -> RevocationData:
    """Return what adbe-revocationInfoArchival brings along (ISO 32000-2 §12.8.3.3.2)."""
    value = attributes.optional(REVOCATION_ARCHIVAL) if attributes else None
    if value is None:
        return RevocationData()
    cursor = whole(value, CODE)
    crls, ocsps = _listed(cursor, 0), _listed(cursor, 1)
    return RevocationData(crls=crls, ocsps=ocsps)


def _attribute(cursor: Cursor) -> tuple[str, tuple[bytes, ...]]:
    inner = cursor.enter(SEQUENCE)
    oid = inner.oid()
    listed = inner.enter(SET)
    inner.finish()
    values = []
    while listed:
        # Split by tags alone: a strange value must not hide its neighbours.
        values.append(listed.raw())
        if len(values) > _MAX_VALUES:
            raise listed.wrong("too many values of an attribute")
    return oid, tuple(values)


def _bounded(cursor: Cursor, values: Mapping[str, object]) -> None:
    if len(values) > _MAX_ATTRIBUTES:
        raise cursor.wrong("too many attributes")


def _listed(cursor: Cursor, number: int) -> tuple[bytes, ...]:
    outer = cursor.enter_optional(CONTEXT + number)
    if outer is None:
        return ()
    inner = outer.enter(SEQUENCE)
    outer.finish()
    found = []
    while inner:
        found.append(inner.raw(SEQUENCE))
        if len(found) > _MAX_ARCHIVED:
            raise inner.wrong("too many revocation data")
    return tuple(found)
