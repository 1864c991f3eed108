"""Every key backend keeps the same promises: a key in memory, and keys on tokens of four makes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from antin.core.errors import KeyDeviceError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.hsm.key import SigningKey
from antin.pki.algorithms import Scheme
from tests.tokens import FIXTURES, KINDS, RealToken, real

CASES: dict[str, tuple[str, Scheme | None]] = {
    "rsa-pkcs1v15": ("rsa", "rsassa_pkcs1v15"),
    "rsa-pss": ("rsa", "rsassa_pss"),
    "rsa-default": ("rsa", None),
    "p256": ("p256", None),
    "p384": ("p384", "ecdsa"),
    "p521": ("p521", None),
}
BACKENDS = {"software": ("rsa", "p256", "p384", "p521"), **KINDS}


def backends(*kinds: str) -> list[Any]:
    """Return every backend with each of ``kinds`` that it has, as parameters."""
    return [
        pytest.param(
            (name, kind), marks=real(name) if name in FIXTURES else [], id=f"{name}-{kind}"
        )
        for name, has in BACKENDS.items()
        for kind in kinds
        if kind in has
    ]


def cases() -> list[Any]:
    """Return every backend with each case that its keys allow, as parameters."""
    return [
        pytest.param(
            (name, *case), marks=real(name) if name in FIXTURES else [], id=f"{name}-{id_}"
        )
        for name, has in BACKENDS.items()
        for id_, case in CASES.items()
        if case[0] in has
    ]


def in_memory(kind: str, scheme: Scheme | None) -> SigningKey:
    if kind == "rsa":
        return InsecureSoftwareKey(rsa.generate_private_key(65537, 2048), None, scheme)
    curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
    return InsecureSoftwareKey(ec.generate_private_key(curves[kind]), None, scheme)


def made(
    request: pytest.FixtureRequest, backend: str, kind: str, scheme: Scheme | None
) -> SigningKey:
    if backend == "software":
        return in_memory(kind, scheme)
    token: RealToken = request.getfixturevalue(FIXTURES[backend])
    return token.open(kind, scheme)


@pytest.fixture(params=cases())
def key(request: pytest.FixtureRequest) -> SigningKey:
    return made(request, *request.param)


def verify(key: SigningKey, data: bytes, signature: bytes) -> None:
    """Judge by the algorithm's name alone, with parameters as CMS has them (RFC 4056, 5758)."""
    digests = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    digest = digests[key.algorithm.digest]
    public = serialization.load_der_public_key(key.public_key)
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert key.algorithm.scheme == "ecdsa"
        public.verify(signature, data, ec.ECDSA(digest))
        return
    assert isinstance(public, rsa.RSAPublicKey)
    if key.algorithm.scheme == "rsassa_pkcs1v15":
        public.verify(signature, data, padding.PKCS1v15(), digest)
    else:
        salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
        public.verify(signature, data, salted, digest)


@pytest.mark.parametrize("size", [1, 300, 1 << 20])
def test_signs_data_of_any_length(key: SigningKey, size: int) -> None:
    data = b"\x5a" * size
    verify(key, data, key.sign(data))


def test_ecdsa_values_are_der(key: SigningKey) -> None:
    if key.algorithm.scheme != "ecdsa":
        assert len(key.sign(b"data")) == 256
        return
    r, s = decode_dss_signature(key.sign(b"data"))
    assert r > 0
    assert s > 0


def test_eight_threads_share_one_key(key: SigningKey) -> None:
    messages = [f"message {number}".encode() for number in range(64)]
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(key.sign, messages))
    for message, signature in zip(messages, signatures, strict=True):
        verify(key, message, signature)


@pytest.mark.parametrize("backend", backends("p256", "p384", "p521"))
def test_digest_matches_the_curve(request: pytest.FixtureRequest, backend: tuple[str, str]) -> None:
    digest = {"p256": "sha256", "p384": "sha384", "p521": "sha512"}[backend[1]]
    assert made(request, *backend, None).algorithm.digest == digest


@pytest.mark.parametrize("backend", backends("rsa"))
def test_rsa_prefers_pss(request: pytest.FixtureRequest, backend: tuple[str, str]) -> None:
    assert made(request, *backend, None).algorithm.scheme == "rsassa_pss"


@pytest.mark.parametrize("backend", backends("rsa", "p256"))
def test_a_scheme_that_does_not_fit_the_key_is_refused(
    request: pytest.FixtureRequest, backend: tuple[str, str]
) -> None:
    fitting = {"rsa": {"rsassa_pss", "rsassa_pkcs1v15"}, "p256": {"ecdsa"}}[backend[1]]
    for scheme in sorted(set(get_args(Scheme)) - fitting):
        with pytest.raises(KeyDeviceError) as caught:
            made(request, *backend, scheme)
        assert caught.value.code == "mechanism_missing"
