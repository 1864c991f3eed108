"""Whether ledger, rows and files are whole, and fit each other."""

from dataclasses import dataclass, replace
from datetime import timedelta

from antin.flows.audit.row_checks import check_rows
from antin.flows.seal_register import abandon_stale
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.ledger.checking.levels import HIGHEST, Level
from antin.ledger.checking.others import check_others, check_places
from antin.ledger.checking.report import Collector
from antin.ledger.checking.verify import LedgerReport, verify_ledger
from antin.ledger.checkpoints.note import verifier_of


def check_ledger(services: Services, level: Level = HIGHEST) -> LedgerReport:
    """Recompute everything in the ledger from its bytes and compare, up to ``level``.

    The ledger by itself as ``verify_ledger`` does; then the rows of the domain with it, in the
    same snapshot: what was committed together is seen together.
    """
    key = services.checkpoint_key.public_key
    outside, *others = services.checkpoint_sink.each_newest() or (None,)
    lost = services.checkpoint_sink.put_asides()

    def query(stores: Stores) -> LedgerReport:
        report = verify_ledger(
            stores.ledger,
            services.origin,
            key,
            outside,
            level=level,
            put_aside=lost,
            missing_guards=stores.whole.missing_guards(),
        )
        if not level.reaches(Level.TIMESTAMPS):
            return report
        found = Collector(list(report.findings), report.left_off)
        witnesses = [one.verifier for one in services.witnesses]
        log = verifier_of(services.origin, key)
        check_places(stores.ledger, found, log, [note for note in others if note is not None])
        check_others(stores.ledger, found, log, witnesses)
        if level.reaches(Level.ROWS):
            check_rows(stores, found)
        return replace(report, findings=tuple(found.found), left_off=found.left_off, level=level)

    return services.work.read(query)


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


def fsck(services: Services, level: Level = HIGHEST) -> FsckReport:
    """Check ledger, rows and files against each other; clear up what a crash left behind."""
    abandoned = abandon_stale(services)
    report = check_ledger(services, level)
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
