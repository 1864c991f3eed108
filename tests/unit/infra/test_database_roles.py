"""Roles of production: what the service and an auditor can't do, tried on a real server."""

from collections.abc import Iterator

import psycopg
import pytest

from antin.core.errors import UsageError
from antin.infra.database import open_database
from antin.infra.database_roles import RoleNames, roles_sql
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer, database_of

KEY = MemoryNoteKey()
APPEND = (
    "SELECT ledger_append('system', 'r', 1, '{record/a}', '{a.b}',"
    " array[sha256('')], array[''::bytea])"
)
LEDGER = ("ledger_entries", "ledger_head", "ledger_checkpoints", "ledger_cosignatures")
OF_THE_OWNER = (
    "INSERT INTO ledger_entries SELECT * FROM ledger_entries",
    "INSERT INTO ledger_payloads SELECT leaf_index + 1, salt, data FROM ledger_payloads",
    "INSERT INTO ledger_head VALUES (2, 7)",
    "UPDATE ledger_entries SET actor = 'x'",
    "UPDATE ledger_payloads SET data = 'x'",
    "UPDATE ledger_head SET size = size + 1",
    "UPDATE ledger_checkpoints SET note = 'x'",
    "UPDATE ledger_timestamps SET token = 'x'",
    "SELECT * FROM ledger_head FOR UPDATE",
    *(f"DELETE FROM {table}" for table in LEDGER),  # noqa: S608 — names of ours
    *(f"TRUNCATE {table} CASCADE" for table in (*LEDGER, "ledger_payloads", "users")),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in LEDGER),
    "ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_keep_rows",
    "DROP TRIGGER ledger_entries_keep_rows ON ledger_entries",
    "DROP FUNCTION ledger_only_grows CASCADE",
    "DROP INDEX ledger_entries_request_ordinal",
    "DROP TABLE ledger_checkpoints CASCADE",
    "ALTER TABLE ledger_entries RENAME TO others",
    "CREATE TABLE more (a int)",
    "CREATE OR REPLACE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION ledger_append RESET search_path",
    "SET session_replication_role = replica",
    "SET ROLE antin_owner",
    "SET SESSION AUTHORIZATION postgres",
    "UPDATE alembic_version SET version_num = '0001'",
    "COPY ledger_entries FROM PROGRAM 'true'",
)
OF_THE_SERVICE = (
    APPEND,
    "INSERT INTO ledger_checkpoints VALUES (9, 'x', 'x', 'x', now())",
    "DELETE FROM ledger_payloads",
    "UPDATE users SET name = 'x'",
    "DELETE FROM agencies",
    "INSERT INTO agencies VALUES ('a', 'a', 'a', 1)",
)


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> str:
    """A database with an entry and a checkpoint, as its service's role made them."""
    url = postgres_server.new_database_with_roles()
    work = open_database(url)
    append(work, "record/a")
    checkpoint(work, KEY)
    work.close()
    return url


@pytest.fixture(params=["antin_service", "antin_auditor"])
def role(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def server(postgres_server: PostgresServer, url: str) -> Iterator[PostgresServer]:
    """The server; what was tried has changed nothing."""
    yield postgres_server
    work = open_database(url)
    report = verify(work, KEY)
    assert codes(report) == set()
    report.raise_if_not_passed()
    work.close()


def tried(server: PostgresServer, url: str, role: str, statement: str) -> str | None:
    """Return the SQLSTATE with which ``statement`` is refused to ``role``; undone either way."""
    where = server.url(database_of(url), role).replace("+psycopg", "")
    with psycopg.connect(where) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.Error as error:
            return error.sqlstate
        finally:
            connection.rollback()
    return None


@pytest.mark.real("postgres")
@pytest.mark.parametrize("statement", OF_THE_OWNER)
def test_neither_can_touch_what_is_there(
    server: PostgresServer, url: str, role: str, statement: str
) -> None:
    assert tried(server, url, role, statement) == "42501"


@pytest.mark.real("postgres")
@pytest.mark.parametrize("statement", OF_THE_SERVICE)
def test_the_service_changes_what_an_auditor_can_not(
    server: PostgresServer, url: str, statement: str
) -> None:
    assert tried(server, url, "antin_service", statement) is None
    assert tried(server, url, "antin_auditor", statement) == "42501"


@pytest.mark.real("postgres")
def test_an_auditor_reads_and_checks_everything(postgres_server: PostgresServer, url: str) -> None:
    work = open_database(postgres_server.url(database_of(url), "antin_auditor"))
    report = verify(work, KEY)
    assert (codes(report), report.entries, report.covered) == (set(), 1, 1)
    assert work.read(lambda s: (s.agencies.list(), s.records.get("x"))) == ((), None)
    work.close()


@pytest.mark.real("postgres")
def test_a_table_of_ones_own_is_not_taken_for_the_ledgers(server: PostgresServer, url: str) -> None:
    """The function looks in its owner's schema first, and for temporary tables last."""
    where = server.url(database_of(url), "antin_service").replace("+psycopg", "")
    with psycopg.connect(where) as connection:
        for table in ("ledger_head", "ledger_entries", "ledger_payloads"):
            connection.execute(f"CREATE TEMP TABLE {table} (LIKE public.{table})".encode())
        connection.execute(b"INSERT INTO ledger_head VALUES (1, 70)")
        connection.execute(b"SET LOCAL search_path = pg_temp")
        told = connection.execute(APPEND.replace("ledger_append", "public.ledger_append").encode())
        assert (told.fetchone() or ("",))[0].startswith("1 ")
        connection.rollback()


@pytest.mark.real("postgres")
def test_running_it_again_changes_nothing(postgres_server: PostgresServer, url: str) -> None:
    postgres_server.execute(roles_sql(RoleNames()).encode(), database_of(url))
    assert tried(postgres_server, url, "antin_service", APPEND) is None


@pytest.mark.parametrize(
    "names",
    [RoleNames(owner="a; DROP TABLE x"), RoleNames(service="Ä"), RoleNames(owner="antin_service")],
)
def test_names_that_are_none_are_refused(names: RoleNames) -> None:
    with pytest.raises(UsageError) as caught:
        roles_sql(names)
    assert caught.value.code == "usage"
