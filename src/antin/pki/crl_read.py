"""A CRL's own words, read once from its DER; whose it is remains to be checked (RFC 5280 §5)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_REVOCATION_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm
from antin.pki.bounded_cache import BoundedCache
from antin.pki.crl_index import CODE, CrlIndex, index_entries
from antin.pki.der import translated
from antin.pki.der_read import CONTEXT, INTEGER, SEQUENCE, Cursor, whole
from antin.pki.extensions import Extensions, read_extensions

DELTA_INDICATOR: Final = "2.5.29.27"
ISSUING_POINT: Final = "2.5.29.28"
EXPIRED_CERTIFICATES: Final = "2.5.29.60"
_UNDERSTOOD: Final = frozenset(
    # Authority key identifier, CRL number, issuing distribution point, expiredCertsOnCRL.
    {"2.5.29.35", "2.5.29.20", ISSUING_POINT, EXPIRED_CERTIFICATES}
)
_MAX_KEPT_BYTES: Final = MAX_REVOCATION_BYTES + (16 << 20)
_MAX_NAMES: Final = 200


@dataclass(frozen=True)
class Scope:
    """What an issuingDistributionPoint says a CRL is about (RFC 5280 §5.2.5)."""

    names: frozenset[bytes] | None = None
    """DER GeneralNames of the point, each with its tag; None: it is not named."""
    user_certificates_only: bool = False
    authorities_only: bool = False
    partial: bool = False
    """Indirect, split by reason, for attribute certificates, or named relative to its issuer."""


@dataclass(frozen=True)
class Crl:
    """A CRL that was read without error but for its entries; equal when its bytes are."""

    der: bytes = field(repr=False)
    issuer_name: bytes = field(compare=False, repr=False)
    """DER."""
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    algorithm: ValueAlgorithm = field(compare=False)
    signature: bytes = field(compare=False, repr=False)
    signed: tuple[int, int] = field(compare=False)
    """Where tbsCertList lies in ``der``."""
    entries: tuple[int, int] = field(compare=False)
    """Where the content of revokedCertificates lies; empty where there are none."""
    scope: Scope = field(compare=False)
    usable: bool = field(compare=False)
    """False: a delta, or it has a critical extension that is not understood."""
    keeps_expired_since: datetime | None = field(compare=False)
    """expiredCertsOnCRL: certificates that expired from then on stay listed (X.509)."""

    @cached_property
    def index(self) -> CrlIndex:
        """Where each serial stands; made at first use. Error: ``revocation_malformed``."""
        with translated(CODE):
            return index_entries(self.der, *self.entries)

    @cached_property
    def sha256(self) -> bytes:
        """Digest of the whole."""
        return hashlib.sha256(self.der).digest()


KEPT: BoundedCache[bytes, Crl] = BoundedCache(_MAX_KEPT_BYTES, lambda crl: len(crl.der))


def load_crl(der: bytes) -> Crl:
    """Read a DER CRL, its entries left for later. Error: ``revocation_malformed``."""
    if len(der) > MAX_REVOCATION_BYTES:
        raise InputError(CODE, detail=f"{len(der)} bytes")
    with translated(CODE):
        return KEPT.get(der, lambda: _read(der))


def _read(der: bytes) -> Crl:
    outer = whole(der, CODE)
    begin = outer.at
    body = outer.enter(SEQUENCE)
    signed = begin, outer.at
    identifier = outer.raw(SEQUENCE)
    signature = outer.bits()
    outer.finish()
    version = body.integer() if body.tag() == INTEGER else None
    if version not in {None, 1} or body.raw(SEQUENCE) != identifier:
        raise body.wrong("its version or signature algorithm contradicts itself", begin)
    issuer, this_update = body.raw(SEQUENCE), body.time()
    next_update = body.time() if body.tag() not in {SEQUENCE, CONTEXT, -1} else None
    entries = body.bounds(SEQUENCE) if body.tag() == SEQUENCE else (body.at, body.at)
    extensions = _extensions(body, version)
    return Crl(
        der=der,
        issuer_name=issuer,
        this_update=this_update,
        next_update=next_update,
        algorithm=_algorithm(identifier),
        signature=signature,
        signed=signed,
        entries=entries,
        scope=_scope(extensions),
        usable=_usable(extensions),
        keeps_expired_since=_keeps_expired_since(extensions),
    )


def _algorithm(identifier: bytes) -> ValueAlgorithm:
    try:
        return read_algorithm(identifier, "sha256", CODE)
    except RefusedError as error:
        raise InputError(CODE, detail=error.detail.rstrip(".")) from error


def _extensions(body: Cursor, version: int | None) -> Extensions:
    explicit = body.enter_optional(CONTEXT)
    body.finish()
    if explicit is None:
        return {}
    if version is None:
        raise body.wrong("a CRL of version 1 has no extensions")
    found = read_extensions(explicit.enter(SEQUENCE))
    explicit.finish()
    return found


def _usable(extensions: Extensions) -> bool:
    critical = {oid for oid, (needed, _) in extensions.items() if needed}
    return DELTA_INDICATOR not in extensions and critical <= _UNDERSTOOD


def _keeps_expired_since(extensions: Extensions) -> datetime | None:
    if EXPIRED_CERTIFICATES not in extensions:
        return None
    cursor = Cursor(extensions[EXPIRED_CERTIFICATES][1], CODE)
    moment = cursor.time()
    cursor.finish()
    return moment


def _scope(extensions: Extensions) -> Scope:
    if ISSUING_POINT not in extensions:
        return Scope()
    cursor = whole(extensions[ISSUING_POINT][1], CODE)
    point = cursor.enter_optional(CONTEXT)
    names, relative = (None, False) if point is None else _point(point)
    users, authorities = _flag(cursor, 1), _flag(cursor, 2)
    some_reasons = cursor.tag() == 0x83
    if some_reasons:
        cursor.raw()
    indirect, attributes = _flag(cursor, 4), _flag(cursor, 5)
    cursor.finish()
    return Scope(names, users, authorities, relative or some_reasons or indirect or attributes)


def _flag(cursor: Cursor, number: int) -> bool:
    tag = 0x80 + number
    return cursor.tag() == tag and cursor.boolean(tag)


def _point(cursor: Cursor) -> tuple[frozenset[bytes] | None, bool]:
    """Return the point's full name, and whether it has a relative one instead."""
    if cursor.tag() != CONTEXT:
        cursor.raw(CONTEXT + 1)
        return None, True
    found = general_names(cursor.enter(CONTEXT))
    cursor.finish()
    return found, False


def general_names(cursor: Cursor) -> frozenset[bytes]:
    """Return the GeneralNames that ``cursor`` stands before, each with its tag."""
    found: set[bytes] = set()
    while cursor:
        found.add(cursor.raw())
        if len(found) > _MAX_NAMES:
            raise cursor.wrong("too many names")
    return frozenset(found)


def points_of(value: bytes) -> frozenset[bytes]:
    """Return the full names in a DER CRLDistributionPoints (RFC 5280 §4.2.1.13)."""
    cursor = whole(value, CODE)
    found: frozenset[bytes] = frozenset()
    while cursor:
        point = cursor.enter(SEQUENCE).enter_optional(CONTEXT)
        if point is not None and point.tag() == CONTEXT:
            found |= general_names(point.enter(CONTEXT))
    return found
