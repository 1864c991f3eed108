"""An OCSP answer's own words, read once from its DER; whose it is remains to be checked.

RFC 6960 §4.2.1. Archive cutoff and reasons are read; a critical extension that is not known makes
the answer, or the one response it stands in, tell nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_OCSP_BYTES
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm
from antin.pki.certificates import Certificate, load_readable
from antin.pki.der import translated
from antin.pki.der_read import (
    CONTEXT,
    ENUMERATED,
    GENERALIZED_TIME,
    OCTET_STRING,
    SEQUENCE,
    Cursor,
    whole,
)
from antin.pki.extensions import Extensions, read_extensions

CODE: Final = "revocation_malformed"
MAX_RESPONSES: Final = 1_000
MAX_DELEGATES: Final = 8
"""Certificates in one answer that are tried as its signer's: each costs a signature check."""
_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_UNDERSTOOD: Final = frozenset({"1.3.6.1.5.5.7.48.1.2", _ARCHIVE_CUTOFF})
"""Nonce, archive cutoff."""
_STATUSES: Final = (
    "successful",
    "malformed request",
    "internal error",
    "try later",
    "(4)",
    "signature required",
    "unauthorized",
)
_GOOD, _REVOKED, _UNKNOWN = 0x80, 0xA1, 0x82


@dataclass(frozen=True)
class SingleResponse:
    """What an answer says of one certificate."""

    hash_algorithm: bytes = field(repr=False)
    """DER; of the next two."""
    name_hash: bytes = field(repr=False)
    key_hash: bytes = field(repr=False)
    serial: int
    status: Literal["good", "revoked", "unknown"]
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: int | None
    archive_cutoff: datetime | None
    usable: bool
    """False: it has a critical extension that is not understood."""


@dataclass(frozen=True)
class OcspAnswer:
    """A successful OCSPResponse that was read without error; equal when its bytes are."""

    der: bytes = field(repr=False)
    responder_name: bytes | None = field(compare=False, repr=False)
    """DER; None: ``responder_key`` is there."""
    responder_key: bytes | None = field(compare=False, repr=False)
    """SHA-1 of the responder's key."""
    produced_at: datetime = field(compare=False)
    responses: tuple[SingleResponse, ...] = field(compare=False, repr=False)
    algorithm: ValueAlgorithm = field(compare=False)
    signature: bytes = field(compare=False, repr=False)
    signed: bytes = field(compare=False, repr=False)
    """DER tbsResponseData."""
    certificates: tuple[Certificate, ...] = field(compare=False, repr=False)
    usable: bool = field(compare=False)
    """False: it has a critical extension that is not understood."""


def load_ocsp(der: bytes) -> OcspAnswer:
    """Read a DER OCSPResponse. Error: ``revocation_malformed``, also when it is not successful."""
    if len(der) > MAX_OCSP_BYTES:
        raise InputError(CODE, detail=f"{len(der)} bytes")
    with translated(CODE):
        return _read(der, _basic(der))


def _basic(der: bytes) -> Cursor:
    outer = whole(der, CODE)
    status = outer.integer(ENUMERATED)
    if status != 0:
        known = 0 <= status < len(_STATUSES)
        raise outer.wrong(f"the answer is: {_STATUSES[status] if known else status}")
    explicit = outer.enter(CONTEXT)
    outer.finish()
    typed = explicit.enter(SEQUENCE)
    explicit.finish()
    at, kind = typed.at, typed.oid()
    if kind != _BASIC:
        raise typed.wrong(f"an answer of the kind {kind}", at)
    basic = typed.enter(OCTET_STRING)
    typed.finish()
    inner = basic.enter(SEQUENCE)
    basic.finish()
    return inner


