"""History from before: lines of another system's change log, as entries of this ledger.

A line is a claim. Its time, actor and action lie in the facts that the entry commits to; the
entry's own time is when it was brought here, its actor who brought it, its action
``history.imported``. Its request is ``import/SOURCE/ID`` with the other system's id, so that the
same event is never in the ledger twice, whatever file it comes in and however often.

The loops here are written for speed; tests compare what they make with ``ledger/entry.py``.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.core.errors import ConflictError, InputError, UsageError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.ledger.entry import PAYLOAD_TAG, SALT_BYTES, VERSION, Entry, encode

ACTION: Final = "history.imported"
_REQUIRED: Final = {"stream", "id", "at", "action"}
_OPTIONAL: Final = {"actor", "facts"}
_EVERY: Final = _REQUIRED | _OPTIONAL
_STREAM: Final = re.compile(r"(?:record|document|agency)/[A-Za-z0-9._-]{1,64}").fullmatch
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}").fullmatch
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
).fullmatch
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}").fullmatch
_MOST_LETTERS: Final = 200
_MOST_TIPS: Final = 100_000


@dataclass(frozen=True)
class Batch:
    """Some lines, ready to be placed: columns of equal length, a line of text for each entry."""

    first_line: int
    """Number of its first line in the file, from 1."""
    count: int
    streams: str
    requests: str
    payloads: str
    """Canonical JSON, which holds no end of a line."""
    salts: bytes
    """32 bytes each."""
    digests: str
    """Commitments in hexadecimal."""


class Newest(NamedTuple):
    """The newest entry of a stream."""

    n: int
    leaf: str
    """In hexadecimal."""


@dataclass(frozen=True)
class Known:
    """Tips as somebody left them who made the ledger ``size`` entries large."""

    size: int = -1
    newest: dict[str, Newest] = field(default_factory=dict)

    def tips(self, size: int) -> dict[str, Newest]:
        """Return the tips that are still true of a ledger of ``size`` entries, if any."""
        still = size == self.size and len(self.newest) <= _MOST_TIPS
        return self.newest if still else {}


def require_source(name: str) -> str:
    """Return ``name`` if it can name the system that a log comes from. Error: ``usage``."""
    if not _SOURCE(name):
        detail = "a source is named by up to 32 of a-z, 0-9, - and _, a letter first"
        raise UsageError("usage", detail=detail)
    return name


def read_batch(first_line: int, block: bytes, source: str) -> Batch:
    """Return the lines in ``block``. Error: ``history_malformed`` with the number of the line."""
    lines = block.split(b"\n")
    salts = secrets.token_bytes(SALT_BYTES * len(lines))
    streams, requests, payloads, digests = [], [], [], []
    for number, line in enumerate(lines):
        try:
            stream, event, payload = _read(line)
            data = payload.encode()
        except (ValueError, TypeError, RecursionError, InputError) as error:
            raise _malformed(first_line + number, error) from error
        salt = salts[number * SALT_BYTES : (number + 1) * SALT_BYTES]
        streams.append(stream)
        requests.append(f"import/{source}/{event}")
        payloads.append(payload)
        digests.append(hashlib.sha256(PAYLOAD_TAG + salt + data).hexdigest())
    return Batch(
        first_line=first_line,
        count=len(lines),
        streams="\n".join(streams),
        requests="\n".join(requests),
        payloads="\n".join(payloads),
        salts=salts,
        digests="\n".join(digests),
    )


def placed(
    batch: Batch, tips: dict[str, Newest], actor: str, micros: int
) -> Iterator[tuple[str, int, str | None, str, str, str, str, str]]:
    """Yield for each entry: stream, n, prev, commitment, request, bytes, leaf hash, payload.

    Hashes are in hexadecimal, the bytes are ASCII. ``tips`` holds the newest entry of every stream
    that has one, and is moved on. Error: ``defect`` for an actor or time that no entry can have.
    """
    # What is the same in all of them is held to its form once; the rest was, when it was read.
    encode(Entry("record/x", 0, None, micros, actor, ACTION, bytes(32), "import/x/x", 0))
    head = f'{{"action":"{ACTION}","actor":"{actor}","n":'
    tail = f'","ts":{micros:d},"v":{VERSION}}}'
    sha256, newest = hashlib.sha256, tips.get
    columns = (batch.streams, batch.requests, batch.payloads, batch.digests)
    for stream, request, payload, digest in zip(
        *(column.split("\n") for column in columns), strict=True
    ):
        tip = newest(stream)
        n, prev = (tip.n + 1, tip.leaf) if tip is not None else (0, None)
        before = f'"{prev}"' if prev is not None else "null"
        data = (
            f'{head}{n},"payload":"{digest}","prev":{before},"req":"{request}#0",'
            f'"stream":"{stream}{tail}'
        )
        leaf = sha256(b"\0" + data.encode()).hexdigest()
        tips[stream] = Newest(n, leaf)
        yield stream, n, prev, digest, request, data, leaf, payload


Held = tuple[str, bytes | None]
"""Stream and facts of an entry; None where they were erased."""


def fresh(batch: Batch, there: Mapping[str, Held]) -> Batch:
    """Return what of ``batch`` is not in the ledger yet, each event once.

    ``there``: those of its requests that are in the ledger. Error: ``history_differs`` where stream
    or facts are others than those that are there. An event in another stream is never the same: it
    may be another agency's, whose facts nobody may guess, or pass over by being first.
    """
    texts = ("requests", "streams", "payloads", "digests")
    requests, streams, payloads, digests = (getattr(batch, name).split("\n") for name in texts)
    known = {
        request: (stream, None if data is None else data.decode())
        for request, (stream, data) in there.items()
    }
    kept = []
    for at, (request, *said) in enumerate(zip(requests, streams, payloads, strict=True)):
        if request not in known:
            known[request] = (said[0], said[1])
            kept.append(at)
        elif known[request] not in {(said[0], None), (said[0], said[1])}:
            raise ConflictError("history_differs", line=batch.first_line, request=request)
    if len(kept) == batch.count:
        return batch
    return Batch(
        first_line=batch.first_line,
        count=len(kept),
        streams="\n".join(streams[at] for at in kept),
        requests="\n".join(requests[at] for at in kept),
        payloads="\n".join(payloads[at] for at in kept),
        salts=b"".join(batch.salts[at * SALT_BYTES : (at + 1) * SALT_BYTES] for at in kept),
        digests="\n".join(digests[at] for at in kept),
    )


def _read(line: bytes) -> tuple[str, str, str]:
    """Return stream, id and canonical payload of one line; ValueError and its like otherwise."""
    if len(line) > MAX_HISTORY_LINE_BYTES:
        raise ValueError(f"it is longer than {MAX_HISTORY_LINE_BYTES} bytes")
    text = line.decode()
    fields = _plain(text)
    plain = fields is not None
    if fields is None:
        fields = _decoded(text)
    stream, event, time = fields["stream"], fields["id"], fields["at"]
    if not _STREAM(stream):
        raise ValueError("stream is not of the form kind/ID")
    if not _ID(event):
        raise ValueError("id is not of up to 64 of A-Z a-z 0-9 . _ : -")
    if not _TIME(time):
        raise ValueError("at is no time by ISO 8601, as 2016-03-01T08:00:00Z")
    _require_claims(fields["actor"], fields["action"])
    del fields["stream"]
    return stream, event, (_joined(fields) if plain else None) or _canonical(fields)


def _plain(text: str) -> dict[str, Any] | None:
    """Return the object that ``text`` is, if all there is in it are texts without an escape.

    Most lines are so, and take half the time. Each of their strings has its two quotes: a key that
    came twice would have left more quotes than there are strings now.
    """
    if "\\" in text:
        return None
    fields, end = _decode_quickly(text)
    if end != len(text) or type(fields) is not dict or fields.keys() != _EVERY:
        return None
    facts = fields["facts"]
    if type(facts) is not dict or not _ONLY_TEXT.issuperset(map(type, facts.values())):
        return None
    if type(fields["actor"]) is not str or text.count('"') != 22 + 4 * len(facts):
        return None
    return fields


def _joined(fields: dict[str, Any]) -> str | None:
    """Return the canonical text of what :func:`_plain` found; None if it takes more than joining.

    No string in it has a quote, a backslash or a control character, which are all that are escaped.
    """
    facts = ",".join([f'"{key}":"{value}"' for key, value in sorted(fields["facts"].items())])
    payload = (
        f'{{"action":"{fields["action"]}","actor":"{fields["actor"]}","at":"{fields["at"]}",'
        f'"facts":{{{facts}}},"id":"{fields["id"]}"}}'
    )
    plain = payload.isascii() or (
        unicodedata.is_normalized("NFC", payload) and "".join(fields["facts"]).isascii()
    )
    return payload if plain else None


def _canonical(fields: dict[str, Any]) -> str:
    return canonical.dumps_normalised(fields).decode()


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
    if not isinstance(action, str) or not 0 < len(action) <= _MOST_LETTERS:
        raise ValueError(f"action is no text of up to {_MOST_LETTERS} letters")
    if actor is not None and (not isinstance(actor, str) or len(actor) > _MOST_LETTERS):
        raise ValueError(f"actor is no text of up to {_MOST_LETTERS} letters")


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
_decode_quickly: Final = json.JSONDecoder(
    parse_float=_no_number, parse_constant=_no_number
).raw_decode
_ONLY_TEXT: Final = frozenset({str})


def _malformed(line: int, error: Exception) -> InputError:
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
