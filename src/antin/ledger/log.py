"""What appending means, as a function on values: drafts get their place in the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from antin.core import canonical
from antin.core.errors import DefectError
from antin.ledger.draft import Act, Draft
from antin.ledger.entry import SALT_BYTES, commitment, encode_values, salt_for
from antin.ledger.ports import EntryRow, Payload
from antin.ledger.tree.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest entry of a stream, as far as the next one needs it."""

    n: int
    leaf: bytes


class Placed(NamedTuple):
    """An entry with its place, and what it commits to."""

    values: tuple[Any, ...]
    """Those of its row, in the order of :class:`EntryRow`; whoever writes many needs no more."""
    payload: Payload

    @property
    def row(self) -> EntryRow:
        return EntryRow(*self.values)


def payloads_of(act: Act, drafts: Sequence[Draft]) -> tuple[Payload, ...]:
    """Return what the entries of ``drafts`` will commit to, with salts of ``act``.

    Errors: ``json_malformed`` for a payload that is not canonical, ``defect``.
    """
    if len(act.seed) != SALT_BYTES:
        raise DefectError("defect", detail="an act's seed has 32 bytes")
    return tuple(
        Payload(salt_for(act.seed, ordinal), canonical.dumps_normalised(draft.payload))
        for ordinal, draft in enumerate(drafts)
    )


def place(
    act: Act, drafts: Sequence[Draft], size: int, tips: Mapping[str, Tip]
) -> tuple[Placed, ...]:
    """Return ``drafts`` as the entries after the first ``size``, chained to their streams.

    ``tips`` holds the newest entry of every stream that has one. The same arguments give the
    same bytes, so a transaction that is run again appends what it would have appended before.
    Errors: ``json_malformed`` for a payload that is not canonical, ``defect``.
    """
    return place_with(payloads_of(act, drafts), act, drafts, size, tips)


def place_with(
    payloads: Sequence[Payload],
    act: Act,
    drafts: Sequence[Draft],
    size: int,
    tips: Mapping[str, Tip],
) -> tuple[Placed, ...]:
    """Do as :func:`place` does, with ``payloads`` that were made before."""
    newest = dict(tips)
    placed = []
    for ordinal, (draft, payload) in enumerate(zip(drafts, payloads, strict=True)):
        tip = newest.get(draft.stream)
        one = _place(act, draft, payload, ordinal, size + ordinal, tip)
        newest[draft.stream] = Tip(tip.n + 1 if tip else 0, one.values[-1])
        placed.append(one)
    return tuple(placed)


def _place(
    act: Act, draft: Draft, payload: Payload, ordinal: int, index: int, tip: Tip | None
) -> Placed:
    values = (
        draft.stream,
        tip.n + 1 if tip else 0,
        tip.leaf if tip else None,
        act.micros,
        act.actor,
        draft.action,
        commitment(payload.salt, payload.data),
        act.request,
        ordinal,
    )
    data = encode_values(*values)
    return Placed((index, *values, data, leaf_hash(data)), payload)
