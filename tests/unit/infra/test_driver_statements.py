"""What runs on SQLite's own driver is what SQLAlchemy would run."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select

from antin.core.errors import RefusedError
from antin.infra.column_types import Moment, Octets, Whole, Words
from antin.infra.driver_statements import DriverStatement, adding
from antin.infra.ledger.tables import ledger_entries
from antin.infra.sqlite_connections import driver_of
from antin.ledger.ports import EntryRow

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Words, primary_key=True),
    Column("size", Whole),
    Column("seen", Moment),
    Column("data", Octets),
)
ROW: dict[str, Any] = {
    "id": "công văn",
    "size": 2**40,
    "seen": datetime(2026, 6, 1, 12, tzinfo=UTC),
    "data": b"\x00\xff",
}


def test_both_write_the_same() -> None:
    with create_engine("sqlite://").connect() as connection:
        THINGS.create(connection)
        assert adding(THINGS).run(driver_of(connection), ROW).rowcount == 1
        assert adding(THINGS).run(driver_of(connection), ROW).rowcount == 0, "it is there"
        connection.execute(insert(THINGS), ROW | {"id": "other"})
        one, other = connection.execute(select(THINGS)).mappings()
    assert dict(one) == ROW
    assert dict(other) == ROW | {"id": "other"}


def test_what_a_column_refuses_is_refused() -> None:
    with create_engine("sqlite://").connect() as connection:
        THINGS.create(connection)
        for wrong in ({"id": "a\x00b"}, {"size": 2**63}):
            with pytest.raises(RefusedError):
                adding(THINGS).run(driver_of(connection), ROW | wrong)


def test_what_a_statement_holds_itself_is_not_asked_for() -> None:
    second = DriverStatement(select(THINGS.c.id).order_by(THINGS.c.id).limit(1).offset(1), THINGS)
    with create_engine("sqlite://").connect() as connection:
        THINGS.create(connection)
        driver = driver_of(connection)
        assert second.first(driver, {}) is None
        for name in ("a", "b"):
            adding(THINGS).run(driver, ROW | {"id": name})
        assert second.first(driver, {}) == ("b",)


def test_an_entry_has_its_values_in_the_order_of_the_columns() -> None:
    ours = [field.name for field in fields(EntryRow)]
    assert ["leaf_index", *ours[1:]] == ledger_entries.c.keys()
