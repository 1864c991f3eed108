"""Erasing what entries commit to: the entry that authorises it, and how a claim of it is checked.

Erasing deletes salt and facts beside an entry. Its bytes, its leaf and the tree stay, so that every
proof made before holds after. A later ``redact`` entry of the same stream names what was erased;
its own facts hold no personal data and are never erased.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from antin.core import canonical
from antin.core.canonical import Json, JsonObject
from antin.core.digests import same
from antin.core.errors import InputError
from antin.core.limits import MAX_REDACTED
from antin.ledger.checking.report import Collector
from antin.ledger.entry import Entry
from antin.ledger.ports import Payload

ACTION: Final = "redact"
_LEAF: Final = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES: Final = 256 << 10
"""Facts of a redact entry that names as many entries as it may stay well below this."""
_SHOWN: Final = 100
"""Redact entries that a report names one by one: their number must not fill it."""


@dataclass(frozen=True)
class Erased:
    """An entry whose facts were erased."""

    index: int
    leaf: bytes
    """Its leaf hash, so that no other entry can take its place."""


@dataclass(frozen=True)
class Redaction:
    """What a ``redact`` entry says."""

    erased: tuple[Erased, ...]
    """At most :data:`~antin.core.limits.MAX_REDACTED`."""
    reason: str
    authorised_by: str
    """Principal id."""

    def as_facts(self) -> JsonObject:
        """Return the facts that the entry commits to."""
        erased: Json = tuple({"index": one.index, "leaf": one.leaf.hex()} for one in self.erased)
        return {"authorised_by": self.authorised_by, "erased": erased, "reason": self.reason}


def parse_redaction(data: bytes) -> Redaction:
    """Return what the facts of a ``redact`` entry say. Error: ``entry_malformed``."""
    if len(data) > _MOST_BYTES:
        raise _malformed("its list of entries is empty or too long")
    try:
        facts = canonical.loads_object(data)
    except InputError as error:
        raise _malformed("its facts are no canonical JSON") from error
    erased, reason, by = (facts.get(name) for name in ("erased", "reason", "authorised_by"))
    if len(facts) != 3 or not isinstance(reason, str) or not isinstance(by, str):
        raise _malformed("its facts are not those of erasing")
    if not isinstance(erased, list) or not 0 < len(erased) <= MAX_REDACTED:
        raise _malformed("its list of entries is empty or too long")
    return Redaction(tuple(map(_erased, erased)), reason, by)


def _erased(item: Json) -> Erased:
    if not isinstance(item, dict) or set(item) != {"index", "leaf"}:
        raise _malformed("its list of entries cannot be read")
    index, leaf = item["index"], item["leaf"]
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise _malformed("its list of entries cannot be read")
    if not isinstance(leaf, str) or not _LEAF.fullmatch(leaf):
        raise _malformed("its list of entries cannot be read")
    return Erased(index, bytes.fromhex(leaf))


def _malformed(detail: str) -> InputError:
    return InputError("entry_malformed", detail=detail)


@dataclass
class _Gone:
    """An entry without facts, on the way through the ledger."""

    stream: str
    leaf: bytes
    redacts: bool
    erased: bool = False
    """Whether an entry was met that says so."""


class RedactionChecks:
    """Holds entries without facts against the entries that say who erased them.

    Entries come in the order of their index, so a claim finds all that it may name. Memory grows
    with the number of entries without facts.
    """

    def __init__(self, found: Collector) -> None:
        self._found = found
        self._gone: dict[int, _Gone] = {}
        self._seen = 0

    def check(self, index: int, entry: Entry, leaf: bytes, payload: Payload | None) -> None:
        """Take one entry; ``payload`` None: there is none, else one that the entry commits to."""
        redacts = entry.action == ACTION
        if payload is None:
            self._gone[index] = _Gone(entry.stream, leaf, redacts)
        if not redacts:
            return
        # 1. What nothing may erase is gone: whatever it would have authorised is unproven.
        if payload is None:
            self._unreadable(index, "its own facts are gone")
            return
        try:
            said = parse_redaction(payload.data)
        except InputError as error:
            self._unreadable(index, str(error.values["detail"]))
            return
        # 2. Each entry that it names, for itself: a wrong claim beside right ones proves nothing.
        erased = [one.index for one in said.erased if self._claimed(index, entry.stream, one)]
        if erased:
            self._authorised(index, entry.actor, erased)

    def finish(self) -> None:
        """Report what nobody says to have erased."""
        for index, gone in self._gone.items():
            if not gone.erased and not gone.redacts:
                self._found.warning("payload_missing", index=index)
        if self._seen > _SHOWN:
            self._found.info("redactions_more", count=self._seen - _SHOWN)

    def _claimed(self, index: int, stream: str, claim: Erased) -> bool:
        """Tell whether entry ``index`` may have erased what it names; report what it may not."""
        gone = self._gone.get(claim.index)
        # Erased facts that are there were never erased, or came back from a backup.
        if gone is None and claim.index < index:
            self._found.error("redaction_unmet", index=index, named=claim.index)
            return False
        reason = _fault(stream, claim, gone)
        if gone is None or reason is not None:
            self._found.error("redaction_wrong", index=index, named=claim.index, reason=reason)
            return False
        gone.erased = True  # perhaps again: facts may have come back with a backup
        return True

    def _unreadable(self, index: int, reason: str) -> None:
        self._found.error("redaction_unreadable", index=index, reason=reason)

    def _authorised(self, index: int, actor: str, erased: Sequence[int]) -> None:
        self._seen += 1
        if self._seen <= _SHOWN:
            names = ranges(erased)
            self._found.info(
                "payload_erased", by=index, actor=actor, count=len(erased), indexes=names
            )


def _fault(stream: str, claim: Erased, gone: _Gone | None) -> str | None:
    """Return what is wrong with a claim on an entry without facts, if anything is."""
    # 1. Only what came before can have been erased: a claim on what is to come would excuse it.
    if gone is None:
        return "it is not an earlier entry"
    rules = (
        # 2. Who may write to one stream says nothing of another: it may be another agency's.
        (gone.stream == stream, "it is of another stream"),
        # 3. That very entry, whatever stands at its index now.
        (same(gone.leaf, claim.leaf), "its leaf is another one"),
        # 4. Erasing leaves a trace that is not erased.
        (not gone.redacts, "it says itself what was erased"),
    )
    return next((reason for holds, reason in rules if not holds), None)


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending ``numbers`` as people write them: ``3, 5-7``."""
    parts: list[tuple[int, int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
