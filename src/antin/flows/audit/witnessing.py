"""Having checkpoints cosigned by witnesses: nobody can show two histories that all of them saw.

Only a worker does this. Witnesses are other people's machines: nothing waits for them, nothing
stops without them, and what one of them says of our size is its word, not a proof.
"""

from dataclasses import dataclass

from antin.core.errors import AntinError, ConflictError, IntegrityError, RefusedError
from antin.flows.audit.proving import growth_path
from antin.flows.requests import system_act
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checkpoints.cosignature import accept_answer
from antin.ledger.checkpoints.note import write_signature
from antin.ledger.checkpoints.witness import Submission
from antin.ledger.ports import Cosignature, Cosigned, LastCosigned, StoredCheckpoint, Witness


@dataclass(frozen=True)
class _Asking:
    checkpoint: StoredCheckpoint
    submission: Submission


def ask_witnesses(services: Services) -> int:
    """Have the newest checkpoint cosigned by each witness that has not; return how many did.

    What goes wrong with one of them is noted and holds up no other.
    """
    given = 0
    for witness in services.witnesses:
        name = witness.verifier.name
        try:
            given += _ask(services, witness)
        except AntinError as error:
            services.troubles.note(f"witness {name}", error, services.clock.now())
        else:
            services.troubles.note(f"witness {name}", None, services.clock.now())
    return given


def _ask(services: Services, witness: Witness) -> bool:
    """Have one witness cosign. Errors: its own, ``witness_ahead``, ``witness_disagrees``."""
    name = witness.verifier.name
    asking = services.work.read(lambda stores: _next(stores, name, None))
    if asking is None:
        return False
    answer = witness.add_checkpoint(asking.submission.write())
    if isinstance(answer, LastCosigned):
        # What we knew of it is out of date, or we are: an answer got lost, another worker asked
        # meanwhile, or this database is not the one that it was asked for before.
        size = answer.size
        asking = services.work.read(lambda stores: _next(stores, name, size))
        if asking is None:
            return False
        answer = witness.add_checkpoint(asking.submission.write())
    if isinstance(answer, Cosigned):
        _keep(services, witness, asking.checkpoint, answer)
        return True
    if answer.size == asking.submission.old == asking.checkpoint.size:
        raise _disagrees(name, f"it cosigned another root for {answer.size} entries")
    raise RefusedError("witness_refused", witness=name, detail="another worker asks it now")


def _next(stores: Stores, name: str, told: int | None) -> _Asking | None:
    """Return what to ask next; ``told``: the size that the witness says it cosigned last.

    Nothing is made up to get a cosignature: each proof is from checkpoints that were signed.
    """
    newest = stores.ledger.newest_checkpoint()
    cosigned = stores.ledger.cosigned(name)
    if newest is None or cosigned == newest.size:
        return None
    old = (cosigned or 0) if told is None else told
    # 1. A witness that saw more than there is: a rollback, or a lie; either is for a person.
    if old > newest.size:
        raise IntegrityError("witness_ahead", witness=name, size=old, checkpoint=newest.size)
    # 2. It saw a checkpoint that this ledger never signed.
    older = stores.ledger.checkpoint(old) if old else None
    if old and older is None:
        raise _disagrees(name, f"it cosigned {old} entries, for which nothing was signed here")
    proof: tuple[bytes, ...] = ()
    if older is not None:
        proof = growth_path(stores, older, newest)
    return _Asking(newest, Submission(old, proof, newest.note))


def _keep(
    services: Services, witness: Witness, checkpoint: StoredCheckpoint, answer: Cosigned
) -> None:
    """Keep a cosignature, once it is known to be one."""
    now = services.clock.now()
    lines = accept_answer(checkpoint.note, answer.lines, witness.verifier, int(now.timestamp()))
    line = "".join(map(write_signature, lines))
    made = Cosignature(checkpoint.size, witness.verifier.name, line, now)

    def keep(stores: Stores) -> Done[None]:
        stores.ledger.add_cosignature(made)
        return Done(None)

    try:
        services.work.run(system_act(services), keep)
    except ConflictError:
        return  # another worker was quicker; both are right


def _disagrees(name: str, detail: str) -> IntegrityError:
    return IntegrityError("witness_disagrees", witness=name, detail=detail)
