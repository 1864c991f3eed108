"""After erasing and vacuuming, no byte of what was erased is in the database's own files."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from antin.core.errors import UnavailableError
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra import vacuum_postgres
from antin.infra.database import Database, migrate, open_database
from antin.infra.unit_of_work_postgres import PostgresUnitOfWork
from antin.ledger.draft import Draft
from antin.records.call import StoredRequest
from tests.postgres import PostgresServer, running_server
from tests.rows import NOW, an_act

CHUNK = 1 << 20


@dataclass(frozen=True)
class Home:
    """A database, and the folder with all its files."""

    work: Database
    folder: Path
    where: str
    """How a driver connects."""

    def sql(self, *statements: str) -> None:
        """Run statements past everything of ours."""
        if self.where:
            with psycopg.connect(self.where, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())

    def files_with(self, secret: bytes) -> set[str]:
        """Return the names of files that hold ``secret`` anywhere."""
        return {
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and _holds(path, secret)
        }


def _holds(path: Path, secret: bytes) -> bool:
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if secret in before + chunk:
                return True
            before = chunk[-len(secret) :]
    return False


@pytest.fixture(params=["sqlite_home", pytest.param("pg_home", marks=pytest.mark.real("postgres"))])
def home(request: pytest.FixtureRequest) -> Home:
    found: Home = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def sqlite_home(tmp_path: Path) -> Iterator[Home]:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    work = open_database(url, lock_timeout=3)
    yield Home(work, tmp_path, "")
    work.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server of these tests' own: they look into all its files and overwrite its log."""
    with running_server() as server:
        yield server


@pytest.fixture
def pg_home(own_server: PostgresServer) -> Iterator[Home]:
    url = own_server.new_database()
    name = url.split("?")[0].rpartition("/")[2]
    work = open_database(url, lock_timeout=3)
    where = f"host={own_server.folder} user=postgres dbname={name}"
    yield Home(work, own_server.folder / "data", where)
    work.close()


@dataclass(frozen=True)
class Secret:
    """What is to be erased: one entry's text and salt, as they stand in files."""

    index: int
    text: bytes
    salt: bytes


