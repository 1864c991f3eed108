"""One request as the domain sees it: who asks for what, once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from antin.core.canonical import JsonObject
from antin.records.grants import Principal


@dataclass(frozen=True)
class Call:
    """A mutating request; made at the edge, before any transaction.

    ``request_id`` is ours and fresh; ``key`` is the client's Idempotency-Key; ``digest`` is the
    SHA-256 of what was asked, so that the same key with another body is found out.
    """

    request_id: str
    principal: Principal
    route: str
    key: str
    digest: str
    now: datetime
    seed: bytes


FORGOTTEN: Final[JsonObject] = {"answer_erased": True}
"""Stands where an answer was that is erased."""


@dataclass(frozen=True)
class StoredRequest:
    """What was answered to a request, committed with its change.

    Once it is forgotten, neither answer nor digest says any more what was asked for: a digest
    without a salt gives away what is easily guessed.
    """

    id: str
    principal_id: str
    route: str
    key: str
    digest: str
    created_at: datetime
    answer: JsonObject

    @property
    def is_forgotten(self) -> bool:
        """Whether its answer was erased."""
        return self.answer == FORGOTTEN
