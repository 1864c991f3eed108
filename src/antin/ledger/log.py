"""What appending means, as a function on values: drafts get their place in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from antin.core import canonical
from antin.core.errors import DefectError
from antin.ledger.draft import Act, Draft
from antin.ledger.entry import SALT_BYTES, Entry, commitment, encode, salt_for
from antin.ledger.merkle import leaf_hash
from antin.ledger.ports import EntryRow, Payload


@dataclass(frozen=True)
class Tip:
    """The newest entry of a stream, as far as the next one needs it."""

    n: int
    leaf: bytes


@dataclass(frozen=True)
class Placed:
    """An entry with its place, and what it commits to."""

    row: EntryRow
    payload: Payload


def place(
    act: Act, drafts: Sequence[Draft], size: int, tips: Mapping[str, Tip]
) -> tuple[Placed, ...]:
    """Return ``drafts`` as the entries after the first ``size``, chained to their streams.

    ``tips`` holds the newest entry of every stream that has one. The same arguments give the
    same bytes, so a transaction that is run again appends what it would have appended before.
    Errors: ``json_malformed`` for a payload that is not canonical, ``defect``.
    """
    if len(act.seed) != SALT_BYTES:
        raise DefectError("defect", detail="an act's seed has 32 bytes")
    newest = dict(tips)
    placed = []
    for ordinal, draft in enumerate(drafts):
        one = _place(act, draft, ordinal, size + ordinal, newest.get(draft.stream))
        newest[draft.stream] = Tip(one.row.n, one.row.leaf)
        placed.append(one)
    return tuple(placed)


def _place(act: Act, draft: Draft, ordinal: int, index: int, tip: Tip | None) -> Placed:
    payload = Payload(salt_for(act.seed, ordinal), canonical.dumps_normalised(draft.payload))
    entry = Entry(
        stream=draft.stream,
        n=tip.n + 1 if tip else 0,
        prev=tip.leaf if tip else None,
        micros=act.micros,
        actor=act.actor,
        action=draft.action,
        payload_digest=commitment(payload.salt, payload.data),
        request=act.request,
        ordinal=ordinal,
    )
    return Placed(_row(index, entry), payload)


def _row(index: int, entry: Entry) -> EntryRow:
    data = encode(entry)
    return EntryRow(
        index=index,
        stream=entry.stream,
        n=entry.n,
        prev=entry.prev,
        micros=entry.micros,
        actor=entry.actor,
        action=entry.action,
        payload_digest=entry.payload_digest,
        request=entry.request,
        ordinal=entry.ordinal,
        data=data,
        leaf=leaf_hash(data),
    )
