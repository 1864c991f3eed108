"""Having checkpoints time-stamped: an authority says since when the history is what it is.

Only a worker does this, now and then: what a later time-stamp covers, it covers for all entries
before, too. An authority that does not answer holds nothing up and is asked again.
"""

from antin.core.digests import digest_of
from antin.core.errors import AntinError, ConflictError
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.anchors import check_anchors, stamped_bytes
from antin.ledger.note import NoteVerifier, verifier_of
from antin.ledger.ports import StoredCheckpoint, Timestamp
from antin.pki.fetching import TimestampService
from antin.pki.timestamp_trust import Between, check_authority, check_time
from antin.pki.timestamps import check_response, new_query

TROUBLE = "time-stamp of the checkpoint"


def anchor_newest(services: Services) -> int:
    """Have the newest checkpoint time-stamped if that is due; return how many were."""
    service = services.timestamps
    if service is None:
        return 0
    try:
        due = services.work.read(lambda stores: _due(services, stores))
        if due is not None:
            _anchor(services, service, due)
    except AntinError as error:
        services.troubles.note(TROUBLE, error, services.clock.now())
        return 0
    if due is not None:
        services.troubles.note(TROUBLE, None, services.clock.now())
    return int(due is not None)


def _due(services: Services, stores: Stores) -> StoredCheckpoint | None:
    newest, last = stores.ledger.newest_checkpoint(), stores.ledger.newest_timestamp()
    if newest is None or not services.anchoring.is_due(newest, last, services.clock.now()):
        return None
    return newest


def _anchor(services: Services, service: TimestampService, checkpoint: StoredCheckpoint) -> None:
    """Get a time-stamp and keep it, once it is known to be one."""
    log = verifier_of(services.origin, services.checkpoint_key.public_key)
    token = _stamped(services, service, log, checkpoint)
    made = Timestamp(checkpoint.size, 0, token, services.clock.now())

    def keep(stores: Stores) -> Done[bool]:
        stores.ledger.add_timestamp(made)
        return Done(value=True)

    try:
        services.work.run(system_act(services), keep)
    except ConflictError:
        return  # another worker was quicker
    services.checkpoint_sink.keep_timestamp(checkpoint, made)


def _stamped(
    services: Services, service: TimestampService, log: NoteVerifier, checkpoint: StoredCheckpoint
) -> bytes:
    """Return a token over ``checkpoint`` (RFC 3161).

    Errors: those of the service, ``timestamp_wrong``.
    """
    data = stamped_bytes(checkpoint.note, log, ())
    query = new_query(digest_of(data, "sha256"))
    asked = services.clock.now()
    answer = service.request(query)
    # 1. It answers what was sent, tells the time of asking, and its authority is believed.
    facts = check_response(query, answer)
    check_time(facts, Between(asked, services.clock.now()))
    check_authority(facts, services.trust, services.clock.now())
    # 2. What is kept is what every checker will accept.
    check_anchors(checkpoint.note, log, (facts.token,))
    return facts.token
