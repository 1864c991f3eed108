"""Changes to DER trees: each does one thing that a parser may trip over."""

from collections.abc import Callable, Sequence
from typing import Final

from tests.fuzz.der_tree import Node, long_length, parse, right_length
from tests.fuzz.target import Dice

Mutation = Callable[[Node, Dice, Sequence[Node]], None]
"""Takes the tree, the dice, and trees of other seeds to take parts from."""

_TAGS: Final = bytes.fromhex("0102030405060a0c1213161718191e303180818283848586a0a1a2a3a4bf1f")
_LENGTHS: Final = (b"\x84\xff\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\xff", b"\x80", b"\x00")
_TIMES: Final = (
    b"99991231235959Z",
    b"00000101000000Z",
    b"20260101000000.999999999Z",
    b"20260101000000+2359",
    b"20260230000000Z",
    b"2026010100Z",
    b"500101000000Z",
    b"4912312359Z",
    b"260101000000-9999",
    b"\xff" * 13,
)
_OIDS: Final = (
    b"",
    b"\x80",
    b"\x80\x01",
    b"\xff" * 2000 + b"\x7f",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
    b"\x2a\x86\x48\xce\x3d\x04\x03\x02",
    b"\x2b\x65\x70",
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
    b"\x55\x1d\x25\x00",
)


def mutated(data: bytes, chance: Dice, others: Sequence[bytes]) -> bytes:
    """Return DER ``data`` after one change or a few; parts may come from ``others``."""
    tree = parse(data)
    mutate(tree, chance, [parse(other) for other in others])
    return damaged(tree.dump(), chance)


