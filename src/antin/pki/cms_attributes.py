"""Attributes of a SignerInfo, read from the bytes that were signed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from asn1crypto import cms, core, crl, ocsp

from antin.core.errors import InputError
from antin.pki.der_write import SET, tlv
from antin.pki.revocation import RevocationData

CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"
REVOCATION_ARCHIVAL: Final = "1.2.840.113583.1.1.8"
_MAX_ATTRIBUTES: Final = 100
_MAX_TIMESTAMPS: Final = 20


class _Crls(core.SequenceOf):  # type: ignore[misc]  # asn1crypto is untyped
    _child_spec = crl.CertificateList


class _Ocsps(core.SequenceOf):  # type: ignore[misc]  # asn1crypto is untyped
    _child_spec = ocsp.OCSPResponse


class _AnySet(core.SetOf):  # type: ignore[misc]  # asn1crypto is untyped
    _child_spec = core.Any


class _RevocationArchival(core.Sequence):  # type: ignore[misc]  # asn1crypto is untyped
    """adbe-revocationInfoArchival (ISO 32000-2 §12.8.3.3.2)."""

    _fields: ClassVar = [
        ("crl", _Crls, {"explicit": 0, "optional": True}),
        ("ocsp", _Ocsps, {"explicit": 1, "optional": True}),
        ("other", core.Any, {"explicit": 2, "optional": True}),
    ]


@dataclass(frozen=True)
class SignedAttributes:
    """The signed attributes: the bytes that are hashed, and each attribute's values as DER."""

    der: bytes = field(repr=False)
    """With the SET OF tag that is hashed in place of [0] (RFC 5652 §5.4)."""
    values: Mapping[str, tuple[bytes, ...]] = field(repr=False)

    def optional(self, oid: str) -> bytes | None:
        """Return the one value of ``oid``, None if absent; ``cms_malformed`` for several."""
        values = self.values.get(oid)
        if values is None:
            return None
        if len(values) != 1:
            raise InputError("cms_malformed", detail=f"attribute {oid} with {len(values)} values")
        return values[0]

    def single_octets(self, oid: str) -> bytes:
        """Return the OCTET STRING in ``oid``, which must be there once."""
        return bytes(core.OctetString.load(self._single(oid), strict=True).native)

    def single_oid(self, oid: str) -> str:
        """Return the OBJECT IDENTIFIER in ``oid``, which must be there once."""
        return str(core.ObjectIdentifier.load(self._single(oid), strict=True).dotted)

    def time(self, oid: str) -> datetime | None:
        """Return the UTCTime or GeneralizedTime in ``oid``, if it is there."""
        value = self.optional(oid)
        found = None if value is None else cms.Time.load(value, strict=True).native
        return found if isinstance(found, datetime) else None

    def _single(self, oid: str) -> bytes:
        value = self.optional(oid)
        if value is None:
            raise InputError("cms_malformed", detail=f"attribute {oid} is missing")
        return value


def read_attributes(attributes: Any) -> SignedAttributes | None:
    """Read a SignerInfo's signedAttrs; None: there are none. Error: ``cms_malformed``.

    The raw bytes are taken before anything else is asked of the value: asn1crypto sorts a set when
    it is touched, and some signers do not sort theirs.
    """
    if isinstance(attributes, core.Void):
        return None
    raw = attributes.contents
    der = tlv(SET, raw)
    values = _values(cms.CMSAttributes.load(der, strict=True))
    for oid, found in values.items():
        if len(found) != 1:
            raise InputError("cms_malformed", detail=f"attribute {oid} is there twice")
    return SignedAttributes(der, {oid: found[0] for oid, found in values.items()})


def signature_timestamps(attributes: Any) -> tuple[bytes, ...]:
    """Return the signature time-stamp tokens among unsigned attributes, as they lie there."""
    if isinstance(attributes, core.Void):
        return ()
    found = _values(attributes).get(SIGNATURE_TIMESTAMP, [])
    tokens = tuple(token for values in found for token in values)
    if len(tokens) > _MAX_TIMESTAMPS:
        raise InputError("cms_malformed", detail="too many signature time-stamps")
    return tokens


def archived_revocation(attributes: SignedAttributes | None) -> RevocationData:
    """Return what an adbe-revocationInfoArchival attribute brings along."""
    value = attributes.optional(REVOCATION_ARCHIVAL) if attributes else None
    if value is None:
        return RevocationData()
    archive = _RevocationArchival.load(value, strict=True)
    return RevocationData(crls=_dumps(archive["crl"]), ocsps=_dumps(archive["ocsp"]))


def _values(attributes: Any) -> dict[str, list[tuple[bytes, ...]]]:
    """Return by OID the values of each attribute that bears it."""
    if len(attributes) > _MAX_ATTRIBUTES:
        raise InputError("cms_malformed", detail="too many attributes")
    found: dict[str, list[tuple[bytes, ...]]] = {}
    for attribute in attributes:
        found.setdefault(attribute["type"].dotted, []).append(_elements(attribute["values"]))
    return found


def _elements(values: Any) -> tuple[bytes, ...]:
    """Split the SET OF by its tags alone: a strange value must not hide its neighbours."""
    return tuple(one.dump() for one in _AnySet.load(values.dump(), strict=True))


def _dumps(values: Any) -> tuple[bytes, ...]:
    return () if isinstance(values, core.Void) else tuple(one.dump() for one in values)
