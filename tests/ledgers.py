"""Small ledgers for tests, with signed checkpoints."""

from antin.flows.audit.row_checks import check_rows
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.ledger.checking.report import Collector, LedgerFinding, LedgerReport
from antin.ledger.checking.verify import verify_ledger
from antin.ledger.checkpoints.checkpoint import next_checkpoint, sign_checkpoint
from antin.ledger.ports import NoteSigner, StoredCheckpoint
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW, a_draft, an_act

_KEY = MemoryNoteKey()


def append(work: UnitOfWork, *streams: str) -> None:
    """Append one entry to each of the streams, as one request."""
    work.run(an_act(), lambda _: Done(None, tuple(a_draft(stream) for stream in streams)))


def checkpoint(work: UnitOfWork, key: NoteSigner) -> StoredCheckpoint:
    """Sign for all entries there are and keep the checkpoint."""
    newest = work.read(lambda s: s.ledger.newest_checkpoint())
    size = work.read(lambda s: s.ledger.size())
    leaves = work.read(lambda s: list(s.ledger.leaves(newest.size if newest else 0, size)))
    growth = next_checkpoint(newest, leaves, size)
    note = sign_checkpoint(ORIGIN, size, growth.root, key, newest)
    made = StoredCheckpoint(size, growth.root, note, growth.frontier, NOW)

    def keep(stores: Stores) -> Done[None]:
        stores.ledger.add_checkpoint(made)
        stores.ledger.add_tile_roots(growth.tile_roots)
        return Done(None)

    work.run(an_act(), keep)
    return made


def verify(work: UnitOfWork, key: NoteSigner, outside: bytes | None = None) -> LedgerReport:
    """Check the whole ledger."""
    return work.read(lambda s: verify_ledger(s.ledger, ORIGIN, key.public_key, outside))


def row_findings(work: UnitOfWork) -> list[LedgerFinding]:
    """Return what fsck says of rows that are not as the entries have them."""
    found = Collector()
    work.read(lambda stores: check_rows(stores, found))
    return [one for one in found.found if one.severity != "info"]


def codes(report: LedgerReport) -> set[str]:
    """Return the codes of what was found, information left out."""
    return {one.code for one in report.findings if one.severity != "info"}


def checkpoint_of(size: int, root: bytes = b"\x01" * 32) -> StoredCheckpoint:
    """Return a signed checkpoint of ``size`` entries under ``root``."""
    return StoredCheckpoint(size, root, sign_checkpoint(ORIGIN, size, root, _KEY), (root,), NOW)
