"""Algorithm identifiers and raw values: each scheme with real keys, vectors, refusals."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from antin.core.errors import InputError, RefusedError
from antin.pki import signature_values
from antin.pki.algorithm_identifiers import ValueAlgorithm, read_algorithm, read_digest
from antin.pki.algorithms import Scheme, SignatureAlgorithm
from antin.pki.der_write import NULL, integer, oid, sequence, tlv
from antin.pki.signature_values import is_value_of, value_fits
from tests.smallpki import make_key

CODE = "cms_malformed"
DATA = b"a letter"
DIGESTS = ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "sha3_384": "2.16.840.1.101.3.4.2.9",
    "sha3_512": "2.16.840.1.101.3.4.2.10",
}
PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"


def rsa_key() -> rsa.RSAPrivateKey:
    key = make_key("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def hash_of(name: str) -> hashes.HashAlgorithm:
    made: hashes.HashAlgorithm = getattr(hashes, name.upper())()
    return made


def fits_only_this(algorithm: ValueAlgorithm, key: Any, value: bytes) -> None:
    assert value_fits(algorithm, key, value, DATA)
    assert value_fits(algorithm, key, value, memoryview(DATA))
    assert not value_fits(algorithm, key, value, DATA + b"s")
    for changed in (value[:-1] + bytes([value[-1] ^ 1]), value[:-1], value + b"\x00", b""):
        assert not value_fits(algorithm, key, changed, DATA)


@pytest.mark.parametrize("digest", DIGESTS)
def test_pkcs1(digest: str) -> None:
    key = rsa_key()
    value = key.sign(DATA, padding.PKCS1v15(), hash_of(digest))
    algorithm = ValueAlgorithm("rsassa_pkcs1v15", digest)
    fits_only_this(algorithm, key.public_key(), value)
    hashed = hashlib.new(digest, DATA).digest()
    assert value_fits(algorithm, key.public_key(), value, hashed, hashed=True)
    other = "sha512" if digest == "sha256" else "sha256"
    assert not value_fits(ValueAlgorithm("rsassa_pkcs1v15", other), key.public_key(), value, DATA)


def pss_identifier(digest: str, mask: str, salt: int, *more: bytes) -> bytes:
    named, masked = (sequence(oid(DIGEST_OIDS[one]), NULL) for one in (digest, mask))
    parameters = sequence(
        tlv(0xA0, named), tlv(0xA1, sequence(oid(MGF1), masked)), tlv(0xA2, integer(salt)), *more
    )
    return sequence(oid(PSS), parameters)


@pytest.mark.parametrize(
    ("digest", "mask", "salt"),
    [
        ("sha256", "sha256", 32),
        ("sha256", "sha1", 20),
        ("sha384", "sha512", 0),
        ("sha512", "sha256", 64),
        ("sha3_256", "sha3_512", 7),
        ("sha512", "sha512", 126),
    ],
)
def test_pss_by_its_parameters(digest: str, mask: str, salt: int) -> None:
    key = rsa_key()
    value = key.sign(DATA, padding.PSS(padding.MGF1(hash_of(mask)), salt), hash_of(digest))
    algorithm = read_algorithm(pss_identifier(digest, mask, salt), "sha1", CODE)
    assert algorithm == ValueAlgorithm("rsassa_pss", digest, mask, salt)
    fits_only_this(algorithm, key.public_key(), value)
    for wrong in ((digest, mask, salt + 1), (digest, "sha384", salt)):
        other = read_algorithm(pss_identifier(*wrong), "sha1", CODE)
        assert not value_fits(other, key.public_key(), value, DATA)


def test_pss_defaults_are_those_of_the_standard() -> None:
    bare = sequence(oid(PSS), sequence())
    assert read_algorithm(bare, "sha256", CODE) == ValueAlgorithm("rsassa_pss", "sha1", "sha1", 20)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize(
    "curve",
    [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP384R1()],
    ids=lambda c: c.name,
)
def test_ecdsa_in_both_encodings(curve: ec.EllipticCurve, digest: str) -> None:
    key = ec.generate_private_key(curve)
    value = key.sign(DATA, ec.ECDSA(hash_of(digest)))
    fits_only_this(ValueAlgorithm("ecdsa", digest), key.public_key(), value)
    half = (curve.group_order.bit_length() + 7) // 8
    r, s = decode_dss_signature(value)
    plain = r.to_bytes(half, "big") + s.to_bytes(half, "big")
    fits_only_this(ValueAlgorithm("ecdsa_plain", digest), key.public_key(), plain)
    assert not value_fits(ValueAlgorithm("ecdsa_plain", digest), key.public_key(), value, DATA)
    longer = plain[:half] + b"\x00" + plain[half:]
    assert not value_fits(ValueAlgorithm("ecdsa_plain", digest), key.public_key(), longer, DATA)
    assert not value_fits(ValueAlgorithm("ecdsa", digest), key.public_key(), plain, DATA)
    hashed = hashlib.new(digest, DATA).digest()
    both = (ValueAlgorithm("ecdsa", digest), value), (ValueAlgorithm("ecdsa_plain", digest), plain)
    for algorithm, made in both:
        assert value_fits(algorithm, key.public_key(), made, hashed, hashed=True)
        assert not value_fits(algorithm, key.public_key(), made, DATA, hashed=True)


def test_edwards_curves() -> None:
    one, other = ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()
    first, second = ValueAlgorithm("ed25519", "sha512"), ValueAlgorithm("ed448", "shake256")
    fits_only_this(first, one.public_key(), one.sign(DATA))
    fits_only_this(second, other.public_key(), other.sign(DATA))
    assert not value_fits(first, one.public_key(), one.sign(DATA), DATA, hashed=True)
    assert not value_fits(second, one.public_key(), one.sign(DATA), DATA)


def test_vector_of_rfc_8032_section_7_1() -> None:
    key = ed25519.Ed25519PublicKey.from_public_bytes(
        bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    )
    value = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
        "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert value_fits(ValueAlgorithm("ed25519", "sha512"), key, value, b"")
    assert not value_fits(ValueAlgorithm("ed25519", "sha512"), key, value, b"x")


def test_vector_of_rfc_6979_section_a_2_5() -> None:
    x = 0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
    y = 0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    value = bytes.fromhex(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    )
    assert value_fits(ValueAlgorithm("ecdsa_plain", "sha256"), key, value, b"sample")


@pytest.mark.parametrize(
    ("dotted", "scheme", "digest"),
    [
        ("1.2.840.113549.1.1.1", "rsassa_pkcs1v15", "sha384"),
        ("1.2.840.113549.1.1.13", "rsassa_pkcs1v15", "sha512"),
        ("2.16.840.1.101.3.4.3.14", "rsassa_pkcs1v15", "sha3_256"),
        ("1.2.840.10045.4.3.2", "ecdsa", "sha256"),
        ("2.16.840.1.101.3.4.3.12", "ecdsa", "sha3_512"),
        ("0.4.0.127.0.7.1.1.4.1.3", "ecdsa_plain", "sha256"),
        ("0.4.0.127.0.7.1.1.4.1.5", "ecdsa_plain", "sha512"),
        ("0.4.0.127.0.7.1.1.4.1.9", "ecdsa_plain", "sha3_256"),
        ("1.3.101.112", "ed25519", "sha512"),
        ("1.3.101.113", "ed448", "shake256"),
    ],
)
def test_names_of_schemes(dotted: str, scheme: str, digest: str) -> None:
    found = read_algorithm(sequence(oid(dotted)), "sha384", CODE)
    assert (found.scheme, found.digest) == (scheme, digest)


SHA256 = oid(DIGEST_OIDS["sha256"])
SHAKE = oid("2.16.840.1.101.3.4.2.18")


@pytest.mark.parametrize(
    "identifier",
    [
        sequence(oid("1.2.840.10040.4.3")),
        sequence(oid("2.16.840.1.101.3.4.3.2")),
        sequence(oid("1.2.3.4")),
        sequence(oid("1.3.101.112"), NULL),
        sequence(oid("1.2.840.10045.4.3.2"), sequence()),
        sequence(oid(PSS)),
        pss_identifier("sha256", "sha256", -1),
        pss_identifier("sha256", "sha256", 5000),
        pss_identifier("sha256", "sha256", 32, tlv(0xA3, integer(2))),
        sequence(oid(PSS), sequence(tlv(0xA1, sequence(oid("1.2.3.4"), sequence(SHA256))))),
        sequence(oid(PSS), sequence(tlv(0xA0, sequence(SHAKE, integer(512))))),
        sequence(oid("1.2.3.4"), tlv(0x04, bytes(600))),
    ],
    ids=range(12),
)
def test_algorithms_that_are_refused(identifier: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        read_algorithm(identifier, "sha256", CODE)
    assert caught.value.code == "algorithm_forbidden"


def test_dsa_is_refused_by_its_name() -> None:
    with pytest.raises(RefusedError) as caught:
        read_algorithm(sequence(oid("1.2.840.10040.4.1")), "sha256", CODE)
    assert "DSA" in caught.value.detail


@pytest.mark.parametrize(
    "identifier",
    [
        b"",
        sequence(),
        sequence(oid(PSS), NULL),
        sequence(oid("1.3.101.112")) + b"\x00",
        pss_identifier("sha256", "sha256", 32, tlv(0xA4, integer(2))),
        sequence(oid(PSS), sequence(tlv(0xA2, integer(20)), tlv(0xA0, sequence(SHA256)))),
    ],
    ids=range(6),
)
def test_identifiers_that_are_no_der(identifier: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_algorithm(identifier, "sha256", CODE)
    assert caught.value.code == CODE


def test_digests() -> None:
    for name, dotted in DIGEST_OIDS.items():
        assert read_digest(sequence(oid(dotted)), CODE) == name
        assert read_digest(sequence(oid(dotted), NULL), CODE) == name
    assert read_digest(sequence(SHAKE, integer(512)), CODE) == "shake256"
    assert read_digest(sequence(oid("2.16.840.1.101.3.4.2.12")), CODE) == "shake256"
    for odd in (sequence(SHAKE, integer(256)), sequence(SHAKE), sequence(SHA256, integer(1))):
        with pytest.raises(RefusedError) as caught:
            read_digest(odd, CODE)
        assert caught.value.code == "algorithm_forbidden"


@pytest.mark.parametrize("bare", ["1.2.840.113549.1.1.1", "1.2.840.10045.2.1"])
def test_the_digest_of_ed448_is_refused_for_other_keys(bare: str) -> None:
    algorithm = read_algorithm(sequence(oid(bare)), "shake256", CODE)
    key = rsa_key() if algorithm.scheme == "rsassa_pkcs1v15" else make_key("p256")
    with pytest.raises(RefusedError) as caught:
        value_fits(algorithm, key.public_key(), b"value", DATA)
    assert caught.value.code == "algorithm_forbidden"
    assert caught.value.values["detail"] == f"{algorithm.scheme} with shake256"


def test_what_the_library_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise UnsupportedAlgorithm("no such curve")

    monkeypatch.setattr(signature_values, "_verify", unknown)
    with pytest.raises(RefusedError) as caught:
        value_fits(ValueAlgorithm("ecdsa", "sha256"), make_key("p256").public_key(), b"", DATA)
    assert caught.value.code == "algorithm_forbidden"
    assert caught.value.values["detail"] == "no such curve"


class Counted:
    """How often values were really checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        verify = signature_values._verify

        def counted(*given: Any, **named: Any) -> None:
            self.times += 1
            verify(*given, **named)

        monkeypatch.setattr(signature_values, "_verify", counted)
        monkeypatch.setattr(signature_values, "_memory", signature_values._Memory())

    def by(self, *given: Any, **named: Any) -> tuple[bool, int]:
        """Return what ``value_fits`` says, and how often it checked for that."""
        before = self.times
        return value_fits(*given, **named), self.times - before


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def test_the_last_good_value_is_not_checked_twice(counted: Counted) -> None:
    key, algorithm = rsa_key(), ValueAlgorithm("rsassa_pkcs1v15", "sha256")
    value = key.sign(DATA, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key()
    assert counted.by(algorithm, public, value, DATA) == (True, 1)
    for data in (DATA, memoryview(DATA)):
        assert counted.by(algorithm, rsa_key().public_key(), bytes(value), data) == (True, 0)


def test_whatever_differs_is_checked_anew(counted: Counted) -> None:
    key, algorithm = rsa_key(), ValueAlgorithm("rsassa_pkcs1v15", "sha256")
    digest = hashlib.sha256(DATA).digest()
    value = key.sign(DATA, padding.PKCS1v15(), hashes.SHA256())
    good = (algorithm, key.public_key(), value, DATA)
    other_key: Any = make_key("rsa2048", 1).public_key()
    others = (
        (ValueAlgorithm("rsassa_pkcs1v15", "sha384"), *good[1:]),
        (algorithm, other_key, *good[2:]),
        (*good[:2], value[:-1] + bytes([value[-1] ^ 1]), DATA),
        (*good[:3], DATA + b"s"),
    )
    assert counted.by(*good) == (True, 1)
    for other in others:
        assert counted.by(*other) == (False, 1)
        # What does not fit is not remembered, and displaces nothing.
        assert counted.by(*other) == (False, 1)
        assert counted.by(*good) == (True, 0)
    assert counted.by(*good, hashed=True) == (False, 1)
    assert counted.by(*good[:3], digest, hashed=True) == (True, 1)
    assert counted.by(*good[:3], digest, hashed=True) == (True, 0)
    assert counted.by(*good[:3], digest) == (False, 1)
    assert counted.by(*good) == (True, 1)


@pytest.mark.parametrize(("size", "again"), [(4096, 0), (4097, 1)])
def test_only_short_data_are_kept(counted: Counted, size: int, again: int) -> None:
    key, algorithm, data = rsa_key(), ValueAlgorithm("rsassa_pkcs1v15", "sha256"), bytes(size)
    value = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    assert counted.by(algorithm, key.public_key(), value, data) == (True, 1)
    assert counted.by(algorithm, key.public_key(), value, data) == (True, again)
    assert counted.by(algorithm, key.public_key(), value, data, hashed=True) == (False, 1)


def test_a_thread_remembers_for_itself(counted: Counted) -> None:
    key, algorithm = rsa_key(), ValueAlgorithm("rsassa_pkcs1v15", "sha256")
    value = key.sign(DATA, padding.PKCS1v15(), hashes.SHA256())
    assert counted.by(algorithm, key.public_key(), value, DATA) == (True, 1)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(counted.by, algorithm, key.public_key(), value, DATA).result()
    assert found == (True, 1)


@pytest.mark.parametrize("scheme", ["rsassa_pkcs1v15", "rsassa_pss"])
def test_exactly_the_algorithm_that_was_asked_for(scheme: Scheme) -> None:
    key, asked = rsa_key(), SignatureAlgorithm(scheme, "sha384")
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    made = {
        "rsassa_pkcs1v15": key.sign(DATA, padding.PKCS1v15(), hashes.SHA384()),
        "rsassa_pss": key.sign(DATA, pss, hashes.SHA384()),
    }
    other_salt = padding.PSS(padding.MGF1(hashes.SHA384()), 32)
    others = [value for name, value in made.items() if name != scheme]
    others += [key.sign(DATA, other_salt, hashes.SHA384()), b""]
    public = key.public_key()
    assert is_value_of(public, asked, DATA, made[scheme])
    assert not any(is_value_of(public, asked, DATA, value) for value in others)
    assert not is_value_of(public, SignatureAlgorithm(scheme, "sha256"), DATA, made[scheme])
    assert not is_value_of(public, asked, DATA + b"s", made[scheme])
