"""PDF values as plain, comparable Python values: what a parser found, free of the parser.

null, booleans, integers and real numbers are Python's own; strings are ``bytes`` (decrypted, not
decoded), arrays are tuples, dictionaries are mappings from names without the slash.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import digest_ranges

MAX_DEPTH: Final = 100
"""Deepest nesting of direct values that is followed."""


class Name(str):
    """A PDF name, without its slash; each character stands for one byte (Latin-1)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an indirect object."""

    number: int
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a source, from ``start`` up to ``end``, in bytes."""

    source: ByteSource
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def read(self) -> bytes:
        """Return its bytes; whoever calls has looked at the length."""
        return self.source.pread(self.start, len(self))


class Stream:
    """A stream: its dictionary, and where its data lie in the file, read when asked for only."""

    __slots__ = ("_digest", "dictionary", "raw")

    def __init__(self, dictionary: "Dictionary", raw: Span) -> None:
        self.dictionary = dictionary
        self.raw = raw
        """The data as they lie in the file: encoded, and encrypted if the file is."""
        self._digest: bytes | None = None

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the data as they lie in the file."""
        if self._digest is None:
            self._digest = digest_ranges(self.raw.source, [(self.raw.start, len(self.raw))])
        return self._digest

    def has_data_of(self, other: "Stream") -> bool:
        """Tell whether both hold the same data; they are hashed only if that is in doubt."""
        if self.raw == other.raw:
            return True
        return len(self.raw) == len(other.raw) and self.digest == other.digest


Value = (
    None
    | bool
    | int
    | Decimal
    | Name
    | bytes
    | Ref
    | tuple["Value", ...]
    | Stream
    | Mapping[str, "Value"]
)
Dictionary = Mapping[str, Value]


def dictionary_of(value: Value) -> Dictionary | None:
    """Return the dictionary of a dictionary or stream, or None."""
    if isinstance(value, Stream):
        return value.dictionary
    return value if isinstance(value, Mapping) else None


def integer(value: Value) -> int | None:
    """Return ``value`` if it is an integer (true and false are none)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def name(value: Value) -> str | None:
    """Return the text of a name, or None."""
    return str(value) if isinstance(value, Name) else None


def text(value: Value) -> str:
    """Return a text string decoded (ISO 32000-2 §7.9.2.2); the empty text for anything else."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith((b"\xfe\xff", b"\xff\xfe")):
        return value.decode("utf-16", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")


def text_string(content: str) -> bytes:
    """Return a text string (ISO 32000-2 §7.9.2.2): ASCII where that can say it, else UTF-16.

    What is no character, a lone surrogate, becomes a question mark.
    """
    plain = content.isascii() and all(c.isprintable() or c in "\t\n\r" for c in content)
    if plain:
        return content.encode("ascii")
    return b"\xfe\xff" + content.encode("utf-16-be", "replace")


def numbers(*values: float) -> tuple[Value, ...]:
    """Return an array of numbers, to a ten-thousandth; whole ones as integers."""
    return tuple(
        round(value) if value == round(value) else Decimal(f"{value:.4f}") for value in values
    )


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are equal, of the same types all the way down.

    Python's own ``==`` calls ``1`` and ``true`` equal; a PDF reader does not.
    """
    if isinstance(one, Stream) and isinstance(other, Stream):
        return same(one.dictionary, other.dictionary) and one.has_data_of(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def references(value: Value) -> Iterator[tuple[str, Ref]]:
    """Yield every reference directly inside ``value`` with the topmost key it lies under.

    The key is empty for what lies in an array at the top.
    """
    for key, item in (dictionary_of(value) or {"": value}).items():
        for ref in _references_below(item):
            yield key, ref


def _references_below(value: Value) -> list[Ref]:
    found: list[Ref] = []
    pending: list[tuple[Value, ...] | Dictionary] = [(value,)]
    while pending:
        outer = pending.pop()
        for item in outer.values() if isinstance(outer, Mapping) else outer:
            if isinstance(item, Ref):
                found.append(item)
            elif isinstance(item, tuple | Mapping):
                pending.append(item)
    return found


def keys_holding(value: Value, number: int) -> Iterator[str | None]:
    """Yield the nearest key of each reference to ``number`` inside ``value``; None in an array."""
    pending: list[tuple[str | None, Value]] = [(None, value)]
    while pending:
        key, item = pending.pop()
        if isinstance(item, Ref):
            if item.number == number:
                yield key
        elif isinstance(item, tuple):
            pending.extend((None, one) for one in item)
        else:
            pending.extend((dictionary_of(item) or {}).items())
