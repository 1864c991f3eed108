"""Having checkpoints time-stamped: an authority says since when the history is what it is.

Only a worker does this, now and then: what a later time-stamp covers, it covers for all entries
before, too. An authority that does not answer holds nothing up and is asked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from antin.core.digests import digest_of
from antin.core.errors import AntinError, ConflictError
from antin.flows.requests import system_act
from antin.flows.services import Anchoring, Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checkpoints.anchors import check_anchors, stamped_bytes
from antin.ledger.checkpoints.note import NoteVerifier, verifier_of
from antin.ledger.ports import StoredCheckpoint, Timestamp
from antin.pki.fetching import TimestampService
from antin.pki.timestamp_trust import Between, check_authority, check_time
from antin.pki.timestamps import check_response, new_query

TROUBLE = "time-stamp of the checkpoint"


RENEWED_BEFORE = timedelta(days=90)
"""A time-stamp is renewed so long before its authority's certificate ends."""
_MOST_RENEWED = 50
"""At once; the next time goes on."""


@dataclass(frozen=True)
class _Work:
    """A checkpoint that needs a time-stamp, and those that it has."""

    checkpoint: StoredCheckpoint
    tokens: tuple[bytes, ...] = ()


def anchor_newest(services: Services) -> int:
    """Have the newest checkpoint time-stamped if that is due; return how many were.

    With it, time-stamps whose authorities' certificates are about to end are renewed.
    """
    service, anchoring = services.timestamps, services.anchoring
    if service is None or anchoring is None:
        return 0
    given = 0
    try:
        for work in services.work.read(lambda stores: _due(services, anchoring, stores)):
            if _anchor(services, service, work):
                given += 1
            elif work.tokens:
                break  # what renews none renews no other
    except AntinError as error:
        services.troubles.note(TROUBLE, error, services.clock.now())
    else:
        if given:
            services.troubles.note(TROUBLE, None, services.clock.now())
    return given


def _due(services: Services, anchoring: Anchoring, stores: Stores) -> list[_Work]:
    newest, last = stores.ledger.newest_checkpoint(), stores.ledger.newest_timestamp()
    if newest is None or not anchoring.is_due(newest, last, services.clock.now()):
        return []
    log = verifier_of(services.origin, services.checkpoint_key.public_key)
    aging = islice(_aging(stores, log, services.clock.now()), _MOST_RENEWED)
    # The newest first: that it has a time-stamp is what says that nothing is due.
    return [_Work(newest), *aging]


def _aging(stores: Stores, log: NoteVerifier, now: datetime) -> Iterator[_Work]:
    """Yield checkpoints whose newest time-stamp is by an authority that soon can't be checked."""
    one = stores.ledger.first_timestamp(0)
    while one is not None:
        size = one.size
        checkpoint = stores.ledger.checkpoint(size)
        tokens = tuple(row.token for row in stores.ledger.timestamps(size, size + 1))
        if checkpoint is not None and _ends_soon(checkpoint, log, tokens, now):
            yield _Work(checkpoint, tokens)
        one = stores.ledger.first_timestamp(size + 1)


def _ends_soon(
    checkpoint: StoredCheckpoint, log: NoteVerifier, tokens: tuple[bytes, ...], now: datetime
) -> bool:
    try:
        *_, last = check_anchors(checkpoint.note, log, tokens)
    except AntinError:
        return False  # it proves nothing that could be renewed; checking the ledger names it
    return last.facts.authority.not_after - now < RENEWED_BEFORE


def _anchor(services: Services, service: TimestampService, work: _Work) -> bool:
    """Get a time-stamp and keep it, once it is known to be one; tell whether it was kept."""
    checkpoint = work.checkpoint
    log = verifier_of(services.origin, services.checkpoint_key.public_key)
    token = _stamped(services, service, log, work)
    if token is None:
        return False
    made = Timestamp(checkpoint.size, len(work.tokens), token, services.clock.now())

    def keep(stores: Stores) -> Done[None]:
        stores.ledger.add_timestamp(made)
        return Done(None)

    try:
        services.work.run(system_act(services), keep)
    except ConflictError:
        return False  # another worker was quicker
    services.checkpoint_sink.keep_timestamp(checkpoint, made)
    return True


def _stamped(
    services: Services, service: TimestampService, log: NoteVerifier, work: _Work
) -> bytes | None:
    """Return a token over a checkpoint and the token before it (RFC 3161).

    None: it would not last longer than the one that it renews. Errors: those of the service,
    ``timestamp_wrong``.
    """
    note = work.checkpoint.note
    query = new_query(digest_of(stamped_bytes(note, log, work.tokens), "sha256"))
    asked = services.clock.now()
    answer = service.request(query)
    # 1. It answers what was sent, tells the time of asking, and its authority is believed.
    facts = check_response(query, answer)
    check_time(facts, Between(asked, services.clock.now()))
    check_authority(facts, services.trust, services.clock.now())
    # 2. What is kept is what every checker will accept.
    *before, last = check_anchors(note, log, (*work.tokens, facts.token))
    # 3. A renewal is one only by an authority that can be checked for longer.
    if before and last.facts.authority.not_after <= before[-1].facts.authority.not_after:
        return None
    return facts.token
