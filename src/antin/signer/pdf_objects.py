"""PDF values for the writer; the one place where pyHanko's untyped constructors are called."""

from collections.abc import Mapping
from typing import Any

from pyhanko.pdf_utils import generic

_untyped: Any = generic


def dictionary(entries: Mapping[str, Any]) -> generic.DictionaryObject:
    """Return a dictionary; keys begin with a slash."""
    named = {generic.NameObject(key): value for key, value in entries.items()}
    made: generic.DictionaryObject = _untyped.DictionaryObject(named)
    return made


def name(text: str) -> generic.NameObject:
    """Return a name; ``text`` begins with a slash."""
    return generic.NameObject(text)


def array(items: list[Any]) -> generic.ArrayObject:
    """Return an array."""
    return generic.ArrayObject(items)


def number(value: int) -> generic.NumberObject:
    """Return an integer."""
    made: generic.NumberObject = _untyped.NumberObject(value)
    return made


def entry(holder: Any, key: str, default: Any = None) -> Any:
    """Return what ``key`` leads to, references followed; ``default`` for null or nothing.

    The library's own ``get`` returns references as they stand.
    """
    if key not in holder:
        return default
    value = holder[key]
    return default if isinstance(value, generic.NullObject) else value


def numbers(*values: float) -> generic.ArrayObject:
    """Return an array of numbers, to a ten-thousandth of a unit."""
    return generic.ArrayObject(_untyped.FloatObject(f"{value:.4f}") for value in values)


def stream(
    entries: Mapping[str, Any], data: bytes, *, compress: bool = True
) -> generic.StreamObject:
    """Return a stream with ``entries`` in its dictionary."""
    made: Any = generic.StreamObject(dictionary(entries), stream_data=data)
    if compress:
        made.compress()
    result: generic.StreamObject = made
    return result


def page_at(writer: Any, index: int) -> Any:
    """Return the page dictionary with that index from 0."""
    return writer.find_page_for_modification(index)[0].get_object()
