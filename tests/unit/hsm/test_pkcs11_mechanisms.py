"""What goes to a token and what is taken from it."""

import hashlib
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from antin.core.errors import KeyDeviceError
from antin.hsm.pkcs11_mechanisms import Mechanism, mechanism_for
from antin.pki.algorithms import Digest, Scheme, SignatureAlgorithm

ECDSA = mechanism_for(SignatureAlgorithm("ecdsa"), "desk")
RSA = mechanism_for(SignatureAlgorithm("rsassa_pkcs1v15"), "desk")


def test_ecdsa_gets_the_digest_and_rsa_the_data() -> None:
    assert ECDSA.payload(b"data") == hashlib.sha256(b"data").digest()
    assert RSA.payload(b"data") == b"data"


def test_r_and_s_become_der() -> None:
    value = ECDSA.value((7).to_bytes(32) + (9).to_bytes(32), "desk")
    assert decode_dss_signature(value) == (7, 9)


@pytest.mark.parametrize("raw", [b"", bytes(64)])
@pytest.mark.parametrize("mechanism", [ECDSA, RSA])
def test_nothing_is_no_signature(mechanism: Mechanism, raw: bytes) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        mechanism.value(raw, "desk")
    assert caught.value.code == "token_failed"


def test_ecdsa_of_odd_length_is_refused() -> None:
    with pytest.raises(KeyDeviceError) as caught:
        ECDSA.value(b"\x01" * 63, "desk")
    assert caught.value.code == "token_failed"


@pytest.mark.parametrize("scheme", get_args(Scheme))
@pytest.mark.parametrize("digest", get_args(Digest))
def test_every_algorithm_has_a_mechanism_or_a_code(scheme: Scheme, digest: Digest) -> None:
    algorithm = SignatureAlgorithm(scheme, digest)
    if scheme != "ed25519" and (scheme == "ecdsa" or digest in {"sha256", "sha384", "sha512"}):
        assert mechanism_for(algorithm, "desk").algorithm == algorithm
    else:
        with pytest.raises(KeyDeviceError) as caught:
            mechanism_for(algorithm, "desk")
        assert caught.value.code == "mechanism_missing"
