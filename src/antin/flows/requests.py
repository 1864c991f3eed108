"""One request acts once: the answer is stored with the change, and given again to a retry."""

import secrets
from collections.abc import Callable

from antin.core.canonical import JsonObject
from antin.core.clock import to_micros
from antin.core.errors import ConflictError, RefusedError
from antin.core.ids import new_id
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.ledger.draft import Act
from antin.records.call import Call, StoredRequest
from antin.records.grants import Principal

SYSTEM = Principal(id="system", name="system")
"""Who sweepers act as; holds no role and needs none."""


def make_call(services: Services, principal: Principal, route: str, key: str, digest: str) -> Call:
    """Return a fresh call; time, id and randomness are fixed here, before any transaction."""
    return Call(
        request_id=new_id(),
        principal=principal,
        route=route,
        key=key,
        digest=digest,
        now=services.clock.now(),
        seed=secrets.token_bytes(32),
    )


def act_of(call: Call, step: str = "") -> Act:
    """Return the ledger's view of ``call``; each transaction of one call is a step of its own."""
    request = f"{call.request_id}/{step}" if step else call.request_id
    return Act(call.principal.id, request, to_micros(call.now), secrets.token_bytes(32))


def system_act(services: Services) -> Act:
    """Return an act of the system at this moment, for what no request asked for."""
    now = to_micros(services.clock.now())
    return Act(SYSTEM.id, new_id(), now, secrets.token_bytes(32))


def answered(stores: Stores, call: Call) -> JsonObject | None:
    """Return the stored answer to an earlier identical request, or None if this is the first.

    Errors: ``request_reused`` when the key was used for something else, ``answer_erased``.
    """
    earlier = stores.requests.find(call.principal.id, call.route, call.key)
    if earlier is None:
        return None
    if earlier.is_forgotten:
        raise ConflictError("answer_erased")
    if earlier.digest != call.digest:
        raise RefusedError("request_reused")
    return earlier.answer


def earlier_answer(services: Services, call: Call) -> JsonObject | None:
    """Look for an earlier answer before slow work begins (see :func:`answered`)."""
    return services.work.read(lambda stores: answered(stores, call))


def once(
    services: Services, call: Call, change: Callable[[Stores], Done[JsonObject] | Refused]
) -> JsonObject:
    """Run ``change`` unless this request was answered before; store its answer with it."""
    return services.work.run(act_of(call), lambda stores: answer_once(stores, call, change))


def answer_once(
    stores: Stores, call: Call, change: Callable[[Stores], Done[JsonObject] | Refused]
) -> Done[JsonObject] | Refused:
    """Do what :func:`once` does inside a transaction that is already open."""
    earlier = answered(stores, call)
    if earlier is not None:
        return Done(earlier)
    outcome = change(stores)
    if isinstance(outcome, Done):
        keep_answer(stores, call, outcome.value)
    return outcome


def keep_answer(stores: Stores, call: Call, answer: JsonObject) -> None:
    """Store the answer to a request inside a transaction that is already open."""
    stores.requests.add(
        StoredRequest(
            id=call.request_id,
            principal_id=call.principal.id,
            route=call.route,
            key=call.key,
            digest=call.digest,
            created_at=call.now,
            answer=answer,
        )
    )
