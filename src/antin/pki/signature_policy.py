"""The signature policy that a signer names in a signed attribute (EN 319 122-1 §5.2.9)."""

from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pki.algorithm_identifiers import read_digest
from antin.pki.cms_attributes import CODE, values_of
from antin.pki.der_read import OCTET_STRING, OID, SEQUENCE, Cursor, whole

SIGNATURE_POLICY: Final = "1.2.840.113549.1.9.16.2.15"
_URI: Final = "1.2.840.113549.1.9.16.5.1"
_IMPLIED: Final = b"\x05\x00"
_IA5: Final = 0x16
_MAX_QUALIFIERS: Final = 20
_MAX_URI: Final = 2_000


@dataclass(frozen=True)
class SignaturePolicy:
    """What the signer says of the policy; nobody has looked at the policy itself."""

    oid: str | None = None
    """None: it is said to be implied, by what is outside the signature."""
    digest: str | None = None
    """Algorithm of ``value``."""
    value: bytes | None = None
    """Digest of the policy's document."""
    uri: str | None = None
    """Where it is said to be found."""


def read_signature_policy(signed_attributes: bytes | None) -> SignaturePolicy | None:
    """Return the policy that DER ``signed_attributes`` (a SET OF) name; None: none.

    Errors: ``cms_malformed``, and ``algorithm_forbidden`` for a digest nobody knows.
    """
    values = values_of(signed_attributes, SIGNATURE_POLICY)
    if len(values) > 1:
        raise InputError(CODE, detail="several signature policies are named")
    return _policy(values[0]) if values else None


def _policy(value: bytes) -> SignaturePolicy:
    if value == _IMPLIED:
        return SignaturePolicy()
    cursor = whole(value, CODE)
    oid = cursor.oid()
    if not cursor:
        return SignaturePolicy(oid)
    hashed = cursor.enter(SEQUENCE)
    digest = read_digest(hashed.raw(SEQUENCE), CODE)
    value = hashed.body(OCTET_STRING)
    hashed.finish()
    uri = None
    if cursor:
        uri = _uri(cursor.enter(SEQUENCE))
    cursor.finish()
    return SignaturePolicy(oid, digest, value, uri)


def _uri(qualifiers: Cursor) -> str | None:
    """Return the address among qualifiers; notices and the like are left aside."""
    for _ in range(_MAX_QUALIFIERS):
        if not qualifiers:
            return None
        one = qualifiers.enter(SEQUENCE)
        if one.tag() == OID and one.oid() == _URI:
            text = one.body(_IA5)
            one.finish()
            return text[:_MAX_URI].decode("ascii", "replace")
    raise qualifiers.wrong(f"more than {_MAX_QUALIFIERS} qualifiers")
