"""What must be true of a ledger after whatever happened to those who appended to it."""

from pathlib import Path

from antin.flows.unit_of_work import UnitOfWork
from tests.ledgers import checkpoint, codes, verify
from tests.notekey import MemoryNoteKey


def acknowledged(folder: Path) -> set[str]:
    """Return the requests that were acknowledged; a line cut off by a kill was not read."""
    texts = [file.read_text() for file in folder.glob("acknowledged-*")]
    return {line for text in texts for line in text.split("\n")[:-1]}


def check(work: UnitOfWork, folder: Path, key: MemoryNoteKey) -> None:
    """See that nothing acknowledged is lost, nothing is there twice or by half, and all verifies.

    Each request made an agency of its name and two entries.
    """
    rows = work.read(lambda s: [(r.request, r.ordinal) for r in s.ledger.entries(0, 10**9)])
    agencies = {agency.code for agency in work.read(lambda s: s.agencies.list())}
    assert len(rows) == len(set(rows)), "none twice"
    requests = {request for request, _ in rows}
    assert len(rows) == 2 * len(requests), "both entries of a request, or none"
    assert acknowledged(folder) <= requests, "none lost"
    assert requests == agencies, "no row without its entry, no entry without its row"
    checkpoint(work, key)
    report = verify(work, key)
    assert codes(report) == set()
    report.raise_if_not_passed()
