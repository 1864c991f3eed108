"""Certificates that were made to cost: each kind drives one part of path building too far."""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from asn1crypto import algos, keys
from asn1crypto import x509 as asn1_x509

from tests.fuzz.der_tree import Node, parse
from tests.fuzz.fixed_keys import CA, OTHER, fixed_public_key, fixed_signature
from tests.fuzz.seed_files import seeds
from tests.fuzz.target import Dice, dice

_LOOP: Final = "Specimen Loop"
_MOST: Final = 60_000
"""Bytes of extensions that fit into one certificate that is looked at."""


def hostile_chain(chance: Dice) -> tuple[bytes, ...]:
    """Return certificates, the leaf first, whose judgement should be made to cost."""
    return chance.choice(_KINDS)(chance)


def _built(
    name: str,
    issuer: str,
    signer: int,
    chance: Dice,
    *,
    key: Any = None,
    ca: bool = True,
    extensions: tuple[tuple[str, bytes], ...] = (),
    subject: Any = None,
) -> bytes:
    """Return a certificate for ``key`` (a SubjectPublicKeyInfo), signed by a fixed key."""
    tbs = asn1_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": chance.getrandbits(60),
            "signature": {"algorithm": "sha256_ecdsa"},
            "issuer": _name(issuer),
            "validity": _VALIDITY,
            "subject": subject or _name(name),
            "subject_public_key_info": key or _public(signer),
            "extensions": [
                {
                    "extn_id": "basic_constraints",
                    "critical": True,
                    "extn_value": asn1_x509.BasicConstraints({"ca": ca}),
                }
            ],
        }
    )
    tree = parse(tbs.dump())
    listed = tree.parts[-1]
    added = [_extension(oid, value) for oid, value in extensions]
    (listed.parts[0].children or []).extend(added)
    body = tree.dump()
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}).dump()
    value = Node(b"\x03", b"\x00" + fixed_signature(signer, body)).dump()
    return Node(b"\x30", body + algorithm + value).dump()


_VALIDITY: Final = {
    "not_before": asn1_x509.Time({"utc_time": "250101000000Z"}),
    "not_after": asn1_x509.Time({"utc_time": "350101000000Z"}),
}


def _name(common: str) -> Any:
    return asn1_x509.Name.build({"common_name": common})


@cache
def _public(number: int) -> Any:
    return keys.PublicKeyInfo.load(fixed_public_key(number))


def _extension(oid: str, value: bytes, *, critical: bool = True) -> Node:
    encoded = asn1_x509.ExtensionId(oid).dump()
    flag = b"\x01\x01\xff" if critical else b""
    return Node(b"\x30", encoded + flag + Node(b"\x04", value).dump())


def _sequence(*parts: bytes, tag: bytes = b"\x30") -> bytes:
    return Node(tag, b"".join(parts)).dump()


def _loop(chance: Dice) -> tuple[bytes, ...]:
    """Issuers that issue each other in a circle."""
    size = chance.randrange(1, 12)
    names = [f"{_LOOP} {n}" for n in range(size)]
    ring = [_built(names[n], names[n - 1], OTHER, chance) for n in range(size)]
    return (_built("leaf", names[0], OTHER, chance, ca=False), *ring)


def _namesakes(chance: Dice) -> tuple[bytes, ...]:
    """Many authorities of one name and key: each is everybody's issuer."""
    count = chance.choice((20, 300, 2500))
    crowd = [_built(_LOOP, _LOOP, OTHER, chance) for _ in range(count)]
    return (_built("leaf", _LOOP, OTHER, chance, ca=False), *crowd)


def _ladder(chance: Dice) -> tuple[bytes, ...]:
    """Layers of namesakes above each other, up to the trusted CA."""
    layers, width = chance.randrange(2, 8), chance.choice((2, 5, 60))
    found = [_built("leaf", "rung 0", OTHER, chance, ca=False)]
    for layer in range(layers):
        above = f"rung {layer + 1}"
        found += [_built(f"rung {layer}", above, OTHER, chance) for _ in range(width)]
    found += [
        _built(f"rung {layers}", "Specimen CA", CA, chance, key=_public(OTHER))
        for _ in range(width)
    ]
    return tuple(found)


def _slow_rsa(chance: Dice) -> tuple[bytes, ...]:
    """Authorities of one name whose keys take long to check with."""
    bits = chance.choice((1024, 3072, 8192, 16384, 16385, 40_000))
    count = chance.choice((1, 10, 120))
    leaf = _rsa_leaf(bits, chance)
    return (
        leaf,
        *(_built(_LOOP, _LOOP, OTHER, chance, key=_rsa(bits, chance)) for _ in range(count)),
    )


