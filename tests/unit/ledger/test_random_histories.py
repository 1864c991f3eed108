"""Random histories: what our own rules made raises no finding, and any change to it raises one.

Seeded, so that a history that fails is made again by its number. ANTIN_SOAK makes ten thousand of
each kind.
"""

import os
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from antin.core.canonical import JsonObject
from antin.ledger.checking.report import LedgerReport, LedgerSeverity
from antin.ledger.checking.verify import verify_ledger
from antin.ledger.checkpoints.checkpoint import next_checkpoint, sign_checkpoint
from antin.ledger.draft import Act, Draft
from antin.ledger.entry import encode, parse
from antin.ledger.ports import Payload, StoredCheckpoint
from antin.ledger.redaction import ACTION as REDACT
from antin.ledger.redaction import Erased, Redaction
from antin.ledger.tree.merkle import leaf_hash
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_tables import MemoryState
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW

HISTORIES = 10_000 if os.environ.get("ANTIN_SOAK") else 150
PARTS = 10
KEY = MemoryNoteKey()
STREAMS = ("agency/a", "record/b", "record/c", "document/d")
HOUR = 3_600_000_000


class History:
    """A ledger in memory that grows by chance."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)  # noqa: S311 — histories, not secrets
        self.state = MemoryState()
        self.ledger = MemoryLedger(self.state)
        self.now = 1_763_777_107_000_000

    def grow(self) -> None:
        for step in range(self.chance.randrange(1, 15)):
            self.now += self.chance.randrange(-HOUR, 3 * HOUR)
            self.append(f"request-{step}", self.drafts())
            if self.chance.random() < 0.3:
                self.erase(step)
            if self.chance.random() < 0.3:
                self.sign()
        self.sign()
        if self.chance.random() < 0.5:
            self.append("uncovered", self.drafts())

    def drafts(self) -> list[Draft]:
        streams = self.chance.choices(STREAMS, k=self.chance.randrange(1, 6))
        facts: JsonObject = {"title": "Công văn", "number": self.chance.randrange(1000)}
        return [Draft(stream, "thing.happened", facts) for stream in streams]

    def append(self, request: str, drafts: list[Draft]) -> None:
        seed = self.chance.randbytes(32)
        self.ledger.append(Act("system", request, max(self.now, 0), seed), drafts)

    def erase(self, step: int) -> None:
        """Erase facts of a stream, with the entry that says so."""
        rows = [row for row in self.state.entries if row.index in self.state.payloads]
        rows = [row for row in rows if row.action != REDACT]
        if not rows:
            return
        stream = self.chance.choice(rows).stream
        own = [row for row in rows if row.stream == stream][: self.chance.randrange(1, 4)]
        said = Redaction(tuple(Erased(r.index, r.leaf) for r in own), "asked for", "somebody")
        for row in own:
            del self.state.payloads[row.index]
        self.append(f"erasing-{step}", [Draft(stream, REDACT, said.as_facts())])

    def sign(self) -> None:
        newest, size = self.ledger.newest_checkpoint(), self.ledger.size()
        if newest is not None and newest.size == size:
            return
        leaves = self.ledger.leaves(newest.size if newest else 0, size)
        growth = next_checkpoint(newest, leaves, size)
        note = sign_checkpoint(ORIGIN, size, growth.root, KEY, newest)
        made = StoredCheckpoint(size, growth.root, note, growth.frontier, NOW)
        self.ledger.add_checkpoint(made)

    @property
    def newest(self) -> StoredCheckpoint:
        newest = self.ledger.newest_checkpoint()
        assert newest is not None
        return newest

    def verify(self, outside: bytes | None = None) -> LedgerReport:
        return verify_ledger(self.ledger, ORIGIN, KEY.public_key, outside)


def told(report: LedgerReport) -> list[str]:
    """Return what is more than information."""
    return [one.code for one in report.findings if one.severity is not LedgerSeverity.INFO]


def part(number: int) -> range:
    """Return the numbers of a part of all histories, so that processes share them."""
    return range(number, HISTORIES, PARTS)


@pytest.mark.soak
@pytest.mark.timeout(280)
@pytest.mark.parametrize("number", range(PARTS))
def test_a_valid_history_raises_no_finding(number: int) -> None:
    for one in part(number):
        history = History(one)
        history.grow()
        kept = history.newest.note if history.chance.random() < 0.8 else None
        report = history.verify(kept)
        assert told(report) == [], one
        assert report.conclusion == "TOTAL-PASSED", one
        assert report.covered == history.newest.size, one


# --- what somebody may change; each returns False where this history offers nothing to change ----


def flip(history: History, data: bytes) -> bytes:
    at = history.chance.randrange(len(data))
    changed = bytearray(data)
    changed[at] ^= 1 << history.chance.randrange(8)
    return bytes(changed)


def entry_bytes(history: History) -> bool:
    rows = history.state.entries
    at = history.chance.randrange(len(rows))
    rows[at] = replace(rows[at], data=flip(history, rows[at].data))
    return True


def entry_bytes_and_leaf(history: History) -> bool:
    """Under a checkpoint; behind it nobody could tell."""
    rows = history.state.entries
    at = history.chance.randrange(history.newest.size)
    data = flip(history, rows[at].data)
    rows[at] = replace(rows[at], data=data, leaf=leaf_hash(data))
    return True


def column(history: History) -> bool:
    rows = history.state.entries
    at = history.chance.randrange(len(rows))
    row = rows[at]
    changes: list[dict[str, object]] = [
        {"stream": row.stream + "x"},
        {"n": row.n + 1},
        {"prev": b"\x05" * 32},
        {"micros": row.micros + 1},
        {"actor": "nobody"},
        {"action": "other.thing"},
        {"payload_digest": b"\x05" * 32},
        {"request": "other"},
        {"ordinal": row.ordinal + 1},
        {"leaf": b"\x05" * 32},
    ]
    rows[at] = replace(row, **history.chance.choice(changes))  # type: ignore[arg-type]  # names and kinds fit
    return True


def rewritten(history: History) -> bool:
    """One entry edited and everything after it computed again, as its rules have it."""
    rows, tips = history.state.entries, dict[str, bytes]()
    edited = history.chance.randrange(history.newest.size)
    for at, row in enumerate(rows):
        entry = replace(parse(row.data), prev=tips.get(row.stream))
        if at == edited:
            entry = replace(entry, actor="nobody")
        data = encode(entry)
        leaf = leaf_hash(data)
        rows[at] = replace(row, data=data, leaf=leaf, prev=entry.prev, actor=entry.actor)
        tips[row.stream] = leaf
    return True


def removed(history: History) -> bool:
    del history.state.entries[history.chance.randrange(history.newest.size)]
    return True


def cut_off(history: History) -> bool:
    size = history.chance.randrange(history.newest.size)
    del history.state.entries[size:]
    for index in [one for one in history.state.payloads if one >= size]:
        del history.state.payloads[index]
    return True


def swapped(history: History) -> bool:
    rows = history.state.entries
    if history.newest.size < 2:
        return False
    one, other = history.chance.sample(range(history.newest.size), 2)
    rows[one], rows[other] = (
        replace(rows[other], index=one),
        replace(rows[one], index=other),
    )
    return True


def told_again(history: History) -> bool:
    rows = history.state.entries
    rows.append(replace(history.chance.choice(rows), index=len(rows)))
    return True


def facts(history: History) -> bool:
    if not history.state.payloads:
        return False
    index, payload = history.chance.choice(list(history.state.payloads.items()))
    if history.chance.random() < 0.3:
        del history.state.payloads[index]
    elif history.chance.random() < 0.5:
        history.state.payloads[index] = replace(payload, salt=flip(history, payload.salt))
    else:
        history.state.payloads[index] = replace(payload, data=flip(history, payload.data))
    return True


def facts_come_back(history: History) -> bool:
    gone = [row.index for row in history.state.entries if row.index not in history.state.payloads]
    if not gone:
        return False
    history.state.payloads[history.chance.choice(gone)] = Payload(bytes(32), b"{}")
    return True


def checkpoint(history: History) -> bool:
    kept = history.state.checkpoints
    size = history.chance.choice(list(kept))
    one = kept[size]
    changes: list[dict[str, object]] = [
        {"root": flip(history, one.root)},
        {"note": flip(history, one.note)},
        {"frontier": (flip(history, one.frontier[0]), *one.frontier[1:])},
        {"frontier": one.frontier[:-1]},
    ]
    kept[size] = replace(one, **history.chance.choice(changes))  # type: ignore[arg-type]  # as above
    return True


def checkpoints_swapped(history: History) -> bool:
    kept = history.state.checkpoints
    if len(kept) < 2:
        return False
    one, other = history.chance.sample(list(kept), 2)
    kept[one], kept[other] = (
        replace(kept[one], note=kept[other].note),
        replace(kept[other], note=kept[one].note),
    )
    return True


def newest_checkpoint_removed(history: History) -> bool:
    """The one outside is that of the newest."""
    del history.state.checkpoints[history.newest.size]
    return True


CHANGES: list[Callable[[History], bool]] = [
    entry_bytes,
    entry_bytes_and_leaf,
    column,
    rewritten,
    removed,
    cut_off,
    swapped,
    told_again,
    facts,
    facts_come_back,
    checkpoint,
    checkpoints_swapped,
    newest_checkpoint_removed,
]


@pytest.mark.soak
@pytest.mark.timeout(280)
@pytest.mark.parametrize("number", range(PARTS))
def test_a_changed_history_always_raises_one(number: int) -> None:
    for one in part(number):
        history = History(one)
        history.grow()
        kept = history.newest.note
        change = CHANGES[one // PARTS % len(CHANGES)]
        if change(history):
            assert told(history.verify(kept)), f"{change.__name__} in history {one}"
