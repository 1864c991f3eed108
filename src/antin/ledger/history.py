"""History from before: lines of another system's change log, as entries of this ledger.

A line is a claim. Its time, actor and action lie in the facts that the entry commits to; the
entry's own time is when it was brought here, its actor who brought it, its action
``history.imported``. Its request is ``import/SOURCE/ID`` with the other system's id, so that the
same event is never in the ledger twice, whatever file it comes in and however often.

The loops here are written for speed; tests compare what they make with ``ledger/entry.py``.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from antin.core.errors import ConflictError, InputError, UsageError
from antin.core.limits import MAX_HISTORY_LINE_BYTES
from antin.ledger.entry import PAYLOAD_TAG, SALT_BYTES, VERSION, Entry, encode
from antin.ledger.history_lines import malformed, read_line
from antin.ledger.history_shapes import Shapes

ACTION: Final = "history.imported"
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}").fullmatch
_MOST_TIPS: Final = 100_000
_FEW: Final = 1_000


@dataclass(frozen=True)
class Batch:
    """Some lines, ready to be placed: columns of equal length."""

    first_line: int
    """Number of its first line in the file, from 1."""
    streams: list[str]
    requests: list[str]
    payloads: list[bytes]
    """Canonical JSON."""
    salts: list[bytes]
    digests: list[bytes]
    """Commitments."""

    @property
    def count(self) -> int:
        """How many lines."""
        return len(self.streams)


Newest = tuple[int, bytes | None]
"""Number and leaf hash of the newest entry of a stream; -1 and None where it has none."""


@dataclass(frozen=True)
class Placed:
    """A batch, each of its entries behind the one before it in its stream: columns again."""

    index: int
    """Leaf index of its first entry."""
    batch: Batch
    numbers: list[int]
    before: list[bytes | None]
    data: list[bytes]
    """The entries' bytes."""
    leaves: list[bytes]

    @property
    def after(self) -> int:
        """The leaf index after its last entry."""
        return self.index + self.batch.count


@dataclass(frozen=True)
class Known:
    """Tips as somebody left them who made the ledger ``size`` entries large."""

    size: int = -1
    newest: dict[str, Newest] = field(default_factory=dict)

    def is_close_to(self, size: int) -> bool:
        """Tell whether so few entries were appended since that it is quicker to read those."""
        return 0 <= self.size <= size <= self.size + _FEW and len(self.newest) <= _MOST_TIPS


Made = TypeVar("Made")


class Each(Protocol):
    """The batches of a history in their order, read elsewhere."""

    def __call__(self, make: Callable[[Batch], Made]) -> Iterator[Made]:
        """Yield what ``make``, a plain value that can be sent, makes of each where it is read."""
        ...


def require_source(name: str) -> str:
    """Return ``name`` if it can name the system that a log comes from. Error: ``usage``."""
    if not _SOURCE(name):
        detail = "a source is named by up to 32 of a-z, 0-9, - and _, a letter first"
        raise UsageError("usage", detail=detail)
    return name


def read_batch(first_line: int, block: bytes, source: str, shapes: Shapes | None = None) -> Batch:
    """Return the lines in ``block``; ``shapes`` are those of the lines before them.

    Error: ``history_malformed`` with the number of the line.
    """
    lines = block.split(b"\n")
    read = (shapes or Shapes()).read if _is_plain(block, lines) else read_line
    found = list[tuple[bytes, bytes, bytes]]()
    try:
        for line in lines:  # how many were read tells which one could not be
            found.append(read(line))
    except (ValueError, TypeError, RecursionError, InputError) as error:
        raise malformed(first_line + len(found), error) from error
    random = secrets.token_bytes(SALT_BYTES * len(lines))
    salts = [random[at : at + SALT_BYTES] for at in range(0, len(random), SALT_BYTES)]
    sha256, prefix = hashlib.sha256, f"import/{source}/"
    payloads = [payload for _, _, payload in found]
    return Batch(
        first_line=first_line,
        streams=[stream.decode() for stream, _, _ in found],
        requests=[prefix + event.decode() for _, event, _ in found],
        payloads=payloads,
        salts=salts,
        digests=[
            sha256(PAYLOAD_TAG + salt + payload).digest()
            for salt, payload in zip(salts, payloads, strict=True)
        ],
    )


def _is_plain(block: bytes, lines: list[bytes]) -> bool:
    """Tell whether the lines, and so all parts of them, are UTF-8 in NFC, and none is too long."""
    try:
        normal = unicodedata.is_normalized("NFC", block.decode())
    except UnicodeDecodeError:
        return False
    return normal and max(map(len, lines)) <= MAX_HISTORY_LINE_BYTES


@dataclass
class Placing:
    """Places one batch behind the other: what it knows of the ledger moves on with each."""

    index: int
    """The ledger's size."""
    tips: dict[str, Newest]
    """The newest entry of every stream that has one, at least of those that come."""
    actor: str
    micros: int

    def __call__(self, batch: Batch) -> Placed:
        """Return the entries of ``batch``, each with the hash of the one before it in its stream.

        Error: ``defect`` for an actor or time that no entry can have.
        """
        # What is the same in all of them is held to its form once; the rest was, when it was read.
        same = ("record/x", 0, None, self.micros, self.actor, ACTION, bytes(32), "import/x/x", 0)
        encode(Entry(*same))
        head = f'\0{{"action":"{ACTION}","actor":"{self.actor}","n":'
        tail = f'","ts":{self.micros:d},"v":{VERSION}}}'
        tips, sha256, none = self.tips, hashlib.sha256, (-1, None)
        numbers, before = list[int](), list[bytes | None]()
        data, leaves = list[bytes](), list[bytes]()
        for stream, request, digest in zip(
            batch.streams, batch.requests, batch.digests, strict=True
        ):
            n, prev = tips.get(stream, none)
            n += 1
            chained = f'"{prev.hex()}"' if prev is not None else "null"
            entry = (
                f'{head}{n},"payload":"{digest.hex()}","prev":{chained},"req":"{request}#0",'
                f'"stream":"{stream}{tail}'
            ).encode()
            leaf = sha256(entry).digest()
            tips[stream] = (n, leaf)
            numbers.append(n)
            before.append(prev)
            data.append(entry[1:])
            leaves.append(leaf)
        found = Placed(self.index, batch, numbers, before, data, leaves)
        self.index = found.after
        return found


Held = tuple[str, bytes | None]
"""Stream and facts of an entry; None where they were erased."""


def fresh(batch: Batch, there: Mapping[str, Held]) -> Batch:
    """Return what of ``batch`` is not in the ledger yet, each event once.

    ``there``: those of its requests that are in the ledger. Error: ``history_differs`` where stream
    or facts are others than those that are there. An event in another stream is never the same: it
    may be another agency's, whose facts nobody may guess, or pass over by being first.
    """
    known, kept = dict(there), []
    for at, request in enumerate(batch.requests):
        stream, payload = batch.streams[at], batch.payloads[at]
        if request not in known:
            known[request] = (stream, payload)
            kept.append(at)
        elif known[request] not in {(stream, None), (stream, payload)}:
            raise ConflictError("history_differs", line=batch.first_line, request=request)
    if len(kept) == batch.count:
        return batch
    return Batch(
        first_line=batch.first_line,
        streams=[batch.streams[at] for at in kept],
        requests=[batch.requests[at] for at in kept],
        payloads=[batch.payloads[at] for at in kept],
        salts=[batch.salts[at] for at in kept],
        digests=[batch.digests[at] for at in kept],
    )