def _read(der: bytes, cursor: Cursor) -> OcspAnswer:
    signed = cursor.raw(SEQUENCE)
    algorithm = _algorithm(cursor.raw(SEQUENCE))
    signature = cursor.bits()
    listed = cursor.enter_optional(CONTEXT)
    cursor.finish()
    body = whole(signed, CODE)
    version = body.enter_optional(CONTEXT)
    if version is not None and version.integer() != 0:
        raise body.wrong("unknown version")
    name, key = _responder(body)
    produced_at = body.time()
    responses = _responses(body.enter(SEQUENCE))
    extensions = _extensions(body)
    body.finish()
    return OcspAnswer(
        der=der,
        responder_name=name,
        responder_key=key,
        produced_at=produced_at,
        responses=responses,
        algorithm=algorithm,
        signature=signature,
        signed=signed,
        certificates=_certificates(listed),
        usable=_usable(extensions),
    )


def _responder(body: Cursor) -> tuple[bytes | None, bytes | None]:
    by_name = body.enter_optional(CONTEXT + 1)
    if by_name is not None:
        name = by_name.raw(SEQUENCE)
        by_name.finish()
        return name, None
    by_key = body.enter(CONTEXT + 2)
    key = by_key.body(OCTET_STRING)
    by_key.finish()
    return None, key


def _algorithm(identifier: bytes) -> ValueAlgorithm:
    try:
        return read_algorithm(identifier, "sha256", CODE)
    except RefusedError as error:
        raise InputError(CODE, detail=error.detail.rstrip(".")) from error


def _certificates(listed: Cursor | None) -> tuple[Certificate, ...]:
    found: list[bytes] = []
    inner = None if listed is None else listed.enter(SEQUENCE)
    while inner and len(found) < MAX_DELEGATES:
        found.append(inner.raw(SEQUENCE))
    return load_readable(tuple(found))


def _responses(cursor: Cursor) -> tuple[SingleResponse, ...]:
    found: list[SingleResponse] = []
    while cursor:
        if len(found) >= MAX_RESPONSES:
            raise cursor.wrong(f"more than {MAX_RESPONSES} responses")
        found.append(_single(cursor.enter(SEQUENCE)))
    return tuple(found)


def _single(cursor: Cursor) -> SingleResponse:
    identifier = cursor.enter(SEQUENCE)
    algorithm = identifier.raw(SEQUENCE)
    name_hash, key_hash = identifier.body(OCTET_STRING), identifier.body(OCTET_STRING)
    serial = identifier.integer()
    identifier.finish()
    status, revoked_at, reason = _status(cursor)
    this_update = cursor.time()
    later = cursor.enter_optional(CONTEXT)
    extensions = _extensions(cursor)
    cursor.finish()
    return SingleResponse(
        hash_algorithm=algorithm,
        name_hash=name_hash,
        key_hash=key_hash,
        serial=serial,
        status=status,
        this_update=this_update,
        next_update=None if later is None else later.time(),
        revoked_at=revoked_at,
        reason=reason,
        archive_cutoff=_archive_cutoff(extensions),
        usable=_usable(extensions),
    )


def _status(
    cursor: Cursor,
) -> tuple[Literal["good", "revoked", "unknown"], datetime | None, int | None]:
    tag = cursor.tag()
    if tag in {_GOOD, _UNKNOWN}:
        if cursor.body(tag):
            raise cursor.wrong("a status with content")
        return "good" if tag == _GOOD else "unknown", None, None
    revoked = cursor.enter(_REVOKED)
    if revoked.tag() != GENERALIZED_TIME:
        raise revoked.wrong("a revocation without its time")
    moment = revoked.time()
    explicit = revoked.enter_optional(CONTEXT)
    reason = None if explicit is None else explicit.integer(ENUMERATED)
    revoked.finish()
    return "revoked", moment, reason


def _extensions(cursor: Cursor) -> Extensions:
    explicit = cursor.enter_optional(CONTEXT + 1)
    return {} if explicit is None else read_extensions(explicit.enter(SEQUENCE))


def _usable(extensions: Extensions) -> bool:
    return all(oid in _UNDERSTOOD for oid, (critical, _) in extensions.items() if critical)


def _archive_cutoff(extensions: Extensions) -> datetime | None:
    if _ARCHIVE_CUTOFF not in extensions:
        return None
    return Cursor(extensions[_ARCHIVE_CUTOFF][1], CODE).time()
