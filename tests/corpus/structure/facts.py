"""What a PDF reader sees in a file, in a form in which two readers can be compared.

Values of objects are brought to *neutral* form first: null, booleans and numbers as Python's own
(whole reals as integers), strings as ``bytes``, names as :class:`Name`, references as :class:`Ref`,
arrays as lists, dictionaries as dicts with ``bytes`` keys, streams as :class:`Stream`. Of that form
a digest is kept. What a file may say in two ways is made one: a key whose value is null is no
key, an object that is null does not exist, /Length of a stream is its data's business.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

UNREADABLE: Final = "unreadable"
_MAX_DEPTH: Final = 400


class Name(NamedTuple):
    """A name, its #xx resolved, without the slash."""

    text: bytes


_MACHINERY: Final = frozenset({Name(b"ObjStm"), Name(b"XRef")})


class Ref(NamedTuple):
    """A reference."""

    number: int
    generation: int


class Stream(NamedTuple):
    """A stream; SHA-256 of its data as they lie in the file, None where a file is encrypted."""

    dictionary: dict[bytes, Any]
    digest: bytes | None


@dataclass(frozen=True)
class Signature:
    """A signature as a reader sees it; a field's name is None where it tells none."""

    field: str | None
    byte_range: tuple[int, ...]
    contents: str
    """SHA-256 of /Contents without the zeros at its end."""


@dataclass(frozen=True)
class Facts:
    """What one reader sees; None stands for what it does not tell. ``error``: it refuses."""

    pages: int | None = None
    objects: Mapping[int, str] | None = None
    """Digests of the objects that are there, by number; ``unreadable`` for what can't be read."""
    signatures: tuple[Signature, ...] | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values that :func:`from_json` reads."""
        return asdict(self)


def from_json(found: Mapping[str, Any]) -> Facts:
    """Return the facts that :meth:`Facts.as_json` gave."""
    objects, signatures = found["objects"], found["signatures"]
    return Facts(
        found["pages"],
        None if objects is None else {int(n): digest for n, digest in objects.items()},
        None
        if signatures is None
        else tuple(
            Signature(s["field"], tuple(s["byte_range"]), s["contents"]) for s in signatures
        ),
        found["error"],
    )


def signature(field: str | None, byte_range: list[int], contents: bytes) -> Signature:
    """Return a signature; zeros that pad its contents don't count."""
    digest = hashlib.sha256(contents.rstrip(b"\0")).hexdigest()[:24]
    return Signature(field, tuple(byte_range), digest)


def number(text: bytes) -> Decimal | Name:
    """Return the number that ``text`` writes; what is none stays what it is."""
    try:
        return Decimal(text.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        return Name(b"no number: " + text)


def digests(values: Mapping[tuple[int, int], Any]) -> dict[int, str]:
    """Return the digests of neutral values by (number, generation), leaving out null objects.

    A reference to what does not exist is null (ISO 32000-2 §7.3.10). The file's machinery, streams
    of objects and of cross-references, is left out too.
    """
    live = {Ref(*at) for at, value in values.items() if value not in (None, UNREADABLE)}
    found = {}
    for (number, _), value in values.items():
        if value == UNREADABLE:
            found[number] = UNREADABLE
        elif value is not None and not _is_machinery(value):
            found[number] = _digest(_without_dangling(value, live))
    return found


def _is_machinery(value: Any) -> bool:
    return isinstance(value, Stream) and value.dictionary.get(b"Type") in _MACHINERY


def _without_dangling(value: Any, live: set[Ref]) -> Any:
    match value:
        case Ref():
            return value if value in live else None
        case Stream():
            return Stream(_without_dangling(value.dictionary, live), value.digest)
        case dict():
            return {key: _without_dangling(item, live) for key, item in value.items()}
        case list():
            return [_without_dangling(item, live) for item in value]
        case _:
            return value


def _digest(value: Any) -> str:
    state = hashlib.sha256()
    for piece in _pieces(value, _MAX_DEPTH):
        state.update(piece)
    return state.hexdigest()[:16]


def _pieces(value: Any, depth: int) -> Iterator[bytes]:
    if depth == 0:
        raise RecursionError
    match value:
        case Ref():
            yield b"R%d %d;" % value
        case Name():
            yield b"N%d:%b" % (len(value.text), value.text)
        case Stream():
            yield b"S" + (value.digest or b"")
            yield from _dictionary(_but_length(value.dictionary), depth)
        case dict():
            yield from _dictionary(value, depth)
        case list():
            yield b"["
            for item in value:
                yield from _pieces(item, depth - 1)
            yield b"]"
        case bytes():
            yield b"s%d:%b" % (len(value), value)
        case _:
            yield _plain(value)


def _but_length(dictionary: dict[bytes, Any]) -> dict[bytes, Any]:
    return {key: value for key, value in dictionary.items() if key != b"Length"}


def _dictionary(value: dict[bytes, Any], depth: int) -> Iterator[bytes]:
    yield b"<"
    for key in sorted(key for key in value if value[key] is not None):
        yield b"N%d:%b" % (len(key), key)
        yield from _pieces(value[key], depth - 1)
    yield b">"


def _plain(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"z", True: b"t", False: b"f"}[value]
    number = Decimal(value)
    whole = number == number.to_integral_value()
    return b"#%d;" % int(number) if whole else b"#%b;" % str(number.normalize()).encode()
