"""A line of another system's change log: held to its form, and its claims in canonical form."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.core.errors import InputError
from antin.core.limits import MAX_HISTORY_LINE_BYTES

STREAM: Final = r"(?:record|document|agency)/[A-Za-z0-9._-]{1,64}"
ID: Final = r"[A-Za-z0-9._:-]{1,64}"
TIME: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
MOST_LETTERS: Final = 200
_REQUIRED: Final = {"stream", "id", "at", "action"}
_OPTIONAL: Final = {"actor", "facts"}
_EVERY: Final = _REQUIRED | _OPTIONAL
_stream: Final = re.compile(STREAM).fullmatch
_id: Final = re.compile(ID).fullmatch
_time: Final = re.compile(TIME).fullmatch


def read_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Return stream, id and canonical payload of one line.

    Errors: ValueError, TypeError, RecursionError, ``json_malformed``; see :func:`malformed`.
    """
    if len(line) > MAX_HISTORY_LINE_BYTES:
        raise ValueError(f"it is longer than {MAX_HISTORY_LINE_BYTES} bytes")
    fields = _decoded(line.decode())
    stream, event = fields.pop("stream"), fields["id"]
    if not _stream(stream):
        raise ValueError("stream is not of the form kind/ID")
    if not _id(event):
        raise ValueError("id is not of up to 64 of A-Z a-z 0-9 . _ : -")
    if not _time(fields["at"]):
        raise ValueError("at is no time by ISO 8601, as 2016-03-01T08:00:00Z")
    _require_claims(fields["actor"], fields["action"])
    return stream.encode(), event.encode(), canonical.dumps_normalised(fields)


def malformed(line: int, error: Exception) -> InputError:
    """Return what tells that :func:`read_line` raised ``error`` about the line of that number."""
    if isinstance(error, InputError):
        reason = str(error.values.get("detail", error.code))
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    elif isinstance(error, TypeError):
        reason = "a value is not of the kind that it should be"
    elif isinstance(error, UnicodeError):
        reason = "it is no text in UTF-8"
    else:
        reason = str(error)
    return InputError("history_malformed", line=line, detail=reason)


def _decoded(text: str) -> dict[str, Any]:
    """Return the object that ``text`` is; no key comes twice, none is missing, none is foreign."""
    fields, end = _decode(text)
    if not isinstance(fields, dict):
        raise ValueError("it is no object")  # noqa: TRY004 — a line can't have another type
    if text[end:].strip(" \t\r"):
        raise ValueError("something follows the object")
    fields = _completed(fields)
    if not isinstance(fields["facts"], dict):
        raise ValueError("facts is no object")  # noqa: TRY004 — as above
    return fields


def _completed(fields: dict[str, Any]) -> dict[str, Any]:
    if missing := _REQUIRED - fields.keys():
        raise ValueError(f"{min(missing)} is missing")
    if foreign := fields.keys() - _EVERY:
        raise ValueError(f"{min(foreign)} has no place here")
    return {"actor": None, "facts": {}, **fields}


def _require_claims(actor: object, action: object) -> None:
    if not isinstance(action, str) or not 0 < len(action) <= MOST_LETTERS:
        raise ValueError(f"action is no text of up to {MOST_LETTERS} letters")
    if actor is not None and (not isinstance(actor, str) or len(actor) > MOST_LETTERS):
        raise ValueError(f"actor is no text of up to {MOST_LETTERS} letters")


def _object(pairs: Sequence[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"number {text[:40]} is no integer")


_decode: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number
).raw_decode
