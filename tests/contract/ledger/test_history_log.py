"""History from before, in both databases: filled at once, or appended while others work."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from antin.core.clock import FixedClock
from antin.core.errors import AntinError, ConflictError, ForbiddenError, InputError, IntegrityError
from antin.flows.unit_of_work import UnitOfWork
from antin.infra.database import migrate, open_database
from antin.infra.ledger import history as ledger_import
from antin.infra.ledger.history import open_history
from antin.infra.sqlite_connections import driver_of
from antin.ledger.entry import parse
from antin.ledger.history import Batch
from antin.ledger.ports import EntryRow, HistoryLog
from tests.histories import a_file, a_line, batches
from tests.ledgers import append, checkpoint, codes, verify
from tests.notekey import MemoryNoteKey
from tests.postgres import PostgresServer, database_of
from tests.rows import NOW
from tests.superusers import PostgresSuperuser, SqliteSuperuser, Superuser

KEY = MemoryNoteKey()
CLOCK = FixedClock(NOW)
REAL_POSTGRES = pytest.param("postgres", marks=pytest.mark.real("postgres"))


@dataclass(frozen=True)
class Old:
    """A ledger that history is brought to."""

    work: UnitOfWork
    log: HistoryLog
    superuser: Superuser
    folder: Path

    def rows(self) -> list[EntryRow]:
        return self.work.read(lambda s: list(s.ledger.entries(0, 10**9)))

    def whole(self) -> bool:
        """See that the ledger is whole, and guarded as ever."""
        checkpoint(self.work, KEY)
        report = verify(self.work, KEY)
        assert codes(report) == set()
        report.raise_if_not_passed()
        for change in ("UPDATE ledger_entries SET actor = 'x'", "DELETE FROM ledger_entries"):
            with pytest.raises(Exception, match="only grows"):
                self.superuser.execute(change)
        return True

    def copied(self, column: str, key: str) -> None:
        """Put an entry behind the last that has ``column`` and ``key`` of the first."""
        others = {"stream": "'x'", "n": "0", "request": "'x'", "ordinal": "0"}
        others |= {column: column, key: key}
        self.superuser.execute(
            "INSERT INTO ledger_entries SELECT 999999, {stream}, {n}, prev, micros, actor, action,"
            " payload_digest, {request}, {ordinal}, data, leaf FROM ledger_entries"
            " WHERE leaf_index = 0".format_map(others)
        )


@pytest.fixture(params=["sqlite", REAL_POSTGRES])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/antin.db"
        migrate(url)
        superuser: Superuser = SqliteSuperuser(tmp_path / "antin.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.new_database()
        superuser = PostgresSuperuser(server, database_of(url))
    work = open_database(url)
    with closing(open_history(url)) as log:
        yield Old(work, log, superuser, tmp_path)
    work.close()


def fill(old: Old, *lines: object, source: str = "hoso") -> bool:
    return old.log.fill(a_file(old.folder, lines, source).each, "user-1", CLOCK)


def bring(old: Old, *lines: object, source: str = "hoso") -> int:
    file = a_file(old.folder, lines, source)
    return sum(old.log.append(one, "user-1", CLOCK) for one in batches(file))


def many(count: int) -> list[object]:
    return [a_line(number) for number in range(count)]


@pytest.fixture(params=[fill, bring])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> object:
    """Either way of bringing them, in several batches."""
    monkeypatch.setattr(ledger_import, "_BLOCK", 3000)
    return request.param


def test_lines_become_entries_behind_those_that_are_there(old: Old, way: object) -> None:
    append(old.work, "record/r1", "record/r1", "agency/x")
    assert way(old, *many(100))  # type: ignore[operator]  # one of two functions
    rows = old.rows()
    assert [row.index for row in rows] == list(range(103))
    assert [row.request for row in rows[3:]] == [f"import/hoso/ev-{n}" for n in range(100)]
    assert {(row.action, row.actor, row.ordinal) for row in rows[3:]} == {
        ("history.imported", "user-1", 0)
    }
    first = next(row for row in rows[3:] if row.stream == "record/r1")
    assert (first.n, first.prev) == (2, rows[1].leaf)
    assert parse(rows[50].data).request == rows[50].request
    payload = old.work.read(lambda s: s.ledger.payload(3))
    assert payload is not None
    assert payload.data.decode() == (
        '{"action":"Cập nhật hồ sơ","actor":"Nguyễn Văn A","at":"2016-03-01T08:00:00Z",'
        '"facts":{"field":"title","new":"Quyết định \\\\ 0"},"id":"ev-0"}'
    )
    assert len({old.work.read(lambda s, i=i: s.ledger.payload(i)).salt for i in range(103)}) == 103  # type: ignore[misc]  # mypy can't see the default argument
    append(old.work, "record/r1", "record/r2")
    assert old.whole()


@pytest.mark.parametrize(("column", "key"), [("stream", "n"), ("request", "ordinal")])
def test_nothing_takes_a_place_twice_afterwards(
    old: Old, way: object, column: str, key: str
) -> None:
    assert way(old, *many(30))  # type: ignore[operator]  # one of two functions
    with pytest.raises(Exception, match=r"only grows|duplicate key"):
        old.copied(column, key)
    assert old.whole()


SCHEMA = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
    "postgresql": """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '' FROM pg_constraint
