"""CRLs: read once; whether one speaks about a certificate, and what it says (RFC 5280 §5, §6.3)."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from asn1crypto import crl as asn1_crl
from cryptography import x509
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_REVOCATION_BYTES
from antin.pki.certificates import Certificate, is_ca, key_usage
from antin.pki.der import translated
from antin.pki.signature_values import ValueAlgorithm, read_algorithm, value_fits
from antin.pki.statement import Statement

_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.CRL_NUMBER,
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
    }
)


@dataclass(frozen=True)
class Crl:
    """A CRL that was read without error; whose it is remains to be checked."""

    der: bytes = field(repr=False)
    parsed: x509.CertificateRevocationList = field(compare=False, repr=False)
    algorithm: ValueAlgorithm = field(compare=False)


def load_crl(der: bytes) -> Crl:
    """Read a DER CRL. Error: ``revocation_malformed``."""
    if len(der) > MAX_REVOCATION_BYTES:
        raise InputError("revocation_malformed", detail=f"{len(der)} bytes")
    with translated("revocation_malformed"):
        parsed = x509.load_der_x509_crl(der)
        # Read now what is read lazily, so that damage shows here and not in the middle of a rule.
        _ = parsed.issuer, parsed.extensions, parsed.last_update_utc, parsed.next_update_utc
        return Crl(der, parsed, _algorithm(der))


def _algorithm(der: bytes) -> ValueAlgorithm:
    """Return how it was signed. asn1crypto reads the three outer parts only, however long it is."""
    try:
        return read_algorithm(asn1_crl.CertificateList.load(der)["signature_algorithm"], "sha256")
    except RefusedError as error:
        raise InputError("revocation_malformed", detail=error.detail.rstrip(".")) from error


def speaks_about(crl: Crl, certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether ``crl`` is complete for ``certificate`` and signed by its ``issuer``."""
    usage = key_usage(issuer)
    return (
        crl.parsed.issuer == certificate.parsed.issuer
        and _in_scope(crl.parsed, certificate)
        and (usage is None or usage.crl_sign)
        and _signed(crl, issuer)
    )


@lru_cache(maxsize=1024)
def _signed(crl: Crl, issuer: Certificate) -> bool:
    parsed = crl.parsed
    try:
        return value_fits(
            crl.algorithm, issuer.public_key, parsed.signature, parsed.tbs_certlist_bytes
        )
    except RefusedError:
        return False


def statement(crl: Crl, certificate: Certificate) -> Statement | None:
    """Return what ``crl`` says of ``certificate``; None when that can't be read."""
    serial = certificate.parsed.serial_number
    if serial < 0:
        return None  # which no CRL can list (RFC 5280 §4.1.2.2), and the library would not look up
    entry = crl.parsed.get_revoked_certificate_by_serial_number(serial)
    revoked_at, on_hold = None, False
    if entry is not None:
        try:
            revoked_at, on_hold = entry.revocation_date_utc, _on_hold(entry)
        except ValueError:
            return None
    return Statement(
        source="crl",
        status="good" if entry is None else "revoked",
        this_update=crl.parsed.last_update_utc,
        next_update=crl.parsed.next_update_utc,
        revoked_at=revoked_at,
        on_hold=on_hold,
        digest=crl.algorithm.digest,
    )


def distribution_urls(certificate: Certificate) -> tuple[str, ...]:
    """Return the HTTP addresses of complete CRLs for ``certificate``."""
    try:
        points = certificate.parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return ()
    names = [name for point in points.value if not point.reasons for name in point.full_name or ()]
    return tuple(dict.fromkeys(_web_addresses(names)))


def _web_addresses(names: list[x509.GeneralName]) -> list[str]:
    addresses = [n.value for n in names if isinstance(n, x509.UniformResourceIdentifier)]
    return [address for address in addresses if address.startswith(("http://", "https://"))]


def _in_scope(parsed: x509.CertificateRevocationList, certificate: Certificate) -> bool:
    for extension in parsed.extensions:
        if extension.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            return False  # says what changed, not what is
        if extension.critical and extension.oid not in _UNDERSTOOD:
            return False
    try:
        point = parsed.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    return _point_covers(point, certificate)


def _point_covers(point: x509.IssuingDistributionPoint, certificate: Certificate) -> bool:
    """RFC 5280 §6.3.3 b 2; indirect CRLs and those split by reason are left aside."""
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return False
    if point.only_contains_user_certs and is_ca(certificate):
        return False
    if point.only_contains_ca_certs and not is_ca(certificate):
        return False
    if point.relative_name is not None:
        return False
    return point.full_name is None or _names_meet(point.full_name, certificate)


def _names_meet(names: list[x509.GeneralName], certificate: Certificate) -> bool:
    try:
        points = certificate.parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return False
    return any(name in names for point in points.value for name in point.full_name or ())


def _on_hold(entry: x509.RevokedCertificate) -> bool:
    for extension in entry.extensions:
        if extension.oid == CRLEntryExtensionOID.CRL_REASON:
            value = extension.value
            return isinstance(value, x509.CRLReason) and (
                value.reason is x509.ReasonFlags.certificate_hold
            )
        if extension.critical:
            raise ValueError("unknown critical extension of a CRL entry")
    return False
