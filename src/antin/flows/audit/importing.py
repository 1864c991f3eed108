"""Taking over history from before: another system's change log becomes entries, marked as such."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol

from antin.core.errors import ForbiddenError
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.history import Batch, Made
from antin.ledger.ports import HistoryLog
from antin.records.grants import Principal, Role

_PAGE = 1000


class History(Protocol):
    """Lines that can be gone through more than once."""

    def lines(self) -> int:
        """Return how many there are."""
        ...

    def each(self, make: Callable[[Batch], Made]) -> Iterator[Made]:
        """As :class:`antin.ledger.history.Each` says."""
        ...


@dataclass(frozen=True)
class Imported:
    """What became of the lines."""

    lines: int
    appended: int
    """The others were in the ledger before."""


def import_history(
    services: Services,
    principal: Principal,
    history: History,
    log: HistoryLog,
    step: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Append ``history`` to the ledger; what is there already is not appended again.

    A ledger that is small beside the history is filled in one transaction, or not at all;
    otherwise each batch is a transaction of its own, others work meanwhile, and after an error the
    lines before it are there. Running it again goes on. ``step`` is told of lines that are done.
    Errors: ``history_malformed``, ``history_not_yours``, ``history_differs``,
    ``history_needs_owner``, ``file_unreadable``, those of the database.
    """
    lines, read = history.lines(), 0
    allowed = services.work.read(lambda stores: frozenset(_streams(stores, principal)))

    def each(make: Callable[[Batch], Made]) -> Iterator[Made]:
        nonlocal read
        read = 0
        for count, made in history.each(_Allowed(allowed, make)):
            yield made
            read += count
            step(count)

    if log.is_small(lines) and log.fill(each, principal.id, services.clock):
        return Imported(read, read)
    appended = sum(log.append(one, principal.id, services.clock) for one in each(_unchanged))
    return Imported(read, appended)


@dataclass(frozen=True)
class _Allowed(Generic[Made]):
    """Lets pass what is about ``streams``, and says how many lines they are."""

    streams: frozenset[str]
    make: Callable[[Batch], Made]

    def __call__(self, batch: Batch) -> tuple[int, Made]:
        if not self.streams.issuperset(batch.streams):
            stream = next(one for one in batch.streams if one not in self.streams)
            raise ForbiddenError("history_not_yours", line=batch.first_line, stream=stream)
        return batch.count, self.make(batch)


def _unchanged(batch: Batch) -> Batch:
    return batch


def _streams(stores: Stores, principal: Principal) -> Iterator[str]:
    """Yield the streams of what is in agencies that the principal administers."""
    agencies = [one for one in principal.agencies() if principal.has(Role.ADMINISTRATOR, one)]
    yield from (f"agency/{one}" for one in agencies)
    for kind, listed in (("record", stores.records.list), ("document", stores.documents.list)):
        after = ""
        while found := listed(agencies, after, _PAGE):
            yield from (f"{kind}/{one.id}" for one in found)
            after = found[-1].id