def mutate(tree: Node, chance: Dice, others: Sequence[Node]) -> None:
    """Change ``tree`` once or a few times, in place."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        chance.choice(_MUTATIONS)(tree, chance, others)


def damaged(data: bytes, chance: Dice) -> bytes:
    """Return ``data``, seldom cut off, followed by something, or with a few bytes changed."""
    roll = chance.random()
    if roll < 0.04:
        return data[: chance.randrange(len(data) + 1)]
    if roll < 0.08:
        return data + chance.choice((b"\x00" * 9, b"\x05\x00", data, chance.randbytes(5)))
    if roll < 0.16:
        changed = bytearray(data)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed)
    return data


def _any(tree: Node, chance: Dice) -> Node:
    return chance.choice(list(tree.walk()))


def _parent(tree: Node, chance: Dice) -> Node | None:
    return chance.choice([n for n in tree.walk() if n.children] or [None])


def _leaf(tree: Node, chance: Dice, *tags: int) -> Node | None:
    fits = [n for n in tree.walk() if n.children is None and (not tags or n.tag[0] in tags)]
    return chance.choice(fits or [None])


def _retag(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _any(tree, chance)
    node.tag = chance.choice(
        (bytes([chance.choice(_TAGS)]), b"\x1f\x81\x00", b"\x7f" + b"\xff" * 9 + b"\x01")
    )


def _wrong_length(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _any(tree, chance)
    size = len(node.dump())
    node.length = chance.choice(
        (
            chance.choice(_LENGTHS),
            right_length(max(size + chance.randrange(-4, 5), 0)),
            long_length(size, 4),
        )
    )


def _long_form(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _any(tree, chance)
    inner = Node(node.tag, node.content, node.children, node.prefix).dump()
    at = len(node.tag)
    octets = inner[at] & 0x7F if inner[at] & 0x80 else 0
    size = len(inner) - at - 1 - octets
    node.length = long_length(size, chance.choice((4, 5, 8, 100, 126)))


def _indefinite(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = chance.choice([n for n in tree.walk() if n.tag[0] & 0x20] or [tree])
    node.indefinite = True


def _everything_indefinite(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    for node in tree.walk():
        node.indefinite = bool(node.tag[0] & 0x20) and chance.random() < 0.8


def _deeper(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node, depth = _any(tree, chance), chance.choice((2, 30, 400, 3000, 20000))
    inner = node.dump()
    tag = chance.choice((b"\x30", b"\x31", b"\xa0", b"\x24", node.tag))
    if chance.random() < 0.4:
        inner = (tag + b"\x80") * depth + inner + b"\x00\x00" * depth
    else:
        pieces = []
        size = len(inner)
        for _i in range(min(depth, 3000)):
            head = tag + right_length(size)
            pieces.append(head)
            size += len(head)
        inner = b"".join(reversed(pieces)) + inner
    node.tag, node.length, node.children, node.content = b"\x30", None, None, inner


def _repeat(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    parent = _parent(tree, chance)
    if parent is not None and parent.children:
        at = chance.randrange(len(parent.children))
        child = parent.children[at]
        times = chance.choice((1, 1, 2, 10, 150, 2000))
        times = min(times, 200_000 // max(len(child.dump()), 1))
        # Copies: of one value in many places each further change would be made a thousandfold.
        parent.children[at:at] = [copied(child) for _ in range(times)]


def _remove(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    parent = _parent(tree, chance)
    if parent is not None and parent.children:
        del parent.children[chance.randrange(len(parent.children))]


def _reorder(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    parent = _parent(tree, chance)
    if parent is not None and parent.children:
        chance.shuffle(parent.children)


def _empty(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _any(tree, chance)
    node.content, node.children = b"", None


def _graft(tree: Node, chance: Dice, others: Sequence[Node]) -> None:
    node, other = _any(tree, chance), _any(chance.choice(others or [tree]), chance)
    part = copied(other)
    node.tag, node.content, node.children = part.tag, part.content, part.children
    node.prefix, node.length = part.prefix, None


def _within(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    one, other = _any(tree, chance), _any(tree, chance)
    one.content, one.children, one.length = other.dump(), None, None


def _number(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _leaf(tree, chance, 0x02, 0x0A, 0x80, 0x81, 0x82)
    if node is not None:
        node.content = chance.choice(
            (
                b"",
                b"\x00",
                b"\xff",
                b"\x00" * 50 + b"\x01",
                b"\x80" + b"\x00" * 7,
                b"\x7f" + b"\xff" * 8,
                chance.randbytes(3000),
                b"\x7f" * 60_000,
            )
        )


def _oid(tree: Node, chance: Dice, others: Sequence[Node]) -> None:
    node = _leaf(tree, chance, 0x06)
    if node is not None:
        known = [n.content for n in (chance.choice(others or [tree])).walk() if n.tag == b"\x06"]
        node.content = chance.choice((*_OIDS, *known))


def _time(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _leaf(tree, chance, 0x17, 0x18)
    if node is not None:
        node.tag, node.content = chance.choice((b"\x17", b"\x18")), chance.choice(_TIMES)


def _text(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _leaf(tree, chance, 0x0C, 0x13, 0x16, 0x1E, 0x82, 0x86)
    if node is not None:
        node.tag = chance.choice((b"\x0c", b"\x13", b"\x16", b"\x1e", b"\x14", b"\x1c", node.tag))
        node.content = chance.choice(
            (b"", b"\xff\xfe", b"\x00", b"\xed\xa0\x80", b"a" * 50_000, b"\xd8\x00", b"\xc0\xaf")
        )


def _bytes(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _leaf(tree, chance)
    if node is not None:
        node.content = chance.randbytes(chance.choice((0, 1, 2, len(node.content), 20, 300)))


def _flip(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    node = _leaf(tree, chance)
    if node is not None and node.content:
        at = chance.randrange(len(node.content))
        flipped = node.content[at] ^ (1 << chance.randrange(8))
        node.content = node.content[:at] + bytes([flipped]) + node.content[at + 1 :]


def _followed(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    _any(tree, chance).trailing = chance.choice((b"\x05\x00", b"\x00\x00", b"\x30", b"\xff" * 5))


def _fragments(tree: Node, chance: Dice, _: Sequence[Node]) -> None:
    """Write a string in BER fragments, which may be fragments themselves."""
    node = _leaf(tree, chance, 0x04, 0x03, 0x0C)
    if node is None:
        return
    piece = Node(node.tag, node.content[: chance.randrange(len(node.content) + 1)])
    rest = Node(node.tag, node.content[len(piece.content) :])
    node.children = [piece, rest]
    node.tag = bytes([node.tag[0] | 0x20])
    node.indefinite = chance.random() < 0.5


def copied(node: Node) -> Node:
    """Return a copy, so that changing one does not change the other."""
    children = None if node.children is None else [copied(one) for one in node.children]
    return Node(
        node.tag,
        node.content,
        children,
        node.prefix,
        node.length,
        node.indefinite,
        node.trailing,
    )


_MUTATIONS: Final[tuple[Mutation, ...]] = (
    _retag,
    _wrong_length,
    _long_form,
    _indefinite,
    _everything_indefinite,
    _deeper,
    _repeat,
    _remove,
    _reorder,
    _empty,
    _graft,
    _graft,
    _within,
    _number,
    _number,
    _oid,
    _oid,
    _time,
    _text,
    _bytes,
    _flip,
    _flip,
    _followed,
    _fragments,
)
