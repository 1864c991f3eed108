"""Canonical JSON: RFC 8785 restricted to what it can't disagree about.

ASCII keys, strings in NFC, integers of magnitude below 2^53, booleans, null, arrays, objects. No
floats, no duplicate keys, no lone surrogates. Writing gives exactly one text for a value; reading
accepts exactly that text (it is written again and compared) and nothing else.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from antin.core.errors import InputError

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

_MAX_DEPTH: Final = 32
_MAX_INT: Final = 2**53
# The only values that json does not know by itself after the check are other mappings.
_WRITE: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=dict
).encode


def dumps(value: Json) -> bytes:
    """Return the canonical bytes (UTF-8) of ``value``; ``json_malformed`` if it has none."""
    _check(value, 0)
    return _WRITE(value).encode()


def loads(data: bytes) -> Json:
    """Return the value of canonical ``data``; ``json_malformed`` for anything else."""
    try:
        value: Json = json.loads(data.decode(), parse_float=_no_float, parse_constant=_no_float)
        again = dumps(value)
    except (ValueError, RecursionError) as error:
        raise InputError("json_malformed", detail=str(error)) from error
    if again != data:
        raise InputError("json_malformed", detail="the text is not in canonical form")
    return value


def loads_object(data: bytes) -> JsonObject:
    """Return the object that ``data`` canonically is; ``json_malformed`` for anything else."""
    value = loads(data)
    if not isinstance(value, Mapping):
        raise InputError("json_malformed", detail="not an object")
    return value


def dumps_normalised(value: Json) -> bytes:
    """Return the canonical bytes of ``value`` with its text put into NFC; errors as :func:`dumps`.

    For facts with text of other people's making: names of signers, of fields, of who knows what.
    """
    return dumps(_normal(value, 0))


def _normal(value: Json, depth: int) -> Json:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if depth > _MAX_DEPTH:
        return value  # which dumps refuses
    if isinstance(value, Mapping):
        return {key: _normal(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_normal(item, depth + 1) for item in value)
    return value


def _no_float(text: str) -> Json:
    raise ValueError(f"number {text} is no integer")


def _check(value: Json, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise InputError("json_malformed", detail="nested too deeply")
    match value:
        case None | bool():
            pass
        case int():
            if abs(value) >= _MAX_INT:
                raise InputError("json_malformed", detail="integer of 2^53 or more")
        case str():
            _check_text(value)
        case Mapping():
            _check_object(value, depth)
        case list() | tuple():
            for item in value:
                _check(item, depth + 1)
        case _:
            raise InputError("json_malformed", detail=f"a {type(value).__name__} has no place here")


def _check_object(value: JsonObject, depth: int) -> None:
    for key, item in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise InputError("json_malformed", detail="key is not ASCII text")
        _check(item, depth + 1)


def _check_text(text: str) -> None:
    if not unicodedata.is_normalized("NFC", text):
        raise InputError("json_malformed", detail="text is not in normal form NFC")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("json_malformed", detail="lone surrogate") from error
