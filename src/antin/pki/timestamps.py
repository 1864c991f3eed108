"""RFC 3161 time-stamps: asking for one, checking the answer, checking a token by itself.

Whether the authority is trusted and was not revoked is the path's matter (paths.py), not decided
here.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from asn1crypto import algos, core, tsp

from antin.core.digests import digest_of, same
from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.pki.algorithm_identifiers import read_digest
from antin.pki.certificates import Certificate
from antin.pki.cms_read import (
    ParsedSignature,
    check_value,
    ess_matches,
    find_signer,
    parse_signature,
)
from antin.pki.cms_structure import TST_INFO
from antin.pki.der import load, padded_value, translated
from antin.pki.der_read import (
    CONTEXT,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Cursor,
    whole,
)
from antin.pki.usages import stamps_time

_MAX_ACCURACY: Final = 86_400
"""Seconds; an authority that may be off by more tells no time."""
_MOST_WORDS: Final = 200
_GRANTED: Final = ("granted", "granted_with_mods")


class _Response(core.Sequence):  # type: ignore[misc]  # asn1crypto is untyped
    """TimeStampResp with the token optional, as it is in RFC 3161: a refusal has none."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", core.Any, {"optional": True}),
    ]


@dataclass(frozen=True)
class TimestampToken:
    """A token as its bytes say; nothing in it is believed yet."""

    der: bytes = field(repr=False)
    cms: ParsedSignature
    digest: str
    """Digest algorithm of the imprint."""
    imprint: bytes
    gen_time: datetime
    nonce: int | None
    serial: int
    policy: str
    accuracy: timedelta | None = None
    """How far off ``gen_time`` may be either way; None: the authority does not say."""


@dataclass(frozen=True)
class TimestampFacts:
    """What a token states, after its own signature and its imprint were checked."""

    token: bytes = field(repr=False)
    """DER, for embedding."""
    gen_time: datetime
    digest: str
    authority: Certificate
    certificates: tuple[bytes, ...] = field(repr=False)
    """That came with the token."""
    serial: int
    policy: str
    digests: frozenset[str] = frozenset()
    """Every digest that it leans on: of its imprint, of its statement, of its signature."""
    accuracy: timedelta | None = None
    """As in the token."""


def new_query(digest: bytes, algorithm: str = "sha256") -> bytes:
    """Return a DER TimeStampReq over ``digest`` with a fresh nonce, asking for certificates."""
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm})}
    query = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {**imprint, "hashed_message": digest},
            "nonce": secrets.randbits(64),
            "cert_req": True,
        }
    )
    return bytes(query.dump())


def under_policy(query: bytes, policy: str) -> bytes:
    """Return the same query for a token under ``policy`` (OID). Error: ``cms_malformed``."""
    with translated("cms_malformed"):
        asked = load(tsp.TimeStampReq, query, "cms_malformed")
        asked["req_policy"] = policy
        return bytes(asked.dump(force=True))


def check_response(query: bytes, response: bytes) -> TimestampFacts:
    """Check a TimeStampResp fully against its query (RFC 3161 §2.2, §2.4.2).

    Errors: ``timestamp_refused`` where there is no token, as the authority says;
    ``timestamp_wrong``, whatever is wrong with one.
    """
    try:
        return _checked_response(query, response)
    except (InputError, RefusedError) as error:
        if error.code in {"timestamp_wrong", "timestamp_refused"}:
            raise
        raise _wrong(error.detail.rstrip(".")) from error


def read_token(data: bytes) -> TimestampToken:
    """Read a TimeStampToken; zero padding may follow. Error: ``cms_malformed``."""
    if len(data) > 2 * MAX_TIMESTAMP_BYTES:
        raise InputError("cms_malformed", detail=f"more than {MAX_TIMESTAMP_BYTES} bytes")
    cms = parse_signature(data)
    if cms.content_type != TST_INFO or cms.content is None or cms.message_digest is None:
        raise InputError("cms_malformed", detail="it is no time-stamp token")
    info = _read_info(cms.content)
    return TimestampToken(
        der=cms.der,
        cms=cms,
        digest=info.digest,
        imprint=info.imprint,
        gen_time=info.gen_time,
        nonce=info.nonce,
        serial=info.serial,
        policy=info.policy,
        accuracy=info.accuracy,
    )


@dataclass(frozen=True)
class _Info:
    policy: str
    digest: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    nonce: int | None


def _read_info(content: bytes) -> _Info:
    """Read a TSTInfo, each field in its place (RFC 3161 §2.4.2). Error: ``cms_malformed``."""
    cursor = whole(content, "cms_malformed")
    at, version = cursor.at, cursor.integer()
    if version != 1:
        raise cursor.wrong(f"version {version} of TSTInfo", at)
    policy = cursor.oid()
    stamped = cursor.enter(SEQUENCE)
    digest = read_digest(stamped.raw(SEQUENCE), "cms_malformed")
    imprint = stamped.body(OCTET_STRING)
    stamped.finish()
    if len(imprint) != len(digest_of(b"", digest)):
        raise cursor.wrong("the imprint is not as long as its digest")
    serial = cursor.integer()
    if cursor.tag() != GENERALIZED_TIME:
        raise cursor.wrong("genTime is no time")
    gen_time = cursor.precise_time()
    accuracy = _accuracy(cursor.enter_optional(SEQUENCE))
    if cursor.tag() == 0x01:
        cursor.boolean()  # ordering: tells nothing that a verdict leans on
    nonce = cursor.integer() if cursor.tag() == INTEGER else None
    if cursor.tag() == CONTEXT:
        cursor.raw()  # tsa: a hint only, the signer's certificate is what counts
    _no_critical(cursor.enter_optional(CONTEXT + 1))
    cursor.finish()
    return _Info(policy, digest, imprint, serial, gen_time, accuracy, nonce)


