"""Reading many entries at once: canonical bytes have one text, so an entry has one form.

:func:`antin.ledger.entry.parse` says the same of each entry, and why not; a test holds the two
against each other. A pattern over a whole bundle takes a twentieth of the time.
"""

import re
from collections.abc import Sequence
from typing import Final

from antin.core.errors import InputError
from antin.ledger.entry import parse

_NUMBER: Final = rb"[1-9][0-9]{0,14}|[1-8][0-9]{15}"
"""Above 0, and below 2^53 without counting; the few numbers left out are read strictly."""
_PAYLOAD: Final = rb'"payload":"[0-9a-f]{64}",'
_ENTRY: Final = re.compile(
    rb'^\{"action":"([a-z][a-z0-9_.]{0,63})",'
    rb'"actor":"[A-Za-z0-9._:-]{1,64}",'
    rb'"n":(?:0,' + _PAYLOAD + rb'"prev":null,'
    rb"|(" + _NUMBER + rb")," + _PAYLOAD + rb'"prev":"([0-9a-f]{64})",)'
    rb'"req":"([A-Za-z0-9._:/-]{1,160})#(0|[1-9][0-9]{0,8})",'
    rb'"stream":"((?:record|document|agency)/[A-Za-z0-9._-]{1,64})",'
    rb'"ts":(?:0|' + _NUMBER + rb'),"v":1\}$',
    re.MULTILINE,
)
_ACTION: Final = re.compile(rb"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
"""There are few, so each is held to this once in a bundle."""
_BEFORE_PAYLOAD: Final = b'"payload":"'

Form = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""Action, n and prev (both empty at 0), request, ordinal, stream: in an entry's own letters."""


def read_forms(entries: Sequence[bytes]) -> Sequence[Form | None]:
    """Return the form of each entry, None for what is no entry."""
    joined = b"\n".join(entries)
    found: list[Form] = _ENTRY.findall(joined)
    # As many lines as entries, each of them one: so no entry holds a line end, and each is read.
    if (
        len(found) == len(entries)
        and joined.count(b"\n") == len(entries) - 1
        and all(map(_ACTION.fullmatch, {form[0] for form in found}))
    ):
        return found
    return [_read(data) for data in entries]


def committed_to(data: bytes) -> bytes:
    """Return the payload's digest of an entry that has the form."""
    at = data.index(_BEFORE_PAYLOAD) + len(_BEFORE_PAYLOAD)
    return bytes.fromhex(data[at : at + 64].decode())


def _read(data: bytes) -> Form | None:
    """Read one strictly."""
    try:
        entry = parse(data)
    except InputError:
        return None
    n, prev = (b"", b"") if entry.prev is None else (b"%d" % entry.n, entry.prev.hex().encode())
    action, request, stream = (x.encode() for x in (entry.action, entry.request, entry.stream))
    return action, n, prev, request, b"%d" % entry.ordinal, stream
