"""The port to atomic change: a closure changes rows and returns what the ledger is to hold.

On SQLite the process's one writer thread runs waiting closures in SAVEPOINTs and commits once for
all (group commit); on PostgreSQL a closure runs in the caller's own transaction. Closures do no
I/O, use no key and touch no blob; they may run more than once and get ids, salts and time made
before (:class:`antin.ledger.draft.Act`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from antin.core.errors import AntinError
from antin.ledger.draft import Act, Draft
from antin.ledger.ports import LedgerStore
from antin.records import ports

T = TypeVar("T")


class Stores(ports.Stores, Protocol):
    """The domain's stores and the ledger, in one transaction."""

    @property
    def ledger(self) -> LedgerStore:
        """The ledger as this transaction sees it; entries are added by returning them."""
        ...


@dataclass(frozen=True)
class Done(Generic[T]):
    """The change stands: commit rows and entries together, then answer ``value``."""

    value: T
    entries: tuple[Draft, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The change does not stand: roll its rows back, commit ``entries``, raise ``error``.

    A refusal is something that happened, so it may have entries of its own.
    """

    error: AntinError
    entries: tuple[Draft, ...] = ()


class UnitOfWork(Protocol):
    """Runs closures atomically against one database."""

    def run(self, act: Act, change: Callable[[Stores], Done[T] | Refused]) -> T:
        """Run ``change``, append its entries in the same transaction, commit, answer.

        Returns once the commit is durable. An error that ``change`` raises rolls everything back
        and is raised here. Errors: ``database_busy``, ``database_unavailable``, ``storage_full``.
        """
        ...

    def read(self, query: Callable[[Stores], T]) -> T:
        """Run ``query`` on one consistent snapshot; it must not change anything."""
        ...
