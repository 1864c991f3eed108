"""DER as a tree that can be changed anywhere and written again, rightly or wrongly."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_CONSTRUCTED: Final = 0x20
_OCTETS, _BITS = 0x04, 0x03


@dataclass
class Node:
    """One value; its content is bytes, or children after a prefix (a BIT STRING's first byte)."""

    tag: bytes
    content: bytes = b""
    children: "list[Node] | None" = None
    prefix: bytes = b""
    length: bytes | None = None
    """Written instead of the right length."""
    indefinite: bool = False
    trailing: bytes = field(default=b"")

    @property
    def parts(self) -> "list[Node]":
        """The children; none of what has no children."""
        return [] if self.children is None else self.children

    def dump(self) -> bytes:
        """Return the bytes."""
        inner = self.content
        if self.children is not None:
            inner = self.prefix + b"".join(child.dump() for child in self.children)
        if self.indefinite:
            return self.tag + b"\x80" + inner + b"\x00\x00" + self.trailing
        length = right_length(len(inner)) if self.length is None else self.length
        return self.tag + length + inner + self.trailing

    def walk(self) -> "Iterator[Node]":
        """Yield this value and all below it."""
        yield self
        for child in self.parts:
            yield from child.walk()


def right_length(size: int) -> bytes:
    """Return the one DER form of a length."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def long_length(size: int, octets: int) -> bytes:
    """Return a length in more octets than it needs."""
    return bytes([0x80 | octets]) + size.to_bytes(octets, "big")


def parse(data: bytes) -> Node:
    """Return the tree of well-formed DER; strings that hold DER are taken apart as well."""
    nodes = _parse_all(data)
    if nodes is None or len(nodes) != 1:
        raise ValueError("not one DER value")
    return nodes[0]


def _parse_all(data: bytes) -> list[Node] | None:
    """Return the values in ``data``; None if it is not DER throughout."""
    found, at = [], 0
    while at < len(data):
        head = _header(data, at)
        if head is None:
            return None
        tag, start, end = head
        found.append(_node(tag, data[start:end]))
        at = end
    return found


def _node(tag: bytes, content: bytes) -> Node:
    if tag[0] & _CONSTRUCTED:
        children = _parse_all(content)
        return Node(tag, content) if children is None else Node(tag, children=children)
    prefix = b""
    if tag[0] == _BITS:
        prefix, content = content[:1], content[1:]
    if tag[0] in {_OCTETS, _BITS} and len(content) > 2:
        children = _parse_all(content)
        if children and all(child.tag[0] in {0x02, 0x30, 0x31, 0x0A} for child in children):
            return Node(tag, children=children, prefix=prefix)
    return Node(tag, prefix + content)


def _header(data: bytes, at: int) -> tuple[bytes, int, int] | None:
    """Return tag, start and end of the content of the value at ``at``; None if it is none."""
    tag_end = at + 1
    if data[at] & 0x1F == 0x1F:
        while tag_end < len(data) and data[tag_end] & 0x80:
            tag_end += 1
        tag_end += 1
    if tag_end >= len(data):
        return None
    first = data[tag_end]
    octets = first & 0x7F if first & 0x80 else 0
    start = tag_end + 1 + octets
    size = int.from_bytes(data[tag_end + 1 : start], "big") if octets else first
    if first == 0x80 or start + size > len(data):
        return None
    return data[at:tag_end], start, start + size
