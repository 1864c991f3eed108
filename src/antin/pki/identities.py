"""Who a certificate says its holder is, by numbers that no namesake shares."""

from typing import Final

from cryptography.x509.oid import NameOID

from antin.pki.certificates import Certificate

_PERSONAL: Final = (NameOID.USER_ID, NameOID.SERIAL_NUMBER)
"""UID carries the citizen's number (``CCCD:…``) in Vietnamese certificates, serialNumber elsewhere
(ETSI EN 319 412-1 §5.1.3). Organisations' numbers stand in other attributes."""


def personal_numbers(certificate: Certificate) -> frozenset[str]:
    """Return the personal numbers in the certificate's subject, as they are spelt there."""
    found = set()
    for kind in _PERSONAL:
        for attribute in certificate.parsed.subject.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str):
                found.add(attribute.value)
    return frozenset(found)