def write(work: UnitOfWork, size: int = 60) -> Secret:
    """Append an entry with facts, and keep an answer that repeats them."""
    text = secrets.token_hex(size // 2)  # at random: nothing that could be packed
    act = an_act()
    stored = StoredRequest(
        act.request, "system", "test", act.request, text, NOW, {"title": f"of {text}"}
    )

    def change(stores: Stores) -> Done[None]:
        stores.requests.add(stored)
        return Done(None, (Draft("agency/a", "thing.happened", {"title": f"of {text}"}),))

    work.run(act, change)
    (row,) = work.read(lambda s: s.ledger.of_request(act.request))
    payload = work.read(lambda s: s.ledger.payload(row.index))
    assert payload is not None
    return Secret(row.index, text[:48].encode(), payload.salt)


def erase(work: UnitOfWork, *indexes: int) -> None:
    """Delete the facts of entries, and the answers that repeat them."""

    def change(stores: Stores) -> Done[None]:
        rows = [next(stores.ledger.entries(index, index + 1)) for index in indexes]
        stores.ledger.erase_payloads(indexes)
        stores.requests.forget(row.request for row in rows)
        return Done(None)

    work.run(an_act(), change)


@pytest.mark.parametrize("size", [60, 6_000])
def test_nothing_erased_is_left_in_any_file(home: Home, size: int) -> None:
    for _ in range(20):
        write(home.work)
    gone = [write(home.work, size) for _ in range(3)]
    kept = write(home.work, size)
    for _ in range(100):
        write(home.work)
    home.sql("ANALYZE", "CHECKPOINT")  # sample values, pages on disk, an older log
    for secret in gone:
        assert home.files_with(secret.text), "looked for in the wrong place"
        assert home.files_with(secret.salt)
    erase(home.work, *(secret.index for secret in gone))
    assert home.work.vacuum() == ()
    for secret in gone:
        assert home.files_with(secret.text) == set()
        assert home.files_with(secret.salt) == set()
    assert home.files_with(kept.text), "what was not erased is there"
    assert home.work.read(lambda s: s.ledger.payload(kept.index)) is not None


def test_what_is_written_goes_on_after_it(home: Home) -> None:
    first = write(home.work)
    erase(home.work, first.index)
    assert home.work.vacuum() == ()
    assert home.work.vacuum() == (), "twice is once"
    assert write(home.work).index == first.index + 1


@pytest.mark.real("postgres")
def test_samples_of_the_planner_are_one_such_place(pg_home: Home) -> None:
    """The reason why statistics are made anew."""
    secret = write(pg_home.work)
    for _ in range(50):
        write(pg_home.work)
    pg_home.sql("ANALYZE", "CHECKPOINT")
    erase(pg_home.work, secret.index)
    pg_home.sql("VACUUM FULL ledger_payloads", "VACUUM FULL requests", "CHECKPOINT")
    assert any("base/" in name for name in pg_home.files_with(secret.text))


def test_whoever_still_sees_it_holds_it_up(home: Home) -> None:
    secret = write(home.work)

    def look(stores: Stores) -> str:
        assert stores.ledger.payload(secret.index) is not None
        erase(home.work, secret.index)
        with pytest.raises(UnavailableError) as caught:
            home.work.vacuum()
        return caught.value.code

    if home.where:  # only another snapshot, none of the tables: no lock is in the way
        with psycopg.connect(home.where) as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT 1 FROM agencies")
            erase(home.work, secret.index)
            with pytest.raises(UnavailableError) as caught:
                home.work.vacuum()
        assert caught.value.code == "vacuum_held_up"
    else:
        assert home.work.read(look) == "vacuum_held_up"
    assert home.work.vacuum() == ()
    assert home.files_with(secret.text) == set()


@pytest.mark.real("postgres")
def test_a_transaction_that_is_about_to_end_is_waited_for(pg_home: Home) -> None:
    secret = write(pg_home.work)
    with (
        psycopg.connect(pg_home.where) as other,
        psycopg.connect(pg_home.where, autocommit=True) as looker,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1 FROM agencies")
        erase(pg_home.work, secret.index)
        vacuuming = pool.submit(pg_home.work.vacuum)
        waits = (
            "SELECT 1 FROM pg_stat_activity "
            "WHERE query LIKE '%greatest%' AND pid <> pg_backend_pid()"
        )
        while not looker.execute(waits).fetchall():
            assert not vacuuming.done()
        other.rollback()
        assert vacuuming.result(60) == ()
    assert pg_home.files_with(secret.text) == set()


@pytest.mark.real("postgres")
def test_a_reader_that_nobody_tells_of_has_no_table_rewritten_all_the_time(
    pg_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role sees the transactions of other roles only if it may."""
    rewritten = []

    def rewrite(connection: Connection, table: str) -> bool:
        rewritten.append(table)
        return False

    monkeypatch.setattr(vacuum_postgres, "_OLDER", text("SELECT 0 WHERE :now <> ''"))
    monkeypatch.setattr(vacuum_postgres, "_rewrite", rewrite)
    assert isinstance(pg_home.work, PostgresUnitOfWork)
    with pytest.raises(UnavailableError) as caught:
        vacuum_postgres.vacuum_postgres(pg_home.work._engine, 0.4)
    assert caught.value.code == "vacuum_held_up"
    assert len(rewritten) <= 5


def test_others_write_and_read_meanwhile(home: Home) -> None:
    """None of them fails, nothing is lost, and what was erased while they work is gone."""
    done = threading.Event()
    counts = []

    def go_on(_: int) -> int:
        made = 0
        while not done.is_set() or made < 5:
            write(home.work)
            home.work.read(lambda s: list(s.ledger.payloads(0, 50)))
            made += 1
        return made

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(go_on, n) for n in range(4)]
        gone = []
        try:
            for _ in range(4):
                gone.append(write(home.work))
                erase(home.work, gone[-1].index)
                assert home.work.vacuum() == ()
        finally:
            done.set()
        counts = [one.result(120) for one in running]
    assert home.work.read(lambda s: s.ledger.size()) == sum(counts) + len(gone)
    assert home.work.vacuum() == ()
    for secret in gone:
        assert home.files_with(secret.text) == set()
        assert home.files_with(secret.salt) == set()


@pytest.mark.real("postgres")
def test_a_role_without_the_rights_is_told(own_server: PostgresServer) -> None:
    url = own_server.new_database()
    name = url.split("?")[0].rpartition("/")[2]
    role = f"plain_{name}"
    superuser = Home(
        open_database(url),
        own_server.folder,
        f"host={own_server.folder} user=postgres dbname={name}",
    )
    superuser.sql(
        f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    )
    plain = open_database(url.replace("//postgres@", f"//{role}@"))
    with pytest.raises(UnavailableError) as caught:
        plain.vacuum()
    assert (caught.value.code, caught.value.values["table"]) == (
        "vacuum_not_allowed",
        "ledger_payloads",
    )
    superuser.sql(
        f"ALTER DATABASE {name} OWNER TO {role}",
        f"ALTER TABLE ledger_payloads OWNER TO {role}",
        f"ALTER TABLE requests OWNER TO {role}",
    )
    assert plain.vacuum() == ("this database role may not have it overwritten",)
    plain.close()
    superuser.work.close()


@pytest.mark.real("postgres")
def test_a_log_that_is_kept_for_somebody_is_named(pg_home: Home) -> None:
    secret = write(pg_home.work)
    pg_home.sql("SELECT pg_create_physical_replication_slot('somebody', true)")
    try:
        erase(pg_home.work, secret.index)
        assert pg_home.work.vacuum() == ("a replication slot or a setting keeps older parts",)
        assert {name.split("/")[0] for name in pg_home.files_with(secret.text)} == {"pg_wal"}
    finally:
        pg_home.sql("SELECT pg_drop_replication_slot('somebody')")
    assert pg_home.work.vacuum() == ()
    assert pg_home.files_with(secret.text) == set()


def test_what_a_program_deleted_without_overwriting_is_taken_out(sqlite_home: Home) -> None:
    """SQLite overwrites what it deletes only where it is told or built to."""
    secret = write(sqlite_home.work)
    other = sqlite3.connect(sqlite_home.folder / "antin.db", isolation_level=None)
    other.execute("PRAGMA secure_delete=OFF")
    other.execute("DELETE FROM ledger_payloads WHERE leaf_index = ?", (secret.index,))
    other.execute("DELETE FROM requests")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    assert sqlite_home.files_with(secret.text) == {"antin.db"}
    assert sqlite_home.work.vacuum() == ()
    assert sqlite_home.files_with(secret.text) == set()


def test_a_file_that_is_written_by_another_process_is_vacuumed(sqlite_home: Home) -> None:
    secret = write(sqlite_home.work)
    other = sqlite3.connect(sqlite_home.folder / "antin.db")
    other.execute("SELECT count(*) FROM ledger_entries").fetchall()
    erase(sqlite_home.work, secret.index)
    assert sqlite_home.work.vacuum() == ()
    assert sqlite_home.files_with(secret.text) == set()
    other.close()