def _accuracy(cursor: Cursor | None) -> timedelta | None:
    if cursor is None:
        return None
    seconds = cursor.integer() if cursor.tag() == INTEGER else 0
    milliseconds = cursor.integer(0x80) if cursor.tag() == 0x80 else 0
    microseconds = cursor.integer(0x81) if cursor.tag() == 0x81 else 0
    cursor.finish()
    small = all(0 <= part <= 999 for part in (milliseconds, microseconds))
    if not small or not 0 <= seconds <= _MAX_ACCURACY:
        raise cursor.wrong("the accuracy is out of bounds")
    return timedelta(seconds=seconds, milliseconds=milliseconds, microseconds=microseconds)


def _no_critical(extensions: Cursor | None) -> None:
    while extensions:
        one = extensions.enter(SEQUENCE)
        oid = one.oid()
        if one.tag() == 0x01 and one.boolean():
            raise extensions.wrong(f"unknown critical extension {oid}")
        one.body(OCTET_STRING)
        one.finish()


def check_token(token: TimestampToken, digest: bytes) -> TimestampFacts:
    """Check a token by itself: that it stamps ``digest`` and that its own signature holds.

    ``digest`` is computed by ``token.digest``. Errors: ``timestamp_wrong``,
    ``algorithm_forbidden``.
    """
    # 1. The imprint is that of what is claimed to be stamped: a token copied from elsewhere fails.
    if not same(token.imprint, digest):
        raise _wrong("it stamps something else")
    return check_statement(token)


def check_statement(token: TimestampToken) -> TimestampFacts:
    """Check that a token's statement is its authority's, whatever it is about.

    Errors: ``timestamp_wrong``, ``algorithm_forbidden``.
    """
    cms = token.cms
    # 2. Its signed message-digest is that of its TSTInfo.
    content_digest = digest_of(cms.content or b"", cms.digest)
    if not same(content_digest, cms.message_digest or b""):
        raise _wrong("its content was altered")
    # 3. The authority's certificate is there and is the one that was signed for.
    authority = find_signer(cms)
    if authority is None:
        raise _wrong("it lacks its authority's certificate")
    if ess_matches(cms, authority) is not True:
        raise _wrong("it does not name its authority's certificate")
    # 4. The signature value is the authority's.
    if not check_value(cms, authority, content_digest):
        raise _wrong("its signature value is wrong")
    # 5. The certificate was issued for time-stamping and nothing else.
    reason = stamps_time(authority)
    if reason is not None:
        raise _wrong(f"the authority's certificate is not for time-stamping: {reason}")
    return TimestampFacts(
        token=token.der,
        gen_time=token.gen_time,
        digest=token.digest,
        authority=authority,
        certificates=cms.certificates,
        serial=token.serial,
        policy=token.policy,
        digests=frozenset({token.digest, cms.digest, cms.algorithm.digest}),
        accuracy=token.accuracy,
    )


def _checked_response(query: bytes, response: bytes) -> TimestampFacts:
    asked = load(tsp.TimeStampReq, query, "cms_malformed")
    der = padded_value(response, MAX_TIMESTAMP_BYTES, "cms_malformed")
    answer = load(_Response, der, "cms_malformed")
    with translated("cms_malformed"):
        # 1. The authority granted it.
        if answer["status"]["status"].native not in _GRANTED:
            raise RefusedError("timestamp_refused", detail=_status_text(answer["status"]))
        token = read_token(answer["time_stamp_token"].dump())
        imprint = asked["message_imprint"]
        # 2. It answers this query: same algorithm, same nonce, the policy asked for.
        if token.digest != read_digest(imprint["hash_algorithm"].dump(), "cms_malformed"):
            raise _wrong("it uses another digest algorithm than asked for")
        if token.nonce != asked["nonce"].native:
            raise _wrong("its nonce is not the query's")
        policy = asked["req_policy"]
        if policy.native is not None and token.policy != policy.dotted:
            raise _wrong("it was made under another policy than asked for")
        # 3. It holds by itself, over the digest that was sent.
        return check_token(token, bytes(imprint["hashed_message"].native))


def _status_text(status: Any) -> str:
    """Return what a PKIStatusInfo says: status, reasons by name, the authority's own words."""
    failure = status["fail_info"].native
    reasons = f" ({', '.join(sorted(map(str, failure)))})" if failure else ""
    words = "; ".join(str(one) for one in status["status_string"].native or ())
    said = f", {words[:_MOST_WORDS]!r}" if words else ""
    return f"it answered {status['status'].native}{reasons}{said}"


def _wrong(detail: str) -> RefusedError:
    return RefusedError("timestamp_wrong", detail=detail)
