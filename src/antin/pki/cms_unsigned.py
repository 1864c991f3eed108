"""Unsigned attributes of a SignerInfo: what they bring, and what nobody here judges.

Nothing of them is signed. Certificates, CRLs and OCSP answers are used, as they are signed by their
own issuers (EN 319 122-1 §A.1.1). All others are named, so that a report can say that they counted
for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import InputError
from antin.pki.cms_attributes import CODE, SIGNATURE_TIMESTAMP
from antin.pki.der_read import CONTEXT, SEQUENCE, Cursor, whole
from antin.pki.der_write import oid, sequence, tlv
from antin.pki.revocation import RevocationData

CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
_JUDGED: Final = frozenset({SIGNATURE_TIMESTAMP, CERTIFICATE_VALUES, REVOCATION_VALUES})
_NAMES: Final = {
    "1.2.840.113549.1.9.6": "countersignature",
    "0.4.0.1733.2.4": "archive-time-stamp-v3",
    "1.2.840.113549.1.9.16.2.48": "archive-time-stamp-v2",
    "1.2.840.113549.1.9.16.2.27": "archive-time-stamp",
    "0.4.0.1733.2.2": "long-term-validation",
    "1.2.840.113549.1.9.16.2.21": "complete-certificate-references",
    "1.2.840.113549.1.9.16.2.22": "complete-revocation-references",
    "1.2.840.113549.1.9.16.2.25": "CAdES-C-timestamp",
    "1.2.840.113549.1.9.16.2.26": "time-stamped-certs-crls-references",
    "1.2.840.113549.1.9.16.2.49": "internal-evidence-record",
    "1.2.840.113549.1.9.16.2.50": "external-evidence-record",
}
_BASIC_RESPONSE: Final = "1.3.6.1.5.5.7.48.1.1"
_SUCCESSFUL: Final = b"\x0a\x01\x00"
_MAX_VALUES: Final = 1_000


@dataclass(frozen=True)
class StoredValues:
    """What unsigned attributes bring along for the path, and what is there besides."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: RevocationData = field(default_factory=RevocationData, repr=False)
    unjudged: tuple[str, ...] = ()
    """Names of attributes that were not judged; OIDs where no name is known."""


def read_values(unsigned: Mapping[str, tuple[bytes, ...]]) -> StoredValues:
    """Return what ``unsigned`` stores; a value that can't be read counts as not judged.

    Never raises.
    """
    certificates, revocation = list[bytes](), RevocationData()
    unjudged = [_NAMES.get(one, one) for one in unsigned if one not in _JUDGED]
    try:
        for value in unsigned.get(CERTIFICATE_VALUES, ()):
            certificates += _listed(whole(value, CODE))
    except InputError:
        unjudged.append("certificate-values")
    try:
        for value in unsigned.get(REVOCATION_VALUES, ()):
            revocation += _revocation_values(whole(value, CODE))
    except InputError:
        unjudged.append("revocation-values")
    return StoredValues(tuple(certificates), revocation, tuple(dict.fromkeys(unjudged)))


def _revocation_values(cursor: Cursor) -> RevocationData:
    """RFC 5126 §6.3.4: CRLs and BasicOCSPResponses; other kinds are left aside."""
    crls, ocsps = _optional(cursor, 0), _optional(cursor, 1)
    cursor.enter_optional(CONTEXT + 2)
    cursor.finish()
    return RevocationData(crls=crls, ocsps=tuple(_response(one) for one in ocsps))


def _optional(cursor: Cursor, number: int) -> tuple[bytes, ...]:
    outer = cursor.enter_optional(CONTEXT + number)
    if outer is None:
        return ()
    inner = outer.enter(SEQUENCE)
    outer.finish()
    return _listed(inner)


def _listed(cursor: Cursor) -> tuple[bytes, ...]:
    found = []
    while cursor:
        found.append(cursor.raw(SEQUENCE))
        if len(found) > _MAX_VALUES:
            raise cursor.wrong(f"more than {_MAX_VALUES} values")
    return tuple(found)


def _response(basic: bytes) -> bytes:
    """Return a BasicOCSPResponse as the OCSPResponse that it came in (RFC 6960 §4.2.1)."""
    return sequence(_SUCCESSFUL, tlv(CONTEXT, sequence(oid(_BASIC_RESPONSE), tlv(0x04, basic))))
