"""Public keys: what fits them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from antin.core.errors import KeyDeviceError
from antin.hsm.insecure_software import InsecureSoftwareKey, PrivateKey
from antin.hsm.public_keys import default_algorithm, load_public_key, require_signature

RSA = rsa.generate_private_key(65537, 2048)


def test_rsa_without_pss_takes_pkcs1v15() -> None:
    algorithm = default_algorithm(RSA.public_key(), None, pss=False, token="desk")
    assert algorithm.scheme == "rsassa_pkcs1v15"


def test_pss_on_a_token_without_it_is_refused() -> None:
    with pytest.raises(KeyDeviceError) as caught:
        default_algorithm(RSA.public_key(), "rsassa_pss", pss=False, token="desk")
    assert caught.value.code == "mechanism_missing"


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        x25519.X25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
    # Named: every test process makes another key, and must collect the same tests.
    ids=["empty", "nothing", "x25519"],
)
def test_keys_of_other_kinds_have_a_code(der: bytes) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        load_public_key(der, "desk")
    assert caught.value.code == "mechanism_missing"


def test_unusual_curve_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256K1()).public_key()
    with pytest.raises(KeyDeviceError) as caught:
        default_algorithm(key, None, pss=True, token="desk")
    assert caught.value.code == "mechanism_missing"


@pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"\x01" * 256], ids=["0", "2", "256"])
@pytest.mark.parametrize(
    "private",
    [RSA, ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()],
    ids=["rsa", "ec", "ed25519"],
)
def test_anything_but_the_signature_is_refused(private: PrivateKey, signature: bytes) -> None:
    key = InsecureSoftwareKey(private)
    public = load_public_key(key.public_key, "desk")
    require_signature(public, key.algorithm, b"data", key.sign(b"data"), token="desk")
    for data, value in ((b"data", signature), (b"other", key.sign(b"data"))):
        with pytest.raises(KeyDeviceError) as caught:
            require_signature(public, key.algorithm, data, value, token="desk")
        assert caught.value.code == "token_failed"
