"""Appending on PostgreSQL: the server's function makes the entries that we would make."""

import string
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antin.core.errors import AntinError, DefectError, IntegrityError
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra.database import open_database
from antin.ledger.draft import Act, Draft
from antin.ledger.ports import EntryRow, Payload
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.postgres import PostgresServer, database_of
from tests.rows import a_draft, an_act, an_agency

pytestmark = pytest.mark.real("postgres")

STREAMS = [f"{kind}/{key}" for kind in ("record", "document", "agency") for key in ("a", "Z.9_-")]
PLAIN = string.ascii_letters + string.digits + "._:-"
WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,7}(\.[a-z][a-z0-9_]{0,7}){0,3}", fullmatch=True)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
DRAFTS = st.lists(
    st.builds(
        Draft,
        st.sampled_from(STREAMS) | st.sampled_from(["record/" + "x" * 64]),
        WORDS | st.sampled_from(["null", "a" * 64]),
        st.dictionaries(WORDS, FACTS, max_size=3),
    ),
    max_size=5,
).map(tuple)
ACTORS = st.text(PLAIN, min_size=1, max_size=64)
MOMENTS = st.sampled_from([0, 2**53 - 1]) | st.integers(0, 2**53 - 1)


@pytest.fixture(scope="module")
def work(postgres_server: PostgresServer) -> Iterator[UnitOfWork]:
    one = open_database(postgres_server.new_database())
    yield one
    one.close()


@pytest.fixture(scope="module")
def memory() -> MemoryUnitOfWork:
    return MemoryUnitOfWork()


def held(work: UnitOfWork, start: int) -> list[tuple[EntryRow, Payload | None]]:
    return work.read(
        lambda s: [(r, s.ledger.payload(r.index)) for r in s.ledger.entries(start, 10**9)]
    )


def appended(work: UnitOfWork, act: Act, drafts: tuple[Draft, ...]) -> str | None:
    """Return the code that it failed with, None if it did not."""
    try:
        work.run(act, lambda _: Done(None, drafts))
    except AntinError as error:
        return error.code
    return None


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ACTORS, MOMENTS, st.binary(min_size=32, max_size=32), DRAFTS)
def test_the_server_makes_the_same_bytes(
    work: UnitOfWork,
    memory: MemoryUnitOfWork,
    actor: str,
    micros: int,
    seed: bytes,
    drafts: tuple[Draft, ...],
) -> None:
    """One ledger grows here and in the memory of ours: rows, bytes, salts and all."""
    act = Act(actor, f"{new_id()}/{actor}", micros, seed)
    before = memory.read(lambda s: s.ledger.size())
    ends = {appended(one, act, drafts) for one in (work, memory)}
    assert len(ends) == 1, ends
    assert held(work, before) == held(memory, before)


def call(url: str, *values: Any) -> str | None:
    """Call the function as somebody does who keeps to nothing; return the SQLSTATE."""
    where = url.replace("+psycopg", "")
    with psycopg.connect(where) as connection:
        try:
            connection.execute("SELECT ledger_append(%s,%s,%s,%s,%s,%s,%s)", values)
        except psycopg.Error as error:
            return error.sqlstate
    return None


GOOD: tuple[Any, ...] = ("system", "r", 1, ["record/a"], ["a.b"], [bytes(32)], [b"{}"])


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, None),
        (0, ""),
        (0, "a" * 65),
        (0, 'a","n":7,"x":"'),
        (0, "Nguyễn"),
        (0, "a\n"),
        (1, None),
        (1, "r#0"),
        (1, "r" * 161),
        (2, None),
        (2, -1),
        (2, 2**53),
        (3, []),
        (3, None),
        (3, [None]),
        (3, ["record/a", "record/b"]),
        (3, ["record/"]),
        (3, ["record/a/b"]),
        (3, ["folder/a"]),
        (3, ["record/" + "a" * 65]),
        (3, ["record/a\n"]),
        (4, [None]),
        (4, ["a..b"]),
        (4, ["A"]),
        (4, ["a" * 65]),
        (5, [None]),
        (5, [bytes(31)]),
        (5, None),
        (6, [None]),
        (6, []),
    ],
)
def test_what_is_no_entry_is_refused_whoever_calls(postgres_url: str, at: int, value: Any) -> None:
    values = (*GOOD[:at], value, *GOOD[at + 1 :])
    assert call(postgres_url, *values) == "AL003"
    assert call(postgres_url, *GOOD) is None


def replaced(server: PostgresServer, url: str, old: str, new: str) -> None:
    """Put another text into the function."""
    name = database_of(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        (text,) = connection.execute(
            "SELECT pg_get_functiondef('ledger_append'::regproc)"
        ).fetchone() or ("",)
    assert old in text
    server.execute(text.replace(old, new).encode(), name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"action":"\' || actions[i]', "\"action\":\"' || 'b'"),
        ("newest.n + 1, newest.leaf INTO", "newest.n + 2, newest.leaf INTO"),
        ("'\\x00'::bytea || bytes", "'\\x01'::bytea || bytes"),
        ("INTO first_index;", "INTO first_index; who := 'b';"),
    ],
)
def test_a_server_that_makes_other_entries_is_told_of(
    postgres_server: PostgresServer, postgres_url: str, old: str, new: str
) -> None:
    work = open_database(postgres_url)
    drafts = (a_draft("record/a"), a_draft("record/a"))
    assert appended(work, an_act(), drafts) is None
    replaced(postgres_server, postgres_url, old, new)
    assert appended(work, an_act(), drafts) == "ledger_inconsistent"
    work.close()


def test_a_head_that_is_behind_or_gone(postgres_server: PostgresServer, postgres_url: str) -> None:
    name = database_of(postgres_url)
    work = open_database(postgres_url)
    assert appended(work, an_act(), (a_draft(), a_draft())) is None
    postgres_server.execute("ALTER TABLE ledger_head DISABLE TRIGGER ALL", name)
    postgres_server.execute("UPDATE ledger_head SET size = 1", name)

    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(an_agency())
        return Done(None, (a_draft(),))

    for _ in range(2):  # the first one that fails leaves nothing in the way of the second
        with pytest.raises(IntegrityError) as caught:
            work.run(an_act(), change)
        assert caught.value.code == "ledger_inconsistent"
    postgres_server.execute("DELETE FROM ledger_head", name)
    assert appended(work, an_act(), (a_draft(),)) == "ledger_inconsistent"
    assert work.read(lambda s: s.agencies.list()) == ()
    work.close()


@pytest.mark.parametrize("request_id", ["'; DROP TABLE users; --", "a\\", 'a"b', "a{b", "a,b"])
def test_nothing_that_is_not_plain_gets_into_a_statement(work: UnitOfWork, request_id: str) -> None:
    with pytest.raises(DefectError):
        work.run(Act("system", request_id, 1, bytes(32)), lambda _: Done(None, (a_draft(),)))
