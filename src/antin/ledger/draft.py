"""What a caller hands to the ledger: entries not yet placed in it."""

from dataclasses import dataclass

from antin.core.canonical import JsonObject


@dataclass(frozen=True)
class Draft:
    """One entry to be appended: which stream, what happened, and the facts it commits to.

    ``payload`` may hold personal data: it is kept beside the ledger under a salted commitment and
    can be erased, and is put into NFC. The unit of work adds ``n``, ``prev``, time, actor, request
    and the salt.
    """

    stream: str
    """``record/ID``, ``document/ID`` or ``agency/ID``."""
    action: str
    """Dotted lower-case verb, e.g. ``seal.intended``."""
    payload: JsonObject


@dataclass(frozen=True)
class Act:
    """Who acts, when, by which request, and fresh randomness; made before any transaction.

    A closure may run more than once: everything in here stays the same then.
    """

    actor: str
    """Principal id; ``system`` for sweepers."""
    request: str
    """Our id of the request, or job id + ``/`` + step; unique together with the ordinal."""
    micros: int
    """UTC microseconds."""
    seed: bytes
    """32 random bytes from which each entry's salt is derived (HMAC-SHA-256 over the ordinal);
    never stored."""
