"""A process that appends from many threads whatever happens, until a file named stop is there.

Each request is tried until it is acknowledged or found to be there. Each thread keeps two files,
a line each time: ``acknowledged-*``, requests, and ``told-*``, ``done`` or the code of an error.
"""

import sys
import threading
import time
from pathlib import Path

from antin.core.errors import AntinError
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra.database import open_database
from tests.rows import a_draft, an_act, an_agency

_BACK_OFF = 0.02
"""Seconds from a failure to the next attempt, so that nobody's disk is filled with codes."""


def append(work: UnitOfWork, folder: Path, thread: int) -> None:
    name = new_id()
    stop = folder / "stop"
    with (
        (folder / f"acknowledged-{name}").open("a", buffering=1) as acknowledged,
        (folder / f"told-{name}").open("a", buffering=1) as told,
    ):
        while not stop.exists():
            request = new_id()
            while (code := attempt(work, thread, request)) not in {"done", "already_exists"}:
                told.write(code + "\n")
                if stop.exists():
                    return
                time.sleep(_BACK_OFF)
            acknowledged.write(request + "\n")
            told.write("done\n")


def attempt(work: UnitOfWork, thread: int, request: str) -> str:
    agency = an_agency(request)

    def change(stores: Stores) -> Done[None]:
        stores.agencies.add(agency)
        return Done(None, (a_draft(f"agency/{thread}"), a_draft("agency/all")))

    try:
        work.run(an_act(request), change)
    except AntinError as error:
        return error.code
    return "done"


def main(url: str, folder: Path, threads: int) -> None:
    work = open_database(url, lock_timeout=60)
    running = [threading.Thread(target=append, args=(work, folder, at)) for at in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    work.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
