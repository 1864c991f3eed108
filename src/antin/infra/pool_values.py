"""Values as bytes, for answers of processes that are not trusted: made and read in linear time.

Each value is a letter and what that needs: ``N``, ``T``, ``F``; ``i`` and 16 bytes; ``s`` or ``b``,
a length, UTF-8 or bytes; ``(``, a count, values; ``k``, the name of a dataclass, its fields as a
tuple; ``e``, family and code of an error of ours, its values as pairs.
"""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final, get_type_hints

from antin.core import errors
from antin.core.codes import CODES
from antin.core.errors import AntinError

_LENGTH_BYTES: Final = 8
_INT_BYTES: Final = 16
_MOST: Final = 2_000_000
"""Values of one answer: twice what the largest archive's list has."""
_DEEPEST: Final = 8
_CONSTANTS: Final = {b"N": None, b"T": True, b"F": False}
_FAMILIES: Final = {
    one.family: one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, AntinError) and one.family
}


class MalformedValueError(Exception):
    """The bytes are no value, or not one that is allowed."""


def encoded(value: object) -> bytes:
    """Return ``value`` as bytes. Errors: ``TypeError``, ``OverflowError`` for a larger number."""
    made = bytearray()
    _write(value, made)
    return bytes(made)


def decoded(data: bytes, kinds: frozenset[type]) -> Any:
    """Return the value that ``data`` is; of dataclasses only ``kinds``, each field of its type.

    Error: ``MalformedValueError``.
    """
    reader = _Reader(data, {_name(kind): kind for kind in kinds})
    found = reader.value(0)
    if reader.left:
        raise MalformedValueError
    return found


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _write(value: object, made: bytearray) -> None:
    if value is None:
        made += b"N"
    elif isinstance(value, bool):
        made += b"T" if value else b"F"
    elif isinstance(value, int):
        made += b"i" + value.to_bytes(_INT_BYTES, signed=True)
    elif isinstance(value, str):
        _write_bytes(b"s", value.encode(errors="surrogatepass"), made)
    elif isinstance(value, bytes):
        _write_bytes(b"b", value, made)
    elif isinstance(value, tuple):
        made += b"(" + len(value).to_bytes(_LENGTH_BYTES)
        for one in value:
            _write(one, made)
    else:
        _write_parts(value, made)


def _write_bytes(mark: bytes, data: bytes, made: bytearray) -> None:
    made += mark + len(data).to_bytes(_LENGTH_BYTES)
    made += data


def _write_parts(value: object, made: bytearray) -> None:
    if isinstance(value, AntinError):
        made += b"e"
        _write((value.family, value.code, tuple(value.values.items())), made)
    elif is_dataclass(value):
        made += b"k"
        _write(_name(type(value)), made)
        _write(tuple(getattr(value, field.name) for field in fields(value)), made)
    else:
        raise TypeError(type(value).__name__)


class _Reader:
    def __init__(self, data: bytes, kinds: dict[str, type]) -> None:
        self._data, self._kinds = data, kinds
        self._at = self._count = 0

    @property
    def left(self) -> int:
        """How many bytes were not read."""
        return len(self._data) - self._at

    def value(self, depth: int) -> Any:
        self._count += 1
        if depth > _DEEPEST or self._count > _MOST:
            raise MalformedValueError
        mark = self._take(1)
        if mark == b"(":
            return tuple(self.value(depth + 1) for _ in range(self._length()))
        if mark == b"k":
            return self._kind(depth)
        if mark == b"e":
            return self._error(depth)
        return self._plain(mark)

    def _plain(self, mark: bytes) -> object:
        if mark in _CONSTANTS:
            return _CONSTANTS[mark]
        if mark == b"i":
            return int.from_bytes(self._take(_INT_BYTES), signed=True)
        if mark == b"s":
            return self._text()
        if mark == b"b":
            return self._take(self._length())
        raise MalformedValueError

    def _take(self, length: int) -> bytes:
        if length > self.left:
            raise MalformedValueError
        self._at += length
        return self._data[self._at - length : self._at]

    def _length(self) -> int:
        return int.from_bytes(self._take(_LENGTH_BYTES))

    def _text(self) -> str:
        try:
            return self._take(self._length()).decode(errors="surrogatepass")
        except UnicodeDecodeError as error:
            raise MalformedValueError from error

    def _kind(self, depth: int) -> object:
        name, parts = self.value(depth + 1), self.value(depth + 1)
        kind = self._kinds.get(name) if isinstance(name, str) else None
        if kind is None or not isinstance(parts, tuple):
            raise MalformedValueError
        wanted = _types(kind)
        if len(parts) != len(wanted) or not all(map(isinstance, parts, wanted)):
            raise MalformedValueError
        try:
            return kind(*parts)
        except ValueError as error:
            raise MalformedValueError from error

    def _error(self, depth: int) -> AntinError:
        match self.value(depth + 1):
            case (str(family), str(code), tuple(pairs)) if all(map(_is_pair, pairs)):
                kind = _FAMILIES.get(family)
                if kind is not None and code in CODES and CODES[code][0] == family:
                    return kind(code, **dict(pairs))
        raise MalformedValueError


def _is_pair(pair: object) -> bool:
    match pair:
        case (str(), str() | int() | None):
            return True
        case (str(), tuple(texts)):
            return all(isinstance(one, str) for one in texts)
    return False


@cache
def _types(kind: type) -> tuple[Any, ...]:
    """Return what each field of a dataclass may be: a class, or several."""
    hints = get_type_hints(kind)
    return tuple(hints[field.name] for field in fields(kind))
