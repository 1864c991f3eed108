"""Time-stamps: the answer must fit the query, the token must hold by itself."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from antin.core.errors import InputError, RefusedError
from antin.pki.der_write import NULL, integer, oid, sequence, tlv
from antin.pki.timestamps import (
    check_response,
    check_token,
    new_query,
    read_token,
    under_policy,
)
from tests.smallpki import (
    NOW,
    CmsShape,
    Holder,
    answer_query,
    make_cms,
    make_root,
    make_token,
    make_tsa,
)
from tests.trustworld import TrustWorld

DIGEST = hashlib.sha256(b"a signature value").digest()
OTHER = hashlib.sha256(b"another").digest()


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def tsa(root: Holder) -> Holder:
    return make_tsa(root)


def code_of(tsa: Holder, query: bytes, **changes: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        check_response(query, answer_query(tsa, query, NOW, **changes))
    return caught.value.code


def test_good_answer(tsa: Holder) -> None:
    query = new_query(DIGEST)
    facts = check_response(query, answer_query(tsa, query, NOW))
    assert (facts.gen_time, facts.authority.der) == (NOW, tsa.der)
    assert read_token(facts.token).imprint == DIGEST


def test_queries_have_fresh_nonces_and_ask_for_certificates() -> None:
    queries = [tsp.TimeStampReq.load(new_query(DIGEST)) for _ in range(2)]
    assert queries[0]["nonce"].native != queries[1]["nonce"].native
    assert queries[0]["cert_req"].native is True


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": OTHER},
        {"nonce": 1},
        {"nonce": None},
        {"algorithm": "sha512", "digest": hashlib.sha512(b"").digest()},
        {"algorithm": "sha3_256"},
    ],
    ids="-".join,
)
def test_answer_to_something_else(tsa: Holder, changes: dict[str, Any]) -> None:
    assert code_of(tsa, new_query(DIGEST), **changes) == "timestamp_wrong"


@pytest.mark.parametrize("with_token", [{}, {"with_token": True}], ids=["bare", "with token"])
def test_a_refusal_is_called_one(tsa: Holder, with_token: dict[str, Any]) -> None:
    assert code_of(tsa, new_query(DIGEST), status="rejection", **with_token) == "timestamp_refused"


def test_a_refusal_says_why(tsa: Holder) -> None:
    status = {
        "status": "rejection",
        "status_string": ["No such policy", "here"],
        "fail_info": {"unaccepted_policy"},
    }
    info = bytes(tsp.PKIStatusInfo(status).dump())
    with pytest.raises(RefusedError) as caught:
        check_response(new_query(DIGEST), b"\x30" + bytes([len(info)]) + info)
    for said in ("rejection", "unaccepted_policy", "No such policy; here"):
        assert said in str(caught.value.values["detail"])


def test_a_policy_is_asked_for_and_required(tsa: Holder) -> None:
    asked = new_query(DIGEST)
    query = under_policy(asked, "1.3.6.1.4.1.99999.1")
    before, after = tsp.TimeStampReq.load(asked), tsp.TimeStampReq.load(query)
    assert before["nonce"].native == after["nonce"].native
    assert check_response(query, answer_query(tsa, query, NOW)).policy == "1.3.6.1.4.1.99999.1"
    other = under_policy(asked, "1.3.6.1.4.1.99999.2")
    assert code_of(tsa, other) == "timestamp_wrong"
    # What fits the query with a policy fits the one without.
    assert check_response(asked, answer_query(tsa, query, NOW))


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x30\x03\x02\x01\x00", b"\x00" * 30])
def test_rubbish_answer(data: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        check_response(new_query(DIGEST), data)
    assert caught.value.code == "timestamp_wrong"


def test_copied_token_is_refused(tsa: Holder) -> None:
    token = read_token(make_token(tsa, OTHER, NOW))
    with pytest.raises(RefusedError) as caught:
        check_token(token, DIGEST)
    assert caught.value.code == "timestamp_wrong"


def test_altered_time_is_refused(tsa: Holder) -> None:
    der = make_token(tsa, DIGEST, NOW)
    altered = der.replace(b"20260601120000Z", b"20160601120000Z")
    assert altered != der
    with pytest.raises(RefusedError) as caught:
        check_token(read_token(altered), DIGEST)
    assert caught.value.code == "timestamp_wrong"


def test_forged_signature_is_refused(root: Holder, tsa: Holder) -> None:
    forger = Holder(root.issue("Forger").key, tsa.certificate)
    with pytest.raises(RefusedError) as caught:
        check_token(read_token(make_token(forger, DIGEST, NOW)), DIGEST)
    assert caught.value.code == "timestamp_wrong"


@pytest.mark.parametrize(
    "options",
    [
        {"extended": ()},
        {"extended": (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)},
        {"extended": (ExtendedKeyUsageOID.TIME_STAMPING,), "extended_critical": False},
        {"extended": (ExtendedKeyUsageOID.TIME_STAMPING,), "usages": ("key_encipherment",)},
    ],
    ids=["no-eku", "two-ekus", "not-critical", "key-usage"],
)
def test_certificate_for_something_else(root: Holder, options: dict[str, Any]) -> None:
    signer = root.issue("Not a TSA", **options)
    with pytest.raises(RefusedError) as caught:
        check_token(read_token(make_token(signer, DIGEST, NOW)), DIGEST)
    assert caught.value.code == "timestamp_wrong"


def test_token_without_certificate_or_naming_another(root: Holder, tsa: Holder) -> None:
    for shape in (CmsShape(certificates=()), CmsShape(ess=False), CmsShape(ess=root.der)):
        with pytest.raises(RefusedError) as caught:
            check_token(read_token(make_token(tsa, DIGEST, NOW, shape=shape)), DIGEST)
        assert caught.value.code == "timestamp_wrong"


def test_signature_that_is_no_token(tsa: Holder) -> None:
    from tests.smallpki import make_cms

    with pytest.raises(InputError) as caught:
        read_token(make_cms(tsa, DIGEST))
    assert caught.value.code == "cms_malformed"


def test_development_tsa_and_second_opinion(trust_world: TrustWorld) -> None:
    query = new_query(DIGEST)
    answer = trust_world.timestamps().request(query)
    facts = check_response(query, answer)
    assert facts.authority.der == trust_world.certificate("tsa")
    builder = VerifierBuilder()
    for anchor in trust_world.anchors:
        builder = builder.add_root_certificate(x509.load_der_x509_certificate(anchor))
    assert builder.build().verify(decode_timestamp_response(answer), DIGEST)


SHA256, SHA3 = oid("2.16.840.1.101.3.4.2.1"), oid("2.16.840.1.101.3.4.2.8")
MOMENT = tlv(0x18, b"20260601120000Z")


def token_with(tsa: Holder, **parts: bytes) -> bytes:
    """Return a token whose TSTInfo has ``parts`` in the place of its own."""
    content = sequence(
        parts.get("version", integer(1)),
        oid("1.3.6.1.4.1.99999.1"),
        sequence(parts.get("algorithm", sequence(SHA256)), tlv(4, parts.get("imprint", DIGEST))),
        integer(7),
        parts.get("moment", MOMENT),
        parts.get("rest", b""),
    )
    shape = CmsShape(content_type="tst_info", content=content)
    return make_cms(tsa, hashlib.sha256(content).digest(), shape)


def extension(dotted: str, *, critical: bool) -> bytes:
    return sequence(oid(dotted), b"\x01\x01\xff" if critical else b"", tlv(4, NULL))


def test_every_field_of_a_token(tsa: Holder) -> None:
    accuracy = sequence(integer(1), tlv(0x80, b"\x64"), tlv(0x81, b"\x05"))
    rest = accuracy + b"\x01\x01\xff" + integer(99) + tlv(0xA0, tlv(0xA4, sequence()))
    rest += tlv(0xA1, extension("1.2.3.4", critical=False))
    token = read_token(token_with(tsa, rest=rest, moment=tlv(0x18, b"20260601120000.25Z")))
    assert token.accuracy == timedelta(seconds=1, milliseconds=100, microseconds=5)
    assert token.nonce == 99
    assert token.gen_time == NOW + timedelta(milliseconds=250)
    assert check_token(token, DIGEST).gen_time == token.gen_time
    assert read_token(token_with(tsa)).accuracy is None


def test_imprint_by_sha3(tsa: Holder) -> None:
    imprint = hashlib.sha3_256(b"a signature value").digest()
    token = read_token(token_with(tsa, algorithm=sequence(SHA3), imprint=imprint))
    assert token.digest == "sha3_256"
    assert check_token(token, imprint).digest == "sha3_256"


@pytest.mark.parametrize(
    "parts",
    [
        {"version": integer(2)},
        {"imprint": DIGEST[:-1]},
        {"imprint": b""},
        {"moment": tlv(0x17, b"260601120000Z")},
        {"moment": tlv(0x18, b"20260601120000.0Z")},
        {"moment": tlv(0x18, b"202606011200Z")},
        {"rest": sequence(tlv(0x80, b"\x03\xe8"))},
        {"rest": sequence(tlv(0x81, b"\x03\xe8"))},
        {"rest": sequence(integer(86_401))},
        {"rest": sequence(integer(-1))},
        {"rest": tlv(0xA1, extension("1.2.3.4", critical=True))},
        {"rest": integer(1) + integer(2)},
        {"rest": NULL},
    ],
    ids=range(13),
)
def test_tokens_that_are_malformed(tsa: Holder, parts: dict[str, bytes]) -> None:
    with pytest.raises(InputError) as caught:
        read_token(token_with(tsa, **parts))
    assert caught.value.code == "cms_malformed"
