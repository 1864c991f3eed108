"""Extensions of CRLs and of their entries, read from DER (RFC 5280 §4.1)."""

from collections.abc import Mapping
from typing import Final

from antin.pki.der_read import OCTET_STRING, SEQUENCE, Cursor

Extensions = Mapping[str, tuple[bool, bytes]]
"""By OID: whether it is critical, and the content of its OCTET STRING."""
_BOOLEAN: Final = 0x01
_MOST: Final = 50


def read_extensions(cursor: Cursor) -> Extensions:
    """Read the extensions that ``cursor`` stands before; one OID twice is refused."""
    found: dict[str, tuple[bool, bytes]] = {}
    while cursor:
        at, one = cursor.at, cursor.enter(SEQUENCE)
        oid = one.oid()
        critical = one.tag() == _BOOLEAN and one.boolean()
        value = one.body(OCTET_STRING)
        one.finish()
        if oid in found or len(found) >= _MOST:
            raise cursor.wrong(f"extension {oid} is there twice, or there are too many", at)
        found[oid] = critical, value
    return found
