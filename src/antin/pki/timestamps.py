"""RFC 3161 time-stamps: asking for one, checking the answer, checking a token by itself.

Whether the authority is trusted and was not revoked is the path's matter (paths.py), not decided
here.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from asn1crypto import algos, core, tsp

from antin.core.digests import same
from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_TIMESTAMP_BYTES
from antin.pki.certificates import Certificate, stamps_time
from antin.pki.cms_read import (
    ParsedSignature,
    check_value,
    ess_matches,
    find_signer,
    parse_signature,
)
from antin.pki.der import first_value, load, translated
from antin.pki.signature_values import digest_name

TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
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


def check_response(query: bytes, response: bytes) -> TimestampFacts:
    """Check a TimeStampResp fully against its query (RFC 3161 §2.2, §2.4.2).

    Error: ``timestamp_wrong``, whatever is wrong with it.
    """
    try:
        return _checked_response(query, response)
    except (InputError, RefusedError) as error:
        if error.code == "timestamp_wrong":
            raise
        raise _wrong(error.detail.rstrip(".")) from error


def read_token(data: bytes) -> TimestampToken:
    """Read a TimeStampToken; zero padding may follow. Error: ``cms_malformed``."""
    der = first_value(data, MAX_TIMESTAMP_BYTES, "cms_malformed")
    cms = parse_signature(der)
    if cms.content_type != TST_INFO or cms.content is None or cms.message_digest is None:
        raise InputError("cms_malformed", detail="it is no time-stamp token")
    info = load(tsp.TSTInfo, cms.content, "cms_malformed")
    with translated("cms_malformed"):
        if info["version"].native != "v1":
            raise InputError("cms_malformed", detail="unknown version of TSTInfo")
        imprint = info["message_imprint"]
        nonce = info["nonce"].native
        return TimestampToken(
            der=der,
            cms=cms,
            digest=digest_name(imprint["hash_algorithm"]),
            imprint=bytes(imprint["hashed_message"].native),
            gen_time=_gen_time(info["gen_time"].native),
            nonce=None if nonce is None else int(nonce),
            serial=int(info["serial_number"].native),
            policy=str(info["policy"].dotted),
        )


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
    content_digest = hashlib.new(cms.digest, cms.content or b"").digest()
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
    )


def _checked_response(query: bytes, response: bytes) -> TimestampFacts:
    asked = load(tsp.TimeStampReq, query, "cms_malformed")
    der = first_value(response, MAX_TIMESTAMP_BYTES, "cms_malformed")
    answer = load(_Response, der, "cms_malformed")
    with translated("cms_malformed"):
        # 1. The authority granted it.
        if answer["status"]["status"].native not in _GRANTED:
            raise _wrong(f"the authority answered {_status_text(answer['status'])}")
        token = read_token(answer["time_stamp_token"].dump())
        imprint = asked["message_imprint"]
        # 2. It answers this query: same algorithm, same nonce, the policy asked for.
        if token.digest != digest_name(imprint["hash_algorithm"]):
            raise _wrong("it uses another digest algorithm than asked for")
        if token.nonce != asked["nonce"].native:
            raise _wrong("its nonce is not the query's")
        policy = asked["req_policy"]
        if policy.native is not None and token.policy != policy.dotted:
            raise _wrong("it was made under another policy than asked for")
        # 3. It holds by itself, over the digest that was sent.
        return check_token(token, bytes(imprint["hashed_message"].native))


def _status_text(status: Any) -> str:
    failure = status["fail_info"].native
    reasons = f" ({', '.join(sorted(failure))})" if failure else ""
    return f"{status['status'].native}{reasons}"


def _gen_time(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InputError("cms_malformed", detail="genTime is no time")
    return value


def _wrong(detail: str) -> RefusedError:
    return RefusedError("timestamp_wrong", detail=detail)
