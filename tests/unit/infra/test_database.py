"""Opening and migrating: the tables that migrations make are the tables that code uses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

from antin.core.errors import AntinError, ConflictError, UnavailableError, UsageError
from antin.flows.unit_of_work import Done, Stores
from antin.infra import migrations
from antin.infra.database import migrate, open_database
from antin.infra.ledger.tables import ledger_entries, ledger_payloads
from antin.infra.tables import metadata
from antin.ledger.log import place
from antin.records.job import Job
from antin.records.seal import Seal, SealState
from antin.records.signing_group import GroupState, SigningGroup
from antin.records.signing_task import OPEN_STATES, SigningTask, TaskState
from tests.ledgers import append, codes, verify
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer
from tests.rows import a_draft, an_act, store


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/antin.db"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database(migrated=False)


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert ledger_entries.metadata is metadata
    return list(compare_metadata(context, metadata))


def test_the_newest_migration_is_the_one_that_is_asked_for() -> None:
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_heads() == [migrations.HEAD]


def test_migrations_make_the_tables_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    with create_engine(url).connect() as connection:
        assert differences(connection) == []


@pytest.mark.real("postgres")
def test_migrations_make_the_tables_on_postgres(postgres_url: str) -> None:
    with create_engine(postgres_url).connect() as connection:
        assert differences(connection) == []


def test_tables_are_strict(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/antin.db")
    with create_engine(f"sqlite:///{tmp_path}/antin.db").connect() as connection:
        strict = connection.exec_driver_sql(
            "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
        )
        loose = {name for name, is_strict in strict if not is_strict}
    assert loose == {"alembic_version", "sqlite_schema"}


def upgrade(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def moment(connection: Connection) -> str:
    """Return one moment in the database's own way of writing it."""
    postgres = connection.dialect.name == "postgresql"
    return "TIMESTAMPTZ '2026-11-22 02:05:07+00'" if postgres else "1795313107000000"


def first_version(connection: Connection) -> None:
    """Make the tables as the first version had them, with a task in every state."""
    upgrade(connection, "0001")
    now = moment(connection)
    connection.exec_driver_sql("INSERT INTO agencies VALUES ('a', 'MAU', 'Mẫu', 1)")
    connection.exec_driver_sql(f"INSERT INTO users VALUES ('u', 'Nguyễn Văn A', {now}, 1)")  # noqa: S608 — a test's own
    for state in TaskState:
        number = f"{state.value}-d"
        connection.exec_driver_sql(
            f"INSERT INTO documents VALUES ('{number}', 'a', 'Công văn', 'main', 'a.pdf', {now},"  # noqa: S608 — a test's own
            " NULL, '', '', 1)"
        )
        connection.exec_driver_sql(
            f"INSERT INTO revisions VALUES ('{number}-r', '{number}', 1, 'aa', 1, 'uploaded',"  # noqa: S608 — as above
            f" {now}, NULL)"
        )
        connection.exec_driver_sql(
            f"INSERT INTO signing_tasks VALUES ('{state.value}', '{number}', 'a', '{number}-r',"  # noqa: S608 — as above
            f" 'u', '{state.value}', {now}, {now}, NULL, NULL, 'why', NULL, NULL, NULL, NULL,"
            " NULL, 3)"
        )


def _task(stores: Stores, task_id: str) -> SigningTask:
    task = stores.tasks.get(task_id)
    assert task is not None
    return task


def _around(stores: Stores, task: SigningTask) -> tuple[SigningGroup, Job | None]:
    group = stores.groups.get(task.group_id)
    assert group is not None
    return group, stores.jobs.get(task.job_id or "")


def check_migrated(url: str) -> None:
    """Each task is a group of its own; the signed one has the job that completes it."""
    work = open_database(url)
    for state in TaskState:
        task = work.read(partial(_task, task_id=state.value))
        assert (task.state, task.reason, task.version) == (state, "why", 3)
        assert (task.group_id, task.position) == (task.id, 1)
        group, job = work.read(partial(_around, task=task))
        assert (group.document_id, group.created_at) == (task.document_id, task.created_at)
        assert (group.state is GroupState.OPEN) == (state in OPEN_STATES)
        assert (job is not None) == (state is TaskState.SIGNED)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    (waiting,) = work.read(lambda s: s.jobs.unfinished(later, later))
    assert (waiting.kind, waiting.subject_id, waiting.principal_id) == ("sign", "SIGNED", "u")
    work.close()


def migrated(url: str, older: Callable[[Connection], None], check: Callable[[str], None]) -> None:
    """Bring an older version's tables up to date, and look at what became of them."""
    with create_engine(url).begin() as connection:
        older(connection)
    migrate(url)
    check(url)
    with create_engine(url).connect() as connection:
        assert differences(connection) == []
        if connection.dialect.name == "sqlite":
            assert list(connection.exec_driver_sql("PRAGMA foreign_key_check")) == []


def test_tasks_of_the_first_version_are_taken_over(empty_url: str) -> None:
    migrated(empty_url, first_version, check_migrated)


BEFORE = (
    ("INTENDED", None, None),
    ("COMPLETED", "CREATED-d-r", None),
    ("FAILED", None, "token_failed"),
    ("ABANDONED", None, "abandoned"),
)
"""Seals as there were before the fourth version: state, result, failure."""