def _rsa(bits: int, chance: Dice) -> Any:
    modulus = chance.getrandbits(bits) | (1 << (bits - 1)) | 1
    exponents = (3, 1, 0, 2, 65537, 2**64 - 1, 2**255 + 1, 1 << (bits - 2) | 1, modulus - 2)
    key = keys.RSAPublicKey({"modulus": modulus, "public_exponent": chance.choice(exponents)})
    return keys.PublicKeyInfo({"algorithm": {"algorithm": "rsa"}, "public_key": key})


def _rsa_leaf(bits: int, chance: Dice) -> bytes:
    """Return a certificate that claims to be signed with RSA of that size."""
    tree = parse(_built("leaf", _LOOP, OTHER, chance, ca=False))
    body, algorithm, value = tree.parts
    rsa_algorithm = parse(algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}).dump())
    body.parts[2] = rsa_algorithm
    algorithm.children = rsa_algorithm.children
    value.children, value.content = None, b"\x00\x01" + chance.randbytes(bits // 8 - 1)
    return tree.dump()


def _costly_rsa(chance: Dice) -> tuple[bytes, ...]:
    """Authorities of one name that all really sign each other, with the slowest keys there are."""
    crowd = [_rsa_signed(_LOOP, chance) for _ in range(chance.choice((2, 2, 2, 40)))]
    return (_rsa_signed("leaf", chance), *crowd)


def _rsa_signed(name: str, chance: Dice) -> bytes:
    """Return a certificate by the RSA key of :func:`_costly_key`, for the same key."""
    modulus, exponent, secret = _costly_key()
    key = keys.RSAPublicKey({"modulus": modulus, "public_exponent": exponent})
    spki = keys.PublicKeyInfo({"algorithm": {"algorithm": "rsa"}, "public_key": key})
    tree = parse(_built(name, _LOOP, OTHER, chance, key=spki))
    body, algorithm, value = tree.parts
    named = parse(algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}).dump())
    body.parts[2] = named
    algorithm.children = named.children
    digest = algos.DigestInfo(
        {
            "digest_algorithm": {"algorithm": "sha256"},
            "digest": hashlib.sha256(body.dump()).digest(),
        }
    ).dump()
    size = (modulus.bit_length() + 7) // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), secret, modulus)
    value.children, value.content = None, b"\x00" + signature.to_bytes(size, "big")
    return tree.dump()


@cache
def _costly_key() -> tuple[int, int, int]:
    """Return modulus, public and private exponent: the public one is as long as the modulus."""
    numbers = dice("costly key")
    one, other = _prime(1536, numbers), _prime(1536, numbers)
    order = (one - 1) * (other - 1)
    exponent = numbers.getrandbits(3070) | 1
    while math.gcd(exponent, order) != 1:
        exponent += 2
    return one * other, exponent, pow(exponent, -1, order)


def _prime(bits: int, numbers: Dice) -> int:
    """Return a number that passes Fermat's test: prime enough to sign with."""
    while True:
        found = numbers.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(found % small for small in (3, 5, 7, 11, 13)) and pow(2, found - 1, found) == 1:
            return found


