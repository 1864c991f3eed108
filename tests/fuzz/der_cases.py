"""Cases made of DER: seeds changed anywhere, and seeds changed and then signed again.

What is signed again gets past the first check of a signature, to where the rules are.
"""

from collections.abc import Sequence

from tests.fuzz.der_mutations import damaged, mutate, mutated
from tests.fuzz.der_tree import Node, parse
from tests.fuzz.fixed_keys import CA, OFFICER, ROOT, TSA, fixed_signature
from tests.fuzz.seed_files import seeds
from tests.fuzz.target import Dice


def changed(kind: str, chance: Dice, names: Sequence[str] = ()) -> bytes:
    """Return a seed of ``kind`` (one of ``names``), changed without anybody's signature."""
    known = seeds(kind)
    name = chance.choice(list(names) or list(known))
    return mutated(known[name], chance, [*known.values(), *seeds("cms").values()])


def certificate(chance: Dice, name: str | None = None) -> bytes:
    """Return a changed certificate, half the time signed again by the CA."""
    known = seeds("certificates")
    name = name or chance.choice(list(known))
    if chance.random() < 0.5:
        return changed("certificates", chance, [name])
    return outer_signed(known[name], chance, ROOT if name in {"root", "ca", "tsa"} else CA)


def outer_signed(data: bytes, chance: Dice, signer: int) -> bytes:
    """Return a certificate or CRL changed in what is signed, and signed by ``signer``."""
    tree = parse(data)
    body, _, value = tree.parts
    mutate(body, chance, _parts())
    value.children, value.content = None, b"\x00" + fixed_signature(signer, body.dump())
    return tree.dump()


def crl(chance: Dice) -> bytes:
    """Return a changed CRL, half the time signed again by its CA."""
    known = seeds("crls")
    name = chance.choice(list(known))
    if chance.random() < 0.5:
        return changed("crls", chance, [name])
    return outer_signed(known[name], chance, ROOT if name == "root" else CA)


def ocsp(chance: Dice) -> bytes:
    """Return a changed OCSP response, half the time signed again."""
    known = seeds("ocsps")
    name = chance.choice([name for name in known if name != "delegated"])
    if chance.random() < 0.5:
        return changed("ocsps", chance)
    tree = parse(known[name])
    basic = _path(tree, 1, 0, 1, 0)
    body, _, value = basic.parts[:3]
    mutate(body, chance, _parts())
    value.children, value.content = None, b"\x00" + fixed_signature(CA, body.dump())
    return tree.dump()


def cms(chance: Dice) -> bytes:
    """Return a changed CMS, half the time with changed attributes signed again."""
    if chance.random() < 0.5:
        return changed("cms", chance)
    name = chance.choice(("officer", "stamped"))
    return attributes_signed(seeds("cms")[name], chance, OFFICER)


def attributes_signed(data: bytes, chance: Dice, signer: int) -> bytes:
    """Return a CMS whose signed attributes were changed and signed by ``signer``."""
    tree = parse(data)
    info = _path(tree, 1, 0, -1, 0)
    parts = info.parts
    attributes = next(part for part in parts if part.tag == b"\xa0")
    mutate(attributes, chance, _parts())
    value = parts[parts.index(attributes) + 2]
    value.children = None
    value.content = fixed_signature(signer, b"\x31" + attributes.dump()[1:])
    return tree.dump()


def token(chance: Dice) -> bytes:
    """Return a changed time-stamp token, half the time signed again."""
    if chance.random() < 0.5:
        return changed("timestamps", chance, ["token"])
    return attributes_signed(seeds("timestamps")["token"], chance, TSA)


def response(chance: Dice) -> bytes:
    """Return a changed RFC 3161 response, seldom with a token that was signed again."""
    if chance.random() < 0.7:
        return changed("timestamps", chance, ["granted", "refused"])
    status = parse(seeds("timestamps")["granted"]).parts[0]
    return damaged(Node(b"\x30", status.dump() + token(chance)).dump(), chance)


def _path(tree: Node, *positions: int) -> Node:
    for position in positions:
        tree = tree.parts[position]
    return tree


def _parts() -> list[Node]:
    known = seeds("certificates")
    return [parse(known[name]) for name in ("with-everything", "signed-pss", "rsa2048")]