def third_version(connection: Connection) -> None:
    """Make the tables as the third version had them, with seals in every state of that time."""
    first_version(connection)
    upgrade(connection, "0003")
    now = moment(connection)
    for state, result, failure in BEFORE:
        ended = ", ".join(f"'{one}'" if one else "NULL" for one in (result, failure))
        connection.exec_driver_sql(
            f"INSERT INTO seals VALUES ('{state}', 'CREATED-d', 'a', 'CREATED-d-r', 'u', {now},"  # noqa: S608 — a test's own
            f" '{state}', {ended}, 2)"
        )


def _seal(stores: Stores, seal_id: str) -> Seal:
    seal = stores.seals.get(seal_id)
    assert seal is not None
    return seal


def check_seals(url: str) -> None:
    """Each seal is as it was, with nothing kept; one under way still holds its document."""
    work = open_database(url)
    now = datetime(2026, 11, 22, 2, 5, 7, tzinfo=UTC)
    for state, result, failure in BEFORE:
        seal = work.read(partial(_seal, seal_id=state))
        plain = Seal(state, "CREATED-d", "a", "CREATED-d-r", "u", now, SealState(state))
        assert seal == replace(plain, result_revision_id=result, failure=failure, version=2)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    (stale,) = work.read(lambda s: s.seals.intended_before(later))
    assert stale.id == "INTENDED"
    another = replace(stale, id="another", version=1)
    signed = replace(stale, state=SealState.SIGNED, signature=b"value", job_id="j", level="B-T")
    for held in (stale, signed):
        work.run(an_act(), partial(_changed, seal=held))
        kept = work.read(lambda s: s.seals.open_for("CREATED-d"))
        assert (kept and kept.id, kept and kept.signature) == ("INTENDED", held.signature)
        with pytest.raises(ConflictError):
            store(work, another)
    work.run(an_act(), partial(_changed, seal=replace(signed, state=SealState.FAILED)))
    store(work, another)
    work.close()


def _changed(stores: Stores, seal: Seal) -> Done[Seal]:
    return Done(stores.seals.update(replace(seal, version=_seal(stores, seal.id).version)))


def test_seals_of_the_third_version_are_taken_over(empty_url: str) -> None:
    migrated(empty_url, third_version, check_seals)


def fifth_version(connection: Connection) -> None:
    """Make the tables as the fifth version had them, with a ledger of three entries."""
    upgrade(connection, "0005")
    rows = place(an_act(), (a_draft("record/a"), a_draft("record/b"), a_draft("record/a")), 0, {})
    for one in rows:
        entry = {"leaf_index": one.row.index, **vars(one.row)}
        del entry["index"]
        connection.execute(ledger_entries.insert(), entry)
        payload = {"leaf_index": one.row.index, **vars(one.payload)}
        connection.execute(ledger_payloads.insert(), payload)
    connection.exec_driver_sql("UPDATE ledger_head SET size = 3")


def check_entries(url: str) -> None:
    """The ledger is whole, goes on, and is guarded as before."""
    work = open_database(url)
    append(work, "record/a", "record/b")
    report = verify(work, MemoryNoteKey())
    assert (codes(report), report.entries) == ({"checkpoint_none"}, 5)
    work.close()
    for change in ("UPDATE ledger_entries SET actor = 'x'", "DELETE FROM ledger_entries"):
        with create_engine(url).begin() as connection, pytest.raises(DBAPIError) as caught:
            connection.exec_driver_sql(change)
        assert "only grows" in str(caught.value)


def test_entries_of_the_fifth_version_are_taken_over(empty_url: str) -> None:
    migrated(empty_url, fifth_version, check_entries)


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    work = open_database(url)
    append(work, "agency/a")
    work.close()
    migrate(url)
    work = open_database(url)
    assert work.read(lambda s: s.ledger.size()) == 1
    work.close()


def test_a_migration_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrations._upgrade

    def fails_at_the_end(connection: Connection) -> None:
        upgrade(connection)
        raise UnavailableError("database_busy")

    monkeypatch.setattr(migrations, "_upgrade", fails_at_the_end)
    url = f"sqlite:///{tmp_path}/antin.db"
    with pytest.raises(UnavailableError):
        migrate(url)
    with create_engine(url).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0


def code_of(url: str) -> str:
    with pytest.raises(AntinError) as caught:
        open_database(url)
    return caught.value.code


def test_a_database_of_another_version_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "antin.db").touch()
    assert code_of(f"sqlite:///{tmp_path}/antin.db") == "database_unavailable"
    assert code_of(f"sqlite:///{tmp_path}/missing.db") == "database_unavailable"
    (tmp_path / "junk.db").write_bytes(b"this is no database" * 100)
    assert code_of(f"sqlite:///{tmp_path}/junk.db") == "database_unavailable"


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    secret = "hunter2"
    url = f"postgresql+psycopg://u:{secret}@/x?host={tmp_path}"
    with pytest.raises(UnavailableError) as caught:
        open_database(url)
    assert caught.value.code == "database_unavailable"
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://u:hunter2@h/x", "sqlite://", "sqlite:///:memory:"]
)
def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_database(url)
    assert caught.value.code == "settings_invalid"
    assert "hunter2" not in str(caught.value)
