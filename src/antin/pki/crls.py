"""CRLs: whether one speaks about a certificate, and what it says (RFC 5280 §5, §6.3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from antin.core.errors import InputError, RefusedError
from antin.pki.bounded_cache import BoundedCache
from antin.pki.certificates import Certificate
from antin.pki.crl_index import CODE, REASON
from antin.pki.crl_read import Crl, load_crl, points_of
from antin.pki.der_read import ENUMERATED, SEQUENCE, Cursor, whole
from antin.pki.extensions import read_extensions
from antin.pki.names import same_name
from antin.pki.signature_values import value_fits
from antin.pki.statement import REASONS, Statement
from antin.pki.usages import is_ca, key_usage

__all__ = ["Crl", "distribution_urls", "load_crl", "speaks_about", "statement"]
_ON_HOLD: Final = 6
_REMOVED: Final = 8
_SIGNED: BoundedCache[tuple[bytes, bytes], bool] = BoundedCache(4096)


def speaks_about(crl: Crl, certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether ``crl`` is complete for ``certificate`` and signed by its ``issuer``.

    No for what can't be told: deltas, indirect CRLs, those split by reason, unknown critical
    extensions. The signature comes last, as it costs most; entries are not looked at before.
    """
    usage = key_usage(issuer)
    return (
        crl.usable
        and same_name(crl.issuer_name, certificate.issuer_name)
        and _in_scope(crl, certificate)
        and (usage is None or usage.crl_sign)
        and _signed(crl, issuer)
    )


def _signed(crl: Crl, issuer: Certificate) -> bool:
    return _SIGNED.get((crl.sha256, bytes.fromhex(issuer.sha256)), lambda: _value_fits(crl, issuer))


def _value_fits(crl: Crl, issuer: Certificate) -> bool:
    start, stop = crl.signed
    try:
        signed = memoryview(crl.der)[start:stop]
        return value_fits(crl.algorithm, issuer.public_key, crl.signature, signed)
    except RefusedError:
        return False


@dataclass(frozen=True)
class _Entry:
    revoked_at: datetime
    reason: int | None


def statement(crl: Crl, certificate: Certificate) -> Statement | None:
    """Return what ``crl`` says of ``certificate``; None when its entries can't be judged.

    Of several entries about one certificate the one that revokes for good, and first, counts.
    """
    if certificate.parsed.serial_number < 0:
        return None  # which no CRL can list (RFC 5280 §4.1.2.2)
    try:
        found = [_entry(der) for der in crl.index.find(certificate.parsed.serial_number)]
    except InputError:
        return None
    if any(entry.reason == _REMOVED for entry in found):
        return None  # RFC 5280 §5.3.1: only in deltas
    entry = min(found, key=lambda e: (e.reason == _ON_HOLD, e.revoked_at), default=None)
    return Statement(
        source="crl",
        status="good" if entry is None else "revoked",
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked_at=None if entry is None else entry.revoked_at,
        on_hold=entry is not None and entry.reason == _ON_HOLD,
        reason=None if entry is None or entry.reason is None else REASONS[entry.reason],
        digest=crl.algorithm.digest,
        keeps_expired_since=crl.keeps_expired_since,
    )


def _entry(der: bytes) -> _Entry:
    """Read a revokedCertificates entry; critical extensions were judged by the index."""
    cursor = whole(der, CODE)
    cursor.integer()
    revoked_at = cursor.time()
    extensions = read_extensions(cursor.enter(SEQUENCE)) if cursor else {}
    if REASON not in extensions:
        return _Entry(revoked_at, None)
    value = Cursor(extensions[REASON][1], CODE)
    reason = value.integer(ENUMERATED)
    value.finish()
    if reason not in REASONS:
        raise value.wrong(f"unknown reason {reason}")
    return _Entry(revoked_at, reason)


def distribution_urls(certificate: Certificate) -> tuple[str, ...]:
    """Return the HTTP addresses of complete CRLs for ``certificate``."""
    points = _points(certificate)
    listed = () if points is None else points
    names = [name for point in listed if not point.reasons for name in point.full_name or ()]
    return tuple(dict.fromkeys(_web_addresses(names)))


def _points(certificate: Certificate) -> x509.CRLDistributionPoints | None:
    extensions = certificate.parsed.extensions
    try:
        return extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return None


def _web_addresses(names: list[x509.GeneralName]) -> list[str]:
    addresses = [n.value for n in names if isinstance(n, x509.UniformResourceIdentifier)]
    return [address for address in addresses if address.startswith(("http://", "https://"))]


def _in_scope(crl: Crl, certificate: Certificate) -> bool:
    """RFC 5280 §6.3.3 b 2."""
    scope = crl.scope
    if scope.partial:
        return False
    if scope.user_certificates_only and is_ca(certificate):
        return False
    if scope.authorities_only and not is_ca(certificate):
        return False
    return scope.names is None or _names_meet(scope.names, certificate)


def _names_meet(names: frozenset[bytes], certificate: Certificate) -> bool:
    points = _points(certificate)
    try:
        return points is not None and not names.isdisjoint(points_of(points.public_bytes()))
    except InputError:
        return False
