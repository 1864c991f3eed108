"""What the entries of one stream say about rows, gathered entry by entry."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.core.canonical import Json

MANY: Final = 1 << 40
"""More rows than there are."""
Columns = Mapping[str, Json]


@dataclass
class Said:
    """What entries say of one row: each column with the index of the entry that said it last."""

    made_by: int
    columns: dict[str, tuple[Json, int]] = field(default_factory=dict)


@dataclass
class Story:
    """Rows by table and key, as the entries have them; and what erased facts leave open."""

    rows: dict[str, dict[str, Said]] = field(default_factory=dict)
    untold: Counter[str] = field(default_factory=Counter)
    """How many rows of a table may have been made by entries whose facts are gone."""
    moved: Counter[str] = field(default_factory=Counter)
    """How many may have been changed by such entries."""
    unsure: set[tuple[str, str]] = field(default_factory=set)
    """Table and column that may have been changed by such entries."""
    unread: set[str] = field(default_factory=set)
    """Tables that hold a row which can't be read: which one it is can't be told."""

    def make(self, table: str, key: str, index: int, columns: Columns) -> None:
        """Entry ``index`` made a row."""
        said = Said(index)
        self.rows.setdefault(table, {})[key] = said
        said.columns.update({name: (value, index) for name, value in columns.items()})

    def change(self, table: str, key: str, index: int, columns: Columns) -> None:
        """Entry ``index`` changed a row; one that nobody is known to have made is passed over."""
        said = self.rows.get(table, {}).get(key)
        if said is not None:
            said.columns.update({name: (value, index) for name, value in columns.items()})

    def value(self, table: str, key: str, column: str) -> Json:
        """Return what was said last of a column, None if nothing was."""
        said = self.rows.get(table, {}).get(key)
        return said.columns.get(column, (None, 0))[0] if said else None

    def lose(
        self,
        makes: Collection[str],
        changes: Mapping[str, Collection[str]],
        several: Collection[str] = (),
    ) -> None:
        """Take in an entry whose facts are gone: what it may have made, what it may have changed.

        Nothing that it could have said is held against a row; of one row in each table, but in
        those of ``several``.
        """
        for counted, tables in ((self.untold, makes), (self.moved, changes)):
            counted.update({table: MANY if table in several else 1 for table in tables})
        self.unsure.update((table, name) for table, names in changes.items() for name in names)
