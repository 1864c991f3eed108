"""PDF values as bytes (ISO 32000-2 §7.3): deterministic, and read back exactly as they were."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from antin.core.errors import InputError
from antin.pdf.objects import MAX_DEPTH, Dictionary, Name, Ref, Value

_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]*+")
_TO_ESCAPE: Final = re.compile(rb"[()\\]")
_NOT_REGULAR: Final = re.compile(rb"[^\x21-\x7e]|[#%()/<>\[\]{}]")
_SHORT: Final = 64
"""Names up to this length are remembered as they are written: the usual ones come all the time."""
_MAX_EXPONENT: Final = 400
"""More digits than that, before or after the point, no reader takes for a number."""


@dataclass(frozen=True, slots=True)
class NewStream:
    """A stream that is to be written: its dictionary, all but /Length, and its data as they are."""

    entries: Dictionary
    data: bytes


def compressed(entries: Dictionary, data: bytes) -> NewStream:
    """Return a stream of ``data`` under the Flate filter."""
    return NewStream({**entries, "Filter": Name("FlateDecode")}, zlib.compress(data))


def serialised(value: Value | NewStream) -> bytes:
    """Return ``value`` as it stands in a file, entries in the order of the mapping.

    A :class:`~antin.pdf.objects.Stream` of an existing file can't be written: its data are not
    part of the value. Errors: ``pdf_too_complex`` (nested too deep), ``pdf_malformed`` (a number
    that no reader takes for one).
    """
    if isinstance(value, NewStream):
        head = serialised({**value.entries, "Length": len(value.data)})
        return b"%b\nstream\n%b\nendstream" % (head, value.data)
    return _direct(value, 0)


def serialised_name(name: str) -> bytes:
    """Return a name with its slash; bytes that are not regular are written as #xx (§7.3.5)."""
    return _short_name(name) if len(name) <= _SHORT else _name(name)


@lru_cache(maxsize=1024)
def _short_name(name: str) -> bytes:
    return _name(name)


def _name(name: str) -> bytes:
    return b"/" + _NOT_REGULAR.sub(_hexadecimal, name.encode("latin-1"))


def serialised_entries(entries: Dictionary) -> bytes:
    """Return what stands between the brackets of a dictionary."""
    return _entries(entries, 0)


def _direct(value: Value, depth: int) -> bytes:
    if depth > MAX_DEPTH:
        raise InputError("pdf_too_complex", detail="a value is nested too deep")
    # In the order of how often they come.
    match value:
        case Name():
            return serialised_name(value)
        case Ref():
            return b"%d %d R" % (value.number, value.generation)
        case tuple():
            return b"[%b]" % b" ".join([_direct(item, depth + 1) for item in value])
        case dict() | Mapping():
            return b"<<%b>>" % _entries(value, depth)
        case _:
            return _plain(value)


def _plain(value: Value) -> bytes:
    match value:
        case bytes():
            return _string(value)
        case bool():
            return b"true" if value else b"false"
        case int():
            return _integer(value)
        case None:
            return b"null"
        case Decimal():
            return _real(value)
        case _:
            # The data of an existing stream are not at hand.
            raise AssertionError(f"{type(value).__name__} can't be written as it is")


def _entries(entries: Dictionary, depth: int) -> bytes:
    pairs = [(serialised_name(key), _direct(item, depth + 1)) for key, item in entries.items()]
    return b" ".join([b"%b %b" % pair for pair in pairs])


def _integer(value: int) -> bytes:
    try:
        return b"%d" % value
    except ValueError as error:  # Python writes no integers of thousands of digits
        raise InputError("pdf_malformed", detail="a number has too many digits") from error


def _real(value: Decimal) -> bytes:
    """PDF knows no exponents (§7.3.3); a point keeps a real number from becoming an integer."""
    digits, exponent = value.as_tuple().digits, value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) + len(digits) > _MAX_EXPONENT:
        raise InputError("pdf_malformed", detail="a real number has too many digits")
    written = format(value, "f")
    return (written if "." in written else f"{written}.0").encode("ascii")


def _string(value: bytes) -> bytes:
    if _PRINTABLE.fullmatch(value):
        return b"(%b)" % _TO_ESCAPE.sub(rb"\\\g<0>", value)
    return b"<%b>" % value.hex().encode("ascii")


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    return b"#%02X" % found[0][0]
