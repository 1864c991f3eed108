"""Checking entries one by one: bytes, columns, streams, requests, payloads.

Memory grows with the number of streams and requests only, by about 65 and 20 bytes, and never with
the size of entries.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from antin.core.digests import same
from antin.core.errors import InputError
from antin.ledger.checking.compact import Compact
from antin.ledger.checking.levels import Level
from antin.ledger.checking.report import Collector
from antin.ledger.entry import SALT_BYTES, Entry, commitment, parse
from antin.ledger.log import Tip
from antin.ledger.ports import EntryRow, Payload
from antin.ledger.redaction import RedactionChecks
from antin.ledger.tree.merkle import HASH_BYTES, leaf_hash


class EntryChecks:
    """Takes entries in the order of their index and says what is wrong with each."""

    def __init__(
        self,
        found: Collector,
        payloads: Iterable[tuple[int, Payload]],
        level: Level = Level.STREAMS,
    ) -> None:
        self._found = found
        self._level = level
        self._tips = _Tips()
        self._requests = Compact()
        self._last: tuple[str, int] = ("", -1)
        self._next = 0
        self._times = _Times(found)
        facts = payloads if level.reaches(Level.COLUMNS) else ()
        self._payloads = _PayloadsInOrder(found, facts)
        self._redactions = RedactionChecks(found)

    def check(self, row: EntryRow) -> bytes:
        """Check one entry and return its leaf, recomputed from its bytes."""
        # 1. No index is left out.
        self._check_index(row.index)
        if not self._level.reaches(Level.HASHES):
            return row.leaf
        # 2. The leaf that was stored when the entry was made is that of its bytes now.
        leaf = leaf_hash(row.data)
        if not same(leaf, row.leaf):
            self._found.error("entry_bytes_altered", index=row.index, expected=row.leaf, found=leaf)
        if self._level.reaches(Level.COLUMNS):
            self._check_entry(row, leaf)
        return leaf

    def finish(self) -> None:
        """Report what is left over once all entries were seen."""
        self._payloads.finish()
        self._redactions.finish()
        self._times.finish()

    def _check_entry(self, row: EntryRow, leaf: bytes) -> None:
        entry = self._parsed(row)
        if entry is None:
            self._payloads.take(row.index)
            self._tips.put(row.stream, Tip(row.n, leaf))
            return
        # 3. The columns say what the bytes say.
        self._check_columns(row, entry)
        # 4. The facts beside it are those that it commits to, or were erased as another says.
        self._check_payload(row.index, entry, leaf)
        if self._level.reaches(Level.STREAMS):
            # 5. It continues its stream.
            self._check_stream(row.index, entry)
            # 6. A request appended once, in order.
            self._check_request(row.index, entry)
            # 7. Time went on.
            self._times.check(row.index, entry.micros)
            self._tips.put(entry.stream, Tip(entry.n, leaf))

    def _check_index(self, index: int) -> None:
        if index > self._next:
            self._found.error("entry_missing", index=self._next, last=index - 1)
        self._next = index + 1

    def _parsed(self, row: EntryRow) -> Entry | None:
        try:
            return parse(row.data)
        except InputError as error:
            reason = str(error.values.get("detail", error.code))
            self._found.error("entry_unreadable", index=row.index, reason=reason)
            return None

    def _check_columns(self, row: EntryRow, entry: Entry) -> None:
        for name in _COLUMNS:
            said, stored = getattr(entry, name), getattr(row, name)
            if said != stored:
                self._found.error(
                    "column_altered", index=row.index, column=name, expected=said, found=stored
                )

    def _check_stream(self, index: int, entry: Entry) -> None:
        tip = self._tips.get(entry.stream)
        n, prev = (tip.n + 1, tip.leaf) if tip else (0, None)
        if entry.n != n:
            self._broken(index, entry.stream, "n", n, entry.n)
        elif entry.prev != prev:
            self._broken(index, entry.stream, "prev", prev, entry.prev)

    def _broken(
        self,
        index: int,
        stream: str,
        column: str,
        expected: int | bytes | None,
        found: int | bytes | None,
    ) -> None:
        self._found.error(
            "stream_broken",
            index=index,
            stream=stream,
            column=column,
            expected=expected,
            found=found,
        )

    def _check_request(self, index: int, entry: Entry) -> None:
        request, ordinal = self._last
        goes_on = entry.request == request and entry.ordinal == ordinal + 1
        # What goes on was put there by the entry before it.
        begins = not goes_on and self._requests.put(entry.request.encode()) and not entry.ordinal
        if not goes_on and not begins:
            self._found.error("request_repeated", index=index, request=entry.request)
        self._last = (entry.request, entry.ordinal)

    def _check_payload(self, index: int, entry: Entry, leaf: bytes) -> None:
        payload = self._payloads.take(index)
        if payload is not None and (
            len(payload.salt) != SALT_BYTES
            or not same(commitment(payload.salt, payload.data), entry.payload_digest)
        ):
            self._found.error("payload_altered", index=index)
        else:
            self._redactions.check(index, entry, leaf, payload)


class _Tips:
    """The newest entry of each stream so far."""

    def __init__(self) -> None:
        self._tips = Compact(_N_BYTES + HASH_BYTES)

    def get(self, stream: str) -> Tip | None:
        found = self._tips.get(stream.encode(errors="replace"))
        if found is None:
            return None
        return Tip(int.from_bytes(found[:_N_BYTES], signed=True), found[_N_BYTES:])

    def put(self, stream: str, tip: Tip) -> None:
        value = tip.n.to_bytes(_N_BYTES, signed=True) + tip.leaf
        self._tips.put(stream.encode(errors="replace"), value)


class _Times:
    """Whether clocks were set back: told once, for the largest step.

    Work that takes long is committed under the time at which it was begun, so smaller steps are
    no news. What a time says is the writer's claim; checkpoints and their time-stamps prove more.
    """

    def __init__(self, found: Collector) -> None:
        self._found = found
        self._newest = self._count = self._step = self._index = 0

    def check(self, index: int, micros: int) -> None:
        step = self._newest - micros
        if step <= 0:
            self._newest = micros
        elif step > _WORK_TAKES:
            self._count += 1
            if step > self._step:
                self._step, self._index = step, index

    def finish(self) -> None:
        if self._count:
            seconds = self._step // 1_000_000
            self._found.info(
                "clock_set_back", index=self._index, seconds=seconds, count=self._count
            )


class _PayloadsInOrder:
    """Payloads beside the entries: both come in the order of the index."""

    def __init__(self, found: Collector, payloads: Iterable[tuple[int, Payload]]) -> None:
        self._found = found
        self._rest = iter(payloads)
        self._ahead = next(self._rest, None)

    def take(self, index: int) -> Payload | None:
        """Return the payload of entry ``index``; report those of entries that are not there."""
        while self._ahead is not None and self._ahead[0] < index:
            self._unclaimed()
        if self._ahead is None or self._ahead[0] != index:
            return None
        payload = self._ahead[1]
        self._ahead = next(self._rest, None)
        return payload

    def finish(self) -> None:
        while self._ahead is not None:
            self._unclaimed()

    def _unclaimed(self) -> None:
        if self._ahead is not None:
            self._found.error("payload_unclaimed", index=self._ahead[0])
        self._ahead = next(self._rest, None)


_N_BYTES: Final = 8
"""Of a column's number, which may be below 0."""
_WORK_TAKES: Final = 3_600_000_000
"""Microseconds that may pass between the beginning of some work and its commit."""
_COLUMNS = tuple(one.name for one in fields(Entry))
"""An entry's fields and the row's columns beside its bytes have the same names."""
