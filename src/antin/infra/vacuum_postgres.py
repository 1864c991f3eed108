"""Taking what deleted rows left behind out of a PostgreSQL cluster's files.

A deleted row stays in its table's file, and plain VACUUM frees its place without clearing it. The
planner's statistics keep sample values of columns. The write-ahead log has the row as it was
inserted, in files that are renamed for later use and not cleared.
"""

import re
import time
from typing import Final

from psycopg import Connection as Driver
from psycopg.errors import Diagnostic
from sqlalchemy import Connection, Engine, exc, text

from antin.core.errors import UnavailableError
from antin.infra.database_errors import sqlstate, translated

_HOLDING: Final = ("ledger_payloads", "requests")
"""Tables whose rows are erased or blanked; TOAST and indexes of theirs are written anew as well."""
_MOST_SEGMENTS: Final = 1024
_NO_RIGHT: Final = "42501"
_GLANCE: Final = 0.05
"""Seconds from one look at others' transactions to the next."""
_LONGEST_PAUSE: Final = 1.0
"""Seconds from one rewriting of a table to the next."""
_OLDER: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
    "AND greatest(age(backend_xmin), age(backend_xid)) > age(CAST(:now AS xid))"
)

NO_RIGHT: Final = "this database role may not have it overwritten"
TOO_LONG: Final = "it is too long to be overwritten at once"
KEPT: Final = "a replication slot or a setting keeps older parts"
ARCHIVED: Final = "it is archived"


def vacuum_postgres(engine: Engine, seconds: float) -> tuple[str, ...]:
    """Write the tables anew, then overwrite the write-ahead log as far as the role may.

    Waits ``seconds`` at most for transactions that see what was deleted.

    Returns why the log may still hold what was deleted; empty: it does not. Errors:
    ``vacuum_held_up`` where a transaction still sees what was deleted, ``vacuum_not_allowed``
    where the role owns the tables or the database not, ``database_busy``.
    """
    with translated(), engine.connect() as opened:
        connection = opened.execution_options(isolation_level="AUTOCOMMIT")
        until = time.monotonic() + seconds
        # Last the statistics: those of the tables are deleted and made anew with the tables.
        for table in (*_HOLDING, "pg_catalog.pg_statistic"):
            _wait_for_older_ones(connection, until)
            pause = _GLANCE
            while not _rewrite(connection, table):
                if time.monotonic() >= until:
                    raise UnavailableError("vacuum_held_up")
                # What this role is not told of may last: others want to use the table meanwhile.
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                _wait_for_older_ones(connection, until)
        return tuple(_overwrite_log(connection))


def _wait_for_older_ones(connection: Connection, until: float) -> None:
    """Wait until no transaction that this role knows of sees what was deleted before now.

    A busy service always has some that began a moment ago; the tables would be written for nothing.
    """
    now = connection.exec_driver_sql("SELECT pg_current_xact_id()::xid::text").scalar()
    older = _OLDER.bindparams(now=now)
    while connection.execute(older).scalar() and time.monotonic() < until:
        time.sleep(_GLANCE)


def _rewrite(connection: Connection, table: str) -> bool:
    """Write a table into a new file, with new statistics; tell whether what was deleted is gone.

    Not what is seen by somebody's transaction, such as one that began after the last look.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, Driver)  # noqa: S101 — for the type checker
    kept: list[int] = []

    def told(said: Diagnostic) -> None:
        # "N dead row versions cannot be removed yet", in whatever language the server speaks.
        number = re.search(r"\d+", said.message_detail or "")
        if number:
            kept.append(int(number[0]))

    before = _file_of(connection, table)
    driver.add_notice_handler(told)
    try:
        connection.exec_driver_sql(f"VACUUM (FULL, VERBOSE, ANALYZE) {table}")
    finally:
        driver.remove_notice_handler(told)
    # Without the right to, VACUUM only warns.
    if _file_of(connection, table) == before:
        raise UnavailableError("vacuum_not_allowed", table=table)
    return not any(kept[:1])


def _file_of(connection: Connection, table: str) -> object:
    return connection.exec_driver_sql(f"SELECT pg_relation_filenode('{table}')").scalar()


def _overwrite_log(connection: Connection) -> list[str]:
    """Fill every file of the log with something else; return why some may be left."""
    left = []
    if connection.exec_driver_sql("SHOW archive_mode").scalar() != "off":
        left.append(ARCHIVED)
    try:
        # 1. The log goes on in a new file; a checkpoint makes older ones removable.
        now = connection.exec_driver_sql("SELECT pg_walfile_name(pg_switch_wal())").scalar()
        connection.exec_driver_sql("CHECKPOINT")
        # 2. Each of the older ones was removed, or waits as it is under a later name: switching
        #    past a file fills it with zeros.
        count = connection.exec_driver_sql("SELECT count(*) FROM pg_ls_waldir()").scalar() or 0
        for _ in range(min(count, _MOST_SEGMENTS)):
            connection.exec_driver_sql("SELECT pg_logical_emit_message(false, 'antin', '.')")
            connection.exec_driver_sql("SELECT pg_switch_wal()")
        connection.exec_driver_sql("CHECKPOINT")
        if count > _MOST_SEGMENTS:
            left.append(TOO_LONG)
        # 3. What is kept for somebody has its old name.
        older = "SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name <= "
        if connection.exec_driver_sql(f"{older} '{now}'").scalar():
            left.append(KEPT)
    except exc.DBAPIError as error:
        if sqlstate(error) != _NO_RIGHT:
            raise
        left.append(NO_RIGHT)
    return left
