"""The port to atomic change: a closure changes rows and returns what the ledger is to hold.

On SQLite the process's one writer thread runs waiting closures and commits once for all (group
commit); on PostgreSQL callers that wait do so in one of their own threads, and a lone closure runs
in its caller's own transaction. Closures start no other change, do no I/O, use no key and touch no
blob; they may run more than once and get ids, salts and time made before
(:class:`antin.ledger.draft.Act`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from antin.core.errors import AntinError
from antin.ledger.draft import Act, Draft
from antin.ledger.ports import CursorStore, EntryRow, LedgerStore, Payload
from antin.records import ports

T = TypeVar("T")


class WholeTables(Protocol):
    """Reading whole tables, for who checks them: rows by their kind, in the order of their ids."""

    def ids(self, kind: type[object], after: str, limit: int) -> tuple[str, ...]:
        """Return up to ``limit`` ids of a kind that has ids, after the id ``after``."""
        ...

    def among(self, kind: type[T], column: str, values: Sequence[str]) -> tuple[T, ...]:
        """Return all values of a kind of which ``column`` is one of ``values``.

        Error: ``row_unreadable`` for a row that nothing of ours would have written.
        """
        ...

    def streams(self, prefix: str, after: str, limit: int) -> tuple[str, ...]:
        """Return the names of streams that begin with ``prefix``, after the name ``after``."""
        ...

    def told(self, streams: Sequence[str]) -> Iterator[tuple[EntryRow, Payload | None]]:
        """Yield the entries of ``streams`` with their facts, stream by stream, oldest first."""
        ...

    def missing_guards(self) -> tuple[str, ...]:
        """Return the names of the ledger's guards that are not in place."""
        ...


class Stores(ports.Stores, Protocol):
    """The domain's stores and the ledger, in one transaction."""

    @property
    def ledger(self) -> LedgerStore:
        """The ledger as this transaction sees it; entries are added by returning them."""
        ...

    @property
    def whole(self) -> WholeTables:
        """Whole tables, for who checks them."""
        ...

    @property
    def cursors(self) -> CursorStore:
        """How far readers of the ledger have come (:mod:`antin.flows.audit.events`)."""
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

    def vacuum(self) -> tuple[str, ...]:
        """Take out of the database's own files what deleted rows left in them.

        Returns phrases that say why the write-ahead log may still hold it; empty: nothing does.
        Changes wait meanwhile. Errors: ``vacuum_held_up``, ``vacuum_not_allowed``,
        ``database_busy``, ``storage_full``.
        """
        ...
