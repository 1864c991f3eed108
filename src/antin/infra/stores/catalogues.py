"""Records catalogues and their items."""

from collections.abc import Iterable

from antin.infra.stores.rows import Rows, Session
from antin.infra.tables import catalogue_items, catalogues
from antin.records.catalogue import Catalogue, CatalogueItem


class SqlCatalogues:
    """Implements :class:`antin.records.ports.CatalogueStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, catalogues, Catalogue)
        self._items = Rows(session, catalogue_items, CatalogueItem)

    def add(self, catalogue: Catalogue) -> None:
        self._rows.add(catalogue, f"the catalogue of {catalogue.year}")

    def get(self, catalogue_id: str) -> Catalogue | None:
        return self._rows.one(catalogues.c.id == catalogue_id)

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Catalogue, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_item(self, item: CatalogueItem) -> None:
        self._items.add(item, f"item {item.ordinal} of the catalogue")

    def get_item(self, item_id: str) -> CatalogueItem | None:
        return self._items.one(catalogue_items.c.id == item_id)

    def items(self, catalogue_id: str) -> tuple[CatalogueItem, ...]:
        return self._items.many(catalogue_items.c.catalogue_id == catalogue_id, by="ordinal")
