"""The unit of work on PostgreSQL: deadlocks, locks that don't come free, connections that break."""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from antin.core.errors import AntinError, UnavailableError
from antin.flows.unit_of_work import Done, Refused, Stores
from antin.infra.database import open_database
from antin.infra.sqlite_connections import driver_of
from antin.infra.unit_of_work_postgres import PostgresUnitOfWork
from antin.ledger.draft import Draft
from tests.ledgers import append
from tests.postgres import PostgresServer
from tests.rows import a_draft, a_record, an_act, an_agency, store

pytestmark = pytest.mark.real("postgres")


@pytest.fixture
def work(postgres_url: str) -> Iterator[PostgresUnitOfWork]:
    one = open_database(postgres_url, lock_timeout=10)
    assert isinstance(one, PostgresUnitOfWork)
    yield one
    one.close()


def test_a_deadlock_is_met_by_running_again(work: PostgresUnitOfWork) -> None:
    agency = an_agency()
    records = [a_record(agency), a_record(agency)]
    store(work, agency, *records)
    both_hold_one = threading.Barrier(2)
    runs: list[int] = []

    def change(first: int) -> None:
        own_runs: list[int] = []

        def lock_both(stores: Stores) -> Done[None]:
            runs.append(first)
            own_runs.append(first)
            one = stores.records.get(records[first].id)
            if len(own_runs) == 1:
                both_hold_one.wait(20)
            other = stores.records.get(records[1 - first].id)
            assert one is not None
            assert other is not None
            stores.records.update(one)
            stores.records.update(other)
            return Done(None, (a_draft(),))

        work.run(an_act(), lock_both)

    threads = [threading.Thread(target=change, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(runs) >= 3, "one of them was run again"
    versions = [work.read(lambda s, r=r: s.records.get(r.id)).version for r in records]  # type: ignore[misc] # mypy can't see the default argument
    assert versions == [3, 3]
    assert work.read(lambda s: s.ledger.size()) == 2


def test_a_lock_that_does_not_come_free(postgres_url: str, work: PostgresUnitOfWork) -> None:
    impatient = open_database(postgres_url, lock_timeout=0.2)

    def hold(_: Stores) -> Done[str]:
        with pytest.raises(UnavailableError) as caught:
            append(impatient, "agency/a")
        return Done(caught.value.code)

    def change(stores: Stores) -> Done[str]:
        stores.ledger._connection.exec_driver_sql(  # type: ignore[attr-defined] # the real one
            "UPDATE ledger_head SET size = size"
        )
        return hold(stores)

    assert work.run(an_act(), change) == "database_busy"
    impatient.close()


def test_a_connection_that_breaks_in_the_middle(
    work: PostgresUnitOfWork, postgres_server: PostgresServer
) -> None:
    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(an_agency())
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE state = 'idle in transaction' AND datname LIKE 'test_%'"
        )
        return Done(None, (a_draft(),))

    with pytest.raises(UnavailableError) as caught:
        work.run(an_act(), change)
    assert caught.value.code == "database_unavailable"
    assert work.read(lambda s: (s.agencies.list(), s.ledger.size())) == ((), 0)


def test_a_refusal_that_can_not_be_noted_is_still_no_success(work: PostgresUnitOfWork) -> None:
    act = an_act()
    work.run(act, lambda _: Done(None, (a_draft(),)))

    def change(_: Stores) -> Refused:
        return Refused(UnavailableError("database_busy"), (a_draft(),))

    with pytest.raises(AntinError) as caught:
        work.run(act, change)
    assert caught.value.code == "already_exists", "the request has its entries already"


@pytest.mark.parametrize("entries", [(), (a_draft(),)])
def test_who_hides_that_a_statement_failed_is_not_told_that_all_is_well(
    work: PostgresUnitOfWork, entries: tuple[Draft, ...]
) -> None:
    agency = an_agency()

    def hides(stores: Stores) -> Done[None]:
        stores.agencies.add(agency)
        with contextlib.suppress(Exception):
            stores.ledger._connection.exec_driver_sql("SELECT 1/0")  # type: ignore[attr-defined] # the real one
        return Done(None, entries)

    with pytest.raises(AntinError):
        work.run(an_act(), hides)
    assert work.read(lambda s: s.agencies.get(agency.id)) is None


def test_a_server_that_vanished_is_given_up(postgres_url: str) -> None:
    """No connection waits for the system's own idea of that, unless the URL says how long."""
    for url, idle in ((postgres_url, "30"), (f"{postgres_url}&keepalives_idle=7", "7")):
        work = open_database(url)
        assert isinstance(work, PostgresUnitOfWork)
        for engine in (work._engine, work._groups):
            with engine.connect() as connection:
                set_to = driver_of(connection).info.get_parameters()
            assert set_to["keepalives_idle"] == idle
            assert (set_to["keepalives_interval"], set_to["keepalives_count"]) == ("10", "3")
            assert set_to["tcp_user_timeout"] == "60000"
        work.close()
