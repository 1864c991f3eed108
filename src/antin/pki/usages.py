"""What a certificate says that its key is for (RFC 5280 §4.2.1.3, §4.2.1.9, §4.2.1.12)."""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from antin.pki.certificates import Certificate

NOT_FOR_DOCUMENTS: Final = frozenset(
    {
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
    }
)
"""A certificate with these extended usages only was never meant to sign documents."""


def signs_documents(certificate: Certificate) -> str | None:
    """Return why the key may not sign documents; None: it may (RFC 5280 §4.2.1.3, §4.2.1.12)."""
    usage = key_usage(certificate)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "its key usage allows neither digital signature nor content commitment"
    extended = extended_usages(certificate)
    if extended and extended <= NOT_FOR_DOCUMENTS:
        return "its extended key usage allows no document signatures"
    return None


def stamps_time(certificate: Certificate) -> str | None:
    """Return why the key may not stamp time; None: it may (RFC 3161 §2.3)."""
    usage = key_usage(certificate)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "its key usage does not allow digital signatures"
    if extended_usages(certificate) != {ExtendedKeyUsageOID.TIME_STAMPING}:
        return "its extended key usage is not time-stamping alone"
    if not certificate.parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical:
        return "its extended key usage is not critical"
    return None


def key_usage(certificate: Certificate) -> x509.KeyUsage | None:
    """Return the key usage extension; None: the certificate sets no bounds."""
    try:
        return certificate.parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def extended_usages(certificate: Certificate) -> frozenset[x509.ObjectIdentifier]:
    """Return the extended key usages; empty: the certificate names none."""
    try:
        extension = certificate.parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(extension.value)


def is_ca(certificate: Certificate) -> bool:
    """Tell whether basic constraints make it a CA."""
    try:
        extension = certificate.parsed.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return extension.value.ca


def issues_nothing(certificate: Certificate) -> bool:
    """Tell whether it says itself that it makes no certificates; old roots say neither.

    A signer's own certificate may be trusted as an anchor: for itself, not for whom it names.
    """
    usage = key_usage(certificate)
    try:
        extension = certificate.parsed.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return usage is not None and not usage.key_cert_sign
    return not extension.value.ca or (usage is not None and not usage.key_cert_sign)