UNION ALL SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text
    FROM pg_trigger
UNION ALL SELECT relname, relowner::regrole::text, relpersistence::text, attname || attnotnull
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid WHERE starts_with(relname, 'ledger')
""",
}


def test_what_is_made_again_is_as_it_was(old: Old, way: object) -> None:
    def schema() -> set[object]:
        engine = old.log._engine  # type: ignore[attr-defined]  # of either database
        with engine.connect() as connection:
            return set(map(tuple, connection.exec_driver_sql(SCHEMA[engine.dialect.name])))

    before = schema()
    assert any("ledger_entries_pkey" in str(one) for one in before)
    assert way(old, *many(30))  # type: ignore[operator]  # one of two functions
    assert schema() == before


def test_running_again_adds_what_is_not_there(old: Old) -> None:
    assert bring(old, *many(30)) == 30
    assert bring(old, *many(50)) == 20
    assert bring(old, *many(50)) == 0
    assert bring(old, *many(10), source="other") == 10
    assert [row.request for row in old.rows()[:50]] == [f"import/hoso/ev-{n}" for n in range(50)]
    assert old.whole()


def test_filling_again_appends_nothing_and_says_so(old: Old) -> None:
    assert fill(old, *many(30))
    before = old.rows()
    assert not fill(old, *many(50))
    assert not fill(old, a_line(100), a_line(100))
    assert old.rows() == before
    assert old.whole()


def test_an_event_that_is_told_otherwise_is_refused(old: Old) -> None:
    assert bring(old, *many(3), a_line(1)) == 3
    for lines in ([a_line(1, action="Xóa")], [a_line(9), a_line(9, actor=None)]):
        with pytest.raises(ConflictError) as caught:
            bring(old, *lines)
        assert caught.value.code == "history_differs"
    assert len(old.rows()) == 3
    assert old.whole()


def test_an_event_in_another_stream_is_another_one(old: Old) -> None:
    """Who is first with an id can't have another agency's event passed over, nor guess at it."""
    assert bring(old, *many(3)) == 3
    for line in (a_line(1, "agency/other"), a_line(1, "agency/other", action="Xóa")):
        with pytest.raises(ConflictError) as caught:
            bring(old, line)
        assert caught.value.code == "history_differs"
    old.superuser.execute("DELETE FROM ledger_payloads WHERE leaf_index = 1")
    with pytest.raises(ConflictError):
        bring(old, a_line(1, "agency/other"))
    assert len(old.rows()) == 3


def test_facts_that_were_erased_are_not_told_again(old: Old) -> None:
    assert bring(old, *many(3)) == 3
    old.superuser.execute("DELETE FROM ledger_payloads WHERE leaf_index = 1")
    assert bring(old, *many(3)) == 0
    assert bring(old, a_line(1, action="Xóa")) == 0
    assert old.work.read(lambda s: s.ledger.payload(1)) is None


def test_a_bad_line_leaves_nothing_of_what_is_filled(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_import, "_BLOCK", 3000)
    append(old.work, "record/r1")
    with pytest.raises(InputError) as caught:
        fill(old, *many(60), a_line(60, at="yesterday"), *many(5))
    assert (caught.value.code, caught.value.values["line"]) == ("history_malformed", 61)
    assert len(old.rows()) == 1
    append(old.work, "record/r1")
    assert old.whole()


def test_others_work_meanwhile(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_import, "_BLOCK", 2000)
    done = threading.Event()
    alive: list[int] = []

    def others(number: int) -> None:
        count = 0
        while not done.is_set():
            append(old.work, f"record/r{number}", "agency/all")
            count += 1
        alive.append(count)

    threads = [threading.Thread(target=others, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    try:
        assert bring(old, *many(400)) == 400
    finally:
        done.set()
        for one in threads:
            one.join(60)
    assert min(alive) > 0
    assert len(old.rows()) == 400 + 2 * sum(alive)
    assert old.whole()


@pytest.mark.parametrize(("others", "asked"), [(2, False), (3, True)])
def test_tips_are_asked_for_again_where_others_appended_much_only(
    old: Old, monkeypatch: pytest.MonkeyPatch, others: int, *, asked: bool
) -> None:
    monkeypatch.setattr("antin.ledger.history._FEW", 2)
    monkeypatch.setattr(ledger_import, "_BLOCK", 2000)
    first, second, *_ = batches(a_file(old.folder, many(100)))
    again = set(first.streams) & set(second.streams)
    assert len(again) > 1
    old.log.append(first, "user-1", CLOCK)
    for _ in range(others):
        append(old.work, min(again))
    sought, looked = set[str](), list[Batch]()
    newest, there = old.log._newest, old.log._there  # type: ignore[attr-defined]  # of either

    def ask(driver: object, streams: Iterable[str]) -> object:
        names = set(streams)
        sought.update(names)
        return newest(driver, names)

    def look(driver: object, batch: Batch) -> object:
        looked.append(batch)
        return there(driver, batch)

    monkeypatch.setattr(old.log, "_newest", ask)
    monkeypatch.setattr(old.log, "_there", look)
    assert old.log.append(second, "user-1", CLOCK) == second.count
    assert not looked, "a wrong tip was noticed by the database"
    assert sought >= again if asked else not sought & again
    assert old.whole()


def test_what_others_appended_is_found_without_reading_all(old: Old) -> None:
    """Also where the database counted nothing yet, as right after a ledger was filled."""
    assert fill(old, *many(20_000))
    explain = "EXPLAIN" if _url(old).startswith("postgresql") else "EXPLAIN QUERY PLAN"
    with old.log._engine.connect() as connection:  # type: ignore[attr-defined]  # of either
        since = old.log._SINCE  # type: ignore[attr-defined]  # as above
        plan = str(driver_of(connection).execute(f"{explain} {since}", (20_000, 5)).fetchall())
    assert "Index Scan using ledger_entries_pkey" in plan or "USING INTEGER PRIMARY KEY" in plan


def test_two_who_bring_the_same_at_once_bring_it_once(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_import, "_BLOCK", 2000)
    parts = list(batches(a_file(old.folder, many(200))))
    together = threading.Barrier(2)
    counts = []

    def one() -> None:
        with closing(open_history(_url(old))) as log:
            together.wait(30)
            counts.append(sum(log.append(batch, "user-1", CLOCK) for batch in parts))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 200
    assert len(old.rows()) == 200
    assert old.whole()


def _url(old: Old) -> str:
    engine = old.log._engine  # type: ignore[attr-defined]  # of either database
    text: str = engine.url.render_as_string(hide_password=False)
    return text


def test_a_ledger_is_small_beside_four_times_as_many_lines(old: Old) -> None:
    append(old.work, "record/a", "record/b")
    assert old.log.is_small(8)
    assert not old.log.is_small(7)


def test_a_head_that_contradicts_the_entries(old: Old, way: object) -> None:
    append(old.work, "record/a", "record/b")
    old.superuser.lift_guards()
    old.superuser.execute("UPDATE ledger_head SET size = 1")
    with pytest.raises(IntegrityError) as caught:
        way(old, *many(3))  # type: ignore[operator]  # one of two functions
    assert caught.value.code == "ledger_inconsistent"
    old.superuser.execute("DELETE FROM ledger_head")
    with pytest.raises(IntegrityError):
        way(old, *many(3))  # type: ignore[operator]  # one of two functions
    assert len(old.rows()) == 2


@pytest.mark.real("postgres")
def test_the_service_is_not_who_imports(postgres_server: PostgresServer, tmp_path: Path) -> None:
    log = open_history(postgres_server.new_database_with_roles())
    file = a_file(tmp_path, many(3))
    calls: tuple[Callable[[], object], ...] = (
        lambda: log.is_small(3),
        lambda: log.fill(file.each, "user-1", CLOCK),
        lambda: log.append(next(batches(file)), "user-1", CLOCK),
    )
    for call in calls:
        with pytest.raises(ForbiddenError) as caught:
            call()
        assert caught.value.code == "history_needs_owner"
    log.close()


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/none/antin.db", f"postgresql+psycopg:///x?host={tmp_path}"):
        with pytest.raises(AntinError) as caught:
            open_history(url).is_small(1)
        assert caught.value.code == "database_unavailable"
