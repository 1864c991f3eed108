"""Certificates: read once, strictly; names and keys as a reader or a rule wants them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_CERTIFICATE_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm
from antin.pki.algorithms import KeyKind
from antin.pki.bounded_cache import BoundedCache
from antin.pki.der import translated
from antin.pki.der_read import BIT_STRING, CONTEXT, INTEGER, SEQUENCE, Cursor, whole
from antin.pki.names import same_name
from antin.pki.signature_values import value_fits

MAX_RSA_BITS: Final = 8192
_MAX_EXPONENT: Final = 256
"""Bits (FIPS 186-5 §5.4); a longer public exponent serves only to make checking slow."""


@dataclass(frozen=True)
class Certificate:
    """A certificate that was read without error; equal when its bytes are."""

    der: bytes = field(repr=False)
    subject: str = field(compare=False)
    """RFC 4514."""
    parsed: x509.Certificate = field(compare=False, repr=False)
    key: KeyKind = field(compare=False)
    public_key: CertificatePublicKeyTypes | None = field(compare=False, repr=False)
    """None: a kind of key that is not supported."""
    algorithm: ValueAlgorithm | None = field(compare=False)
    """How its issuer signed it; None: in a way that is not supported."""
    subject_name: bytes = field(compare=False, repr=False)
    """DER."""
    issuer_name: bytes = field(compare=False, repr=False)
    """DER."""
    key_bits: bytes = field(compare=False, repr=False)
    """Content of subjectPublicKey, which key identifiers are digests of (RFC 6960 §4.1.1)."""

    @property
    def issuer(self) -> str:
        """RFC 4514."""
        return self.parsed.issuer.rfc4514_string()

    @property
    def serial(self) -> str:
        """Lower-case hex."""
        return f"{self.parsed.serial_number:x}"

    @property
    def not_before(self) -> datetime:
        return self.parsed.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        return self.parsed.not_valid_after_utc

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the DER."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def self_issued(self) -> bool:
        return self.parsed.subject == self.parsed.issuer

    @property
    def signature_digest(self) -> str | None:
        """Name of the digest its issuer signed with; None when it is not known."""
        return None if self.algorithm is None else self.algorithm.digest


@lru_cache(maxsize=512)
def load_certificate(der: bytes) -> Certificate:
    """Read a DER certificate whole. Error: ``certificate_malformed``."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise InputError("certificate_malformed", detail=f"{len(der)} bytes")
    with translated("certificate_malformed"):
        parsed = x509.load_der_x509_certificate(der)
        subject = parsed.subject.rfc4514_string()
        # Read now what is read lazily, so that damage shows here and not in the middle of a rule.
        _ = parsed.issuer, parsed.extensions
        _ = parsed.not_valid_before_utc, parsed.not_valid_after_utc
        public_key = _public_key(parsed)
        parts = _parts(der)
        return Certificate(
            der,
            subject,
            parsed,
            _key_kind(public_key),
            public_key,
            parts.algorithm(),
            parts.subject,
            parts.issuer,
            parts.key_bits,
        )


def load_readable(certificates: tuple[bytes, ...]) -> tuple[Certificate, ...]:
    """Return those that can be read: a damaged certificate proves nothing and breaks nothing."""
    found = []
    for der in dict.fromkeys(certificates):
        try:
            found.append(load_certificate(der))
        except InputError:
            continue
    return tuple(found)


_LINKS: BoundedCache[tuple[str, str], bool] = BoundedCache(8192)


def signed_by(
    certificate: Certificate, issuer: Certificate, spend: Callable[[], None] = lambda: None
) -> bool:
    """Tell whether ``issuer``'s name and key made ``certificate`` (RFC 5280 §6.1.3 a 1, a 4).

    Remembered within the process; ``spend`` is called before a signature is checked anew.
    """
    if certificate.algorithm is None or not is_named_issuer(certificate, issuer):
        return False

    def check() -> bool:
        spend()
        return _value_fits(certificate, issuer)

    return _LINKS.get((certificate.sha256, issuer.sha256), check)


def _value_fits(certificate: Certificate, issuer: Certificate) -> bool:
    parsed = certificate.parsed
    if certificate.algorithm is None:
        return False
    try:
        return value_fits(
            certificate.algorithm,
            issuer.public_key,
            parsed.signature,
            parsed.tbs_certificate_bytes,
        )
    except RefusedError:
        return False


def is_named_issuer(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether ``issuer`` bears the name that ``certificate`` gives its issuer."""
    return same_name(certificate.issuer_name, issuer.subject_name)


def key_identifier(certificate: Certificate) -> bytes | None:
    """Return the subject key identifier; None: the certificate has none."""
    try:
        found = certificate.parsed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.digest


def authority_key_identifier(certificate: Certificate) -> bytes | None:
    """Return the key identifier of the issuer's key; None: the certificate does not say it."""
    try:
        found = certificate.parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.key_identifier


@dataclass(frozen=True)
class _Parts:
    """What is wanted as it lies (RFC 5280 §4.1)."""

    issuer: bytes
    subject: bytes
    key_bits: bytes
    inner_algorithm: bytes
    outer_algorithm: bytes

    def algorithm(self) -> ValueAlgorithm | None:
        """Return how its issuer signed; None: unknown, or named differently inside and outside."""
        if self.inner_algorithm != self.outer_algorithm:
            return None
        try:
            return read_algorithm(self.outer_algorithm, "sha256", "certificate_malformed")
        except (InputError, RefusedError):
            return None


def _parts(der: bytes) -> _Parts:
    outer = whole(der, "certificate_malformed")
    body = outer.enter(SEQUENCE)
    algorithm = outer.raw(SEQUENCE)
    if body.tag() == CONTEXT:
        body.raw()
    body.raw(INTEGER)
    inner, issuer, _, subject = (body.raw(SEQUENCE) for _ in range(4))
    key: Cursor = body.enter(SEQUENCE)
    key.raw(SEQUENCE)
    return _Parts(issuer, subject, key.body(BIT_STRING)[1:], inner, algorithm)


def _public_key(parsed: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        key = parsed.public_key()
    except UnsupportedAlgorithm:
        return None
    # One check with such a key takes milliseconds, and a file may ask for thousands of checks.
    return None if isinstance(key, rsa.RSAPublicKey) and _slow(key) else key


def _slow(key: rsa.RSAPublicKey) -> bool:
    exponent = key.public_numbers().e
    return key.key_size > MAX_RSA_BITS or exponent.bit_length() > _MAX_EXPONENT


def _key_kind(key: CertificatePublicKeyTypes | None) -> KeyKind:
    match key:
        case rsa.RSAPublicKey():
            return KeyKind("rsa", key.key_size, f"rsa-{key.key_size}")
        case ec.EllipticCurvePublicKey():
            short = key.curve.name.replace("secp256r1", "p256").replace("secp384r1", "p384")
            return KeyKind("ec", key.key_size, f"ec-{short.replace('secp521r1', 'p521')}")
        case ed25519.Ed25519PublicKey():
            return KeyKind("ed25519", 256, "ed25519")
        case ed448.Ed448PublicKey():
            return KeyKind("ed448", 456, "ed448")
        case _:
            return KeyKind("other", 0, "other")
