"""Whether ledger, rows and files are whole, and fit each other."""

from dataclasses import dataclass
from datetime import timedelta

from antin.flows.seal_register import abandon_stale
from antin.flows.services import Services
from antin.ledger.verify import LedgerReport, verify_ledger


def check_ledger(services: Services) -> LedgerReport:
    """Recompute everything in the ledger from its bytes and compare (see ``verify_ledger``)."""
    key = services.checkpoint_key.public_key
    external = services.checkpoint_sink.newest()
    return services.work.read(
        lambda stores: verify_ledger(stores.ledger, services.origin, key, external)
    )


@dataclass(frozen=True)
class FsckReport:
    """What ``antin fsck`` found and cleared."""

    ledger: LedgerReport
    missing_blobs: tuple[str, ...]
    """Named by a row, but not there."""
    corrupt_blobs: tuple[str, ...]
    """There, but with other content."""
    cleared_blobs: tuple[str, ...]
    """There, named by nothing, older than an hour: left by a crash; removed."""
    cleared_folders: int
    """Temporary folders that old: removed with the half-made files in them."""
    abandoned_seals: int


GRACE = timedelta(hours=1)
"""A file younger than this may still be waiting for the row that names it."""


def fsck(services: Services) -> FsckReport:
    """Check ledger, rows and files against each other; clear up what a crash left behind."""
    abandoned = abandon_stale(services)
    report = check_ledger(services)
    # Files are listed before rows are read: what is stored in between is named by then or young.
    horizon = (services.clock.now() - GRACE).timestamp()
    old = {digest for digest, written in services.blobs.all() if written < horizon}
    named = services.work.read(lambda stores: frozenset(stores.named_blobs()))
    missing = tuple(sorted(d for d in named if not services.blobs.exists(d)))
    corrupt = tuple(
        sorted(d for d in named if services.blobs.exists(d) and not services.blobs.check(d))
    )
    # Asked again file by file: one that was stored again meanwhile waits for its row.
    cleared = tuple(d for d in sorted(old - named) if services.blobs.remove(d, horizon))
    folders = services.blobs.clean_temporary(horizon)
    return FsckReport(report, missing, corrupt, cleared, folders, abandoned)
