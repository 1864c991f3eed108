"""Answered requests."""

from collections.abc import Iterable

from sqlalchemy import bindparam, update

from antin.infra.stores.rows import Rows, Session
from antin.infra.tables import requests
from antin.records.call import FORGOTTEN, StoredRequest


class SqlRequests:
    """Implements :class:`antin.records.ports.RequestStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, requests, StoredRequest)

    def find(self, principal_id: str, route: str, key: str) -> StoredRequest | None:
        columns = requests.c
        return self._rows.one(
            columns.principal_id == principal_id, columns.route == route, columns.key == key
        )

    def add(self, request: StoredRequest) -> None:
        self._rows.add(request, "the request")

    def forget(self, ids: Iterable[str]) -> None:
        blank = update(requests).values(answer=FORGOTTEN, digest="")
        rows = [{"which": one} for one in sorted(set(ids))]
        if rows:
            statement = blank.where(requests.c.id == bindparam("which"))
            self._rows.session.connection.execute(statement, rows)
