"""What the ledger holds, for those who may see it."""

from antin.core.canonical import JsonObject
from antin.flows.audit.seeing import entry_view, may_read
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.records.grants import Principal


def list_entries(
    services: Services, principal: Principal, start: int = 0, limit: int = 100
) -> tuple[JsonObject, ...]:
    """Return entries from index ``start``; what the caller may not see, as its leaf hash only."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        stop = min(start + limit, stores.ledger.size())
        return tuple(
            entry_view(stores, row)
            if may_read(stores, principal, row.stream)
            else {"index": row.index, "leaf": row.leaf.hex()}
            for row in stores.ledger.entries(start, stop)
        )

    return services.work.read(query)
