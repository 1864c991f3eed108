"""What goes to a token and what is taken from it."""

import hashlib
from typing import get_args

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import KeyDeviceError
from antin.hsm import cryptoki_values as ck
from antin.hsm.mechanism_calls import ASKED
from antin.hsm.mechanisms import Way, ways_to
from antin.pki.algorithms import Digest, Scheme, SignatureAlgorithm

SHA2 = ("sha256", "sha384", "sha512")


def ways(scheme: Scheme, digest: Digest = "sha256") -> tuple[Way, ...]:
    return ways_to(SignatureAlgorithm(scheme, digest), ASKED)


ECDSA = ways("ecdsa")[1]
RSA = ways("rsassa_pkcs1v15")[0]


def test_a_mechanism_that_hashes_comes_first_and_gets_the_data() -> None:
    for scheme in ("rsassa_pkcs1v15", "rsassa_pss", "ecdsa"):
        first, second = ways(scheme)
        assert (first.raw, second.raw) == (False, True)
        assert first.payload(b"data") == b"data"


def test_only_what_the_token_has_is_a_way() -> None:
    algorithm = SignatureAlgorithm("rsassa_pkcs1v15")
    (raw,) = ways_to(algorithm, frozenset({ck.CKM_RSA_PKCS, ck.CKM_SHA512_RSA_PKCS}))
    assert raw.call.number == ck.CKM_RSA_PKCS
    assert ways_to(algorithm, frozenset()) == ()


@given(st.binary(max_size=5000), st.sampled_from(SHA2))
def test_a_raw_mechanism_never_gets_more_than_a_digest(data: bytes, digest: Digest) -> None:
    size = hashlib.new(digest).digest_size
    assert ways("ecdsa", digest)[1].payload(data) == hashlib.new(digest, data).digest()
    assert len(ways("rsassa_pss", digest)[1].payload(data)) == size
    assert len(ways("rsassa_pkcs1v15", digest)[1].payload(data)) == 19 + size


@pytest.mark.parametrize("digest", SHA2)
def test_the_digest_info_is_the_one_that_others_expect(digest: Digest) -> None:
    # EMSA-PKCS1-v1_5 by hand around our payload is what cryptography verifies.
    key = rsa.generate_private_key(65537, 2048)
    payload = ways("rsassa_pkcs1v15", digest)[1].payload(b"data")
    block = b"\x00\x01" + b"\xff" * (253 - len(payload)) + b"\x00" + payload
    numbers = key.private_numbers()
    value = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(256)
    chosen = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    hashed = utils.Prehashed(chosen[digest])
    key.public_key().verify(
        value, hashlib.new(digest, b"data").digest(), padding.PKCS1v15(), hashed
    )


@pytest.mark.parametrize("digest", SHA2)
def test_the_salt_is_as_long_as_the_digest(digest: Digest) -> None:
    for way in ways("rsassa_pss", digest):
        assert way.call.pss is not None
        assert way.call.pss[2] == hashlib.new(digest).digest_size


def test_r_and_s_become_der() -> None:
    value = ECDSA.value((7).to_bytes(32) + (9).to_bytes(32), "desk")
    assert decode_dss_signature(value) == (7, 9)


@pytest.mark.parametrize("raw", [b"", bytes(64)], ids=["none", "zeros"])
@pytest.mark.parametrize("way", [ECDSA, RSA], ids=["ecdsa", "rsa"])
def test_nothing_is_no_signature(way: Way, raw: bytes) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        way.value(raw, "desk")
    assert caught.value.code == "token_failed"


def test_ecdsa_of_odd_length_is_refused() -> None:
    with pytest.raises(KeyDeviceError) as caught:
        ECDSA.value(b"\x01" * 63, "desk")
    assert caught.value.code == "token_failed"


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("digest", get_args(Digest))
def test_every_algorithm_has_a_way_or_none(scheme: Scheme, digest: Digest) -> None:
    found = ways(scheme, digest)
    if scheme == "ed25519":
        assert len(found) == (digest == "sha512")
    else:
        assert len(found) == (2 if digest in SHA2 else 0)
    assert all(way.algorithm == SignatureAlgorithm(scheme, digest) for way in found)
