"""A process that appends to a ledger from many threads until it is killed.

Each acknowledged request is written to a file of its thread's own, after it was acknowledged.
"""

import sys
import threading
from pathlib import Path

from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.infra.database import open_database
from tests.rows import a_draft, an_act, an_agency


def append(work: UnitOfWork, folder: Path, thread: int, count: int) -> None:
    with (folder / f"acknowledged-{new_id()}").open("a", buffering=1) as acknowledged:
        for _ in range(count):
            act = an_act()
            agency = an_agency(act.request)

            def change(stores: Stores) -> Done[None]:
                stores.agencies.add(agency)  # noqa: B023 — it has run when the loop goes on
                return Done(None, (a_draft(f"agency/{thread}"), a_draft("agency/all")))

            work.run(act, change)
            acknowledged.write(act.request + "\n")


def main(url: str, folder: Path, threads: int, count: int) -> None:
    work = open_database(url, lock_timeout=60)
    running = [
        threading.Thread(target=append, args=(work, folder, thread, count))
        for thread in range(threads)
    ]
    for one in running:
        one.start()
    (folder / "started").touch()
    for one in running:
        one.join()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