def _names(chance: Dice) -> tuple[bytes, ...]:
    """Constraints on thousands of names above a leaf with thousands of names."""
    permitted = chance.random() < 0.5
    count = chance.choice((10, 500, 3000))
    kind, text = chance.choice(((b"\x82", b"a%d.test"), (b"\x81", b"a%d@a.test"), (b"\xa4", b"")))
    names = [_general(kind, text, n) for n in range(count)]
    names = names[: _MOST // (len(names[-1]) + 2)]
    listed = _sequence(*(_sequence(name) for name in names), tag=b"\xa0" if permitted else b"\xa1")
    others = [_general(kind, b"b" + text, n) for n in range(len(names))]
    leaf = (("2.5.29.17", _sequence(*(names if permitted else others))),)
    above = (("2.5.29.30", _sequence(listed)),)
    return (
        _built("leaf", _LOOP, OTHER, chance, ca=False, extensions=leaf),
        _built(_LOOP, "Specimen CA", CA, chance, key=_public(OTHER), extensions=above),
    )


def _general(kind: bytes, text: bytes, n: int) -> bytes:
    content = _name(f"n{text.decode()}{n}").dump() if kind == b"\xa4" else text % n
    return Node(kind, bytes(content)).dump()


def _policies(chance: Dice) -> tuple[bytes, ...]:
    """Policies that are mapped onto each other at every step of a long path."""
    count, layers = chance.choice((3, 20, 200, 900)), chance.randrange(2, 7)
    oids = [_oid(f"1.2.3.{n + 1}") for n in range(count)]
    listed = _sequence(*(_sequence(oid) for oid in oids))
    pairs = [_sequence(one, other) for one in oids for other in oids][:2500]
    mapping = _sequence(*chance.sample(pairs, len(pairs)))
    extensions = (("2.5.29.32", listed), ("2.5.29.33", mapping))
    found = [_built("leaf", "rung 0", OTHER, chance, ca=False, extensions=extensions[:1])]
    for layer in range(layers - 1):
        rung = _built(f"rung {layer}", f"rung {layer + 1}", OTHER, chance, extensions=extensions)
        found.append(rung)
    top = f"rung {layers - 1}"
    found.append(_built(top, "Specimen CA", CA, chance, key=_public(OTHER), extensions=extensions))
    return tuple(found)


def _oid(dotted: str) -> bytes:
    return bytes(asn1_x509.ExtensionId(dotted).dump())


def _long_names(chance: Dice) -> tuple[bytes, ...]:
    """A subject of thousands of parts, or of one part with thousands of values."""
    count = chance.choice((100, 1500))
    one_set = chance.random() < 0.5
    pair = [_sequence(_oid("2.5.4.3"), Node(b"\x0c", b"%d" % n).dump()) for n in range(count)]
    parts = [Node(b"\x31", b"".join(pair))] if one_set else [Node(b"\x31", p) for p in pair]
    name = asn1_x509.Name.load(_sequence(*(part.dump() for part in parts)))
    leaf = _built("leaf", "Specimen CA", CA, chance, key=_public(OTHER), ca=False, subject=name)
    return (leaf, _built("x", "x", OTHER, chance, subject=name))


def _curves(chance: Dice) -> tuple[bytes, ...]:
    """Keys on curves that are strange, or points that are on none."""
    key = parse(bytes(_public(OTHER).dump()))
    algorithm, point = key.parts
    parameters = (
        _oid("1.3.132.0.39"),
        _oid("1.3.132.0.10"),
        _oid("1.3.36.3.3.2.8.1.1.13"),
        b"\x05\x00",
        b"",
        _explicit(chance),
    )
    oid = _oid("1.2.840.10045.2.1")
    algorithm.children, algorithm.content = None, oid + chance.choice(parameters)
    points = (b"\x00\x00", b"\x00\x04" + b"\xff" * 64, b"\x00\x02" + b"\x01" * 32, point.content)
    point.content = chance.choice(points)
    spki = Node(b"\x30", algorithm.dump() + point.dump()).dump()
    tree = parse(_built("leaf", _LOOP, OTHER, chance, ca=False))
    issuer = parse(_built(_LOOP, "Specimen CA", CA, chance))
    for certificate, signer in ((tree, OTHER), (issuer, CA)):
        body, _, value = certificate.parts
        body.parts[6] = Node(b"\x30", spki[2:] if len(spki) < 130 else spki[3:])
        value.children, value.content = None, b"\x00" + fixed_signature(signer, body.dump())
    return (tree.dump(), issuer.dump())


def _explicit(chance: Dice) -> bytes:
    """Return explicit parameters of a field of tens of thousands of bits."""
    size = chance.choice((32, 66, 5000))
    prime = Node(b"\x02", b"\x00" + b"\xff" * size).dump()
    field = _sequence(_oid("1.2.840.10045.1.1"), prime)
    one = Node(b"\x04", b"\x01" * size).dump()
    base = Node(b"\x04", b"\x04" + b"\x01" * (2 * size)).dump()
    return _sequence(b"\x02\x01\x01", field, _sequence(one, one), base, prime, b"\x02\x01\x01")


def _seed_chain(chance: Dice) -> tuple[bytes, ...]:
    """The chain as it should be, for comparison."""
    known = seeds("certificates")
    return (known["officer"], known["ca"])


_KINDS: Final[tuple[Callable[[Dice], tuple[bytes, ...]], ...]] = (
    _loop,
    _namesakes,
    _ladder,
    _slow_rsa,
    _costly_rsa,
    _names,
    _policies,
    _long_names,
    _curves,
    _seed_chain,
)
