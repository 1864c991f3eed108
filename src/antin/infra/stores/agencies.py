"""Agencies."""

from collections.abc import Iterable

from antin.infra.stores.rows import Rows, Session
from antin.infra.tables import agencies
from antin.records.agency import Agency


class SqlAgencies:
    """Implements :class:`antin.records.ports.AgencyStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, agencies, Agency)

    def add(self, agency: Agency) -> None:
        self._rows.add(agency, f"agency {agency.code}")

    def get(self, agency_id: str) -> Agency | None:
        return self._rows.one(agencies.c.id == agency_id)

    def by_code(self, code: str) -> Agency | None:
        return self._rows.one(agencies.c.code == code)

    def list(self, ids: Iterable[str] | None = None) -> tuple[Agency, ...]:
        if ids is None:
            return self._rows.many()
        return self._rows.many(agencies.c.id.in_(tuple(ids)))
