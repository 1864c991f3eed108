"""PDF values as trees that can be changed anywhere and written again.

A value is bytes (a number, name, string, reference ``5 0 R`` …), an array or a dictionary. What is
written need not be PDF: an atom may hold anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_REGULAR: Final = rb"[^\x00\t\n\f\r ()<>\[\]{}/%]"
_TOKEN: Final = re.compile(
    rb"(?:%[^\r\n]*|[\x00\t\n\f\r ])*("
    rb"<<|>>|[\[\]{}]|/" + _REGULAR + rb"*|\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\)"
    rb"|<[0-9A-Fa-f\s]*>|\d+[ \r\n]+\d+[ \r\n]+R(?!" + _REGULAR + rb")|" + _REGULAR + rb"+|[()<>])",
    re.DOTALL,
)


@dataclass
class Array:
    """An array's items."""

    items: "list[Value]"


@dataclass
class Dict:
    """A dictionary's pairs, in order; a key may be there twice."""

    pairs: "list[tuple[bytes, Value]]"

    def get(self, key: bytes) -> "Value | None":
        """Return the first value of ``key``."""
        return next((value for name, value in self.pairs if name == key), None)

    def set(self, key: bytes, value: "Value") -> None:
        """Replace the value of ``key``, or add it."""
        self.pairs = [pair for pair in self.pairs if pair[0] != key]
        self.pairs.append((key, value))

    def drop(self, *keys: bytes) -> None:
        """Take ``keys`` out."""
        self.pairs = [pair for pair in self.pairs if pair[0] not in keys]


Value = bytes | Array | Dict


@dataclass(frozen=True)
class Slot:
    """A place in an array or dictionary that holds a value."""

    holder: Array | Dict
    index: int

    @property
    def key(self) -> bytes:
        """The key there; empty in an array."""
        return self.holder.pairs[self.index][0] if isinstance(self.holder, Dict) else b""

    @property
    def value(self) -> Value:
        if isinstance(self.holder, Dict):
            return self.holder.pairs[self.index][1]
        return self.holder.items[self.index]

    def put(self, value: Value) -> None:
        """Put ``value`` here."""
        if isinstance(self.holder, Dict):
            self.holder.pairs[self.index] = (self.key, value)
        else:
            self.holder.items[self.index] = value


def parse(data: bytes) -> Value:
    """Return the first value in ``data``; nothing at all reads as null."""
    tokens = _TOKEN.findall(data)[::-1]
    return _value(tokens) if tokens else b"null"


def dump(value: Value) -> bytes:
    """Return the bytes of ``value``."""
    match value:
        case Array(items):
            return b"[" + b" ".join(map(dump, items)) + b"]"
        case Dict(pairs):
            return b"<<" + b" ".join(key + b" " + dump(one) for key, one in pairs) + b">>"
        case _:
            return value


def copied(value: Value) -> Value:
    """Return a copy that shares nothing."""
    match value:
        case Array(items):
            return Array([copied(item) for item in items])
        case Dict(pairs):
            return Dict([(key, copied(one)) for key, one in pairs])
        case _:
            return value


def slots(value: Value) -> Iterator[Slot]:
    """Yield every place in ``value``, outer ones first."""
    if isinstance(value, bytes):
        return
    size = len(value.pairs) if isinstance(value, Dict) else len(value.items)
    for index in range(size):
        slot = Slot(value, index)
        yield slot
        yield from slots(slot.value)


def holders(value: Value) -> list[Array | Dict]:
    """Return every array and dictionary in ``value``."""
    inner = [slot.value for slot in slots(value)]
    return [one for one in (value, *inner) if not isinstance(one, bytes)]


def _value(tokens: list[bytes]) -> Value:
    token = tokens.pop()
    if token == b"[":
        items = []
        while tokens and tokens[-1] != b"]":
            items.append(_value(tokens))
        del tokens[-1:]
        return Array(items)
    if token == b"<<":
        pairs = []
        while tokens and tokens[-1] != b">>":
            key = tokens.pop()
            pairs.append((key, _value(tokens) if tokens else b"null"))
        del tokens[-1:]
        return Dict(pairs)
    return token
