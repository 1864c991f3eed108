"""How intents to seal end: the part of the seal register that sweepers and auditors need, too."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from antin.core.errors import NotFoundError
from antin.flows import views
from antin.flows.requests import SYSTEM, act_of, make_call
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.seal import Seal, SealState

ABANDONED_AFTER: Final = timedelta(minutes=15)
"""An intent older than this belongs to a process that died (a key's use takes seconds)."""


def end_intent(services: Services, call: Call, seal: Seal, state: SealState, code: str) -> None:
    """Take an intent to ``state``; nothing happens if it has ended already, or its key was used."""

    def change(stores: Stores) -> Done[None]:
        current = current_seal(stores, seal)
        if current.state is not SealState.INTENDED:
            return Done(None)  # somebody (the sweeper) was quicker, or its job goes on
        ended = stores.seals.update(replace(current.to(state), failure=code))
        entry = Draft(
            f"document/{seal.document_id}", f"seal.{state.value.lower()}", views.seal_view(ended)
        )
        return Done(None, (entry,))

    services.work.run(act_of(call, f"{state.value.lower()}-{seal.id}"), change)


def current_seal(stores: Stores, seal: Seal) -> Seal:
    """Return the seal as it is stored now."""
    current = stores.seals.get(seal.id)
    if current is None:
        raise NotFoundError("document_not_found")
    return current


def abandon_stale(services: Services) -> int:
    """End intents whose process died before it could say what the key gave; return how many.

    Those with the value are left to their jobs.
    """
    now = services.clock.now()
    stale = services.work.read(lambda s: s.seals.intended_before(now - ABANDONED_AFTER))
    for seal in stale:
        call = make_call(services, SYSTEM, "sweep/seals", seal.id, "")
        end_intent(services, call, seal, SealState.ABANDONED, "abandoned")
    return len(stale)
