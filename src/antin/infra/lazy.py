"""Parts that are made when first used: most commands need no HTTP client and no queue.

Importing and making them takes longer than most commands' own work.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from antin.flows.services import JobQueue
from antin.ledger.checkpoints.note import NoteVerifier
from antin.ledger.ports import Cosigned, LastCosigned, Witness
from antin.pki.fetching import Forgetting, RevocationService, TimestampService

T = TypeVar("T")


class _Later(Generic[T]):
    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: T | None = None

    def _get(self) -> T:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


class LazyTimestamps(_Later[TimestampService]):
    """A time-stamping service."""

    def request(self, query: bytes) -> bytes:
        return self._get().request(query)


class LazyRevocation(_Later[RevocationService]):
    """A source of revocation data."""

    def crl(self, url: str) -> bytes:
        return self._get().crl(url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._get().ocsp(url, request)

    def certificates(self, url: str) -> bytes:
        return self._get().certificates(url)

    def forget(self, url: str, request: bytes = b"") -> None:
        service = self._get()
        if isinstance(service, Forgetting):
            service.forget(url, request)


class LazyWitness(_Later[Witness]):
    """Somebody who cosigns checkpoints; its key is known before."""

    def __init__(self, verifier: NoteVerifier, make: Callable[[], Witness]) -> None:
        super().__init__(make)
        self.verifier = verifier

    def add_checkpoint(self, submission: bytes) -> Cosigned | LastCosigned:
        return self._get().add_checkpoint(submission)


class LazyQueue(_Later[JobQueue]):
    """A queue of job ids."""

    def send(self, job_id: str) -> None:
        self._get().send(job_id)
