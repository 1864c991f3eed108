"""What somebody else wrote into a row is said to be unreadable, and is no mistake of the caller."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.errors import IntegrityError
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra.database import migrate, open_database
from antin.records.job import Job
from antin.records.preparation import Preparation
from antin.records.record import Record
from antin.records.signing_task import SigningTask
from tests.rows import (
    NOW,
    a_document,
    a_group,
    a_record,
    a_revision,
    a_task,
    a_user,
    an_act,
    an_agency,
    store,
)

PREPARED = Preparation(
    "0" * 64, b"c", (b"i",), "ecdsa", "sha256", "Sig", b"a", b"d", (0, 1, 2, 3), 9, NOW
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    return tmp_path / "antin.db"


@pytest.fixture
def work(path: Path) -> Iterator[UnitOfWork]:
    one = open_database(f"sqlite:///{path}")
    yield one
    one.close()


@pytest.fixture
def stored(work: UnitOfWork) -> tuple[Record, SigningTask, Job]:
    agency, user = an_agency(), a_user()
    document = a_document(agency)
    revision = a_revision(document)
    record = a_record(agency)
    group = a_group(document)
    task = replace(a_task(group, revision, user), preparation=PREPARED)
    job = Job(new_id(), "close", record.id, agency.id, user.id, NOW, NOW, result={"outcome": "x"})
    store(work, agency, user, document, revision, record, group, task)

    def change(stores: Stores) -> Done[None]:
        stores.jobs.add(job)
        return Done(None)

    work.run(an_act(), change)
    return record, task, job


def write(path: Path, table: str, column: str, value: str | int | bytes) -> None:
    """Change a column behind the program's back, as somebody with the file could.

    Bytes are put in as a text, which SQLite does not hold to UTF-8.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        new = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        statement = f"UPDATE {table} SET {column} = {new}"  # noqa: S608 — names of this file's own
        assert connection.execute(statement, (value,)).rowcount > 0


def code_of_reading(work: UnitOfWork, stored: tuple[Record, SigningTask, Job]) -> str:
    record, task, job = stored
    with pytest.raises(IntegrityError) as caught:
        work.read(lambda s: (s.records.get(record.id), s.tasks.get(task.id), s.jobs.get(job.id)))
    return caught.value.code


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("records", "created_at", 2**62),
        ("records", "start_date", "the first of May"),
        ("records", "state", "AJAR"),
        ("records", "title", b"\xff"),
        ("jobs", "result", "{"),
        ("jobs", "result", "[]"),
        ("jobs", "result", '{"a": NaN}'),
        ("signing_tasks", "preparation", "no JSON"),
        ("signing_tasks", "preparation", "{}"),
    ],
)
def test_a_value_that_nothing_of_ours_wrote(
    work: UnitOfWork,
    path: Path,
    stored: tuple[Record, SigningTask, Job],
    table: str,
    column: str,
    value: str | int | bytes,
) -> None:
    write(path, table, column, value)
    assert code_of_reading(work, stored) == "row_unreadable"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"byte_range":[0,1,2,3]', '"byte_range":[0,1,2]'),
        ('"byte_range":[0,1,2,3]', '"byte_range":7'),
        ('"certificate":"Yw=="', '"certificate":"?"'),
        ('"certificate":"Yw=="', '"certificate":7'),
        ('"prepared_at":', '"prepared_at":9999'),
    ],
)
def test_a_preparation_that_was_altered(
    work: UnitOfWork, path: Path, stored: tuple[Record, SigningTask, Job], was: str, now: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT preparation FROM signing_tasks").fetchone()
    assert was in text
    write(path, "signing_tasks", "preparation", text.replace(was, now))
    assert code_of_reading(work, stored) == "row_unreadable"


def test_what_was_stored_is_read(work: UnitOfWork, stored: tuple[Record, SigningTask, Job]) -> None:
    record, task, job = stored
    assert work.read(lambda s: s.tasks.get(task.id)) == task
    assert work.read(lambda s: s.records.get(record.id)) == record
    assert work.read(lambda s: s.jobs.get(job.id)) == job
