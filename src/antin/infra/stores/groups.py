"""Groups of signing tasks."""

from antin.infra.stores.rows import Rows, Session, change
from antin.infra.tables import signing_groups
from antin.records.signing_group import GroupState, SigningGroup


class SqlGroups:
    """Implements :class:`antin.records.ports.GroupStore`."""

    def __init__(self, session: Session) -> None:
        self._rows = Rows(session, signing_groups, SigningGroup)

    def add(self, group: SigningGroup) -> None:
        self._rows.add(group, "an open signing task of the document")

    def get(self, group_id: str) -> SigningGroup | None:
        return self._rows.one(signing_groups.c.id == group_id, lock=True)

    def update(self, group: SigningGroup) -> SigningGroup:
        return change(self._rows, group)

    def open_for(self, document_id: str) -> SigningGroup | None:
        columns = signing_groups.c
        return self._rows.one(
            columns.document_id == document_id, columns.state == GroupState.OPEN, lock=True
        )
