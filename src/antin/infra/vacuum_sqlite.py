"""Taking what deleted rows left behind out of a SQLite file and its write-ahead log."""

from pathlib import Path

from antin.core.errors import UnavailableError
from antin.infra.database_errors import translated
from antin.infra.file_lock import FileLock
from antin.infra.sqlite_connections import driver_of, writing_engine


def vacuum_sqlite(path: Path, busy_seconds: float) -> None:
    """Write the file anew from what is there now, and empty its log.

    Deleting frees a row's bytes, and leaves copies of them where pages were split or moved earlier,
    in the file and in the log. Nobody writes meanwhile; readers go on. Errors: ``vacuum_held_up``
    where somebody's reading keeps the log from being emptied, ``database_busy``, ``storage_full``.
    """
    engine = writing_engine(path, busy_seconds)
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        with translated(), lock, engine.connect() as connection:
            driver = driver_of(connection)
            # 1. Every page of the new file is made from rows that are there; without this pragma
            #    its unused parts may hold what the memory for it held before.
            driver.execute("PRAGMA secure_delete=ON").close()
            driver.execute("VACUUM").close()
            # 2. The log holds older pages until it is cut to nothing, after all of it went into
            #    the file.
            cursor = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (held_up, _, _) = cursor.fetchone()
            cursor.close()
    finally:
        lock.close()
    if held_up:
        raise UnavailableError("vacuum_held_up")
